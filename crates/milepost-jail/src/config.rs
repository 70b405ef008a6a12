//! What is asked of a jail.

use std::path::PathBuf;
use std::time::Duration;

/// How well a program is isolated. Ordered: a higher level includes what a lower one stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Anything less than `Filtered`. Never reached without asking for it.
    Weak,
    /// Landlock, the system-call filter and resource limits: what an ordinary container allows.
    Filtered,
    /// `Filtered`, and namespaces of its own for users, mounts, processes, network, IPC, host name and cgroups.
    Full,
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Weak => "weak",
            Self::Filtered => "filtered",
            Self::Full => "full",
        })
    }
}

/// How a jail is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The least level. With less, starting fails; `Weak` allows weak isolation.
    pub require: Level,
    /// The highest level that is tried.
    pub at_most: Level,
    /// The interpreter. `None`: the first `python3` of the path, `/usr/bin` and `/usr/local/bin` that runs
    /// without privileges.
    pub python: Option<PathBuf>,
    /// Further folders that programs may read and execute from.
    pub readable: Vec<PathBuf>,
    /// Warm parents, each of which runs one test at a time.
    pub workers: usize,
    /// The user and group that a host that runs as root becomes. Nothing else should run under it.
    pub user: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            require: Level::Filtered,
            at_most: Level::Full,
            python: None,
            readable: Vec::new(),
            workers: 1,
            user: 65_432,
        }
    }
}

impl Config {
    /// Exactly one level: it is required, and nothing higher is tried.
    #[must_use]
    pub fn exactly(level: Level) -> Self {
        Self { require: level, at_most: level, ..Self::default() }
    }
}

/// What one test may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Wall time, from the fork to the answer.
    pub wall: Duration,
    /// Processor time; the kernel counts it in whole seconds, so it is rounded up.
    pub cpu: Duration,
    /// Bytes of address space.
    pub address_space: u64,
    /// Bytes of standard output, and as many of standard error.
    pub output: u64,
    /// Bytes of the returned value in the wire format.
    pub result_bytes: u64,
    /// Levels of the returned value.
    pub result_depth: u64,
    /// Nodes of the returned value.
    pub result_nodes: u64,
    /// Bits of an integer in the returned value.
    pub integer_bits: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall: Duration::from_secs(2),
            cpu: Duration::from_secs(2),
            address_space: 384 << 20,
            output: 64 << 10,
            result_bytes: 8 << 20,
            result_depth: 64,
            result_nodes: 200_000,
            integer_bits: 16_384,
        }
    }
}
