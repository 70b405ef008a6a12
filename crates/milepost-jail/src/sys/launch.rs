//! The launcher: from a copy of the host to a confined interpreter. Only system calls (see the module above).

use std::ffi::{CStr, c_char, c_long};

use libc as c;

use super::{landlock, mounts};
use crate::error::Step;
use crate::plan::Plan;

/// An error number.
pub(super) type Errno = i32;

/// What fits a register: integers keep their value (the C library's variadic function would not extend them).
pub(super) trait Word {
    fn word(self) -> c_long;
}

macro_rules! words {
    ($($integer:ty),*) => { $(impl Word for $integer {
        #[allow(clippy::cast_lossless, reason = "one body for integers of all widths")]
        fn word(self) -> c_long {
            self as c_long
        }
    })* };
}
words!(i32, u32, i64, u64, usize);

impl<T> Word for *const T {
    fn word(self) -> c_long {
        self as c_long
    }
}

impl<T> Word for *mut T {
    fn word(self) -> c_long {
        self as c_long
    }
}

/// A system call with up to six arguments.
macro_rules! call {
    ($number:expr $(, $argument:expr)* $(,)?) => {{
        // SAFETY: facts 1 and 2 of `sys`; the number and arguments are those of the call's manual page.
        let result = unsafe { libc::syscall($number $(, $crate::sys::launch::Word::word($argument))*) };
        // SAFETY: `errno` belongs to this thread.
        if result < 0 { Err(unsafe { *libc::__errno_location() }) } else { Ok(result) }
    }};
}
pub(super) use call;

/// Where the launcher says how far it came.
const PROGRESS: c_long = 5;
const HOST: i32 = 6;
/// The first descriptor that is nobody's.
const FIRST_FREE: c_long = 7;
/// Above every descriptor in `order` after they were moved out of the way.
const PARKED: c_long = 64;

fn exit(code: c_long) -> ! {
    loop {
        let _ = call!(c::SYS_exit_group, code);
    }
}

fn report(what: i32, number: i32) {
    let message = [what, number];
    let _ = call!(c::SYS_write, PROGRESS, message.as_ptr(), size_of_val(&message));
}

/// Ends the process at the step that failed.
fn at<T>(step: Step, result: Result<T, Errno>) -> T {
    match result {
        Ok(value) => value,
        Err(number) => {
            report(step as i32, number);
            exit(1)
        }
    }
}

