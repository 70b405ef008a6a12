use milepost_core::{
    CutReason, Ending, EnvError, Environment, Provenance, SpanKind, StepOutcome, TaskSeed, TokenEnvironment,
    TokenPolicy, Trajectory, Vocabulary,
};
use serde::{Deserialize, Serialize};

use super::decision::review_key;
use super::{Decision, Draft, RefineCounts};
use crate::engine::Engine;
use crate::tree::{close_untaken, prefix};
use crate::{ContextError, DrawnFor, SamplingError};

/// How the policy says what is to become of its draft: a phrase, then the end of the turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaTokens {
    /// What the policy reads under the finished draft; may be empty.
    pub ask: Vec<u32>,
    /// The phrase that accepts.
    pub keep: Vec<u32>,
    /// The phrases that cut: phrase `k` keeps the first `k` turns.
    pub cuts: Vec<Vec<u32>>,
}

/// A decision that the policy wrote on a draft, as a trajectory of its own: the whole draft, in which nothing
/// is trained, then what was asked and, as a span of kind `Meta`, the decision, in a turn that the world does
/// not take. It is on-policy in the context in which it was drawn.
///
/// Its credit is that of the trajectory that it led to: give it the advantage of the rollout's trajectory
/// `place`, and it is trained together with it; leave it out, and meta tokens are not trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionRow {
    /// Which of the rollout's trajectories, counted over all groups.
    pub place: usize,
    /// The draft and the decision.
    pub trajectory: Trajectory<()>,
}

impl MetaTokens {
    /// Has the policy decide on drafts, all in one call. A draft under which nothing more fits is accepted, and
    /// counted; it has no row.
    pub(super) fn decide<E: TokenEnvironment, P: TokenPolicy>(
        &self,
        engine: &mut Engine<'_, E, P>,
        drafts: &[(usize, Draft<'_, E>)],
        rows: &mut Vec<DecisionRow>,
        counts: &mut RefineCounts,
    ) -> Result<Vec<Decision>, SamplingError<P::Error>> {
        let world = DecisionWorld::new(engine.prototype.vocabulary(), self)?;
        let mut asked = Vec::with_capacity(drafts.len());
        for (order, (place, draft)) in drafts.iter().enumerate() {
            let turns = draft.trajectory.turns.len();
            let mut row = prefix(draft.trajectory, turns);
            if !self.ask.is_empty() {
                row.span(SpanKind::Feedback, Provenance::Forced, &self.ask, &[]);
            }
            match engine.context(&row, turns as u32) {
                Ok(context) => asked.push((order, *place, row, context, review_key(draft))),
                Err(SamplingError::Context(ContextError::TooLong { .. })) => counts.too_long += 1,
                Err(error) => return Err(error),
            }
        }
        let requests = asked.iter().map(|(.., context, key)| engine.request(context, &world, *key)).collect();
        let drawn = engine.ask(requests)?;
        let mut decisions = vec![Decision::Accept; drafts.len()];
        for ((order, place, mut row, ..), turn) in asked.into_iter().zip(drawn) {
            engine.ledger.count(DrawnFor::Decision, turn.tokens.len() as u64);
            row.drawn(SpanKind::Meta, Provenance::OnPolicy, &turn);
            close_untaken(&mut row);
            rows.push(DecisionRow { place, trajectory: row.finish(Ending::Cut(CutReason::Branch))? });
            match self.read(&turn.tokens) {
                Some(decision) => decisions[order] = decision,
                None => counts.malformed += 1,
            }
        }
        Ok(decisions)
    }

    /// Whether all words are known and free for use, and every phrase means one thing.
    pub(super) fn check<E>(&self, vocabulary: &Vocabulary) -> Result<(), SamplingError<E>> {
        DecisionWorld::new(vocabulary, self).map(drop)
    }

    /// How a decision is written: `None` accepts, otherwise so many turns are kept.
    pub(super) fn phrase(&self, decision: Option<u32>) -> &[u32] {
        match decision {
            None => &self.keep,
            Some(turns) => self.cuts.get(turns as usize).or(self.cuts.last()).unwrap_or(&self.keep),
        }
    }

    /// What a turn means, if it can be understood.
    fn read(&self, tokens: &[u32]) -> Option<Decision> {
        let phrase = tokens.strip_suffix(&[Vocabulary::END])?;
        if phrase == self.keep {
            return Some(Decision::Accept);
        }
        self.cuts.iter().position(|cut| cut == phrase).map(|turns| Decision::Cut(turns as u32))
    }

    fn phrases(&self) -> impl Iterator<Item = &Vec<u32>> {
        std::iter::once(&self.keep).chain(&self.cuts)
    }
}

/// A world whose only turns are decisions: it tells a policy when one is whole and which words are well formed.
#[derive(Clone)]
struct DecisionWorld {
    vocabulary: Vocabulary,
    /// What may be said, each with its end.
    turns: Vec<Vec<u32>>,
}

impl DecisionWorld {
    fn new<E>(vocabulary: &Vocabulary, tokens: &MetaTokens) -> Result<Self, SamplingError<E>> {
        let unknown = |word: &&u32| vocabulary.word(**word).is_none() || **word <= Vocabulary::END;
        if let Some(word) = tokens.phrases().flatten().chain(&tokens.ask).find(unknown) {
            return Err(SamplingError::MetaToken { word: *word });
        }
        let mut turns: Vec<Vec<u32>> = tokens.phrases().cloned().collect();
        turns.sort_unstable();
        if tokens.cuts.is_empty() || turns[0].is_empty() || turns.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(SamplingError::MetaPhrases);
        }
        let ended = |mut turn: Vec<u32>| {
            turn.push(Vocabulary::END);
            turn
        };
        Ok(Self { vocabulary: vocabulary.clone(), turns: turns.into_iter().map(ended).collect() })
    }
}

impl Environment for DecisionWorld {
    type Observation = Vec<u32>;
    type Action = Vec<u32>;

    fn reset(&mut self, _seed: TaskSeed) -> Result<(), EnvError> {
        Ok(())
    }
    fn step(&mut self, _action: &Vec<u32>) -> Result<StepOutcome, EnvError> {
        Ok(StepOutcome { reward: 0.0, ending: None })
    }
    fn new_observation(&self) -> Vec<u32> {
        Vec::new()
    }
    fn observe(&self, into: &mut Vec<u32>) {
        into.clear();
    }
    fn ending(&self) -> Option<Ending> {
        None
    }
    fn elapsed(&self) -> u32 {
        0
    }
    fn state_key(&self) -> u64 {
        0
    }
}

impl TokenEnvironment for DecisionWorld {
    fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }
    fn turn_limit(&self) -> usize {
        self.turns.iter().map(Vec::len).max().unwrap_or(1)
    }
    fn grammar(&self, tokens: &[u32], allowed: &mut Vec<u32>) -> bool {
        let next = |turn: &Vec<u32>| turn.strip_prefix(tokens).and_then(|rest| rest.first().copied());
        allowed.extend(self.turns.iter().filter_map(next));
        allowed.sort_unstable();
        allowed.dedup();
        true
    }
}
