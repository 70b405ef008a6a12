//! The `milepost` command.

mod audit;
mod experiment;
mod export;
mod recredit;
mod report;
mod runs;
mod worker;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::terminal;

/// Dense rewards and credit assignment, measured.
#[derive(Debug, Parser)]
#[command(name = "milepost", version, about)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run experiments: arms × seeds in parallel, then the table, the verdict and the report.
    Experiment(experiment::Options),
    /// Solve an experiment's world and say what its rewards would teach, without training.
    Audit(audit::Options),
    /// Assign credit to the trajectories of a run by other rules, and compare them.
    Recredit(recredit::Options),
    /// Rebuild the reports of recorded runs; several runs are compared as well.
    Report(report::Options),
    /// Write what a run recorded as tables: CSV, or Parquet.
    Export(export::Options),
    /// List recorded runs, or remove old ones.
    Runs(runs::Options),
    /// One arm and seed of a run.
    #[command(hide = true)]
    Worker(worker::Options),
}

/// Exit status when the user asked to stop.
const INTERRUPTED: u8 = 130;

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    let outcome = match Cli::parse().verb {
        Verb::Experiment(options) => experiment::run(&options),
        Verb::Audit(options) => audit::run(&options),
        Verb::Recredit(options) => recredit::run(&options),
        Verb::Report(options) => report::run(&options),
        Verb::Export(options) => export::run(&options),
        Verb::Runs(options) => runs::run(&options),
        Verb::Worker(options) => worker::run(&options),
    };
    outcome.unwrap_or_else(|error| {
        terminal::note(&format!("error: {error}"));
        ExitCode::FAILURE
    })
}
