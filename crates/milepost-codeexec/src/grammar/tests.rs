use milepost_core::{Purpose, Stream, StreamKey};
use proptest::prelude::*;

use super::rules::{Kind, RULES};
use super::token::TokenSet;
use super::*;
use crate::{Executor, GeneratedType, MAX_SOURCE_BYTES, MiniPy, Source, random_program, syntax};

fn stream(seed: u64) -> Stream {
    Stream::new(StreamKey::new(seed, Purpose::named("grammar tests")))
}

/// How a sampler of these tests chooses among what is allowed.
#[derive(Debug, Clone, Copy)]
enum Taste {
    Any,
    /// Prefers what opens blocks and brackets.
    Deep,
    /// Prefers a few tokens, drawn anew for each program.
    Fond,
}

const OPENING: [&str; 12] = ["(", "[", "{", "if", "def", "while", "lambda", "not", "-", "**", "try", ":"];

fn tastes() -> impl Strategy<Value = Taste> {
    prop_oneof![Just(Taste::Any), Just(Taste::Deep), Just(Taste::Fond)]
}

fn masked(grammar: Grammar, taste: Taste, limit: usize, seed: u64) -> Vec<Token> {
    let (mut tokens, mut stream, mut reader) = (Vec::new(), stream(seed), grammar.reader(limit));
    let fond: Vec<usize> = (0..12).map(|_| stream.below(Token::COUNT as u64) as usize).collect();
    loop {
        let next = reader.next();
        let liked = |token: &&Token| match taste {
            Taste::Any => true,
            Taste::Deep => OPENING.contains(&token.text()),
            Taste::Fond => fond.contains(&token.index()),
        };
        let mut choices: Vec<Token> = next.tokens.iter().filter(liked).copied().collect();
        let end = next.end && choices.is_empty();
        if choices.is_empty() || stream.below(8) == 0 {
            choices.clone_from(&next.tokens);
        }
        assert!(next.end || !choices.is_empty(), "a dead end after {}", spell(&tokens));
        if choices.is_empty() || end && stream.below(4) == 0 {
            return tokens;
        }
        let token = choices[stream.below(choices.len() as u64) as usize];
        assert!(reader.push(token));
        tokens.push(token);
    }
}

fn generated(seed: u64, size: usize) -> syntax::ast::Module {
    let mut stream = stream(seed);
    let ty = |stream: &mut Stream| GeneratedType::ALL[stream.below(4) as usize];
    let arguments: Vec<GeneratedType> = (0..stream.below(4)).map(|_| ty(&mut stream)).collect();
    let returns = ty(&mut stream);
    let program = random_program(size, &arguments, returns, &mut stream);
    syntax::parse(program.source.text().expect("text")).expect("inside MiniPy")
}

fn tokens(text: &str) -> Result<Vec<Token>, Untokenised> {
    Grammar::Module.tokens(&syntax::parse(text).expect("a program"))
}

#[test]
fn tokens_have_different_texts_in_a_fixed_order() {
    for (index, token) in Token::all().enumerate() {
        assert_eq!((token.index(), Token::from_index(index)), (index, Some(token)));
        assert_eq!(Token::named(token.text()), Some(token), "{token} is written twice");
    }
    assert_eq!(Token::from_index(Token::COUNT), None);
}

#[test]
fn no_two_alternatives_of_a_rule_begin_alike() {
    for rule in &RULES.0 {
        let mut seen = TokenSet::default();
        for production in &rule.productions {
            for token in Token::all().filter(|token| production.first.contains(*token)) {
                assert!(!seen.contains(token), "{} begins with {token} in two ways", rule.name);
                seen.insert(token);
            }
        }
        let empty = rule.productions.iter().filter(|production| production.shortest == 0).count();
        assert!(empty <= 1, "{} is empty in two ways", rule.name);
    }
}

