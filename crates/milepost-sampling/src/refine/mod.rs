//! Refinement: a finished draft is accepted, or cut and written anew from there.

mod decision;
mod demonstrate;
mod draft;
mod meta;

pub use decision::{Discriminator, Trimmer, Unjudged};
pub use demonstrate::demonstrate_reviews;
pub use draft::Draft;
pub use meta::{DecisionRow, MetaTokens};

use milepost_core::{Probe, Provenance, TaskSeed, TokenEnvironment, TokenPolicy};
use serde::{Deserialize, Serialize};

use crate::draws::{DrawKey, Lane};
use crate::engine::{Engine, plain_key};
use crate::episode::Episode;
use crate::groups::{rollout, start_groups};
use crate::{DrawnFor, SamplerSettings, SamplingError, TokenRollout, TokenSampler};
use draft::Written;

/// Actor with refiner (Search-R2, arXiv 2602.03647).
///
/// A draft is written in the plain way and reviewed. If it is not accepted, it is cut after its first `k` turns:
/// the world is restored to the state before turn `k`, and the policy writes the rest anew, in a context that
/// shows neither what was cut nor the decision. This happens up to `rounds` times. The distribution of one round
/// is `q(y) = π(y) α(y) + Σ_ŷ π(ŷ) (1 − α(ŷ)) Σ_k h(k | ŷ) π(y | ŷ_{1:k})`.
///
/// The kept turns stand in the context in which they were drawn, so recorded log-probabilities stay valid. A
/// group holds the refined trajectories only; what was cut is paid for as [`DrawnFor::Discarded`]. Where
/// every draft is accepted the result is that of [`GroupSampler`](crate::GroupSampler).
#[derive(Debug, Clone)]
pub struct Refine<D = Unjudged, T = Unjudged> {
    /// Episodes on each task.
    pub group_size: u32,
    /// How often a draft may be revised (`N_max`; 1 in the paper).
    pub rounds: u32,
    /// Who decides.
    pub reviewer: Reviewer<D, T>,
    /// What becomes of a draft that is to be revised.
    pub redo: Redo,
}

/// What becomes of a draft that is to be revised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Redo {
    /// Its first turns are kept, as many as the reviewer says.
    #[default]
    FromCut,
    /// All of it is written anew, wherever it was cut: rejection sampling.
    FromScratch,
}

/// Who decides on a draft.
#[derive(Debug, Clone)]
pub enum Reviewer<D, T> {
    /// A discriminator whether to accept, and a trimmer where to cut.
    Judged {
        /// Gives the probability `α` that a draft is accepted.
        discriminator: D,
        /// Gives the weights `h(k)` of the cuts.
        trimmer: T,
    },
    /// The policy itself, which writes meta tokens under the finished draft.
    Policy(MetaTokens),
}

impl Refine {
    /// The policy itself reviews its drafts.
    #[must_use]
    pub const fn by_policy(group_size: u32, rounds: u32, tokens: MetaTokens) -> Self {
        Self { group_size, rounds, reviewer: Reviewer::Policy(tokens), redo: Redo::FromCut }
    }
}

/// What is decided on a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Accept,
    /// Keep this many turns.
    Cut(u32),
}

/// How often what was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RefineCounts {
    /// Drafts reviewed.
    pub reviewed: u64,
    /// Drafts cut.
    pub revised: u64,
    /// Cuts at or after the end of the draft, which keep all of it.
    pub past_the_end: u64,
    /// Decisions that could not be understood; the draft was accepted.
    pub malformed: u64,
    /// Drafts under which no decision fitted into the context; the draft was accepted.
    pub too_long: u64,
}

/// Refined trajectories with the decisions that led to them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RefineRollout {
    /// The refined trajectories.
    pub rollout: TokenRollout,
    /// The decisions that the policy wrote, to be trained together with the trajectories that they led to.
    /// Empty where others decide.
    pub decisions: Vec<DecisionRow>,
    /// How often what was decided.
    pub counts: RefineCounts,
}

impl<E, D, T> TokenSampler<E> for Refine<D, T>
where
    E: TokenEnvironment,
    D: Discriminator<E>,
    T: Trimmer<E>,
{
    /// The refined trajectories without the decisions: meta tokens are not trained.
    fn sample<P: TokenPolicy>(
        &mut self,
        prototype: &E,
        tasks: &[(u64, TaskSeed)],
        policy: &P,
        probes: &mut [Box<dyn Probe<E>>],
        settings: &SamplerSettings,
    ) -> Result<TokenRollout, SamplingError<P::Error>> {
        Ok(self.refine(prototype, tasks, policy, probes, settings)?.rollout)
    }
}

