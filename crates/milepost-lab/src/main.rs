//! The `milepost` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    milepost_lab::cli::main()
}
