use milepost_core::Stream;

use crate::pipeline::{MAX_TOKENS, Pipeline, Token};

/// The tokens of a call with a slip of the pen: the name of an operation written twice. It never parses.
///
/// Tokens without an operation are no expression already, and stay as they are.
pub(super) fn stutter(tokens: &[Token], stream: &mut Stream) -> Vec<Token> {
    let names: Vec<usize> = (0..tokens.len()).filter(|at| matches!(tokens[*at], Token::Op(_))).collect();
    let mut slipped = tokens.to_vec();
    if !names.is_empty() {
        let at = names[stream.below(names.len() as u64) as usize];
        slipped.insert(at, tokens[at]);
    }
    slipped
}

/// The tokens of an expression with a mistake of a writer: a token left out or written twice, so that the expression does not
/// parse or is ill typed, and is no longer than an expression may be.
pub(super) fn mistake(program: &Pipeline, stream: &mut Stream) -> Vec<Token> {
    let tokens = program.tokens();
    let mut wrong: Vec<Vec<Token>> = Vec::new();
    for at in 0..tokens.len() {
        let (mut without, mut twice) = (tokens.clone(), tokens.clone());
        without.remove(at);
        twice.insert(at, tokens[at]);
        wrong.extend(
            [without, twice].into_iter().filter(|tokens| fails(tokens) && tokens.len() <= MAX_TOKENS),
        );
    }
    // Leaving out the only name, or a bar, is always a mistake.
    let count = wrong.len() as u64;
    if count == 0 { vec![Token::Bar] } else { wrong.swap_remove(stream.below(count) as usize) }
}

fn fails(tokens: &[Token]) -> bool {
    !tokens.is_empty() && Pipeline::parse(tokens).map_or(true, |program| program.check().is_err())
}
