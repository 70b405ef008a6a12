use std::path::PathBuf;
use std::process::ExitCode;

use milepost_sheet::Format;

use crate::export;
use crate::record::AnyRun;
use crate::record::output::write_files;
use crate::terminal::say;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Folder of a run, such as runs/quickstart/20260131-235959-0a1b2c3d.
    run: PathBuf,
    /// Form of the files. `cargo xtask export` builds what the form needs.
    #[arg(long, value_enum, default_value_t = Form::Csv)]
    format: Form,
    /// Where to write series and results. Default: the folder `export` of the run.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Form of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// Text.
    Csv,
    /// Typed and compressed columns; needs the feature `parquet`.
    Parquet,
}

pub(super) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let format = match options.format {
        Form::Csv => Format::Csv,
        Form::Parquet => Format::Parquet,
    };
    let tables = export::tables(&AnyRun::open(&options.run)?)?;
    let folder = options.out.clone().unwrap_or_else(|| options.run.join("export"));
    for (name, table) in tables {
        let file = format!("{name}.{}", format.extension());
        for path in write_files(&folder, &[(&file, table.encode(format)?)])? {
            say(&format!("written: {path} ({} rows)", table.len()));
        }
    }
    Ok(ExitCode::SUCCESS)
}
