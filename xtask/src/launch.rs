use std::process::{Command, ExitCode};

use anyhow::Context as _;

use crate::gpu;
use crate::workspace::{Workspace, exit_code};

/// Runs a verb of the `milepost` program, built for what this machine can use.
pub(crate) fn lab(workspace: &Workspace, verb: &str, rest: &[String]) -> anyhow::Result<ExitCode> {
    let wanted = [("wgpu", wants_wgpu(rest, gpu::hardware())), ("parquet", wants_parquet(rest))];
    let features = wanted.into_iter().filter(|(_, wanted)| *wanted).map(|(name, _)| name).collect::<Vec<_>>();
    let mut command = program(workspace, &features);
    command.arg(verb).args(rest);
    replace(command)
}

/// The `milepost` program, built in release mode and told which commit it is built from; its arguments follow.
pub(crate) fn program(workspace: &Workspace, features: &[&str]) -> Command {
    let mut command = workspace.cargo_here("run");
    command.args(["--release", "--package", "milepost-lab", "--bin", "milepost"]);
    if !features.is_empty() {
        command.args(["--features", &features.join(",")]);
    }
    if let Some(commit) = workspace.commit() {
        command.env("MILEPOST_COMMIT", commit);
    }
    command.arg("--");
    command
}

/// Runs a cargo command in the top folder.
pub(crate) fn cargo(workspace: &Workspace, arguments: &[&str], rest: &[String]) -> anyhow::Result<ExitCode> {
    let mut command = workspace.cargo();
    command.args(arguments).args(rest);
    replace(command)
}

/// Runs the benchmark file called by the first argument, or all of them.
pub(crate) fn bench(workspace: &Workspace, rest: &[String]) -> anyhow::Result<ExitCode> {
    let mut command = workspace.cargo();
    command.args(["bench", "--package", "milepost-benches"]);
    match rest.split_first() {
        Some((name, more)) if !name.starts_with('-') => command.args(["--bench", name]).args(more),
        _ => command.args(rest),
    };
    replace(command)
}

/// Builds the book, if mdbook is installed, and the API documentation.
pub(crate) fn docs(workspace: &Workspace) -> anyhow::Result<ExitCode> {
    let docs = workspace.root().join("docs");
    match Command::new("mdbook").arg("build").arg(&docs).status() {
        Ok(status) if status.success() => println!("the book: {}", docs.join("book/index.html").display()),
        Ok(status) => return Ok(ExitCode::from(exit_code(status))),
        Err(_) => println!(
            "mdbook is not installed; the book's pages are Markdown and start at {}",
            docs.join("src/SUMMARY.md").display()
        ),
    }
    cargo(workspace, &["doc", "--workspace", "--no-deps"], &[])
}

/// Whether to build with the `wgpu` feature: as `--device` says, else as the machine offers.
fn wants_wgpu(arguments: &[String], hardware: Result<(), gpu::Unusable>) -> bool {
    let mut device = None;
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == "--device" {
            device = words.next().map(String::as_str);
        } else if let Some(value) = word.strip_prefix("--device=") {
            device = Some(value);
        }
    }
    match device {
        Some("cpu") => false,
        Some("wgpu") => true,
        _ => hardware.is_ok(),
    }
}

/// Whether to build with the `parquet` feature: where an argument asks for that format.
fn wants_parquet(arguments: &[String]) -> bool {
    arguments.iter().any(|word| ["parquet", "--parquet", "--format=parquet"].contains(&word.as_str()))
}

/// Becomes `command` where the system can do that, so that signals, Ctrl-C above all, reach it alone and
/// its end is this program's end; elsewhere waits for it.
fn replace(mut command: Command) -> anyhow::Result<ExitCode> {
    let program = command.get_program().to_owned();
    #[cfg(unix)]
    let outcome: std::io::Result<ExitCode> = {
        use std::os::unix::process::CommandExt as _;
        Err(command.exec())
    };
    #[cfg(not(unix))]
    let outcome = command.status().map(|status| ExitCode::from(exit_code(status)));
    outcome.with_context(|| format!("{} cannot be started", program.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parquet_is_built_in_where_it_is_asked_for() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for (arguments, wanted) in [
            ("RUN --format parquet", true),
            ("RUN --format=parquet", true),
            ("RUN --parquet", true),
            ("RUN", false),
            ("RUN --format csv", false),
        ] {
            assert_eq!(wants_parquet(&words(arguments)), wanted, "{arguments}");
        }
    }

    #[test]
    fn the_device_argument_overrules_the_machine() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for (arguments, with_gpu, without) in [
            ("quickstart", true, false),
            ("quickstart --device auto", true, false),
            ("--device cpu quickstart", false, false),
            ("quickstart --device=cpu", false, false),
            ("quickstart --device wgpu", true, true),
            ("quickstart --device=wgpu --seeds 3", true, true),
            ("quickstart --device", true, false),
        ] {
            assert_eq!(wants_wgpu(&words(arguments), Ok(())), with_gpu, "{arguments}");
            assert_eq!(wants_wgpu(&words(arguments), Err("no GPU")), without, "{arguments}");
        }
    }
}
