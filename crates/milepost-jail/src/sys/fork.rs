//! The fork, seen from the host.

use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use crate::plan::Plan;

/// What the launcher is given; everything else it closes.
pub(crate) struct Descriptors<'a> {
    /// Standard input and output of the warm parent.
    pub(crate) null: BorrowedFd<'a>,
    /// Its standard error, read when it does not start.
    pub(crate) errors: BorrowedFd<'a>,
    pub(crate) control: BorrowedFd<'a>,
    pub(crate) jobs: BorrowedFd<'a>,
    /// Where the launcher says how far it came.
    pub(crate) progress: BorrowedFd<'a>,
    /// A pidfd of the host.
    pub(crate) host: BorrowedFd<'a>,
}

/// Forks the launcher and returns its process id. It writes `(0, pid of the warm parent)` or `(step, error number)` to
/// `progress`, as pairs of `i32`, and is done; end-of-file without an error means that the interpreter runs.
pub(crate) fn launch(plan: &Plan, descriptors: &Descriptors) -> std::io::Result<i32> {
    // Arrays of pointers are laid out here, because the child must not allocate.
    let pointers = |strings: &[std::ffi::CString]| {
        strings.iter().map(|s| s.as_ptr()).chain([std::ptr::null()]).collect::<Vec<_>>()
    };
    let (arguments, environment) = (pointers(&plan.arguments), pointers(&plan.environment));
    let order: [RawFd; 7] = [
        descriptors.null.as_raw_fd(),
        descriptors.null.as_raw_fd(),
        descriptors.errors.as_raw_fd(),
        descriptors.control.as_raw_fd(),
        descriptors.jobs.as_raw_fd(),
        descriptors.progress.as_raw_fd(),
        descriptors.host.as_raw_fd(),
    ];
    // SAFETY: `fork` has no precondition; the child runs `launcher`, which keeps to fact 1 of the module and never
    // returns. The child's copies of `plan`, `arguments` and `environment` live as long as it does.
    match unsafe { libc::fork() } {
        -1 => Err(std::io::Error::last_os_error()),
        0 => super::launch::launcher(plan, &arguments, &environment, order),
        pid => Ok(pid),
    }
}
