use milepost_core::Vocabulary;
use serde::{Deserialize, Serialize};

use super::program::{Program, Written};
use super::{Fault, Mask, TaskConfig, Words};
use crate::pipeline::{self, ErrorClass, Pipeline};
use crate::{grammar, syntax};

/// In which language programs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// Pipelines of at most 14 tokens.
    #[default]
    Pipeline,
    /// One function `f` of [MiniPy's grammar](crate::grammar), of as many tokens as the longest target needs.
    #[serde(rename = "minipy")]
    MiniPy,
}

/// The most tokens that an operation, or a guard, takes as a line of MiniPy: `cumsum`.
const LINE: usize = 30;
/// Those around the lines: `def f ( a ) :`, the begin of a block, `return a` and its end.
const AROUND: usize = 12;

impl Language {
    /// The most tokens of a program.
    #[must_use]
    pub fn longest(self, task: &TaskConfig) -> usize {
        match self {
            Self::Pipeline => pipeline::MAX_TOKENS,
            Self::MiniPy => AROUND + LINE * (task.most_ops + task.guards) as usize,
        }
    }

    /// The program of a turn, which has its end.
    pub(super) fn read(self, turn: &[u32]) -> Result<Program, Fault> {
        let parse = |at| Fault { class: ErrorClass::Parse, at };
        let Some((&Vocabulary::END, written)) = turn.split_last() else { return Err(parse(turn.len())) };
        match self {
            Self::Pipeline => {
                let tokens = whole(written, Words::read).map_err(parse)?;
                Pipeline::parse(&tokens).map(Program::Pipeline).map_err(Fault::parse)
            }
            Self::MiniPy => {
                let tokens = whole(written, Words::read_minipy).map_err(parse)?;
                Written::new(tokens).map(Program::MiniPy)
            }
        }
    }

    /// The words of a pipeline in this language, without an end.
    #[must_use]
    pub fn write(self, program: &Pipeline) -> Vec<u32> {
        match self {
            Self::Pipeline => program.tokens().into_iter().map(Words::token).collect(),
            Self::MiniPy => {
                let source = program.to_minipy();
                let tree = source.text().and_then(syntax::parse);
                let tokens = tree.ok().and_then(|tree| grammar::Grammar::Function.tokens(&tree).ok());
                let tokens = tokens.unwrap_or_else(|| unreachable!("{program} prints within the grammar"));
                tokens.into_iter().map(Words::minipy).collect()
            }
        }
    }

    /// Appends what may follow `written` so that a program of at most `limit` tokens can come of it.
    pub(super) fn next(self, mask: Mask, limit: usize, written: &[u32], allowed: &mut Vec<u32>) {
        fn extend<T>(next: crate::Next<T>, word: impl Fn(T) -> u32, allowed: &mut Vec<u32>) {
            allowed.extend(next.end.then_some(Vocabulary::END));
            allowed.extend(next.tokens.into_iter().map(word));
        }
        match self {
            Self::Pipeline => {
                let Ok(written) = whole(written, Words::read) else { return };
                extend(mask.next(&written), Words::token, allowed);
            }
            Self::MiniPy => {
                let Ok(written) = whole(written, Words::read_minipy) else { return };
                extend(grammar::Grammar::Function.next(&written, limit), Words::minipy, allowed);
            }
        }
    }
}

/// What all words stand for, or the place of the first that stands for nothing.
fn whole<T>(words: &[u32], read: impl Fn(u32) -> Option<T>) -> Result<Vec<T>, usize> {
    words.iter().enumerate().map(|(at, word)| read(*word).ok_or(at)).collect()
}
