use super::files::{Tree, has_extension};

/// Recorded data, which is kept as it was recorded.
const RECORDED: &str = "crates/milepost-testkit/fixtures/";

/// First folders of paths that exist on one machine only.
const MACHINE_FOLDERS: [&str; 6] = ["home", "root", "work", "mnt", "Users", "tmp"];

/// Words that mark unfinished code, cut in two so that this file passes its own check.
const STUBS: [(&str, &str); 4] = [("todo", "!"), ("unimpl", "emented!"), ("FIX", "ME"), ("TO", "DO")];

/// Above so many lines, a file is looked at.
const LONG: usize = 500;

/// Findings about the texts of the tree: paths of a machine, and words that mark unfinished code.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in tree.iter().filter(|(path, _)| !path.starts_with(RECORDED)) {
        for (index, line) in text.lines().enumerate() {
            let place = format!("{path}:{}", index + 1);
            if let Some(found) = machine_path(line) {
                findings.push(format!("{place}: `{found}` exists on one machine only"));
            }
            if let Some(word) = stub(line) {
                findings.push(format!(
                    "{place}: `{word}` marks unfinished work; finish it or say what is left out"
                ));
            }
        }
    }
    findings
}

/// Source files that are so long that they may hold two ideas.
pub(crate) fn long_files(tree: &Tree) -> Vec<String> {
    let sources = tree.iter().filter(|(path, _)| has_extension(path, "rs"));
    let counted = sources.map(|(path, text)| (path, text.lines().count()));
    counted
        .filter(|(_, lines)| *lines > LONG)
        .map(|(path, lines)| format!("{path} has {lines} lines; is it one idea?"))
        .collect()
}

/// The absolute path of a machine's folder in a line, if there is one.
fn machine_path(line: &str) -> Option<&str> {
    line.match_indices('/').find_map(|(at, _)| {
        let before = line[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || "_.~$}*)-<>".contains(c)) {
            return None; // the middle of a relative path, an address, or a path below a variable
        }
        let rest = &line[at + 1..];
        let folder = MACHINE_FOLDERS.iter().find(|folder| rest.starts_with(&format!("{folder}/")))?;
        line.get(at..at + folder.len() + 2)
    })
}

/// A word that marks unfinished code, if the line has one.
fn stub(line: &str) -> Option<String> {
    STUBS.iter().map(|(start, end)| format!("{start}{end}")).find(|word| {
        line.match_indices(word.as_str()).any(|(at, _)| {
            let around = [line[..at].chars().next_back(), line[at + word.len()..].chars().next()];
            around.into_iter().flatten().all(|c| !c.is_alphanumeric() && c != '_')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_machine_are_found() {
        let folder = |name: &str| format!("/{name}/someone/x");
        for name in MACHINE_FOLDERS {
            assert!(machine_path(&format!("open(\"{}\")", folder(name))).is_some(), "{name}");
            assert!(machine_path(&folder(name)).is_some(), "{name}");
        }
        for harmless in
            ["crates/work/x", "https://a.org/home/x", "$HOME/work/x", "./tmp/x", "/usr/lib", "a / work / b"]
        {
            assert_eq!(machine_path(harmless), None, "{harmless}");
        }
    }

    #[test]
    fn words_that_mark_stubs_are_found_as_whole_words() {
        for (start, end) in STUBS {
            let word = format!("{start}{end}");
            assert_eq!(stub(&format!("    {word} later")), Some(word.clone()));
            assert_eq!(stub(&format!("    x{word}")), None, "the middle of another word");
        }
    }

    #[test]
    fn findings_name_file_and_line_and_spare_recorded_data() {
        let line = format!("ok\n/{}/x\n", "home");
        let tree = Tree::of(&[("docs/a.md", &line), ("crates/milepost-testkit/fixtures/b.jsonl", &line)]);
        let found = check(&tree);
        assert!(found.len() == 1 && found[0].starts_with("docs/a.md:2:"), "{found:?}");
    }

    #[test]
    fn long_sources_are_listed_and_long_data_is_not() {
        let long = "x\n".repeat(LONG + 1);
        let tree = Tree::of(&[("a.rs", &long), ("b.rs", &"x\n".repeat(LONG)), ("c.md", &long)]);
        assert_eq!(long_files(&tree).len(), 1);
    }
}
