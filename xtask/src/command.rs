use std::fmt::Write as _;

use crate::names::unknown;

/// What the first argument asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Experiment,
    Report,
    Audit,
    Recredit,
    Export,
    Runs,
    NewMethod,
    NewEnvironment,
    Test,
    Ci,
    Tidy,
    Fmt,
    Bench,
    Docs,
    Help,
}

/// Every command with its arguments and what it does, in the order in which `help` lists them.
const COMMANDS: [(Command, &str, &str, &str); 15] = [
    (Command::Experiment, "experiment", "NAME… [--list] [--scale S] [--seeds N] […]", "run experiments"),
    (Command::Report, "report", "RUN…", "write reports from recorded runs"),
    (Command::Audit, "audit", "[NAME] [--arm A] [--format F] […]", "what rewards would teach, exactly"),
    (Command::Recredit, "recredit", "RUN [--rule NAME…] […]", "other credit rules on recorded trajectories"),
    (Command::Export, "export", "RUN [--format csv|parquet] [--out DIR]", "what a run recorded, as tables"),
    (Command::Runs, "runs", "[NAME…] [--keep N --yes]", "list recorded runs, or remove old ones"),
    (Command::NewMethod, "new-method", "NAME [--into FOLDER]", "a crate for a credit rule of your own"),
    (Command::NewEnvironment, "new-environment", "NAME [--into FOLDER]", "a crate for a world of your own"),
    (Command::Test, "test", "[--fast] [STAGE…]", "every check, or the stages named"),
    (Command::Ci, "ci", "[STAGE…]", "the same with locked dependencies, as a build server runs it"),
    (Command::Tidy, "tidy", "", "layers, manifests, links and texts of the workspace"),
    (Command::Fmt, "fmt", "[-- ARGS…]", "format the code"),
    (Command::Bench, "bench", "[NAME] [-- ARGS…]", "criterion benchmarks"),
    (Command::Docs, "docs", "", "build the book (with mdbook) and the API documentation"),
    (Command::Help, "help", "", "this text"),
];

impl Command {
    /// The command called `name`; no name asks for help.
    pub(crate) fn parse(name: Option<&str>) -> Result<Self, String> {
        let name = match name {
            None | Some("-h" | "--help") => return Ok(Self::Help),
            Some(name) => name,
        };
        let names: Vec<&str> = COMMANDS.iter().map(|(_, known, ..)| *known).collect();
        COMMANDS.iter().find(|(_, known, ..)| *known == name).map(|(command, ..)| *command).ok_or_else(|| {
            let hint = unknown("command", name, &names);
            format!("{hint}\n`cargo xtask help` explains every command")
        })
    }

    /// How the command is called.
    pub(crate) fn name(self) -> &'static str {
        COMMANDS.iter().find(|(command, ..)| *command == self).map_or("help", |(_, name, ..)| name)
    }
}

/// The text of `cargo xtask help`.
pub(crate) fn help() -> String {
    let mut text = String::from("Usage: cargo xtask COMMAND [ARGUMENTS]\n\n");
    for (_, name, arguments, what) in COMMANDS {
        let call = format!("{name} {arguments}");
        let _ = writeln!(text, "  {:<56}  {what}", call.trim_end());
    }
    text.push_str(
        "\nStages: fmt, tidy, clippy, doc, test, smoke. `--fast` leaves out doc, smoke and every crate that compiles\n\
         a tensor library.\n\n`experiment`, `report`, `audit`, `recredit`, `export` and `runs` build the `milepost` program in release mode and hand it their arguments;\n\
         `cargo xtask experiment --help` lists those. A GPU is used where the machine has one, unless\n\
         `--device cpu` says otherwise. Start with: cargo xtask experiment quickstart\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_found_by_the_name_it_reports() {
        for (command, name, ..) in COMMANDS {
            assert_eq!(Command::parse(Some(name)), Ok(command));
            assert_eq!(command.name(), name);
            assert!(help().contains(name));
        }
    }

    #[test]
    fn an_unknown_command_names_the_nearest() {
        let message = Command::parse(Some("experimnet")).expect_err("not a command");
        assert!(message.contains("did you mean `experiment`"), "{message}");
        assert!(Command::parse(Some("zzzzzzzz")).expect_err("not a command").contains("experiment, report"));
    }

    #[test]
    fn no_command_asks_for_help() {
        assert_eq!(Command::parse(None), Ok(Command::Help));
        assert_eq!(Command::parse(Some("--help")), Ok(Command::Help));
    }
}
