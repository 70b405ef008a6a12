//! Any bytes as a program and as a literal: refused or not, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use milepost_codeexec::{Executor, MiniPy, Source, Value};

fuzz_target!(|bytes: &[u8]| {
    let _ = MiniPy.prepare(&Source::new(bytes), "f");
    let _ = Value::parse(&String::from_utf8_lossy(bytes));
});