#[test]
fn what_may_be_left_out_never_begins_like_what_follows() {
    let rules = &RULES.0;
    let mut follow = vec![TokenSet::default(); rules.len()];
    loop {
        let before = follow.clone();
        for (number, rule) in rules.iter().enumerate() {
            for production in &rule.productions {
                let mut after = before[number];
                for symbol in production.symbols.iter().rev() {
                    let first = match symbol.kind {
                        Kind::Token(set) | Kind::Parameter(set) => set,
                        Kind::Rule(other) => {
                            follow[other] = follow[other].union(after);
                            rules[other].first()
                        }
                    };
                    after = if RULES.shortest(symbol) == 0 { after.union(first) } else { first };
                }
            }
        }
        if follow == before {
            break;
        }
    }
    for (rule, follow) in rules.iter().zip(&follow).filter(|(rule, _)| rule.shortest() == 0) {
        let both = Token::all().find(|token| rule.first().contains(*token) && follow.contains(*token));
        assert_eq!(both, None, "{} is ambiguous", rule.name);
    }
}

#[test]
fn every_rule_is_reached_and_every_token_stands_somewhere() {
    let rules = &RULES.0;
    let mut reached = vec![RULES.named("module"), RULES.named("function")];
    let mut used = TokenSet::default();
    let mut at = 0;
    while let Some(rule) = reached.get(at).copied() {
        for symbol in rules[rule].productions.iter().flat_map(|production| &production.symbols) {
            match symbol.kind {
                Kind::Token(set) | Kind::Parameter(set) => used = used.union(set),
                Kind::Rule(other) if !reached.contains(&other) => reached.push(other),
                Kind::Rule(_) => {}
            }
        }
        at += 1;
    }
    assert_eq!(reached.len(), rules.len());
    assert_eq!(Token::all().find(|token| !used.contains(*token)), None);
}

#[test]
fn the_shortest_programs_are_one_statement() {
    assert_eq!(Grammar::Module.shortest(), 2);
    assert_eq!(Grammar::Function.shortest(), 10);
    let too_short = Grammar::Function.next(&[], 9);
    assert!(too_short.tokens.is_empty() && !too_short.end);
    let mut program = Vec::new();
    while let Some(token) = Grammar::Function.next(&program, 10).tokens.first() {
        program.push(*token);
    }
    assert_eq!(spell(&program), "def f ( ) :\n    return\n");
}

#[test]
fn names_that_are_no_tokens_get_free_ones_in_order() {
    let named =
        tokens("def f(values, b):\n    total = 0\n    return total + b + values\n").expect("in the grammar");
    assert_eq!(spell(&named), "def f ( a , b ) :\n    c = 0\n    return c + b + a\n");
    let many: Vec<String> = (0..19).map(|index| format!("v{index}")).collect();
    let many = format!("def f({}):\n    pass\n", many.join(", "));
    assert!(matches!(tokens(&many), Err(Untokenised::TooManyNames { line: 1, .. })));
}

#[test]
fn keywords_of_built_ins_are_tokens_and_names_of_their_own() {
    let text = "key = 3\nx = sorted(y, key=lambda z: z + key, reverse=True)\n";
    let spelt = spell(&tokens(text).expect("in the grammar"));
    assert_eq!(spelt, "a = 3\nx = sorted ( y , key= lambda z : z + a , reverse= True )\n");
}

#[test]
fn what_is_outside_the_grammar_is_named() {
    for (text, found, line) in [
        ("import math\n", "import", 1),
        ("x = 1\ny = 12345\n", "5", 2),
        ("x = 'long text'\n", "'long text'", 1),
        ("x = y = 0\n", "=", 1),
        ("def g():\n    pass\ng(n=1)\n", "=", 3),
        ("sum = 1\n", "=", 1),
    ] {
        let error = tokens(text).expect_err("outside");
        assert_eq!(error, Untokenised::Outside { line, text: found.to_owned() }, "{text}");
    }
    assert_eq!(tokens(""), Err(Untokenised::Unfinished));
    assert_eq!(Grammar::Function.next(&[Token::named("(").expect("a token")], 99), crate::Next::default());
}

