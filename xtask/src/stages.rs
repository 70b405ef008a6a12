use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::gpu;
use crate::launch;
use crate::names::unknown;
use crate::scaffold::{self, Kind};
use crate::tidy;
use crate::workspace::{Workspace, exit_code};

/// Who runs the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A developer.
    Local,
    /// A build server: dependencies as locked, no incremental compilation, no progress bars.
    Ci,
}

/// One check.
struct Stage {
    name: &'static str,
    /// Whether `--fast` includes it.
    fast: bool,
    run: fn(&Settings) -> anyhow::Result<()>,
}

const STAGES: [Stage; 6] = [
    Stage { name: "fmt", fast: true, run: fmt },
    Stage { name: "tidy", fast: true, run: |settings| tidy::run(settings.workspace) },
    Stage { name: "clippy", fast: true, run: clippy },
    Stage { name: "doc", fast: false, run: doc },
    Stage { name: "test", fast: true, run: test },
    Stage { name: "smoke", fast: false, run: smoke },
];

/// What all stages share.
struct Settings<'a> {
    workspace: &'a Workspace,
    mode: Mode,
    /// Only the crates that compile no tensor library.
    light: bool,
    /// Whether the wgpu tests can run here, or why not.
    wgpu: Result<(), gpu::Unusable>,
}

/// Runs the stages that `arguments` name, or all of them, up to the first failure.
pub(crate) fn run(workspace: &Workspace, arguments: &[String], mode: Mode) -> ExitCode {
    let stages = match choose(arguments) {
        Ok(stages) => stages,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };
    let light = is_fast(arguments);
    let wgpu = if light { Err("--fast leaves out every tensor library") } else { gpu::any() };
    let settings = Settings { workspace, mode, light, wgpu };
    let mut times = Vec::new();
    for stage in stages {
        println!("\n── {} ──", stage.name);
        let (outcome, took) = timed(|| (stage.run)(&settings));
        if let Err(error) = outcome {
            println!("\n{}✗ {} failed after {}", summary(&times), stage.name, seconds(took));
            eprintln!("error: {error:#}\nto run this stage alone: cargo xtask test {}", stage.name);
            return ExitCode::FAILURE;
        }
        times.push((stage.name, took));
    }
    let all = times.len() == STAGES.len();
    println!("\n{}{}", summary(&times), if all { "all checks passed" } else { "these checks passed" });
    if let (Err(reason), true) = (settings.wgpu, times.iter().any(|(name, _)| *name == "test")) {
        println!("{}", skipped(reason));
    }
    ExitCode::SUCCESS
}

/// The stages that the arguments ask for, in their fixed order.
fn choose(arguments: &[String]) -> Result<Vec<&'static Stage>, String> {
    let names: Vec<&str> = STAGES.iter().map(|stage| stage.name).collect();
    let fast = is_fast(arguments);
    let asked: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| *word != "--fast").collect();
    if let Some(word) = asked.iter().find(|word| !names.contains(word)) {
        return Err(unknown("stage", word, &names));
    }
    let wanted = |stage: &&Stage| {
        if asked.is_empty() { stage.fast || !fast } else { asked.contains(&stage.name) }
    };
    Ok(STAGES.iter().filter(wanted).collect())
}

fn is_fast(arguments: &[String]) -> bool {
    arguments.iter().any(|word| word == "--fast")
}

#[expect(clippy::disallowed_methods, reason = "how long a check took is shown, never used")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

fn summary(times: &[(&str, Duration)]) -> String {
    let lines = times.iter().map(|(name, took)| format!("✓ {name:<8} {:>9}\n", seconds(*took)));
    lines.collect::<Vec<_>>().concat()
}

impl Settings<'_> {
    /// A cargo command in the top folder.
    fn cargo(&self, subcommand: &str) -> Command {
        let mut command = self.workspace.cargo();
        command.arg(subcommand);
        if self.mode == Mode::Ci {
            command.env("CARGO_INCREMENTAL", "0").env("CARGO_TERM_PROGRESS_WHEN", "never");
            // Property tests draw the same cases in every run of the build server; elsewhere, new ones.
            command.env("PROPTEST_RNG_SEED", "20260101");
            if subcommand != "fmt" {
                command.arg("--locked");
            }
        }
        command
    }

    /// A cargo command about every crate in question, with one choice of features for all stages so that
    /// nothing is compiled twice.
    fn whole(&self, subcommand: &str) -> Command {
        let mut command = self.cargo(subcommand);
        if self.light {
            command.args(tidy::BURN_FREE.iter().flat_map(|name| ["--package", name]));
        } else {
            command.arg("--workspace").args(["--features", "milepost-policies/tokenizers"]);
        }
        if self.wgpu.is_ok() {
            command.args(["--features", "milepost-lab/wgpu"]);
        }
        command
    }

    /// Cargo commands about packages whose features must be built by themselves: in one build with the other crates, what
    /// they ask of crates below the tensor library would compile all of that once more.
    fn apart(&self, subcommand: &str) -> impl Iterator<Item = Command> {
        [("milepost-endpoint", "http"), ("milepost-sheet", "parquet")].into_iter().map(
            move |(package, feature)| {
                let mut command = self.cargo(subcommand);
                command.args(["--package", package, "--features", feature]);
                command
            },
        )
    }
}

