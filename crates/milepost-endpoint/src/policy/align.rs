use std::ops::Range;

use crate::protocol::LogProbs;

/// Why nobody knows the log-probabilities of a turn. A policy without them can be sampled and evaluated, but not
/// trained with ratios.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogProbsUnavailable {
    /// A chat does not give those of given text.
    #[error("a chat gives no log-probabilities of given text; use the interface `completion`")]
    Chat,
    /// They were not asked for.
    #[error("log-probabilities are not asked for; set `log-probs`")]
    NotAsked,
    /// A token is no word, so the endpoint cannot have written it.
    #[error("token {token} has no word, so the endpoint cannot score it; leave unreadable turns out")]
    Wordless {
        /// The token.
        token: u32,
    },
    /// The endpoint gave none.
    #[error("the endpoint gives no log-probabilities of a prompt; it must support `echo` with `logprobs`")]
    NotGiven,
    /// The endpoint's tokens do not begin and end where words do.
    #[error("the endpoint's tokens do not fit the words: one crosses byte {at} of the prompt")]
    Misaligned {
        /// Where a word begins or ends within a token, or the texts part.
        at: usize,
    },
}

/// The sums of the log-probabilities of the endpoint's tokens over each range of bytes of `text`.
pub(super) fn align(
    given: Option<&LogProbs>,
    text: &str,
    ranges: &[Range<usize>],
) -> Result<Vec<f32>, LogProbsUnavailable> {
    let given = given.ok_or(LogProbsUnavailable::NotGiven)?;
    if given.tokens.len() != given.token_logprobs.len() {
        return Err(LogProbsUnavailable::NotGiven);
    }
    // Where each token begins, and the sum of all before it; none once one of them is unknown.
    let (mut bounds, mut at) = (vec![0], 0);
    for token in &given.tokens {
        if at == text.len() {
            break;
        }
        if !text[at..].starts_with(token.as_str()) {
            return Err(LogProbsUnavailable::Misaligned { at });
        }
        at += token.len();
        bounds.push(at);
    }
    if at != text.len() {
        return Err(LogProbsUnavailable::Misaligned { at });
    }
    let place =
        |byte: usize| bounds.binary_search(&byte).map_err(|_| LogProbsUnavailable::Misaligned { at: byte });
    ranges
        .iter()
        .map(|range| {
            let parts = &given.token_logprobs[place(range.start)?..place(range.end)?];
            let sum: Option<f64> = parts.iter().copied().sum();
            let known = sum.filter(|sum| sum.is_finite());
            known.map(|sum| sum as f32).ok_or(LogProbsUnavailable::NotGiven)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;

    fn given(tokens: &[(&str, f64)]) -> LogProbs {
        let mut token_logprobs: Vec<Option<f64>> = tokens.iter().map(|(_, p)| Some(*p)).collect();
        token_logprobs[0] = None;
        LogProbs { tokens: tokens.iter().map(|(text, _)| (*text).to_owned()).collect(), token_logprobs }
    }

    #[test]
    fn the_tokens_of_a_word_are_summed() {
        let given = given(&[("go", 0.0), (" no", -1.0), ("rth", -0.5), ("\n", -0.25), ("more", -9.0)]);
        assert_eq!(align(Some(&given), "go north\n", &[2..8, 8..9]), Ok(vec![-1.5, -0.25]));
    }

    #[test]
    fn what_does_not_fit_is_no_number() {
        let crossing = given(&[("go", 0.0), (" north\n", -1.0)]);
        assert_eq!(
            align(Some(&crossing), "go north\n", from_ref(&(2..8))),
            Err(LogProbsUnavailable::Misaligned { at: 8 })
        );
        let other = given(&[("go", 0.0), (" south", -1.0)]);
        assert_eq!(
            align(Some(&other), "go north", from_ref(&(2..8))),
            Err(LogProbsUnavailable::Misaligned { at: 2 })
        );
        let short = given(&[("go", 0.0)]);
        assert_eq!(
            align(Some(&short), "go north", from_ref(&(2..8))),
            Err(LogProbsUnavailable::Misaligned { at: 2 })
        );
        assert_eq!(align(None, "go", &[]), Err(LogProbsUnavailable::NotGiven));
        // Nothing precedes the first token, so nobody knows its probability.
        assert_eq!(align(Some(&short), "go", from_ref(&(0..2))), Err(LogProbsUnavailable::NotGiven));
    }
}
