use std::collections::BTreeSet;

use super::files::{Tree, has_extension};

/// Where the book's pages are.
const BOOK: &str = "docs/src/";

/// Findings about the Markdown files: relative links that lead nowhere, named files that do not exist, and
/// pages of the book that its summary does not list.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in tree.iter().filter(|(path, _)| is_page(path)) {
        for (line, content) in prose(text) {
            for target in links(content) {
                if let Some(problem) = broken(tree, path, target) {
                    findings.push(format!("{path}:{line}: {problem}"));
                }
            }
            for file in named_files(content).filter(|file| !tree.exists(file)) {
                findings.push(format!("{path}:{line}: `{file}` does not exist"));
            }
        }
    }
    findings.extend(unlisted(tree));
    findings
}

/// Pages written for readers, as opposed to notes beside recorded data.
fn is_page(path: &str) -> bool {
    has_extension(path, "md") && !path.contains("/fixtures/")
}

/// Lines outside fenced code, numbered from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fenced && !fence).then_some((index + 1, line))
    })
}

/// Targets of `[text](target)`.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("](").filter_map(|(at, _)| {
        let rest = &line[at + 2..];
        rest.find(')').map(|end| rest[..end].split_whitespace().next().unwrap_or_default())
    })
}

/// Files of the repository that a line names in code style.
fn named_files(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split('`').skip(1).step_by(2);
    code.filter(|word| {
        let ours = ["crates/", "xtask/", "docs/", "benches/", ".ci/", ".cargo/"];
        ours.iter().any(|folder| word.starts_with(folder)) && !word.contains([' ', '*', '<', '{', '…'])
    })
}

/// What is wrong with a link of a page, if anything.
fn broken(tree: &Tree, page: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") || target.contains("::") {
        return None;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() { page.to_owned() } else { resolve(page, file) };
    if !tree.exists(&path) {
        return Some(format!("the link to {target} leads nowhere"));
    }
    let text = tree.get(&path).unwrap_or_default();
    (!anchor.is_empty() && !anchors(text).contains(anchor))
        .then(|| format!("{path} has no heading #{anchor}"))
}

/// A link of a page, as a path from the top.
fn resolve(page: &str, file: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in file.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    parts.join("/")
}

/// The anchors that a page's headings make: lower case, spaces as hyphens, other punctuation left out.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text)
        .filter(|(_, line)| line.starts_with('#'))
        .map(|(_, line)| line.trim_start_matches('#').trim());
    headings
        .map(|heading| {
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase()
        })
        .collect()
}

/// Pages of the book that the summary does not list.
fn unlisted(tree: &Tree) -> Vec<String> {
    let summary = format!("{BOOK}SUMMARY.md");
    let listed: BTreeSet<String> = tree
        .get(&summary)
        .unwrap_or_default()
        .lines()
        .flat_map(|line| links(line).map(|target| resolve(&summary, target)).collect::<Vec<_>>())
        .collect();
    let pages = tree.iter().map(|(path, _)| path).filter(|path| path.starts_with(BOOK) && is_page(path));
    pages
        .filter(|path| *path != summary && !listed.contains(*path))
        .map(|path| format!("{path} is not listed in {summary}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(pages: &[(&str, &str)]) -> Vec<String> {
        check(&Tree::of(pages))
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        let found = findings(&[
            ("docs/src/SUMMARY.md", "- [A](a.md)\n- [B](parts/b.md)"),
            (
                "docs/src/a.md",
                "# Two words!\n[b](parts/b.md) [top](#two-words) [web](https://a.org/x) [r](../../README.md)",
            ),
            ("docs/src/parts/b.md", "[a](../a.md#two-words)\n```\n[not a link](gone.md)\n```"),
            ("README.md", "See `crates/x/src` and `docs/src/*.md`."),
            ("crates/x/src/lib.rs", ""),
        ]);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn links_that_lead_nowhere_are_found_with_their_line() {
        let found = findings(&[("README.md", "\n[a](gone.md) [b](#gone) `crates/gone`")]);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found.iter().all(|finding| finding.starts_with("README.md:2:")), "{found:?}");
    }

    #[test]
    fn a_page_outside_the_summary_is_found() {
        let found =
            findings(&[("docs/src/SUMMARY.md", "- [A](a.md)"), ("docs/src/a.md", ""), ("docs/src/b.md", "")]);
        assert_eq!(found, ["docs/src/b.md is not listed in docs/src/SUMMARY.md"]);
    }
}