/// Becomes the warm parent, by way of a second fork; never returns.
pub(super) fn launcher(
    plan: &Plan,
    arguments: &[*const c_char],
    environment: &[*const c_char],
    order: [i32; 7],
) -> ! {
    at(Step::Descriptors, place(order));
    if let Some(id) = plan.drop_to {
        at(Step::DropPrivileges, drop_privileges(c_long::from(id)));
    }
    at(Step::NoNewPrivileges, call!(c::SYS_prctl, c::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    if plan.namespaces {
        let all = c::CLONE_NEWUSER
            | c::CLONE_NEWNS
            | c::CLONE_NEWPID
            | c::CLONE_NEWNET
            | c::CLONE_NEWIPC
            | c::CLONE_NEWUTS
            | c::CLONE_NEWCGROUP;
        at(Step::Namespaces, call!(c::SYS_unshare, all));
        at(Step::IdMaps, write(c"/proc/self/setgroups", c"deny"));
        at(Step::IdMaps, write(c"/proc/self/uid_map", &plan.uid_map));
        at(Step::IdMaps, write(c"/proc/self/gid_map", &plan.gid_map));
    }
    // The warm parent is the first process of its namespace and a child of the host, not of this process, which would
    // otherwise have to stay, and to keep a copy of the host's memory.
    let flags = c_long::from(c::CLONE_PARENT | c::SIGCHLD);
    let pid = at(Step::Fork, call!(c::SYS_clone, flags, 0_i64, 0_i64, 0_i64, 0_i64));
    if pid > 0 {
        report(0, pid as i32);
        exit(0)
    }
    confine(plan, arguments, environment)
}

/// In the warm parent's process: the remaining layers, and the interpreter.
fn confine(plan: &Plan, arguments: &[*const c_char], environment: &[*const c_char]) -> ! {
    at(Step::ParentDeath, die_with_host());
    if plan.namespaces {
        at(Step::FileSystem, mounts::new_root(plan));
        let name = c"jail";
        at(Step::FileSystem, call!(c::SYS_sethostname, name.as_ptr(), name.count_bytes()));
    } else {
        at(Step::FileSystem, call!(c::SYS_chdir, c"/".as_ptr()));
    }
    if plan.landlock {
        at(Step::Landlock, landlock::restrict(&plan.readable));
    }
    at(Step::Limits, limit());
    let result = call!(c::SYS_execve, plan.executable.as_ptr(), arguments.as_ptr(), environment.as_ptr());
    at(Step::Execute, result);
    exit(1)
}

/// Puts the descriptors at 0, 1, 2, … and closes all others.
fn place(order: [i32; 7]) -> Result<(), Errno> {
    let mut parked = [0_i64; 7];
    for (index, fd) in order.iter().enumerate() {
        parked[index] = call!(c::SYS_fcntl, *fd, c::F_DUPFD, PARKED)?;
    }
    for (index, fd) in parked.iter().enumerate() {
        let flags = if index as c_long >= PROGRESS { c::O_CLOEXEC } else { 0 };
        call!(c::SYS_dup3, *fd, index, flags)?;
    }
    call!(c::SYS_close_range, FIRST_FREE, c::c_uint::MAX, 0)?;
    Ok(())
}

fn drop_privileges(id: c_long) -> Result<(), Errno> {
    call!(c::SYS_setgroups, 0, 0)?;
    call!(c::SYS_setresgid, id, id, id)?;
    call!(c::SYS_setresuid, id, id, id)?;
    // Otherwise the files of this process in /proc, the id maps among them, still belong to root.
    call!(c::SYS_prctl, c::PR_SET_DUMPABLE, 1, 0, 0, 0)?;
    Ok(())
}

fn write(path: &CStr, text: &CStr) -> Result<(), Errno> {
    let fd = call!(c::SYS_openat, c::AT_FDCWD, path.as_ptr(), c::O_WRONLY | c::O_CLOEXEC)?;
    let written = call!(c::SYS_write, fd, text.as_ptr(), text.count_bytes());
    call!(c::SYS_close, fd)?;
    written.map(drop)
}

/// Its own session, no blocked signals, and `SIGKILL` when the host dies.
fn die_with_host() -> Result<(), Errno> {
    call!(c::SYS_setsid)?;
    let none = [0_u64; 1];
    let nowhere = std::ptr::null_mut::<u64>();
    call!(c::SYS_rt_sigprocmask, c::SIG_SETMASK, none.as_ptr(), nowhere, size_of_val(&none))?;
    call!(c::SYS_prctl, c::PR_SET_PDEATHSIG, c::SIGKILL, 0, 0, 0)?;
    // The host may have died before that line; its pidfd is readable then.
    let mut host = c::pollfd { fd: HOST, events: c::POLLIN, revents: 0 };
    let now = c::timespec { tv_sec: 0, tv_nsec: 0 };
    let nobody = std::ptr::null::<u64>();
    match call!(c::SYS_ppoll, &raw mut host, 1, &raw const now, nobody, 0)? {
        0 => Ok(()),
        _ => Err(c::ESRCH),
    }
}

/// `_LINUX_CAPABILITY_VERSION_3`
const CAPABILITY_VERSION: u32 = 0x2008_0522;

/// No core files, few descriptors, no capabilities. What a test may use is set in its own process.
fn limit() -> Result<(), Errno> {
    for (which, most) in [(c::RLIMIT_CORE, 0), (c::RLIMIT_NOFILE, 256)] {
        let limit = c::rlimit { rlim_cur: most, rlim_max: most };
        let nowhere = std::ptr::null_mut::<c::rlimit>();
        call!(c::SYS_prlimit64, 0, which, &raw const limit, nowhere)?;
    }
    let header = [CAPABILITY_VERSION, 0];
    let none = [0_u32; 6];
    call!(c::SYS_capset, header.as_ptr(), none.as_ptr())?;
    Ok(())
}
