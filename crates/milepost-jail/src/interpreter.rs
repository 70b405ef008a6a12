//! Which Python, and where it lives.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Config, JailError};

/// An interpreter that an unprivileged user can run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interpreter {
    /// The executable itself, no link and no wrapper.
    pub(crate) executable: PathBuf,
    /// The folders of its installation.
    pub(crate) prefixes: Vec<PathBuf>,
    /// `3.11.2`
    pub(crate) version: String,
}

const ASK: &str = "import os, sys
print('.'.join(map(str, sys.version_info[:3])))
for path in (sys.executable, sys.base_prefix, sys.base_exec_prefix): print(os.path.realpath(path))";

/// The interpreter of the configuration, or the first one that works.
pub(crate) fn find(config: &Config) -> Result<Interpreter, JailError> {
    let candidates = match &config.python {
        Some(path) => vec![path.clone()],
        None => candidates(),
    };
    let mut tried = Vec::new();
    for path in candidates {
        match ask(&path, config.user) {
            Ok(interpreter) => return Ok(interpreter),
            Err(why) => tried.push((path, why)),
        }
    }
    Err(JailError::NoPython { tried })
}

fn candidates() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/bin"), "/usr/local/bin".into()]);
    let mut found: Vec<PathBuf> = Vec::new();
    for candidate in folders.map(|folder| folder.join("python3")) {
        if candidate.is_absolute() && candidate.exists() && !found.contains(&candidate) {
            found.push(candidate);
        }
    }
    if found.is_empty() {
        found.push("/usr/bin/python3".into());
    }
    found
}

fn ask(path: &Path, user: u32) -> Result<Interpreter, String> {
    let mut command = Command::new(path);
    command.args(["-I", "-S", "-B", "-c", ASK]).env_clear().current_dir("/").stdin(Stdio::null());
    if rustix::process::geteuid().is_root() {
        command.uid(user).gid(user);
    }
    let output = command.output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<&str> = text.lines().collect();
    let [version, executable, prefixes @ ..] = &lines[..] else {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{}: {}", output.status, stderr.lines().last().unwrap_or("it said nothing")));
    };
    let number = |index: usize| version.split('.').nth(index).and_then(|part| part.parse::<u32>().ok());
    if (number(0), number(1)) < (Some(3), Some(9)) {
        return Err(format!("it is Python {version}"));
    }
    Ok(Interpreter {
        executable: executable.into(),
        prefixes: prefixes.iter().map(PathBuf::from).collect(),
        version: (*version).to_owned(),
    })
}
