use milepost_core::{Vocabulary, VocabularyError};

use super::{CodeTask, Fault, Guard, Language, SpecWord};
use crate::grammar;
use crate::pipeline::{Data, ErrorClass, MAX_TOKENS, OpKind, Token};

/// The other name under which an operation is described, in the order of [`OpKind::ALL`].
const SYNONYMS: [&str; OpKind::ALL.len()] = [
    "ascending",
    "backwards",
    "distinct",
    "even",
    "odd",
    "running",
    "keep",
    "skip",
    "plus",
    "times",
    "above",
    "total",
    "largest",
    "count",
    "head",
    "listed",
    "default",
];

/// Words of the conversation, after the 48 of the language and its descriptions.
const TALK: [&str; 25] = [
    "spec",
    "edge-empty",
    "edge-repeats",
    "edge-negative",
    "example",
    "->",
    "write",
    "given",
    "[",
    "]",
    ",",
    "-",
    "pass",
    "fail",
    "ok",
    "wrong",
    "parse-error",
    "type-error",
    "value-error",
    "limit-error",
    "run",
    "ans",
    "=",
    "plan",
    "check",
];

/// The words of [`super::CodeDsl`] and [`super::CodeTool`], the same for both, so that they can share a policy.
///
/// Ids 3 to 47 are the language (17 operations, the bar, ten digits) and the 17 synonyms: with the three
/// reserved words, 48. The words of the conversation follow, and where programs are MiniPy its tokens, each behind `py:`.
#[derive(Debug, Clone, PartialEq)]
pub struct Words {
    vocabulary: Vocabulary,
}

/// What a policy may think before it acts in [`super::CodeTool`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Thought {
    /// Something is to be tried.
    Plan,
    /// Something is known.
    Check,
    /// Something went wrong: out of place where nothing did, as after a splice.
    Sorry,
}

impl Thought {
    /// All of them, in the order of their words.
    pub const ALL: [Self; 3] = [Self::Plan, Self::Check, Self::Sorry];
}

const LANGUAGE: u32 = Vocabulary::RESERVED.len() as u32;
const SYNONYM: u32 = LANGUAGE + Token::COUNT as u32;
const TALKING: u32 = SYNONYM + SYNONYMS.len() as u32;

impl Words {
    pub(super) const SPEC: u32 = TALKING;
    const EDGE: u32 = TALKING + 1;
    pub(super) const EXAMPLE: u32 = TALKING + 4;
    pub(super) const GIVES: u32 = TALKING + 5;
    pub(super) const WRITE: u32 = TALKING + 6;
    pub(super) const GIVEN: u32 = TALKING + 7;
    pub(super) const OPEN: u32 = TALKING + 8;
    pub(super) const CLOSE: u32 = TALKING + 9;
    pub(super) const COMMA: u32 = TALKING + 10;
    pub(super) const MINUS: u32 = TALKING + 11;
    pub(super) const PASS: u32 = TALKING + 12;
    pub(super) const FAIL: u32 = TALKING + 13;
    pub(super) const OK: u32 = TALKING + 14;
    pub(super) const WRONG: u32 = TALKING + 15;
    const ERROR: u32 = TALKING + 16;
    /// Begins a call of the tool.
    pub const RUN: u32 = TALKING + 20;
    /// Begins an answer.
    pub const ANSWER: u32 = TALKING + 21;
    pub(super) const EQUALS: u32 = TALKING + 22;
    const THOUGHTS: u32 = TALKING + 23;
    const AT: u32 = Self::THOUGHTS + Thought::ALL.len() as u32;

    const MINIPY: u32 = Self::AT + MAX_TOKENS as u32 + 1;

    pub(super) fn new(language: Language) -> Result<Self, VocabularyError> {
        let minipy = match language {
            Language::Pipeline => 0,
            Language::MiniPy => grammar::Token::COUNT,
        };
        // A word has no blanks; no other token is told from `' '` by them alone.
        let minipy =
            grammar::Token::all().take(minipy).map(|token| format!("py:{}", token.text().replace(' ', "_")));
        let language = Token::all().map(Token::text).chain(SYNONYMS).chain(TALK).chain(["sorry"]);
        let places = (0..=MAX_TOKENS).map(|place| format!("at-{place}"));
        Ok(Self { vocabulary: Vocabulary::new(language.map(str::to_owned).chain(places).chain(minipy))? })
    }

