use milepost_core::TokenEnvironment;
use milepost_sampling::judge::{Judge, StepKind, StepQuery, Verdict};
use milepost_sampling::refine::MetaTokens;
use milepost_sampling::tree::{ByTrial, StepProtocol};

use crate::TrainError;
use crate::config::{ReviewerConfig, SamplerConfig};

/// Makes the prompt with the hint of this number in it, from 0, for the task that the world has just been reset to;
/// `None` where there is no other hint.
pub type HintedPrompt<E> = fn(&E, u32) -> Option<Vec<u32>>;

/// The words in which a policy decides on its own drafts in this world.
pub type MetaWords<E> = fn(&E) -> MetaTokens;

/// What a world lends to the samplers that need more than the world itself: judgements, hints, and where a call
/// stands in a turn. They are made from the world's oracle (what a training signal may be computed from) and never
/// from what evaluation believes.
///
/// Functions without state: what they answer depends on the worlds that they are shown, and on nothing else.
#[derive(Debug)]
pub struct SamplerAids<E> {
    /// Says how good a turn was.
    pub judge: Option<TurnJudge<E>>,
    /// Gives hints.
    pub hint: Option<HintedPrompt<E>>,
    /// Where the call stands in a turn, in worlds that refuse calls and go on.
    pub call: Option<CallAid<E>>,
    /// Words for decisions on drafts.
    pub meta: Option<MetaWords<E>>,
    /// Which tokens may follow in a turn that answers, so that a step tree can force one at its last step.
    pub answers: Option<AnswerGrammar<E>>,
    /// How the true answer is written, for rewards that score the policy's belief in it.
    pub belief: Option<BeliefAid<E>>,
    /// How the policy is asked whether its own turn was right, for rewards of self-verification.
    pub verification: Option<VerificationAid<E>>,
}

/// Asks the policy whether a turn was right: the question is a task of the world itself, which one turn answers.
#[derive(Debug)]
pub struct VerificationAid<E> {
    /// The world with the question posed about a turn, its end included, in the task that the world has just been
    /// reset to; `None` where there is nothing to ask.
    pub ask: fn(&E, turn: &[u32]) -> Option<E>,
    /// Whether a turn says yes in a world where the question is posed.
    pub says_yes: fn(&E, turn: &[u32]) -> bool,
}

/// Appends, in increasing order, what may follow `tokens` in a turn that answers in the present state of the world;
/// `false` where no answer can be forced.
pub type AnswerGrammar<E> = fn(&E, tokens: &[u32], allowed: &mut Vec<u32>) -> bool;

/// Says how the true answer is written.
#[derive(Debug)]
pub struct BeliefAid<E> {
    /// The answer of the task that the world has just been reset to.
    pub answer: fn(&E) -> Option<AnswerForm>,
}

/// An answer as the policy itself would write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerForm {
    /// What comes before the answer in its turn: a closing thought, the word that begins an answer.
    pub before: Vec<u32>,
    /// The answer's tokens, in each of the ways in which it can be said; at least one, none of them empty.
    pub aliases: Vec<Vec<u32>>,
}

/// Says how good a turn was, given the world before and after it.
///
/// A verdict is the sum of its parts (of thought and act, say), each given in the same unit. Noise and failures befall
/// each part on its own.
#[derive(Debug)]
pub struct TurnJudge<E> {
    /// The values that a part has; what noise is drawn from.
    pub values: &'static [f64],
    /// How many parts there are, at least 1.
    pub parts: u32,
    /// How good a part of the turn was, from 0.
    pub value: fn(part: u32, before: &E, after: &E) -> f64,
    /// Whether what came after it had better been written anew.
    pub mistake: fn(before: &E, after: &E) -> bool,
}

impl<E> TurnJudge<E> {
    /// How good the turn was: the sum of its parts.
    #[must_use]
    pub fn total(&self, before: &E, after: &E) -> f64 {
        (0..self.parts).map(|part| (self.value)(part, before, after)).sum()
    }
}

/// Calls that can fail and be tried again.
#[derive(Debug)]
pub struct CallAid<E> {
    /// The index at which the call of a turn begins; `None` where it holds none.
    pub start: fn(&E, &[u32]) -> Option<usize>,
    /// Whether well-formed turns can fail too.
    pub well_formed_fail: bool,
}

impl<E> CallAid<E> {
    /// Of a world in which every turn is a call, without a thought before it.
    #[must_use]
    pub const fn whole_turns(well_formed_fail: bool) -> Self {
        Self { start: |_, _| Some(0), well_formed_fail }
    }
}

impl<E> SamplerAids<E> {
    /// Of a world that lends nothing: plain groups, and best of n or step trees with one candidate.
    pub const NONE: Self = Self {
        judge: None,
        hint: None,
        call: None,
        meta: None,
        answers: None,
        belief: None,
        verification: None,
    };
}

