//! Bytes choose among the tokens that the grammar allows: whatever they choose parses, and prints as itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use milepost_codeexec::grammar::{Grammar, spell};
use milepost_codeexec::syntax;

fuzz_target!(|input: (u8, &[u8])| {
    let (limit, choices) = input;
    let grammar = if limit % 2 == 0 { Grammar::Module } else { Grammar::Function };
    let mut reader = grammar.reader(grammar.shortest() + usize::from(limit));
    let mut tokens = Vec::new();
    let mut choices = choices.iter();
    loop {
        let next = reader.next();
        let choice = choices.next().copied();
        if next.end && choice.is_none() || next.tokens.is_empty() {
            assert!(next.end, "a dead end after {}", spell(&tokens));
            break;
        }
        let token = next.tokens[usize::from(choice.unwrap_or(0)) % next.tokens.len()];
        assert!(reader.push(token));
        tokens.push(token);
    }
    let program = syntax::parse(&spell(&tokens)).expect("a masked sample parses");
    assert_eq!(syntax::parse(&syntax::print(&program)).expect("its printing parses"), program);
});
