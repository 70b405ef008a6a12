//! Why a jail could not be built, each with its remedy.

use std::path::PathBuf;

use crate::Level;

/// A step of the launcher that the kernel refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[repr(u32)]
pub enum Step {
    /// Descriptors into their places.
    Descriptors = 1,
    /// From root to an unused user.
    DropPrivileges,
    /// `PR_SET_NO_NEW_PRIVS`.
    NoNewPrivileges,
    /// `unshare` of all namespaces.
    Namespaces,
    /// The maps of the user namespace.
    IdMaps,
    /// The fork into the namespaces.
    Fork,
    /// Death with the host.
    ParentDeath,
    /// A file system of its own.
    FileSystem,
    /// The Landlock rules.
    Landlock,
    /// Resource limits and capabilities.
    Limits,
    /// The interpreter.
    Execute,
}

impl Step {
    #[cfg_attr(not(all(target_os = "linux", feature = "python")), allow(dead_code, reason = "read on Linux"))]
    pub(crate) const ALL: [Self; 11] = [
        Self::Descriptors,
        Self::DropPrivileges,
        Self::NoNewPrivileges,
        Self::Namespaces,
        Self::IdMaps,
        Self::Fork,
        Self::ParentDeath,
        Self::FileSystem,
        Self::Landlock,
        Self::Limits,
        Self::Execute,
    ];

    /// What was refused and what to do about it.
    fn explain(self) -> (&'static str, &'static str) {
        match self {
            Self::Descriptors => ("arranging descriptors", "raise `ulimit -n`"),
            Self::DropPrivileges => (
                "becoming an unprivileged user",
                "run as an ordinary user, or set `Config::user` to an id that this container maps",
            ),
            Self::NoNewPrivileges => ("giving up privileges for good", "a kernel from 3.5 on"),
            Self::Namespaces => (
                "creating namespaces",
                "allow user namespaces (sysctl user.max_user_namespaces and kernel.unprivileged_userns_clone; on \
                 Ubuntu an AppArmor profile; in Docker a seccomp profile that allows `unshare`), or require only \
                 Level::Filtered",
            ),
            Self::IdMaps => ("mapping the user into its namespace", "require only Level::Filtered"),
            Self::Fork => ("forking", "raise `ulimit -u` or the container's limit of processes"),
            Self::ParentDeath => ("tying its life to the host's", "a Linux kernel from 5.3 on"),
            Self::FileSystem => (
                "building a read-only file system",
                "a Linux kernel from 5.12 on and folders that exist, or require only Level::Filtered",
            ),
            Self::Landlock => (
                "restricting file access with Landlock",
                "a Linux kernel from 5.13 on, booted with `landlock` among its security modules (`lsm=`); gVisor \
                 has none; MiniPy needs none",
            ),
            Self::Limits => ("setting limits", "a container that allows `setrlimit`"),
            Self::Execute => ("starting the interpreter", "an interpreter that every user may execute"),
        }
    }
}

/// Why there is no jail. There is never a weaker one instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JailError {
    /// Not on this platform, or not in this build.
    #[error("no isolation for Python in this build: {0}; use MiniPy, which runs everywhere")]
    Unsupported(&'static str),
    /// The configuration contradicts itself.
    #[error("a jail's configuration: {0}")]
    Config(String),
    /// No usable interpreter.
    #[error(
        "no python3 ≥ 3.9 that an unprivileged user can run ({}); install one (Debian, Ubuntu: `apt install \
         python3`) or name it in `Config::python`",
        tried.iter().map(|(path, why)| format!("{}: {why}", path.display())).collect::<Vec<_>>().join("; ")
    )]
    NoPython {
        /// What was tried, and what was wrong with it.
        tried: Vec<(PathBuf, String)>,
    },
    /// A layer that the level needs is missing.
    #[error(
        "isolation level `{level}` is out of reach: {} failed ({source}); remedy: {}",
        step.explain().0, step.explain().1
    )]
    Layer {
        /// The level that was asked for.
        level: Level,
        /// What was refused.
        step: Step,
        /// How.
        source: std::io::Error,
    },
    /// A layer was set up, but the self-test got through it.
    #[error(
        "isolation level `{level}` is not claimed: the self-test `{test}` gave {found}; remedy: a newer kernel, or \
         a lower level if that is acceptable"
    )]
    SelfTest {
        /// The level that was asked for.
        level: Level,
        /// What was tried.
        test: &'static str,
        /// What came of it.
        found: String,
    },
    /// The warm parent did not start.
    #[error("the interpreter did not start: {0}; it needs its standard library with `ctypes`")]
    Start(String),
    /// The operating system refused something that every process needs.
    #[error("the operating system refused a resource: {0}")]
    System(#[from] std::io::Error),
}
