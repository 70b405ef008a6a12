use std::path::PathBuf;
use std::process::ExitCode;

use milepost_sheet::{Format, SheetError};

use crate::analysis;
use crate::record::AnyRun;
use crate::study;
use crate::terminal::say;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Folders of runs, such as runs/quickstart/20260131-235959-0a1b2c3d.
    #[arg(required = true)]
    runs: Vec<PathBuf>,
    /// Where to write the comparison of several runs.
    #[arg(long, default_value = "comparison.html")]
    comparison: PathBuf,
    /// Offer the data of figures and tables as Parquet beside CSV; needs the feature `parquet`, which `cargo xtask
    /// report` then builds in.
    #[arg(long)]
    parquet: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    if options.parquet && !Format::AVAILABLE.contains(&Format::Parquet) {
        return Err(SheetError::WithoutParquet.into());
    }
    let mut pages = Vec::with_capacity(options.runs.len());
    for path in &options.runs {
        pages.push(match AnyRun::open(path)? {
            AnyRun::Study(run) => {
                let analysis = study::analyse(&run)?;
                say(&format!("{}\nreport: {}\n", analysis.text, analysis.report.display()));
                analysis.data
            }
            other => {
                let analysis = analysis::analyse(&other.training(path)?)?;
                say(&format!(
                    "{}\n{}\nreport: {}\n",
                    analysis.table,
                    analysis.summary.sentence,
                    analysis.report.display()
                ));
                analysis.data
            }
        });
    }
    if pages.len() > 1 {
        analysis::compare(&pages, &options.comparison)?;
        say(&format!("comparison: {}", options.comparison.display()));
    }
    Ok(ExitCode::SUCCESS)
}
