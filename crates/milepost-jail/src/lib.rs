#![doc = include_str!("../README.md")]

mod config;
mod error;
mod executor;
mod program;
mod report;

pub use config::{Config, Level, Limits};
pub use error::{JailError, Step};
pub use program::{Isolation, Program};
pub use report::{Ending, Report};

#[cfg(not(all(
    target_os = "linux",
    feature = "python",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
mod unsupported;
#[cfg(not(all(
    target_os = "linux",
    feature = "python",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
pub use unsupported::Jail;

/// Compiles its items only where there can be a jail.
macro_rules! where_supported {
    ($($item:item)*) => {
        $(#[cfg(all(
            target_os = "linux",
            feature = "python",
            any(target_arch = "x86_64", target_arch = "aarch64")
        ))] $item)*
    };
}

where_supported! {
    mod codec;
    mod death;
    mod filter;
    mod interpreter;
    mod jail;
    mod plan;
    mod selftest;
    mod sys;
    mod worker;
    pub use jail::Jail;
}
