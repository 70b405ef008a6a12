//! A file system of its own: a small read-only tmpfs with the interpreter bound into it.

use std::ffi::CStr;

use libc as c;

use super::launch::{Errno, call};
use crate::plan::Plan;

/// `struct mount_attr` of `linux/mount.h`.
#[repr(C)]
struct MountAttributes {
    set: u64,
    clear: u64,
    propagation: u64,
    user_namespace: u64,
}

const READ_ONLY: u64 = 0x1;
const NO_SUID: u64 = 0x2;
const NO_DEVICES: u64 = 0x4;
const NO_EXEC: u64 = 0x8;
const RECURSIVE: i32 = 0x8000;
const SYS_MOUNT_SETATTR: c::c_long = c::SYS_mount_setattr;

fn protect(path: &CStr, set: u64, flags: i32) -> Result<(), Errno> {
    let attributes = MountAttributes { set, clear: 0, propagation: 0, user_namespace: 0 };
    let size = size_of::<MountAttributes>();
    call!(SYS_MOUNT_SETATTR, c::AT_FDCWD, path.as_ptr(), flags, &raw const attributes, size)?;
    Ok(())
}

/// Replaces the root. Afterwards nothing of the host's files can be named but the bound folders.
pub(super) fn new_root(plan: &Plan) -> Result<(), Errno> {
    let (nothing, here, slash) = (std::ptr::null::<c::c_char>(), c".".as_ptr(), c"/".as_ptr());
    call!(c::SYS_mount, nothing, slash, nothing, c::MS_REC | c::MS_PRIVATE, nothing)?;
    let tmpfs = c"tmpfs".as_ptr();
    let options = c"size=64k,nr_inodes=256,mode=755".as_ptr();
    call!(c::SYS_mount, tmpfs, plan.root.as_ptr(), tmpfs, c::MS_NOSUID | c::MS_NODEV, options)?;
    for folder in &plan.folders {
        call!(c::SYS_mkdirat, c::AT_FDCWD, folder.as_ptr(), 0o755)?;
    }
    for bind in &plan.binds {
        let (source, target) = (bind.source.as_ptr(), bind.target.as_ptr());
        call!(c::SYS_mount, source, target, nothing, c::MS_BIND | c::MS_REC, nothing)?;
        protect(&bind.target, READ_ONLY | NO_SUID | NO_DEVICES, RECURSIVE)?;
    }
    for (target, name) in &plan.links {
        call!(c::SYS_symlinkat, target.as_ptr(), c::AT_FDCWD, name.as_ptr())?;
    }
    call!(c::SYS_chdir, plan.root.as_ptr())?;
    // With the same place twice, the old root lies on top of the new one, and is taken off.
    call!(c::SYS_pivot_root, here, here)?;
    call!(c::SYS_umount2, here, c::MNT_DETACH)?;
    call!(c::SYS_chdir, slash)?;
    protect(c"/", READ_ONLY | NO_SUID | NO_DEVICES | NO_EXEC, 0)
}
