use super::files::{Tree, has_extension};

/// Modules through which a program reaches beyond itself.
const OUTSIDE: [&str; 4] = ["std::fs", "std::net", "std::process", "std::env::var"];

/// The crates that may: the lab, the testkit, which reads recorded data, and the jail, whose trade is processes.
const ALLOWED: [&str; 3] = ["crates/milepost-jail/", "crates/milepost-lab/", "crates/milepost-testkit/"];

/// Findings about library code that touches files, the network, other processes or the environment.
/// Tests may; they come last in a file, or have one of their own.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in tree.iter().filter(|(path, _)| is_library(path)) {
        let code = text.lines().take_while(|line| line.trim() != "#[cfg(test)]").enumerate();
        for (index, line) in code {
            let prose = line.trim_start().starts_with("//");
            if let Some(module) = OUTSIDE.iter().find(|module| !prose && line.contains(**module)) {
                let place = format!("{path}:{}", index + 1);
                findings.push(format!(
                    "{place}: `{module}` belongs into milepost-lab; take or return values here"
                ));
            }
        }
    }
    findings
}

fn is_library(path: &str) -> bool {
    let source = path.starts_with("crates/") && path.contains("/src/") && has_extension(path, "rs");
    source && !path.ends_with("tests.rs") && !ALLOWED.iter().any(|allowed| path.starts_with(allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_touched_in_the_lab_and_in_tests_only() {
        let reads = "fn f() { std::fs::read(\"x\"); }\n";
        let in_tests = format!("//! Never std::fs.\nfn f() {{}}\n#[cfg(test)]\nmod tests {{ {reads} }}\n");
        let tree = Tree::of(&[
            ("crates/milepost-core/src/a.rs", reads),
            ("crates/milepost-core/src/b.rs", &in_tests),
            ("crates/milepost-core/src/b/tests.rs", reads),
            ("crates/milepost-core/tests/c.rs", reads),
            ("crates/milepost-lab/src/d.rs", reads),
            ("xtask/src/e.rs", reads),
        ]);
        let found = check(&tree);
        assert!(found.len() == 1 && found[0].starts_with("crates/milepost-core/src/a.rs:1:"), "{found:?}");
    }
}
