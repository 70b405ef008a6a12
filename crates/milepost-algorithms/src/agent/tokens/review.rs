//! Who decides on finished drafts, and what is measured about the decisions.

use milepost_core::TokenEnvironment;
use milepost_sampling::TokenRollout;
use milepost_sampling::refine::{Discriminator, Draft, MetaTokens, RefineCounts, Reviewer, Trimmer};

use super::aids::{SamplerAids, TurnJudge};
use crate::TrainError;
use crate::config::{ReviewerConfig, SamplerConfig};

/// A reviewer as configured, and the judge by whom decisions are measured where the world lends one.
pub(super) struct Review<E> {
    who: Who<E>,
    pub judge: Option<TurnJudge<E>>,
}

enum Who<E> {
    Oracle { judge: TurnJudge<E>, noise: f64 },
    Random { share: f64 },
    Policy(MetaTokens),
}

impl<E: TokenEnvironment> Review<E> {
    /// The reviewer of a refining sampler.
    pub(super) fn new(config: &SamplerConfig, aids: &SamplerAids<E>, world: &E) -> Result<Self, TrainError> {
        let SamplerConfig::Refine { reviewer, noise, share, .. } = config else {
            let reason = format!("`{}` reviews no drafts", config.kind());
            return Err(TrainError::Config { reason });
        };
        let who = match reviewer {
            ReviewerConfig::Oracle => Who::Oracle { judge: aids.judge(config)?, noise: *noise },
            ReviewerConfig::Random => Who::Random { share: *share },
            ReviewerConfig::Policy => Who::Policy(aids.meta(config)?(world)),
        };
        Ok(Self { who, judge: aids.judge })
    }

    pub(super) fn reviewer(&self) -> Reviewer<Judged<E>, Judged<E>> {
        let judged = |by| Reviewer::Judged { discriminator: Judged { by }, trimmer: Judged { by } };
        match &self.who {
            Who::Policy(tokens) => Reviewer::Policy(tokens.clone()),
            Who::Oracle { judge, noise } => judged(By::Oracle { judge: *judge, noise: *noise }),
            Who::Random { share } => judged(By::Chance { share: *share }),
        }
    }
}

/// A reviewer that is not the policy.
pub(super) struct Judged<E> {
    by: By<E>,
}

enum By<E> {
    Oracle { judge: TurnJudge<E>, noise: f64 },
    Chance { share: f64 },
}

impl<E> Clone for By<E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E> Copy for By<E> {}

impl<E: TokenEnvironment> Discriminator<E> for Judged<E> {
    fn acceptance(&mut self, draft: &Draft<'_, E>) -> f64 {
        match self.by {
            By::Oracle { noise, .. } if draft.trajectory.ending.is_success() => 1.0 - noise,
            By::Oracle { noise, .. } => noise,
            By::Chance { share } => 1.0 - share,
        }
    }
}

impl<E: TokenEnvironment> Trimmer<E> for Judged<E> {
    /// An oracle cuts before the first mistake, or with probability `noise` anywhere. A draft without a mistake is
    /// cut before its last turn.
    fn weights(&mut self, draft: &Draft<'_, E>) -> Vec<f64> {
        let turns = draft.trajectory.turns.len();
        match self.by {
            By::Chance { .. } => vec![1.0; turns],
            By::Oracle { judge, noise } => {
                let first = first_mistake(draft, &judge).unwrap_or(turns - 1);
                let sure = |turn| if turn == first { 1.0 - noise } else { 0.0 };
                (0..turns).map(|turn| noise / turns as f64 + sure(turn)).collect()
            }
        }
    }
}

/// The first turn of a draft that the world's judge calls a mistake.
pub(crate) fn first_mistake<E: TokenEnvironment>(
    draft: &Draft<'_, E>,
    judge: &TurnJudge<E>,
) -> Option<usize> {
    (0..draft.trajectory.turns.len())
        .find(|turn| (judge.mistake)(draft.world_before(*turn), draft.world_before(*turn + 1)))
}

/// What was seen of drafts and decisions.
///
/// With `α` the acceptance and `J` the mean return, `J_refined − J_drafts = (1 − Z) · gain`, `Z = E[α]`, over the first
/// round, whatever the reviewer; which part of the gain is that of accepting the right ones and which of cutting in
/// the right place could be told only by refining the accepted ones too.
#[derive(Debug, Default)]
pub(super) struct Reviewed {
    /// Of the first round: drafts, the sum of their returns, accepted ones, and those of them that solved their task.
    drafts: u64,
    returns: f64,
    accepted: u64,
    solved: u64,
    accepted_solved: u64,
    /// Of all rounds: cuts of drafts with a mistake, and those of them that fell just before it.
    judged_cuts: u64,
    right_cuts: u64,
}

impl Reviewed {
    pub(super) fn count<E: TokenEnvironment>(
        &mut self,
        draft: &Draft<'_, E>,
        kept: Option<u32>,
        judge: Option<&TurnJudge<E>>,
    ) {
        if draft.address.step == 0 {
            let solved = u64::from(draft.trajectory.ending.is_success());
            self.drafts += 1;
            self.returns += draft.trajectory.environment_return();
            self.accepted += u64::from(kept.is_none());
            self.solved += solved;
            self.accepted_solved += if kept.is_none() { solved } else { 0 };
        }
        if let (Some(kept), Some(judge)) = (kept, judge)
            && let Some(first) = first_mistake(draft, judge)
        {
            self.judged_cuts += 1;
            self.right_cuts += u64::from(first == kept as usize);
        }
    }

    pub(super) fn counters(&self, counts: RefineCounts) -> Vec<(&'static str, u64)> {
        vec![
            ("refine.reviewed", counts.reviewed),
            ("refine.revised", counts.revised),
            ("refine.past_the_end", counts.past_the_end),
            ("refine.malformed", counts.malformed),
            ("refine.too_long", counts.too_long),
            ("refine.solved_drafts", self.solved),
            ("refine.accepted_solved_drafts", self.accepted_solved),
        ]
    }

    /// Shares and means; those of nothing are left out.
    pub(super) fn metrics(&self, refined: &TokenRollout) -> Vec<(&'static str, f64)> {
        let mean = |sum: f64, count: u64| (count > 0).then(|| sum / count as f64);
        let revised = self.drafts - self.accepted;
        let after: f64 = refined.episodes.iter().map(|episode| episode.environment_return).sum();
        [
            ("refine.draft_return", mean(self.returns, self.drafts)),
            ("refine.refined_return", mean(after, self.drafts)),
            ("refine.accepted", mean(self.accepted as f64, self.drafts)),
            ("refine.revised", mean(revised as f64, self.drafts)),
            ("refine.gain_of_revised", mean(after - self.returns, revised)),
            ("refine.cut_accuracy", mean(self.right_cuts as f64, self.judged_cuts)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }
}