proptest! {
    #[test]
    fn a_masked_sample_parses_prints_and_reads_back_as_itself(
        function: bool, taste in tastes(), limit in 10usize..200, seed: u64,
    ) {
        let grammar = if function { Grammar::Function } else { Grammar::Module };
        let tokens = masked(grammar, taste, limit, seed);
        prop_assert!(tokens.len() <= limit);
        let program = syntax::parse(&spell(&tokens)).map_err(|error| TestCaseError::fail(format!("{error}: {}", spell(&tokens))))?;
        prop_assert_eq!(&syntax::parse(&syntax::print(&program)).expect("printed"), &program);
    }

    #[test]
    fn a_masked_sample_is_compiled_or_is_a_set_of_constants(taste in tastes(), limit in 10usize..200, seed: u64) {
        let text = spell(&masked(Grammar::Function, taste, limit, seed));
        if let Err(refused) = MiniPy.prepare(&Source::from(text.as_str()), Grammar::ENTRY) {
            prop_assert!(refused.to_string().contains("a set of constants"), "{}: {}", refused, text);
        }
    }

    #[test]
    fn the_mask_is_never_empty_before_the_end_however_deep(limit in 10usize..=MAX_TOKENS, seed: u64) {
        let tokens = masked(Grammar::Module, Taste::Deep, limit, seed);
        prop_assert!(spell(&tokens).len() <= MAX_SOURCE_BYTES);
        prop_assert!(syntax::parse(&spell(&tokens)).is_ok());
    }

    #[test]
    fn a_sample_cut_short_is_closed_within_the_tokens_that_are_owed(taste in tastes(), cut in 0usize..120, seed: u64) {
        let tokens = masked(Grammar::Function, taste, 200, seed);
        let mut reader = Grammar::Function.reader(MAX_TOKENS);
        prop_assert!(tokens.iter().take(cut).all(|token| reader.push(*token)));
        let kept = cut.min(tokens.len());
        let limit = kept + reader.owed();
        let mut closed = tokens[..kept].to_vec();
        loop {
            let next = Grammar::Function.next(&closed, limit);
            let Some(token) = next.tokens.first() else {
                prop_assert!(next.end, "a dead end after {}", spell(&closed));
                break;
            };
            closed.push(*token);
        }
        prop_assert_eq!(closed.len(), limit);
        prop_assert!(syntax::parse(&spell(&closed)).is_ok());
    }

    #[test]
    fn every_token_of_a_generated_program_is_allowed(seed: u64, size in 0usize..10) {
        let program = generated(seed, size);
        let tokens = Grammar::Function.tokens(&program).expect("in the grammar");
        for at in 0..tokens.len() {
            prop_assert!(Grammar::Function.next(&tokens[..at], tokens.len()).tokens.contains(&tokens[at]));
        }
        prop_assert!(Grammar::Function.next(&tokens, tokens.len()).end);
        prop_assert_eq!(syntax::parse(&spell(&tokens)).expect("a program"), program);
    }

    #[test]
    fn the_tokens_of_a_sampled_program_spell_the_same_program(taste in tastes(), seed: u64) {
        let program = syntax::parse(&spell(&masked(Grammar::Module, taste, 120, seed))).expect("a program");
        let tokens = Grammar::Module.tokens(&program).unwrap_or_else(|error| panic!("{error}: {}", syntax::print(&program)));
        prop_assert_eq!(syntax::parse(&spell(&tokens)).expect("a program"), program);
    }

    #[test]
    fn the_mask_holds_exactly_what_the_reader_reads(taste in tastes(), limit in 10usize..60, seed: u64, other in 0..Token::COUNT) {
        let tokens = masked(Grammar::Function, taste, limit, seed);
        let token = Token::from_index(other).expect("a token");
        for at in 0..=tokens.len() {
            let mut reader = Grammar::Function.reader(limit);
            prop_assert!(tokens[..at].iter().all(|token| reader.push(*token)));
            prop_assert_eq!(reader.next().tokens.contains(&token), reader.clone().push(token));
        }
    }
}