/// Runs a command; anything but success is an error that shows how it was called.
fn check(command: &mut Command) -> anyhow::Result<()> {
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    let call = format!("cargo {}", words.join(" "));
    println!("$ {call}");
    let status = command.status().with_context(|| format!("`{call}` cannot be started"))?;
    if !status.success() {
        bail!("`{call}` ended with code {}", exit_code(status));
    }
    Ok(())
}

fn fmt(settings: &Settings) -> anyhow::Result<()> {
    check(settings.cargo("fmt").args(["--all", "--check"])).context("`cargo xtask fmt` formats the code")
}

fn clippy(settings: &Settings) -> anyhow::Result<()> {
    for mut command in std::iter::once(settings.whole("clippy")).chain(settings.apart("clippy")) {
        check(command.args(["--all-targets", "--", "-D", "warnings"]))?;
    }
    Ok(())
}

fn doc(settings: &Settings) -> anyhow::Result<()> {
    for mut command in std::iter::once(settings.whole("doc")).chain(settings.apart("doc")) {
        check(command.arg("--no-deps").env("RUSTDOCFLAGS", "-D warnings"))?;
    }
    Ok(())
}

fn skipped(reason: gpu::Unusable) -> String {
    format!("skipped: lints and tests of the wgpu backend, because {reason}")
}

fn test(settings: &Settings) -> anyhow::Result<()> {
    match settings.wgpu {
        Ok(()) => println!("a graphics driver is installed: the tests of the wgpu backend run too"),
        Err(reason) => println!("{}", skipped(reason)),
    }
    check(quick_kernels(&mut settings.whole("test")))?;
    settings.apart("test").try_for_each(|mut command| check(&mut command))?;
    if settings.wgpu.is_err() {
        return Ok(());
    }
    println!("the comparison of CPU and wgpu once more, with kernel fusion");
    let mut fused = settings.whole("test");
    fused.args(["--features", "milepost-algorithms/fusion", "--test", "wgpu", "--", "--nocapture"]);
    check(quick_kernels(&mut fused))
}

/// Tuning kernels for speed would take longer than the tests themselves; and a graphics driver without a
/// desktop session complains at every step unless it is told where it may keep its sockets.
fn quick_kernels(command: &mut Command) -> &mut Command {
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        command.env("XDG_RUNTIME_DIR", std::env::temp_dir());
    }
    command.env("CUBECL_AUTOTUNE_LEVEL", "minimal")
}

/// The first things a user would do, at the scale at which only the machinery is tried.
fn smoke(settings: &Settings) -> anyhow::Result<()> {
    let runs = settings.workspace.root().join("target/smoke-runs");
    if runs.exists() {
        std::fs::remove_dir_all(&runs).with_context(|| format!("{} cannot be removed", runs.display()))?;
    }
    for experiment in &experiments(settings.workspace.root())? {
        let mut command = launch::program(settings.workspace, &[]);
        command
            .args(["experiment", experiment, "--scale", "smoke", "--device", "cpu", "--runs-dir"])
            .arg(&runs);
        check(&mut command)?;
    }
    scaffolds(settings)
}

/// Crates made by `new-method` and `new-environment` compile, keep the laws of their kind, and fail in the one test
/// that is left to their author.
fn scaffolds(settings: &Settings) -> anyhow::Result<()> {
    let folder = settings.workspace.root().join("target/smoke-scaffolds");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("{} cannot be removed", folder.display()))?;
    }
    for (kind, name) in [(Kind::Environment, "my-world"), (Kind::Method, "my-rule")] {
        let place = scaffold::create(settings.workspace, kind, name, Some(&folder))?;
        let mut command = settings.workspace.cargo();
        command.current_dir(&place).args(["test", "--release", "--offline", "--tests"]);
        let output = command.output().context("cargo cannot be started")?;
        let said = String::from_utf8_lossy(&output.stdout);
        if output.status.success() || !said.contains("1 passed; 1 failed") {
            let complaints = String::from_utf8_lossy(&output.stderr);
            bail!(
                "the crate of a new {kind:?} should fail in the one test that is left open:\n{said}\n{complaints}"
            );
        }
        println!("{name}: one test passes, one waits for its law");
    }
    Ok(())
}

/// The experiments that ship with Milepost, by the names of their files.
fn experiments(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for crate_name in ["milepost-lab", "milepost-studies"] {
        let place = root.join("crates").join(crate_name).join("experiments");
        let entries =
            std::fs::read_dir(&place).with_context(|| format!("{} cannot be read", place.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
            }
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(words: &[&str]) -> Result<Vec<&'static str>, String> {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        choose(&words).map(|stages| stages.iter().map(|stage| stage.name).collect())
    }

    #[test]
    fn without_arguments_every_stage_runs() {
        assert_eq!(chosen(&[]).expect("known").len(), STAGES.len());
    }

    #[test]
    fn stages_run_in_their_fixed_order() {
        assert_eq!(chosen(&["tidy", "fmt"]).expect("known"), ["fmt", "tidy"]);
        assert_eq!(chosen(&["--fast"]).expect("known"), ["fmt", "tidy", "clippy", "test"]);
        assert_eq!(chosen(&["smoke", "--fast"]).expect("known"), ["smoke"]);
    }

    #[test]
    fn an_unknown_stage_is_refused() {
        assert!(chosen(&["fmt", "clipy"]).expect_err("unknown").contains("did you mean `clippy`"));
    }
}