impl<D, T> Refine<D, T> {
    /// Samples and refines, and keeps the decisions.
    pub fn refine<E: TokenEnvironment, P: TokenPolicy>(
        &mut self,
        prototype: &E,
        tasks: &[(u64, TaskSeed)],
        policy: &P,
        probes: &mut [Box<dyn Probe<E>>],
        settings: &SamplerSettings,
    ) -> Result<RefineRollout, SamplingError<P::Error>>
    where
        D: Discriminator<E>,
        T: Trimmer<E>,
    {
        self.refine_watched(prototype, tasks, policy, probes, settings, |_, _| {})
    }

    /// The same, while `watch` sees each draft with what was decided on it: `None` where it was accepted, else the
    /// turns that the reviewer keeps. Nothing that it does has an effect.
    pub fn refine_watched<E: TokenEnvironment, P: TokenPolicy>(
        &mut self,
        prototype: &E,
        tasks: &[(u64, TaskSeed)],
        policy: &P,
        probes: &mut [Box<dyn Probe<E>>],
        settings: &SamplerSettings,
        mut watch: impl FnMut(&Draft<'_, E>, Option<u32>),
    ) -> Result<RefineRollout, SamplingError<P::Error>>
    where
        D: Discriminator<E>,
        T: Trimmer<E>,
    {
        let mut engine = Engine::new(prototype, policy, probes, settings)?;
        let episodes = start_groups(&mut engine, tasks, self.group_size)?;
        let mut drafts: Vec<Written<E>> = episodes.iter().map(Written::empty).collect();
        write(&mut engine, &mut drafts, episodes.into_iter().enumerate().collect(), plain_key)?;
        let (mut decisions, mut counts) = (Vec::new(), RefineCounts::default());
        let mut open: Vec<usize> = (0..drafts.len()).collect();
        for round in 0..self.rounds {
            let decided = self.decide(&mut engine, &drafts, &open, round, &mut decisions, &mut counts)?;
            let mut cut = Vec::new();
            for (place, decision) in open.into_iter().zip(decided) {
                counts.reviewed += 1;
                let whole = drafts[place].turns();
                let kept = match decision {
                    Decision::Cut(turns) if turns < whole => Some(turns),
                    Decision::Cut(_) | Decision::Accept => None,
                };
                if let Some(draft) = drafts[place].draft(round) {
                    watch(&draft, kept);
                }
                counts.past_the_end += u64::from(kept.is_none() && decision != Decision::Accept);
                let Some(turns) = kept else { continue };
                counts.revised += 1;
                let from = if self.redo == Redo::FromScratch { 0 } else { turns };
                let (restored, dropped) = drafts[place].cut(from);
                engine.ledger.reassign(DrawnFor::Kept, DrawnFor::Discarded, dropped);
                cut.push((place, restored));
            }
            open = cut.iter().map(|(place, _)| *place).collect();
            write(&mut engine, &mut drafts, cut, |episode, place| DrawKey {
                lane: Lane::Regenerate,
                index: round,
                ..plain_key(episode, place)
            })?;
        }
        let finished = drafts.into_iter().filter_map(|draft| draft.finished).collect();
        Ok(RefineRollout { rollout: rollout(&engine, finished, self.group_size)?, decisions, counts })
    }
}

/// Plays episodes to their ends and keeps them, with a snapshot before each turn, as the drafts of their places.
fn write<E: TokenEnvironment, P: TokenPolicy>(
    engine: &mut Engine<'_, E, P>,
    drafts: &mut [Written<E>],
    episodes: Vec<(usize, Episode<E>)>,
    key: impl Fn(&Episode<E>, usize) -> DrawKey,
) -> Result<(), SamplingError<P::Error>> {
    let places: Vec<usize> = episodes.iter().map(|(place, _)| *place).collect();
    let finished =
        engine.play_watched(episodes, Provenance::OnPolicy, DrawnFor::Kept, key, |place, episode| {
            drafts[place].watch(episode);
        })?;
    for (place, (last, finished)) in places.into_iter().zip(finished) {
        drafts[place].last = last;
        drafts[place].finished = Some(finished);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
