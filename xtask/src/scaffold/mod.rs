//! `new-method` and `new-environment`: a crate that compiles, with one property test that fails until its law is
//! stated.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use crate::workspace::Workspace;

/// What is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Method,
    Environment,
}

/// A file of a crate to be: its place and its text.
type Template = (&'static str, &'static str);

const METHOD: [Template; 6] = [
    ("Cargo.toml", include_str!("method/Cargo.toml.txt")),
    ("README.md", include_str!("method/README.md.txt")),
    ("src/lib.rs", include_str!("method/lib.rs.txt")),
    ("src/rule.rs", include_str!("method/rule.rs.txt")),
    ("src/assigner.rs", include_str!("method/assigner.rs.txt")),
    ("tests/laws.rs", include_str!("method/laws.rs.txt")),
];

const ENVIRONMENT: [Template; 5] = [
    ("Cargo.toml", include_str!("environment/Cargo.toml.txt")),
    ("README.md", include_str!("environment/README.md.txt")),
    ("src/lib.rs", include_str!("environment/lib.rs.txt")),
    ("src/world.rs", include_str!("environment/world.rs.txt")),
    ("tests/laws.rs", include_str!("environment/laws.rs.txt")),
];

/// Packages that a crate to be may name.
const PACKAGES: [&str; 4] = ["milepost-algorithms", "milepost-core", "milepost-credit", "milepost-testkit"];

