use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;

/// Folders that hold nothing a person wrote.
const SKIPPED: [&str; 4] = ["target", "runs", "book", "mutants.out"];

/// Whether a path ends in `.extension`.
pub(crate) fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

/// The text files of the checkout, by path below its top, with `/` as separator.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tree {
    files: BTreeMap<String, String>,
}

impl Tree {
    /// Reads every file that is UTF-8 text. Hidden folders are left out, but for `.ci` and `.cargo`.
    pub(crate) fn read(root: &Path) -> anyhow::Result<Self> {
        let mut tree = Self::default();
        tree.read_folder(root, "")?;
        Ok(tree)
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) -> anyhow::Result<()> {
        let unreadable = || format!("{} cannot be read", folder.display());
        for entry in std::fs::read_dir(folder).with_context(unreadable)? {
            let entry = entry.with_context(unreadable)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            let hidden = name.starts_with('.') && ![".ci", ".cargo"].contains(&name.as_str());
            if entry.file_type().with_context(unreadable)?.is_dir() {
                if !hidden && !SKIPPED.contains(&name.as_str()) {
                    self.read_folder(&entry.path(), &format!("{path}/"))?;
                }
            } else if let Ok(text) = String::from_utf8(std::fs::read(entry.path()).unwrap_or_default()) {
                self.files.insert(path, text);
            }
        }
        Ok(())
    }

    /// Paths and texts, in order of the paths.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of a file.
    pub(crate) fn get(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Whether a file or a folder of files has this path.
    pub(crate) fn exists(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.files.contains_key(path)
            || self.files.range(folder.clone()..).next().is_some_and(|(p, _)| p.starts_with(&folder))
    }

    /// Number of files.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// A tree from paths and texts, for tests of the checkers.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self { files: files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_folders_exist_by_path() {
        let tree = Tree::of(&[("a/b.md", ""), ("a-c", "")]);
        for (path, exists) in [("a", true), ("a/", true), ("a/b.md", true), ("a/b", false), ("b.md", false)] {
            assert_eq!(tree.exists(path), exists, "{path}");
        }
    }

    #[test]
    fn reading_skips_builds_and_binary_files() {
        let top = std::env::temp_dir().join(format!("xtask-files-{}", std::process::id()));
        for (path, bytes) in [
            ("src/a.rs", b"ok".as_slice()),
            ("target/b.rs", b"ok"),
            (".git/c", b"ok"),
            ("d.bin", b"\xff\xfe"),
            (".ci/run", b"ok"),
        ] {
            std::fs::create_dir_all(top.join(path).parent().expect("has a folder")).expect("creates");
            std::fs::write(top.join(path), bytes).expect("writes");
        }
        let tree = Tree::read(&top);
        std::fs::remove_dir_all(&top).expect("removes");
        let tree = tree.expect("reads");
        let paths: Vec<&str> = tree.iter().map(|(path, _)| path).collect();
        assert_eq!(paths, [".ci/run", "src/a.rs"]);
    }
}
