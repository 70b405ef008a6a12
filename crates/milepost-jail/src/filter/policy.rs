//! What each system call does to a program that makes it.
//!
//! *Allowed*: memory, descriptors that are already open, clocks, its own signals' masks and handlers, looking at
//! files that Landlock lets it read. *Hostile*: the process is killed, and that is the verdict `violation`.
//! *Everything else*, calls of later kernels included, is `EPERM`: unusual but innocent code sees an `OSError`.

use libc as c;

use super::bpf::{ALLOW, KILL, Rule, errno};

/// `AUDIT_ARCH_*` of `linux/audit.h`, and the first number of the x32 convention where there is one.
#[cfg(target_arch = "x86_64")]
pub(super) const ARCHITECTURE: u32 = 0xc000_003e;
#[cfg(target_arch = "x86_64")]
pub(super) const X32: Option<u32> = Some(0x4000_0000);
#[cfg(target_arch = "aarch64")]
pub(super) const ARCHITECTURE: u32 = 0xc000_00b7;
#[cfg(target_arch = "aarch64")]
pub(super) const X32: Option<u32> = None;

/// Flags of `open` with which a file could change.
const WRITES: u32 = (c::O_WRONLY
    | c::O_RDWR
    | c::O_CREAT
    | c::O_TRUNC
    | c::O_APPEND
    | (c::O_TMPFILE & !c::O_DIRECTORY)) as u32;

const ALLOWED: &[c::c_long] = &[
    // memory
    c::SYS_brk, c::SYS_mmap, c::SYS_munmap, c::SYS_mremap, c::SYS_mprotect, c::SYS_madvise, c::SYS_mincore,
    // open descriptors
    c::SYS_read, c::SYS_readv, c::SYS_pread64, c::SYS_preadv, c::SYS_preadv2, c::SYS_write, c::SYS_writev,
    c::SYS_pwrite64, c::SYS_pwritev, c::SYS_pwritev2, c::SYS_lseek, c::SYS_close, c::SYS_close_range, c::SYS_dup,
    c::SYS_dup3, c::SYS_ppoll, c::SYS_pselect6,
    // read-only metadata
    c::SYS_newfstatat, c::SYS_fstat, c::SYS_statfs, c::SYS_fstatfs, c::SYS_getdents64, c::SYS_readlinkat,
    c::SYS_faccessat, c::SYS_faccessat2, c::SYS_getcwd,
    // clocks, sleep, randomness
    c::SYS_clock_gettime, c::SYS_clock_getres, c::SYS_clock_nanosleep, c::SYS_nanosleep, c::SYS_gettimeofday,
    c::SYS_times, c::SYS_getitimer, c::SYS_setitimer, c::SYS_getrandom,
    // its own signals
    c::SYS_rt_sigaction, c::SYS_rt_sigprocmask, c::SYS_rt_sigreturn, c::SYS_rt_sigpending, c::SYS_rt_sigtimedwait,
    c::SYS_sigaltstack, c::SYS_restart_syscall,
    // itself
    c::SYS_getpid, c::SYS_getppid, c::SYS_gettid, c::SYS_getpgid, c::SYS_getsid, c::SYS_getuid, c::SYS_geteuid,
    c::SYS_getgid, c::SYS_getegid, c::SYS_getresuid, c::SYS_getresgid, c::SYS_getgroups, c::SYS_getrusage,
    c::SYS_getrlimit, c::SYS_getpriority, c::SYS_getcpu, c::SYS_sched_getaffinity, c::SYS_sched_getparam,
    c::SYS_sched_getscheduler, c::SYS_sched_yield, c::SYS_sysinfo, c::SYS_uname, c::SYS_umask,
    // the run-time library
    c::SYS_futex, c::SYS_set_robust_list, c::SYS_get_robust_list, c::SYS_set_tid_address, c::SYS_rseq,
    c::SYS_membarrier, c::SYS_exit, c::SYS_exit_group,
];

