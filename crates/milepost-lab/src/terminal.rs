//! What the user reads. Results go to standard output, everything else to standard error; a closed pipe
//! is not an error of the run.

use std::io::{self, IsTerminal, Write};

/// A result.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// Progress, remedies, remarks.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Whether somebody watches.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}
