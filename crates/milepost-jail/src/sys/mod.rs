//! The only `unsafe` code of the crate: a fork, and what its child does until it is the interpreter.
//!
//! Two facts carry every proof below.
//!
//! 1. **After the fork only system calls.** The host may have many threads; in the forked child only one of them is
//!    left, and any lock may be held by one that is gone. So between `fork` and `execve` nothing is allocated,
//!    freed or locked and no panic can occur: the child reads a [`Plan`](crate::plan::Plan) that was laid out before,
//!    writes to its own stack, and makes system calls through `syscall`, which takes no lock.
//! 2. **Pointers handed to the kernel outlive the call.** Each is derived, within the same expression or function, from
//!    a reference to a `CString` of the plan, a static, or a local; the kernel keeps none of them.
#![allow(unsafe_code, reason = "fork, and system calls that have no safe wrapper in a forked child")]

mod fork;
mod landlock;
mod launch;
mod mounts;

pub(crate) use fork::{Descriptors, launch};
pub(crate) use landlock::version as landlock_version;