/// Makes the crate that the arguments name: `NAME`, or `NAME --into FOLDER` for one outside the workspace.
pub(crate) fn run(workspace: &Workspace, kind: Kind, arguments: &[String]) -> anyhow::Result<ExitCode> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (name, into) = match words[..] {
        [name] => (name, None),
        [name, "--into", folder] => (name, Some(Path::new(folder))),
        _ => bail!(
            "write a name, such as `my-rule`, and `--into FOLDER` to make the crate outside the workspace"
        ),
    };
    let place = create(workspace, kind, name, into)?;
    println!("{} is there; `cargo test` in it: one test fails until its law is stated", place.display());
    if into.is_none() {
        println!("it has its place in Cargo.toml, xtask/src/tidy/layers.rs and README.md: review them");
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the crate and enters it in the workspace, unless it lies elsewhere.
pub(crate) fn create(
    workspace: &Workspace,
    kind: Kind,
    name: &str,
    into: Option<&Path>,
) -> anyhow::Result<PathBuf> {
    check(name)?;
    let place = into.map_or_else(|| workspace.root().join("crates"), Path::to_path_buf).join(name);
    if place.exists() {
        bail!("{} exists; choose another name, or remove it", place.display());
    }
    let templates: &[Template] = match kind {
        Kind::Method => &METHOD,
        Kind::Environment => &ENVIRONMENT,
    };
    for (path, text) in templates {
        let path = place.join(path);
        let parent = path.parent().context("a file has a folder")?;
        fs::create_dir_all(parent).with_context(|| format!("{} cannot be created", parent.display()))?;
        let text = render(text, name, into.map(|_| workspace.root()));
        fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    if into.is_some() {
        // The versions that are tested here, so that nothing has to be looked up.
        fs::copy(workspace.root().join("Cargo.lock"), place.join("Cargo.lock"))
            .context("Cargo.lock cannot be copied")?;
    } else {
        enter(workspace.root(), kind, name)?;
    }
    Ok(place)
}

/// Lower case letters, digits and hyphens, starting with a letter: a crate's name.
fn check(name: &str) -> anyhow::Result<()> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
    if !starts || !name.chars().all(plain) || name.ends_with('-') || name.contains("--") {
        bail!(
            "`{name}` is no crate's name; write lower case letters, digits and single hyphens, such as `my-rule`"
        );
    }
    Ok(())
}

/// Fills in a template. `root` is given for a crate outside the workspace.
fn render(template: &str, name: &str, root: Option<&Path>) -> String {
    let camel: String = name.split('-').map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect();
    let external = [
        ("proptest", "{ version = \"1.12\", default-features = false, features = [\"std\"] }"),
        ("thiserror", "\"2.0\""),
    ];
    let mut text = template
        .replace("{{name}}", name)
        .replace("{{module}}", &name.replace('-', "_"))
        .replace("{{type}}", &camel)
        .replace(
            "{{standalone}}",
            if root.is_some() { "\n[workspace]\n" } else { "\n[lints]\nworkspace = true\n" },
        );
    for package in PACKAGES {
        let dependency = root.map_or_else(
            || format!("{package}.workspace = true"),
            |root| format!("{package} = {{ path = '{}' }}", root.join("crates").join(package).display()),
        );
        text = text.replace(&format!("{{{{{package}}}}}"), &dependency);
    }
    for (package, version) in external {
        let dependency =
            root.map_or_else(|| format!("{package}.workspace = true"), |_| format!("{package} = {version}"));
        text = text.replace(&format!("{{{{{package}}}}}"), &dependency);
    }
    text
}

/// Gives the crate its place: the workspace's dependencies, the layers that `tidy` checks, the table of crates.
fn enter(root: &Path, kind: Kind, name: &str) -> anyhow::Result<()> {
    insert(
        &root.join("Cargo.toml"),
        "[workspace.dependencies]\n",
        &format!("{name} = {{ path = \"crates/{name}\" }}\n"),
    )?;
    let list = match kind {
        Kind::Method => "const UPPER",
        Kind::Environment => "pub(crate) const BURN_FREE",
    };
    grow_list(&root.join("xtask/src/tidy/layers.rs"), list, name)?;
    insert(
        &root.join("README.md"),
        "|---|---|---|\n",
        &format!("| [`{name}`](crates/{name}) | say what it is | say what it must not know |\n"),
    )
}

/// Puts `text` behind the first `anchor` of a file.
fn insert(path: &Path, anchor: &str, text: &str) -> anyhow::Result<()> {
    let old = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let at = old.find(anchor).with_context(|| format!("{} has no line {anchor:?}", path.display()))?;
    let (before, after) = old.split_at(at + anchor.len());
    fs::write(path, format!("{before}{text}{after}"))
        .with_context(|| format!("{} cannot be written", path.display()))
}

/// Adds a name to a list of names in a source file, and one to its length.
fn grow_list(path: &Path, list: &str, name: &str) -> anyhow::Result<()> {
    let old = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let grown = grow(&old, list, name).with_context(|| format!("{} has no list `{list}`", path.display()))?;
    fs::write(path, grown).with_context(|| format!("{} cannot be written", path.display()))
}

fn grow(text: &str, list: &str, name: &str) -> Option<String> {
    let start = text.find(list)?;
    let length_at = start + text[start..].find("; ")? + 2;
    let length_end = length_at + text[length_at..].find(']')?;
    let length: usize = text[length_at..length_end].parse().ok()?;
    let body_end = length_end + text[length_end..].find("];")?;
    let body = text[length_end..body_end].trim_end();
    let comma = if body.ends_with(',') { "" } else { "," };
    Some(format!("{}{}{body}{comma}\n    \"{name}\",\n{}", &text[..length_at], length + 1, &text[body_end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_must_be_a_crates_name() {
        for name in ["my-rule", "a1", "rule"] {
            assert!(check(name).is_ok(), "{name}");
        }
        for name in ["", "My", "my_rule", "1a", "a-", "a--b", "../a", "a b"] {
            assert!(check(name).is_err(), "{name}");
        }
    }

    #[test]
    fn templates_leave_no_hole() {
        for (path, text) in METHOD.into_iter().chain(ENVIRONMENT) {
            for root in [None, Some(Path::new("/elsewhere"))] {
                let made = render(text, "my-rule", root);
                assert!(!made.contains("{{"), "{path}: {made}");
            }
        }
        assert!(render("{{type}} {{module}}", "my-rule", None) == "MyRule my_rule");
    }

    #[test]
    fn a_list_grows_by_one_name() {
        let text = "const UPPER: [&str; 2] = [\n    \"a\",\n    \"b\",\n];\nrest";
        let grown = grow(text, "const UPPER", "c").expect("a list");
        assert_eq!(grown, "const UPPER: [&str; 3] = [\n    \"a\",\n    \"b\",\n    \"c\",\n];\nrest");
        assert_eq!(grow(text, "const LOWER", "c"), None);
    }
}
