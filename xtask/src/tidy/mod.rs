//! What the architecture promises, checked against the tree.
//!
//! Every checker is a pure function from facts (the package graph, a file's text) to findings; this file
//! collects the facts and prints the findings.

mod effects;
mod files;
mod graph;
mod layers;
mod links;
mod manifests;
mod text;

use anyhow::{Context as _, bail};

use self::files::Tree;
use self::graph::Graph;
pub(crate) use self::layers::BURN_FREE;
use crate::workspace::Workspace;

/// Runs every checker. Findings are printed; any of them is an error.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let tree = Tree::read(workspace.root())?;
    let metadata = metadata(workspace)?;
    let graph = Graph::new(
        &metadata,
        tree.get("Cargo.lock").context("Cargo.lock is missing; `cargo check` writes it")?,
    )?;

    let mut findings = layers::check(&graph);
    findings.extend(manifests::check(&metadata, &tree)?);
    findings.extend(text::check(&tree));
    findings.extend(effects::check(&tree));
    findings.extend(links::check(&tree));

    for warning in text::long_files(&tree) {
        println!("note: {warning}");
    }
    for finding in &findings {
        println!("tidy: {finding}");
    }
    if !findings.is_empty() {
        bail!("{} findings", findings.len());
    }
    println!("{} files, {} packages of the workspace: tidy", tree.len(), graph.members().len());
    Ok(())
}

/// What the manifests of the workspace say.
fn metadata(workspace: &Workspace) -> anyhow::Result<serde_json::Value> {
    let mut command = workspace.cargo();
    command.args(["metadata", "--format-version", "1", "--no-deps"]);
    let output =
        command.stderr(std::process::Stdio::inherit()).output().context("cargo cannot be started")?;
    if !output.status.success() {
        bail!("`cargo metadata` failed: a manifest is malformed");
    }
    serde_json::from_slice(&output.stdout).context("cargo metadata printed no JSON")
}
