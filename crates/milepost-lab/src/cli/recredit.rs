use std::path::PathBuf;
use std::process::ExitCode;

use crate::record::RunDirectory;
use crate::record::output::write_files;
use crate::recredit::{self, Question, RuleRequest};
use crate::terminal::say;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Folder of a run, such as runs/quickstart/20260131-235959-0a1b2c3d.
    run: PathBuf,
    /// A credit rule: broadcast, reward-to-go, td, gae, monte-carlo, reinforce, grpo or rloo, with
    /// parameters as in gae:lambda=0.5. May be given several times. Default: all of them.
    #[arg(long = "rule", value_name = "NAME[:KEY=VALUE,…]")]
    rules: Vec<String>,
    /// A TOML file with a table for each further rule: credit, normalize, drop-zero-variance.
    #[arg(long = "rules", value_name = "FILE")]
    file: Option<String>,
    /// Change a rule: gae.lambda=0.9, or rule.gamma=1.0 for every rule that has it.
    #[arg(long = "set", value_name = "RULE.KEY=VALUE")]
    sets: Vec<String>,
    /// Only these arms, separated by commas.
    #[arg(long = "arm", alias = "arms", value_delimiter = ',')]
    arms: Vec<String>,
    /// Only these seeds, separated by commas.
    #[arg(long = "seed", alias = "seeds", value_delimiter = ',')]
    seeds: Vec<u64>,
    /// Form of what is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Where to write recredit.json, recredit.txt and steps.csv. Default: recredit in the run's folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Form of what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Tables.
    Text,
    /// The content of recredit.json.
    Json,
    /// The content of steps.csv.
    Csv,
}

pub(super) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let run = RunDirectory::open(&options.run)?;
    let tables = options.file.as_deref().map(recredit::read_rules).transpose()?.unwrap_or_default();
    let rules = RuleRequest { named: options.rules.clone(), tables, sets: options.sets.clone() };
    let question = Question { rules, arms: options.arms.clone(), seeds: options.seeds.clone() };
    let found = recredit::recredit(&run, &question)?;
    let folder = options.out.clone().unwrap_or_else(|| run.path().join("recredit"));
    let (text, csv) = (recredit::render(&found), recredit::csv(&found));
    let json = serde_json::to_string_pretty(&found)?;
    let files = write_files(
        &folder,
        &[
            ("recredit.json", format!("{json}\n").into_bytes()),
            ("recredit.txt", format!("{text}\n").into_bytes()),
            ("steps.csv", csv.clone().into_bytes()),
        ],
    )?;
    match options.format {
        Format::Text => say(&format!("{text}\n\nwritten: {}", files.join(", "))),
        Format::Json => say(&json),
        Format::Csv => say(csv.trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}
