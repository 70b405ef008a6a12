use std::sync::Arc;

use milepost_core::{Stream, Vocabulary};
use milepost_microworlds::tokens::TurnTask;
use serde::{Deserialize, Serialize};

use super::instances::{DISTRACTORS, Instance};
use super::words::Words;

/// What a judge writes before its verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rationale {
    /// Nothing.
    Verdict,
    /// What each candidate does to the distance.
    Comparison,
    /// Two principles, and then the comparison.
    #[default]
    Principles,
}

impl Rationale {
    /// What may be written at each place, the end not included.
    pub(super) fn grammar(self) -> Vec<Vec<u32>> {
        let principles = if self == Self::Principles { 2 } else { 0 };
        let comparison = if self == Self::Verdict { 0 } else { 2 };
        let mut places = vec![Words::principles(); principles];
        places.extend(vec![Words::changes(); comparison]);
        places.push(Words::verdicts());
        places
    }
}

/// A pair: which instance, which candidates in which order, which of them is said to be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) instance: usize,
    /// The candidate that is shown first, and the second.
    pub(super) candidates: [u32; 2],
    /// Whether the first is labelled right.
    pub(super) first: bool,
}

/// Judging pairs of a pool of instances: the order is random, and the label never in the prompt.
#[derive(Debug, Clone)]
pub(super) struct Judging {
    pub(super) words: Arc<Words>,
    pub(super) instances: Arc<Vec<Instance>>,
    pub(super) rationale: Rationale,
    /// Share of labels that are wrong.
    pub(super) flips: f64,
}

impl TurnTask for Judging {
    type Problem = Pair;

    fn name(&self) -> &'static str {
        "judging"
    }

    fn vocabulary(&self) -> &Vocabulary {
        &self.words.vocabulary
    }

    fn draw(&self, stream: &mut Stream) -> Pair {
        let instance = stream.below(self.instances.len() as u64) as usize;
        let Instance { correct, distractors, .. } = &self.instances[instance];
        let rejected = distractors[stream.below(DISTRACTORS as u64) as usize];
        let correct_first = stream.uniform() < 0.5;
        let candidates = if correct_first { [*correct, rejected] } else { [rejected, *correct] };
        let flipped = stream.uniform() < self.flips;
        Pair { instance, candidates, first: correct_first != flipped }
    }

    fn prompt(&self, pair: &Pair, into: &mut Vec<u32>) {
        into.extend(Words::prompt(&self.instances[pair.instance].situation, pair.candidates));
    }

    fn turn_limit(&self) -> usize {
        self.rationale.grammar().len() + 1
    }

    fn allowed(&self, _: &Pair, tokens: &[u32], into: &mut Vec<u32>) {
        let places = self.rationale.grammar();
        if tokens.iter().zip(&places).any(|(token, place)| !place.contains(token)) {
            return;
        }
        match places.get(tokens.len()) {
            Some(place) => into.extend(place),
            None if tokens.len() == places.len() => into.push(Vocabulary::END),
            None => {}
        }
    }

    fn verdict(&self, pair: &Pair, turn: &[u32]) -> Option<bool> {
        let places = self.rationale.grammar();
        let (end, written) = turn.split_last()?;
        let fits = written.len() == places.len() && *end == Vocabulary::END;
        let fits = fits && written.iter().zip(&places).all(|(token, place)| place.contains(token));
        fits.then(|| written.last() == Some(&Words::verdict(pair.first)))
    }

    /// The teacher's rationale: what is true of the state and the candidates, and the label.
    fn expert(&self, pair: &Pair) -> Vec<u32> {
        let Instance { situation, changes, .. } = &self.instances[pair.instance];
        let mut turn = Vec::with_capacity(self.turn_limit());
        if self.rationale == Rationale::Principles {
            turn.extend(situation.principles().map(Words::principle));
        }
        if self.rationale != Rationale::Verdict {
            turn.extend(pair.candidates.map(|action| Words::change(changes[action as usize])));
        }
        turn.extend([Words::verdict(pair.first), Vocabulary::END]);
        turn
    }
}