const HOSTILE: &[c::c_long] = &[
    // processes, threads, programs
    c::SYS_clone, c::SYS_clone3, c::SYS_execve, c::SYS_execveat, c::SYS_unshare, c::SYS_setns,
    // signals to others. (`tkill` and `tgkill` are not here: `abort` uses them on itself, must fail, and then ends
    // in an illegal instruction, which is a crash as it should be.)
    c::SYS_kill, c::SYS_rt_sigqueueinfo, c::SYS_rt_tgsigqueueinfo, c::SYS_pidfd_send_signal,
    // other processes
    c::SYS_ptrace, c::SYS_process_vm_readv, c::SYS_process_vm_writev, c::SYS_process_madvise, c::SYS_pidfd_open,
    c::SYS_pidfd_getfd, c::SYS_kcmp,
    // the network
    c::SYS_socket, c::SYS_socketpair, c::SYS_bind, c::SYS_listen, c::SYS_accept, c::SYS_accept4, c::SYS_connect,
    c::SYS_sendto, c::SYS_sendmsg, c::SYS_sendmmsg, c::SYS_recvfrom, c::SYS_recvmsg, c::SYS_recvmmsg,
    c::SYS_shutdown, c::SYS_setsockopt, c::SYS_getsockopt, c::SYS_getsockname, c::SYS_getpeername,
    // changes to the file system
    c::SYS_truncate, c::SYS_unlinkat, c::SYS_renameat2, c::SYS_linkat, c::SYS_symlinkat, c::SYS_mkdirat,
    c::SYS_mknodat, c::SYS_fchmod, c::SYS_fchmodat, c::SYS_fchown, c::SYS_fchownat, c::SYS_utimensat,
    c::SYS_setxattr, c::SYS_lsetxattr, c::SYS_fsetxattr, c::SYS_removexattr, c::SYS_lremovexattr,
    c::SYS_fremovexattr, c::SYS_mount, c::SYS_umount2, c::SYS_pivot_root, c::SYS_chroot, c::SYS_swapon,
    c::SYS_swapoff, c::SYS_quotactl, c::SYS_open_tree, c::SYS_move_mount, c::SYS_fsopen, c::SYS_fsconfig,
    c::SYS_fsmount, c::SYS_fspick, c::SYS_mount_setattr, c::SYS_name_to_handle_at, c::SYS_open_by_handle_at,
    c::SYS_fanotify_init, c::SYS_fanotify_mark, c::SYS_memfd_create,
    // large, rarely needed parts of the kernel
    c::SYS_io_uring_setup, c::SYS_io_uring_enter, c::SYS_io_uring_register, c::SYS_io_setup, c::SYS_bpf,
    c::SYS_perf_event_open, c::SYS_userfaultfd, c::SYS_add_key, c::SYS_request_key, c::SYS_keyctl,
    // its own cage
    c::SYS_prctl, c::SYS_seccomp, c::SYS_personality,
    // privileges and the machine
    c::SYS_setuid, c::SYS_setgid, c::SYS_setreuid, c::SYS_setregid, c::SYS_setresuid, c::SYS_setresgid,
    c::SYS_setgroups, c::SYS_setfsuid, c::SYS_setfsgid, c::SYS_capset, c::SYS_reboot, c::SYS_kexec_load,
    c::SYS_init_module, c::SYS_finit_module, c::SYS_delete_module, c::SYS_acct, c::SYS_settimeofday,
    c::SYS_clock_settime, c::SYS_clock_adjtime, c::SYS_adjtimex, c::SYS_sethostname, c::SYS_setdomainname,
    c::SYS_syslog, c::SYS_vhangup,
];

/// Calls that newer architectures have no more.
#[cfg(target_arch = "x86_64")]
const LEGACY_ALLOWED: &[c::c_long] = &[
    c::SYS_dup2, c::SYS_poll, c::SYS_select, c::SYS_stat, c::SYS_lstat, c::SYS_access, c::SYS_readlink,
    c::SYS_getdents, c::SYS_time, c::SYS_alarm, c::SYS_pause, c::SYS_getpgrp, c::SYS_arch_prctl,
];
#[cfg(target_arch = "x86_64")]
const LEGACY_HOSTILE: &[c::c_long] = &[
    c::SYS_fork, c::SYS_vfork, c::SYS_creat, c::SYS_unlink, c::SYS_rename, c::SYS_renameat, c::SYS_link,
    c::SYS_symlink, c::SYS_mkdir, c::SYS_rmdir, c::SYS_mknod, c::SYS_chmod, c::SYS_chown, c::SYS_lchown,
    c::SYS_utime, c::SYS_utimes, c::SYS_futimesat, c::SYS_iopl, c::SYS_ioperm, c::SYS_modify_ldt,
    c::SYS_kexec_file_load,
];
#[cfg(not(target_arch = "x86_64"))]
const LEGACY_ALLOWED: &[c::c_long] = &[];
#[cfg(not(target_arch = "x86_64"))]
const LEGACY_HOSTILE: &[c::c_long] = &[c::SYS_renameat];

/// Every call with a rule of its own.
pub(super) fn table() -> Vec<(u32, Rule)> {
    let all = |calls: &[&[c::c_long]], action| {
        let calls: Vec<_> = calls.concat();
        calls.into_iter().map(move |call| (call as u32, Rule::Always(action)))
    };
    let mut table: Vec<_> = all(&[ALLOWED, LEGACY_ALLOWED], ALLOW).collect();
    table.extend([
        (c::SYS_openat as u32, Rule::WithoutBits { argument: 2, bits: WRITES }),
        #[cfg(target_arch = "x86_64")]
        (c::SYS_open as u32, Rule::WithoutBits { argument: 1, bits: WRITES }),
        (
            c::SYS_fcntl as u32,
            Rule::OneOf {
                argument: 1,
                values: &[
                    c::F_DUPFD as u32,
                    c::F_DUPFD_CLOEXEC as u32,
                    c::F_GETFD as u32,
                    c::F_SETFD as u32,
                    c::F_GETFL as u32,
                ],
            },
        ),
        (
            c::SYS_ioctl as u32,
            Rule::OneOf {
                argument: 1,
                values: &[c::TCGETS as u32, c::TIOCGWINSZ as u32, c::FIOCLEX as u32, c::FIONCLEX as u32],
            },
        ),
        // Reading limits, not setting them.
        (c::SYS_prlimit64 as u32, Rule::Null { argument: 2 }),
        // The run-time library falls back to the older call.
        (c::SYS_statx as u32, Rule::Always(errno(c::ENOSYS))),
    ]);
    table.extend(all(&[HOSTILE, LEGACY_HOSTILE], KILL));
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_has_one_rule() {
        let mut numbers: Vec<_> = table().into_iter().map(|(number, _)| number).collect();
        numbers.sort_unstable();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "a call is in two classes");
    }

    #[test]
    fn the_filter_fits_the_kernels_limit() {
        let instructions = super::super::bytes().len() / 8;
        assert!(instructions < 4096, "{instructions}");
    }

    #[test]
    fn nothing_that_makes_a_process_or_a_socket_is_allowed() {
        let table = table();
        for call in [c::SYS_clone, c::SYS_clone3, c::SYS_execve, c::SYS_socket, c::SYS_ptrace, c::SYS_prctl] {
            assert!(table.contains(&(call as u32, Rule::Always(KILL))), "{call}");
        }
    }
}
