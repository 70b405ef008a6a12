//! What a worker tells the process that started it: JSON lines on its standard output. It is told to stop
//! by the end of its standard input, which also comes when that process dies.

use serde::{Deserialize, Serialize};

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Message {
    /// Training starts, or goes on, from here.
    Started {
        /// Environment steps already done.
        steps: u64,
    },
    /// Training goes on.
    Progress {
        /// Environment steps done.
        steps: u64,
        /// The latest success rate on held-out tasks, once there is one.
        success: Option<f64>,
    },
    /// The budget is spent and everything is written.
    Done {
        /// Environment steps done.
        steps: u64,
        /// The final success rate, if it was measured by this process.
        success: Option<f64>,
    },
    /// Stopped as asked, after writing a checkpoint.
    Stopped {
        /// Environment steps done.
        steps: u64,
    },
}

/// Exit status of a worker that stopped as asked.
pub const STOPPED: u8 = 3;
