use milepost_core::{
    CutReason, Ending, EnvError, Environment, Provenance, SpanKind, StepOutcome, TaskSeed, TokenEnvironment,
    TokenPolicy, Trajectory, Vocabulary,
};
use serde::{Deserialize, Serialize};

use super::decision::review_key;
use super::{Decision, Draft};
use crate::engine::Engine;
use crate::tree::{close_untaken, prefix};
use crate::{DrawnFor, SamplingError};

/// How the policy says what is to become of its draft: one word, then the end of the turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaTokens {
    /// What the policy reads under the finished draft; may be empty.
    pub ask: Vec<u32>,
    /// The word that accepts.
    pub keep: u32,
    /// The words that cut: word `k` keeps the first `k` turns.
    pub cuts: Vec<u32>,
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

/// What the policy wrote on a draft, and what it means; `None` where it cannot be understood.
pub(super) type Decided = (DecisionRow, Option<Decision>);

impl MetaTokens {
    /// Has the policy decide on drafts, all in one call.
    pub(super) fn decide<E: TokenEnvironment, P: TokenPolicy>(
        &self,
        engine: &mut Engine<'_, E, P>,
        drafts: &[(usize, Draft<'_, E>)],
    ) -> Result<Vec<Decided>, SamplingError<P::Error>> {
        let world = DecisionWorld::new(engine.prototype.vocabulary(), self)?;
        let mut asked = Vec::with_capacity(drafts.len());
        for (place, draft) in drafts {
            let turns = draft.trajectory.turns.len();
            let mut row = prefix(draft.trajectory, turns);
            if !self.ask.is_empty() {
                row.span(SpanKind::Feedback, Provenance::Forced, &self.ask, &[]);
            }
            let context = engine.context(&row, turns as u32)?;
            asked.push((*place, row, context, review_key(draft)));
        }
        let requests = asked.iter().map(|(.., context, key)| engine.request(context, &world, *key)).collect();
        let drawn = engine.ask(requests)?;
        let mut decided = Vec::with_capacity(drawn.len());
        for ((place, mut row, ..), turn) in asked.into_iter().zip(drawn) {
            engine.ledger.count(DrawnFor::Decision, turn.tokens.len() as u64);
            row.drawn(SpanKind::Meta, Provenance::OnPolicy, &turn);
            close_untaken(&mut row);
            let trajectory = row.finish(Ending::Cut(CutReason::Branch))?;
            decided.push((DecisionRow { place, trajectory }, self.read(&turn.tokens)));
        }
        Ok(decided)
    }

    fn read(&self, tokens: &[u32]) -> Option<Decision> {
        let [word, Vocabulary::END] = tokens else { return None };
        if *word == self.keep {
            return Some(Decision::Accept);
        }
        self.cuts.iter().position(|cut| cut == word).map(|turns| Decision::Cut(turns as u32))
    }
}

/// A world whose only turns are decisions: it tells a policy when one is whole and which words are well formed.
#[derive(Clone)]
struct DecisionWorld {
    vocabulary: Vocabulary,
    words: Vec<u32>,
}

impl DecisionWorld {
    fn new<E>(vocabulary: &Vocabulary, tokens: &MetaTokens) -> Result<Self, SamplingError<E>> {
        let mut words: Vec<u32> = tokens.cuts.iter().copied().chain([tokens.keep]).collect();
        words.sort_unstable();
        let twice = words.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
        let unknown = |word: &&u32| vocabulary.word(**word).is_none() || **word <= Vocabulary::END;
        if let Some(word) = twice.or_else(|| words.iter().chain(&tokens.ask).find(unknown).copied()) {
            return Err(SamplingError::MetaToken { word });
        }
        if tokens.cuts.is_empty() {
            return Err(SamplingError::Zero { name: "number of cuts" });
        }
        Ok(Self { vocabulary: vocabulary.clone(), words })
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
        2
    }
    fn grammar(&self, tokens: &[u32], allowed: &mut Vec<u32>) -> bool {
        if tokens.is_empty() {
            allowed.extend_from_slice(&self.words);
        } else {
            allowed.push(Vocabulary::END);
        }
        true
    }
}
