//! Landlock: read and execute below the interpreter's folders, and nothing else that this kernel can refuse.
//!
//! Source: `linux/landlock.h`. The rights of a later version than this table's are not requested.

use std::ffi::CString;

use libc as c;

use super::launch::{Errno, call};

const EXECUTE: u64 = 1;
const READ_FILE: u64 = 1 << 2;
const READ_FOLDER: u64 = 1 << 3;
const VERSION: u32 = 1;
const PATH_BENEATH: i32 = 1;

/// `struct landlock_ruleset_attr`
#[repr(C)]
struct Ruleset {
    files: u64,
    network: u64,
    scopes: u64,
}

/// `struct landlock_path_beneath_attr`, which is packed.
#[repr(C, packed)]
struct Beneath {
    allowed: u64,
    parent: i32,
}

/// The rights that version `abi` of the interface knows, and the size of the structure that it takes.
const fn handled(abi: i64) -> (Ruleset, usize) {
    let files = match abi {
        ..=1 => 13, // up to MAKE_SYM
        2 => 14,    // REFER
        3 | 4 => 15, // TRUNCATE
        _ => 16,    // IOCTL_DEV
    };
    let network = if abi >= 4 { 0b11 } else { 0 }; // TCP: bind, connect
    let scopes = if abi >= 6 { 0b11 } else { 0 }; // abstract sockets, signals
    let size = match abi {
        ..=3 => 8,
        4 | 5 => 16,
        _ => 24,
    };
    (Ruleset { files: (1 << files) - 1, network, scopes }, size)
}

/// The version of the interface that this kernel offers, if it offers one.
pub(crate) fn version() -> Option<u32> {
    let nothing = std::ptr::null::<u64>();
    call!(c::SYS_landlock_create_ruleset, nothing, 0, VERSION).ok().map(|version| version as u32)
}

/// Restricts this process and all that it will start.
pub(super) fn restrict(readable: &[CString]) -> Result<(), Errno> {
    let nothing = std::ptr::null::<u64>();
    let abi = call!(c::SYS_landlock_create_ruleset, nothing, 0, VERSION)?;
    let (attributes, size) = handled(abi);
    let ruleset = call!(c::SYS_landlock_create_ruleset, &raw const attributes, size, 0)?;
    for path in readable {
        let flags = c::O_PATH | c::O_CLOEXEC | c::O_DIRECTORY;
        let parent = call!(c::SYS_openat, c::AT_FDCWD, path.as_ptr(), flags)?;
        let rule = Beneath { allowed: EXECUTE | READ_FILE | READ_FOLDER, parent: parent as i32 };
        call!(c::SYS_landlock_add_rule, ruleset, PATH_BENEATH, &raw const rule, 0)?;
        call!(c::SYS_close, parent)?;
    }
    call!(c::SYS_landlock_restrict_self, ruleset, 0)?;
    call!(c::SYS_close, ruleset)?;
    Ok(())
}
