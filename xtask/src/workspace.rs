use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::{Context as _, ensure};

/// The checkout this program drives.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The workspace that `cargo xtask` was called in.
    ///
    /// Cargo names this package's folder when it runs the program, so one build serves several checkouts.
    pub(crate) fn locate() -> anyhow::Result<Self> {
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package.parent().context("the xtask package has no parent folder")?.to_path_buf();
        ensure!(
            root.join("Cargo.toml").is_file(),
            "{} holds no Cargo.toml; run this as `cargo xtask` inside the checkout",
            root.display()
        );
        Ok(Self { root })
    }

    /// The top folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The commit that is checked out, marked if files were changed since; none without git.
    pub(crate) fn commit(&self) -> Option<String> {
        let git = |arguments: &[&str]| {
            let output = Command::new("git").current_dir(&self.root).args(arguments).output().ok()?;
            let text = String::from_utf8(output.stdout).ok()?;
            output.status.success().then(|| text.trim().to_owned())
        };
        let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
        let changed = !git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
        Some(if changed { commit + " with changes" } else { commit })
    }

    /// Cargo, to be run in the top folder.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = cargo();
        command.current_dir(&self.root);
        command
    }

    /// Cargo, to be run where the user stands, so that relative paths in arguments keep their meaning.
    pub(crate) fn cargo_here(&self, subcommand: &str) -> Command {
        let mut command = cargo();
        command.arg(subcommand).arg("--manifest-path").arg(self.root.join("Cargo.toml"));
        command
    }
}

fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    // What cargo told this program about its own package is nothing that another build should see.
    command.env_remove("CARGO_MANIFEST_DIR").env_remove("CARGO_MANIFEST_PATH");
    command
}

/// The exit code of a finished child, with the shell's convention of 128 + signal for one that was killed.
pub(crate) fn exit_code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        if let Some(signal) = status.signal() {
            return u8::try_from(128 + signal).unwrap_or(255);
        }
    }
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_holds_this_package() {
        let workspace = Workspace::locate().expect("tests run inside the checkout");
        assert!(workspace.root().join("xtask/Cargo.toml").is_file());
    }

    #[cfg(unix)]
    #[test]
    fn exit_codes_follow_the_shell() {
        use std::os::unix::process::ExitStatusExt as _;
        for (wait_status, code) in [(0, 0), (3 << 8, 3), (2, 130), (9, 137)] {
            assert_eq!(exit_code(ExitStatus::from_raw(wait_status)), code);
        }
    }
}
