//! What parses is printed, and the printing is read back as the same program.
#![no_main]

use libfuzzer_sys::fuzz_target;
use milepost_codeexec::syntax;

fuzz_target!(|text: &str| {
    if let Ok(module) = syntax::parse(text) {
        let printed = syntax::print(&module);
        let again = syntax::parse(&printed).expect("the printing of a program is a program");
        assert_eq!(syntax::print(&again), printed);
    }
});
