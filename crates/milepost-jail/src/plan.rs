//! Everything that the launcher needs, laid out before the fork: behind it nothing may be allocated.

use std::collections::BTreeSet;
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::interpreter::Interpreter;
use crate::{Config, JailError, filter};

/// Where the new root is mounted while it is built: a folder that every Linux has.
const ROOT: &str = "/proc";

/// One folder that is bound read-only.
#[derive(Debug)]
pub(crate) struct Bind {
    pub(crate) source: CString,
    /// Below the place where the new root is built.
    pub(crate) target: CString,
}

/// The launcher's work.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Namespaces and a file system of its own.
    pub(crate) namespaces: bool,
    /// Landlock.
    pub(crate) landlock: bool,
    /// Whom to become, if the host is root.
    pub(crate) drop_to: Option<u32>,
    pub(crate) uid_map: CString,
    pub(crate) gid_map: CString,
    pub(crate) root: CString,
    /// In the order in which they are made.
    pub(crate) folders: Vec<CString>,
    pub(crate) binds: Vec<Bind>,
    /// Target and name.
    pub(crate) links: Vec<(CString, CString)>,
    /// Landlock allows reading and executing below these.
    pub(crate) readable: Vec<CString>,
    pub(crate) executable: CString,
    pub(crate) arguments: Vec<CString>,
    pub(crate) environment: Vec<CString>,
}

fn c(text: impl AsRef<OsStr>) -> Result<CString, JailError> {
    let text = text.as_ref();
    CString::new(text.as_bytes())
        .map_err(|_| JailError::Config(format!("a NUL in `{}`", text.to_string_lossy())))
}

fn below(path: &Path) -> PathBuf {
    Path::new(ROOT).join(path.strip_prefix("/").unwrap_or(path))
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The plan for an interpreter, with or without the two layers that a level may lack.
pub(crate) fn plan(
    config: &Config,
    python: &Interpreter,
    namespaces: bool,
    landlock: bool,
) -> Result<Plan, JailError> {
    let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
    let drop_to = uid.is_root().then_some(config.user);
    let (uid, gid) = (drop_to.unwrap_or(uid.as_raw()), drop_to.unwrap_or(gid.as_raw()));

    let mut folders = BTreeSet::new();
    let mut links = Vec::new();
    for name in ["/lib", "/lib32", "/lib64"] {
        match std::fs::read_link(name) {
            Ok(target) => links.push((c(target)?, c(below(Path::new(name)))?)),
            Err(_) if Path::new(name).is_dir() => drop(folders.insert(PathBuf::from(name))),
            Err(_) => {}
        }
    }
    let libraries = ["/usr/lib", "/usr/lib32", "/usr/lib64"].map(PathBuf::from);
    let mut readable: BTreeSet<PathBuf> =
        libraries.into_iter().filter(|path| path.is_dir()).chain(folders.clone()).collect();
    readable.extend(python.prefixes.iter().cloned());
    for extra in &config.readable {
        let path = extra.canonicalize().map_err(|error| {
            JailError::Config(format!("`readable` names {}, which cannot be read: {error}", extra.display()))
        })?;
        readable.insert(path);
    }
    if readable.contains(Path::new("/")) {
        return Err(JailError::Config("the interpreter's prefix or `readable` is `/`".into()));
    }
    folders.insert("/usr".into());
    folders.extend(readable.iter().cloned());
    // A folder below another one is bound with it. The order of the set puts parents first.
    let mut roots: Vec<PathBuf> = Vec::new();
    for folder in folders {
        if !roots.iter().any(|root| folder.starts_with(root)) {
            roots.push(folder);
        }
    }
    let parents: BTreeSet<&Path> =
        roots.iter().flat_map(|root| root.ancestors()).filter(|path| path.parent().is_some()).collect();

    let hex = hex(&filter::bytes());
    let script = include_str!("warm.py");
    let executable = c(&python.executable)?;
    let arguments = ["-s", "-S", "-B", "-c", script, &hex];
    let mut environment = vec![c("PYTHONHASHSEED=0")?, c("PYTHONSAFEPATH=1")?, c("LC_ALL=C.UTF-8")?];
    // Outside /usr nothing tells the loader where the interpreter's own library is.
    if let Some(prefix) = python.prefixes.iter().find(|prefix| !prefix.starts_with("/usr")) {
        let mut path = std::ffi::OsString::from("LD_LIBRARY_PATH=");
        path.push(prefix.join("lib"));
        environment.push(c(path)?);
    }
    Ok(Plan {
        namespaces,
        landlock,
        drop_to,
        uid_map: c(format!("{uid} {uid} 1\n"))?,
        gid_map: c(format!("{gid} {gid} 1\n"))?,
        root: c(ROOT)?,
        folders: parents.into_iter().map(|path| c(below(path))).collect::<Result<_, _>>()?,
        binds: roots
            .iter()
            .map(|path| Ok(Bind { source: c(path)?, target: c(below(path))? }))
            .collect::<Result<_, JailError>>()?,
        links,
        readable: readable.iter().map(c).collect::<Result<_, _>>()?,
        arguments: std::iter::once(Ok(executable.clone()))
            .chain(arguments.iter().map(c))
            .collect::<Result<_, _>>()?,
        executable,
        environment,
    })
}
