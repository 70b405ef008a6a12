use std::panic::{AssertUnwindSafe, catch_unwind};

use milepost_core::{Ending, TokenEnvironment, TurnFault, Vocabulary};

use super::episode::{play, running_states, said, started, walks};
use super::turns::{self, Length, allowed, grammatical, mixed};
use super::{Law, Options, Violation};

/// Turns of nonsense tried in each state.
const TRIES: usize = 16;

/// The vocabulary and the turn limit are those of the prototype in every state of every task: a policy is
/// built before the first reset.
pub fn vocabularies_are_fixed<E: TokenEnvironment>(
    prototype: &E,
    options: &Options,
) -> Result<(), Violation> {
    let law = Law::VocabulariesAreFixed;
    running_states(prototype, options, turns::plausible, |world, task, turn, _| {
        if world.vocabulary() != prototype.vocabulary() {
            return Err(Violation::new(law, task, turn, "the vocabulary is not that of the prototype"));
        }
        if world.turn_limit() != prototype.turn_limit() {
            let what = format!(
                "the turn limit is {}; the prototype's is {}",
                world.turn_limit(),
                prototype.turn_limit()
            );
            return Err(Violation::new(law, task, turn, what));
        }
        Ok(())
    })
}

/// Every token that the world says has a word and is neither [`Vocabulary::PAD`] nor [`Vocabulary::END`]; the
/// prompt is not empty.
pub fn worlds_say_words<E: TokenEnvironment>(prototype: &E, options: &Options) -> Result<(), Violation> {
    let law = Law::WorldsSayWords;
    for (task, mut stream) in walks(options) {
        let mut environment = started(prototype, task)?;
        if said(&environment).is_empty() {
            return Err(Violation::new(law, task, 0, "the prompt is empty"));
        }
        let look = |world: &E, turn: usize| {
            let tokens = said(world);
            let bad = tokens.iter().find(|token| {
                world.vocabulary().word(**token).is_none()
                    || [Vocabulary::PAD, Vocabulary::END].contains(token)
            });
            bad.map_or(Ok(()), |bad| {
                let what = format!("the world says {tokens:?}, where {bad} is not a word of its own");
                Err(Violation::new(law, task, turn, what))
            })
        };
        look(&environment, 0)?;
        let choose = |world: &E| Some(mixed(world, &mut stream));
        play(&mut environment, task, options.max_turns, choose, |played| look(played.after, played.at + 1))?;
    }
    Ok(())
}

/// A turn has at least one token; no tokens are no whole turn, and [`TokenEnvironment::turn_limit`] of them
/// always are.
pub fn turns_end<E: TokenEnvironment>(prototype: &E, options: &Options) -> Result<(), Violation> {
    running_states(prototype, options, turns::plausible, |world, task, turn, stream| {
        let fail = |what: &str| Err(Violation::new(Law::TurnsEnd, task, turn, what));
        if world.turn_limit() == 0 {
            return fail("the turn limit is 0, so nothing can be written");
        }
        if world.is_finished(&[]) {
            return fail("a turn is finished before its first token");
        }
        let words = world.vocabulary().len() as u64;
        let full: Vec<u32> = (0..world.turn_limit()).map(|_| stream.below(words) as u32).collect();
        if !world.is_finished(&full) {
            return fail("a turn as long as the turn limit is not finished");
        }
        Ok(())
    })
}

/// What the grammar allows is in increasing order, has words, is never [`Vocabulary::PAD`], and is the same
/// when asked again. A world has a grammar in every running state or in none.
pub fn allowed_tokens_are_words<E: TokenEnvironment>(
    prototype: &E,
    options: &Options,
) -> Result<(), Violation> {
    let law = Law::AllowedTokensAreWords;
    let mut has_grammar = None;
    running_states(prototype, options, mixed, |world, task, turn, stream| {
        let drawn = grammatical(world, Length::Any, stream);
        if *has_grammar.get_or_insert(drawn.is_some()) != drawn.is_some() {
            let what = "there is a grammar in some states and none in others";
            return Err(Violation::new(law, task, turn, what));
        }
        let written = drawn.unwrap_or_default();
        for length in 0..written.len() {
            let prefix = &written[..length];
            let Some(tokens) = allowed(world, prefix) else { continue };
            let fail = |why: &str| {
                let what = format!("after {prefix:?} the grammar allows {tokens:?}: {why}");
                Err(Violation::new(law, task, turn, what))
            };
            if !tokens.is_sorted_by(|a, b| a < b) {
                return fail("not in increasing order");
            }
            if tokens
                .iter()
                .any(|token| *token == Vocabulary::PAD || world.vocabulary().word(*token).is_none())
            {
                return fail("not all of them can be drawn");
            }
            if allowed(world, prefix).as_ref() != Some(&tokens) {
                return fail("something else when asked again");
            }
        }
        Ok(())
    })
}