impl<E> Default for SamplerAids<E> {
    fn default() -> Self {
        Self::NONE
    }
}

impl<E> Clone for SamplerAids<E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E> Copy for SamplerAids<E> {}

impl<E> Clone for TurnJudge<E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E> Copy for TurnJudge<E> {}

impl<E> Clone for BeliefAid<E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E> Copy for BeliefAid<E> {}

impl<E> Clone for VerificationAid<E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E> Copy for VerificationAid<E> {}

impl<E> Clone for CallAid<E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E> Copy for CallAid<E> {}

impl<E> SamplerAids<E> {
    /// Refuses a sampler that needs what this world does not lend, and says what would help. `constrained`: whether
    /// only well-formed turns are drawn.
    pub fn check(&self, sampler: &SamplerConfig, constrained: bool) -> Result<(), TrainError> {
        match sampler {
            SamplerConfig::StepTree { candidates: 1, .. } | SamplerConfig::BestOfN { candidates: 1, .. } => {
                Ok(())
            }
            SamplerConfig::StepTree { .. }
            | SamplerConfig::RatedGroups { .. }
            | SamplerConfig::BestOfN { .. } => self.judge(sampler).map(drop),
            SamplerConfig::Refine { reviewer, .. } => match reviewer {
                ReviewerConfig::Oracle => self.judge(sampler).map(drop),
                ReviewerConfig::Policy => self.meta(sampler).map(drop),
                ReviewerConfig::Random => Ok(()),
            },
            SamplerConfig::Rollback { .. } => {
                let call = self.call(sampler)?;
                if constrained && !call.well_formed_fail {
                    let remedy = "set `tokens.constrained` to false, so that turns can fail";
                    return Err(lacks(sampler, "well-formed calls that fail", remedy));
                }
                Ok(())
            }
            SamplerConfig::HintRescue { inner, .. } => {
                self.check(inner, constrained)?;
                self.hint(sampler).map(drop)
            }
            SamplerConfig::Segments { .. }
            | SamplerConfig::Groups { .. }
            | SamplerConfig::Supersample { .. } => Ok(()),
        }
    }

    pub(super) fn judge(&self, sampler: &SamplerConfig) -> Result<TurnJudge<E>, TrainError> {
        let remedy = "choose a world with an oracle of its turns, or plain groups";
        self.judge.ok_or_else(|| lacks(sampler, "a judge of turns", remedy))
    }

    pub(super) fn hint(&self, sampler: &SamplerConfig) -> Result<HintedPrompt<E>, TrainError> {
        let remedy = "choose a world with hints, or leave the rescue out";
        self.hint.ok_or_else(|| lacks(sampler, "hints", remedy))
    }

    pub(super) fn meta(&self, sampler: &SamplerConfig) -> Result<MetaWords<E>, TrainError> {
        let remedy = "choose a world with words for them, or another reviewer";
        self.meta.ok_or_else(|| lacks(sampler, "words for decisions on drafts", remedy))
    }

    pub(super) fn call(&self, sampler: &SamplerConfig) -> Result<CallAid<E>, TrainError> {
        let remedy = "choose a world that refuses calls and goes on, or plain groups";
        self.call.ok_or_else(|| lacks(sampler, "calls that can fail and be tried again", remedy))
    }
}

fn lacks(sampler: &SamplerConfig, need: &'static str, remedy: &'static str) -> TrainError {
    TrainError::Aid { sampler: sampler.kind(), need, remedy }
}

/// A part of a world's judge on candidates that were not taken: takes each in a copy of the world.
#[derive(Debug)]
pub(super) struct OnTrial<E> {
    pub judge: TurnJudge<E>,
    /// Which part.
    pub part: u32,
    /// Tokens that each verdict is charged for.
    pub tokens: u64,
}

impl<E: TokenEnvironment> Judge<StepQuery<'_, E>> for OnTrial<E> {
    fn judge(&mut self, query: &StepQuery<'_, E>) -> Verdict {
        let mut after = query.environment.clone();
        let taken = after.step(&query.turn.to_vec()).ok();
        let value = taken.map(|_| (self.judge.value)(self.part, query.environment, &after));
        Verdict { value, tokens: self.tokens }
    }
}

/// What turns do, found out by trial; at the last step answers are forced where the world has a grammar for them.
#[derive(Debug)]
pub(super) struct Protocol<E>(pub Option<AnswerGrammar<E>>);

impl<E> Clone for Protocol<E> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<E: TokenEnvironment> StepProtocol<E> for Protocol<E> {
    fn kind(&self, environment: &E, turn: &[u32]) -> StepKind {
        ByTrial.kind(environment, turn)
    }

    fn answer_grammar(&self, environment: &E, tokens: &[u32], allowed: &mut Vec<u32>) -> bool {
        self.0.is_some_and(|grammar| grammar(environment, tokens, allowed))
    }
}