    /// All words.
    #[must_use]
    pub const fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The id of a token of the language.
    #[must_use]
    pub const fn token(token: Token) -> u32 {
        LANGUAGE + token.index() as u32
    }

    /// The token of the language that an id stands for.
    #[must_use]
    pub fn read(id: u32) -> Option<Token> {
        id.checked_sub(LANGUAGE).and_then(|index| Token::from_index(index as usize))
    }

    /// The id of a token of MiniPy, where programs are MiniPy.
    #[must_use]
    pub const fn minipy(token: grammar::Token) -> u32 {
        Self::MINIPY + token.index() as u32
    }

    /// The token of MiniPy that an id stands for.
    #[must_use]
    pub fn read_minipy(id: u32) -> Option<grammar::Token> {
        id.checked_sub(Self::MINIPY).and_then(|index| grammar::Token::from_index(index as usize))
    }

    /// The digit that an id stands for.
    pub(super) fn digit(id: u32) -> Option<u8> {
        match Self::read(id)? {
            Token::Digit(digit) => Some(digit),
            _ => None,
        }
    }

    /// The word of a thought.
    #[must_use]
    pub const fn thought(thought: Thought) -> u32 {
        Self::THOUGHTS + thought as u32
    }

    /// The thought that an id stands for.
    #[must_use]
    pub fn read_thought(id: u32) -> Option<Thought> {
        Thought::ALL.into_iter().find(|thought| Self::thought(*thought) == id)
    }

    /// The word of an error.
    #[must_use]
    pub const fn error(class: ErrorClass) -> u32 {
        Self::ERROR + class as u32
    }

    /// An error and where it is.
    pub(super) fn fault(fault: Fault) -> [u32; 2] {
        [Self::error(fault.class), Self::AT + fault.at.min(MAX_TOKENS) as u32]
    }

    fn synonym(kind: OpKind) -> u32 {
        SYNONYM + kind as u32
    }
}

/// Appends a number as its digits.
pub(super) fn say_number(value: i64, into: &mut Vec<u32>) {
    if value < 0 {
        into.push(Words::MINUS);
    }
    let text = value.unsigned_abs().to_string();
    into.extend(text.bytes().map(|digit| Words::token(Token::Digit(digit - b'0'))));
}

/// Appends a value: a number, or numbers in brackets.
pub(super) fn say_data(data: &Data, into: &mut Vec<u32>) {
    match data {
        Data::Int(value) => say_number(*value, into),
        Data::List(items) => {
            into.push(Words::OPEN);
            for (index, item) in items.iter().enumerate() {
                into.extend((index > 0).then_some(Words::COMMA));
                say_number(*item, into);
            }
            into.push(Words::CLOSE);
        }
    }
}

/// Appends the specification: the main line, then what stands beside it.
pub(super) fn say_spec(task: &CodeTask, into: &mut Vec<u32>) {
    into.extend([Vocabulary::BEGIN, Words::SPEC]);
    for SpecWord { kind, constant, synonym } in task.spec() {
        into.push(if *synonym { Words::synonym(*kind) } else { Words::token(Token::Op(*kind)) });
        if let Some(constant) = constant {
            say_number(i64::from(*constant), into);
        }
    }
    for guard in task.guards() {
        match guard {
            Guard::Empty(stand_in) => {
                into.push(Words::EDGE);
                say_number(i64::from(*stand_in), into);
            }
            Guard::Repeats => into.push(Words::EDGE + 1),
            Guard::Negative => into.push(Words::EDGE + 2),
        }
    }
    for case in task.examples() {
        into.push(Words::EXAMPLE);
        say_data(&Data::List(case.input.clone()), into);
        into.push(Words::GIVES);
        say_data(&case.output, into);
    }
}
