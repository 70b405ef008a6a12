use std::path::PathBuf;
use std::process::ExitCode;

use milepost_eval::audit::Solution;

use crate::audit::{self, Question};
use crate::config::{self, Request};
use crate::record::output::write_files;
use crate::report::audit_figure;
use crate::terminal::say;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Name of a built-in experiment, or path of an experiment file.
    #[arg(default_value = "quickstart")]
    experiment: String,
    /// Audit only these arms, separated by commas.
    #[arg(long = "arm", alias = "arms", value_delimiter = ',')]
    arms: Vec<String>,
    /// Change a setting: a dotted key and a TOML value.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Lay a file over the experiment file. May be given several times.
    #[arg(long = "overlay", value_name = "FILE")]
    overlays: Vec<String>,
    /// Form of what is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Where to write audit.json, audit.txt and audit.svg. Default: runs/audits/EXPERIMENT.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How many held-out tasks form the world.
    #[arg(long, value_name = "N", default_value_t = 1)]
    tasks: u64,
    /// The training seed whose held-out tasks these are.
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,
    /// Discount, for all arms. Default: that of each arm's credit rule.
    #[arg(long, value_name = "GAMMA")]
    discount: Option<f64>,
    /// Returns that end with the step budget, or discounted ones that never end.
    #[arg(long, value_enum, default_value_t = Problem::Budget)]
    problem: Problem,
    /// Most states to enumerate.
    #[arg(long, value_name = "N", default_value_t = 50_000)]
    states: usize,
    /// Episodes played for the correlation of returns.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    episodes: usize,
}

/// Form of what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Tables.
    Text,
    /// The content of audit.json.
    Json,
}

/// Which problem an agent solves.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Problem {
    /// Returns end with the step budget.
    Budget,
    /// Returns never end and are discounted.
    Unbounded,
}

pub(super) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let mut experiment = config::load(&Request {
        experiment: options.experiment.clone(),
        overlays: options.overlays.clone(),
        sets: options.sets.clone(),
        scale: None,
    })?;
    if !options.arms.is_empty() {
        experiment.keep_arms(&options.arms)?;
    }
    let question = Question {
        tasks: options.tasks,
        seed: options.seed,
        discount: options.discount,
        problem: match options.problem {
            Problem::Budget => Solution::Budget,
            Problem::Unbounded => Solution::Unbounded,
        },
        states: options.states,
        episodes: options.episodes,
    };
    let found = audit::audit(&experiment, &question)?;
    let folder = options
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from("runs").join("audits").join(&experiment.settings.name));
    let text = audit::render(&found);
    let json = serde_json::to_string_pretty(&found)?;
    let files = write_files(
        &folder,
        &[
            ("audit.json", format!("{json}\n").into_bytes()),
            ("audit.txt", text.clone().into_bytes()),
            ("audit.svg", audit_figure(&found).into_bytes()),
        ],
    )?;
    match options.format {
        Format::Text => say(&format!("{text}\nwritten: {}", files.join(", "))),
        Format::Json => say(&json),
    }
    Ok(ExitCode::SUCCESS)
}
