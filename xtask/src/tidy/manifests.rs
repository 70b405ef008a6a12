use anyhow::Context as _;
use serde_json::Value;

use super::files::Tree;

/// Findings about the manifests of the workspace's own packages, each of which needs a description, the
/// licence, the shared lints and a README beside it.
pub(crate) fn check(metadata: &Value, tree: &Tree) -> anyhow::Result<Vec<String>> {
    let root = metadata["workspace_root"].as_str().context("cargo metadata names no workspace root")?;
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let mut findings = Vec::new();
    for package in packages {
        let manifest = package["manifest_path"].as_str().context("a package has no manifest")?;
        let path = manifest.strip_prefix(root).unwrap_or(manifest).replace('\\', "/");
        let path = path.trim_start_matches('/');
        findings.extend(check_one(package, path, tree));
    }
    Ok(findings)
}

fn check_one(package: &Value, manifest: &str, tree: &Tree) -> Vec<String> {
    let folder = manifest.trim_end_matches("Cargo.toml");
    let mut findings = Vec::new();
    if package["description"].as_str().is_none_or(str::is_empty) {
        findings.push(format!("{manifest}: a `description` is missing"));
    }
    if package["license"].as_str() != Some("MIT OR Apache-2.0") {
        findings.push(format!("{manifest}: `license.workspace = true` is missing"));
    }
    if !tree.get(manifest).is_some_and(shares_lints) {
        findings.push(format!("{manifest}: `[lints] workspace = true` is missing"));
    }
    if !tree.exists(&format!("{folder}README.md")) {
        findings.push(format!("{folder}README.md is missing: one screen and an example that compiles"));
    }
    findings
}

/// Whether a manifest takes the workspace's lints.
fn shares_lints(manifest: &str) -> bool {
    let mut section = "";
    manifest.lines().map(str::trim).any(|line| {
        if line.starts_with('[') {
            section = line;
        }
        let assignment: String = line.split('#').next().unwrap_or_default().split_whitespace().collect();
        (section == "[lints]" && assignment == "workspace=true") || assignment == "lints.workspace=true"
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_complete_package_passes_and_a_bare_one_does_not() {
        let package = |description: Value, license: Value| json!({"description": description, "license": license, "manifest_path": "/w/crates/a/Cargo.toml"});
        let metadata = |package: Value| json!({"workspace_root": "/w", "packages": [package]});
        let complete =
            Tree::of(&[("crates/a/Cargo.toml", "[lints]\nworkspace = true\n"), ("crates/a/README.md", "")]);
        let good = metadata(package(json!("What it is."), json!("MIT OR Apache-2.0")));
        assert_eq!(check(&good, &complete).expect("well formed"), [""; 0]);

        let bare = Tree::of(&[("crates/a/Cargo.toml", "[package]\nworkspace = true\n")]);
        let found = check(&metadata(package(Value::Null, json!("GPL-3.0"))), &bare).expect("well formed");
        assert_eq!(found.len(), 4, "{found:?}");
    }

    #[test]
    fn lints_are_found_in_both_spellings() {
        assert!(shares_lints("[package]\nname = 'a'\n\n[lints]\nworkspace = true # as everywhere\n"));
        assert!(shares_lints("lints.workspace = true\n"));
        assert!(!shares_lints("[lints]\n[dependencies]\nworkspace = true\n"));
        assert!(!shares_lints("[lints]\n# workspace = true\n"));
    }
}