/// A turn that keeps to the grammar always has a next token until it is finished, is finished within
/// [`TokenEnvironment::turn_limit`] tokens however long it is drawn out, and is not [`TurnFault::Malformed`].
pub fn grammatical_turns_are_understood<E: TokenEnvironment>(
    prototype: &E,
    options: &Options,
) -> Result<(), Violation> {
    let law = Law::GrammaticalTurnsAreUnderstood;
    running_states(prototype, options, mixed, |world, task, turn, stream| {
        for length in [Length::Any, Length::Any, Length::Any, Length::Longest] {
            let Some(tokens) = grammatical(world, length, stream) else { continue };
            let fail = |why: &str| Err(Violation::new(law, task, turn, format!("{tokens:?} {why}")));
            if tokens.len() > world.turn_limit() {
                return fail("is longer than the turn limit");
            }
            if !world.is_finished(&tokens) {
                return fail("is not finished, but nothing is allowed to follow");
            }
            let mut after = world.clone();
            if let Err(error) = after.step(&tokens) {
                return fail(&format!("keeps to the grammar, but: {error}"));
            }
            if after.fault() == Some(TurnFault::Malformed) || after.ending() == Some(Ending::Malformed) {
                return fail("keeps to the grammar, but is malformed");
            }
        }
        Ok(())
    })
}

/// Any token sequence may be stepped while the episode runs, without an error or a panic; one that holds an id
/// without a word is a fault.
pub fn nonsense_is_answered<E: TokenEnvironment>(prototype: &E, options: &Options) -> Result<(), Violation> {
    let law = Law::NonsenseIsAnswered;
    running_states(prototype, options, turns::plausible, |world, task, turn, stream| {
        for _ in 0..TRIES {
            let tokens = turns::nonsense(world, stream);
            let fail = |why: &str| Err(Violation::new(law, task, turn, format!("{tokens:?} {why}")));
            let mut after = world.clone();
            match catch_unwind(AssertUnwindSafe(|| after.step(&tokens))) {
                Err(_) => return fail("made the world panic"),
                Ok(Err(error)) => return fail(&format!("was answered with an error: {error}")),
                Ok(Ok(_)) => {}
            }
            let wordless = tokens.iter().any(|token| world.vocabulary().word(*token).is_none());
            if wordless && after.fault().is_none() {
                return fail("holds an id without a word, but no fault was found");
            }
        }
        Ok(())
    })
}

/// There is no fault before the first turn; an episode that ends as [`Ending::Malformed`] ends with
/// [`TurnFault::Malformed`].
pub fn faults_are_reported<E: TokenEnvironment>(prototype: &E, options: &Options) -> Result<(), Violation> {
    let law = Law::FaultsAreReported;
    let mut used = prototype.clone();
    for (task, mut stream) in walks(options) {
        // A used world: what it found fault with in the episode before is forgotten.
        used.reset(task)
            .map_err(|error| Violation::new(Law::LegalCallsSucceed, task, 0, error.to_string()))?;
        if let Some(fault) = used.fault() {
            return Err(Violation::new(law, task, 0, format!("{fault:?} before the first turn")));
        }
        let choose = |world: &E| {
            Some(if stream.below(2) == 0 {
                turns::nonsense(world, &mut stream)
            } else {
                mixed(world, &mut stream)
            })
        };
        play(&mut used, task, options.max_turns, choose, |played| {
            let fault = played.after.fault();
            if played.outcome.ending == Some(Ending::Malformed) && fault != Some(TurnFault::Malformed) {
                let what = format!("the episode ended as malformed, but the last turn's fault is {fault:?}");
                return Err(Violation::new(law, task, played.at, what));
            }
            Ok(())
        })?;
    }
    Ok(())
}
