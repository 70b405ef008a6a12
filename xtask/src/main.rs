//! Milepost's chores: launches experiments and runs the checks.
//!
//! It links none of the Milepost crates and no tensor library, so that `cargo xtask fmt` builds in seconds.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool speaks")]

mod command;
mod gpu;
mod launch;
mod names;
mod scaffold;
mod stages;
mod tidy;
mod workspace;

use std::process::ExitCode;

use crate::command::Command;
use crate::workspace::Workspace;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next();
    let rest: Vec<String> = arguments.collect();
    match Command::parse(name.as_deref()) {
        Ok(command) => Workspace::locate().and_then(|w| run(command, &w, &rest)).unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command, workspace: &Workspace, rest: &[String]) -> anyhow::Result<ExitCode> {
    match command {
        Command::Help => {
            print!("{}", command::help());
            Ok(ExitCode::SUCCESS)
        }
        Command::Experiment
        | Command::Report
        | Command::Audit
        | Command::Recredit
        | Command::Export
        | Command::Runs => launch::lab(workspace, command.name(), rest),
        Command::NewMethod => scaffold::run(workspace, scaffold::Kind::Method, rest),
        Command::NewEnvironment => scaffold::run(workspace, scaffold::Kind::Environment, rest),
        Command::Test => Ok(stages::run(workspace, rest, stages::Mode::Local)),
        Command::Ci => Ok(stages::run(workspace, rest, stages::Mode::Ci)),
        Command::Tidy => Ok(stages::run(workspace, &["tidy".to_owned()], stages::Mode::Local)),
        Command::Fmt => launch::cargo(workspace, &["fmt", "--all"], rest),
        Command::Bench => launch::bench(workspace, rest),
        Command::Docs => launch::docs(workspace),
    }
}
