use milepost_core::Vocabulary;

use super::ToolConfig;
use super::answer::{AnswerReader, MAX_VALUE};
use crate::code_dsl::{Thought, Words};
use crate::pipeline::{Data, MAX_TOKENS, Token};

/// What a turn does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    /// Runs an expression, which may be wrong in every way.
    Run(Vec<Token>),
    /// Answers.
    Answer(Data),
}

/// The most tokens of a turn, its end included.
pub(super) const fn turn_limit(config: &ToolConfig) -> usize {
    let longest = if MAX_VALUE > MAX_TOKENS { MAX_VALUE } else { MAX_TOKENS };
    config.thoughts as usize + 1 + longest + 1
}

/// Think tokens at the beginning of a turn.
fn thoughts(config: &ToolConfig, turn: &[u32]) -> Vec<Thought> {
    turn.iter().map_while(|id| Words::read_thought(*id)).take(config.thoughts as usize).collect()
}

/// Where the call of a turn begins; `None` where it holds none.
pub(super) fn call_of(config: &ToolConfig, turn: &[u32]) -> Option<usize> {
    let at = thoughts(config, turn).len();
    (turn.get(at) == Some(&Words::RUN)).then_some(at)
}

/// A whole turn: its thoughts and what it does; no act where it cannot be understood.
pub(super) fn read(config: &ToolConfig, turn: &[u32]) -> (Vec<Thought>, Option<Act>) {
    let thoughts = thoughts(config, turn);
    let act = match &turn[thoughts.len()..] {
        [Words::RUN, call @ .., Vocabulary::END] => {
            let tokens: Option<Vec<Token>> = call.iter().map(|id| Words::read(*id)).collect();
            tokens.filter(|tokens| !tokens.is_empty() && tokens.len() <= MAX_TOKENS).map(Act::Run)
        }
        [Words::ANSWER, value @ .., Vocabulary::END] => {
            let mut reader = AnswerReader::new();
            value.iter().try_for_each(|id| reader.push(*id)).and_then(|()| reader.finish()).map(Act::Answer)
        }
        _ => None,
    };
    (thoughts, act)
}

/// Appends, in increasing order, what may follow `tokens`; `may_run` is whether a call may begin.
pub(super) fn allowed(config: &ToolConfig, may_run: bool, tokens: &[u32], into: &mut Vec<u32>) {
    let thoughts = thoughts(config, tokens).len();
    match &tokens[thoughts..] {
        [] => {
            into.extend(may_run.then_some(Words::RUN));
            into.push(Words::ANSWER);
            if thoughts < config.thoughts as usize {
                into.extend(Thought::ALL.map(Words::thought));
            }
        }
        [Words::RUN, call @ ..] => allowed_in_call(config, call, into),
        [Words::ANSWER, value @ ..] => {
            let mut reader = AnswerReader::new();
            if value.iter().try_for_each(|id| reader.push(*id)).is_some() {
                let end = reader.allowed(into);
                into.extend(end.then_some(Vocabulary::END));
            }
        }
        _ => {}
    }
    into.sort_unstable();
}

fn allowed_in_call(config: &ToolConfig, call: &[u32], into: &mut Vec<u32>) {
    let written: Vec<Token> = call.iter().map_while(|id| Words::read(*id)).collect();
    if written.len() < call.len() {
        return;
    }
    match config.mask.grammar() {
        Some(grammar) => {
            let next = grammar.next(&written);
            into.extend(next.end.then_some(Vocabulary::END));
            into.extend(next.tokens.into_iter().map(Words::token));
        }
        None => {
            into.extend((!written.is_empty()).then_some(Vocabulary::END));
            if written.len() < MAX_TOKENS {
                into.extend(Token::all().map(Words::token));
            }
        }
    }
}

/// Writes a turn, its end included.
pub(super) fn write(thought: Option<Thought>, verb: u32, rest: impl IntoIterator<Item = u32>) -> Vec<u32> {
    let mut turn: Vec<u32> = thought.map(Words::thought).into_iter().chain([verb]).collect();
    turn.extend(rest);
    turn.push(Vocabulary::END);
    turn
}
