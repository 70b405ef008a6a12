use milepost_core::{TokenEnvironment, TokenPolicy};

use super::draft::Written;
use super::{Decision, DecisionRow, Draft, Refine, RefineCounts, Reviewer};
use crate::draws::{DrawKey, Lane};
use crate::engine::Engine;
use crate::settings::in_range;
use crate::{SamplerSettings, SamplingError};

/// Decides whether a draft is good enough.
pub trait Discriminator<E: TokenEnvironment> {
    /// The probability `α`, 0 to 1, that the draft is accepted.
    fn acceptance(&mut self, draft: &Draft<'_, E>) -> f64;
}

/// Decides where a draft is cut.
pub trait Trimmer<E: TokenEnvironment> {
    /// Weights, not negative and not all 0, of keeping the first `0, 1, …` turns. Entries beyond the draft's
    /// turns keep all of it.
    fn weights(&mut self, draft: &Draft<'_, E>) -> Vec<f64>;
}

impl<E: TokenEnvironment, F: FnMut(&Draft<'_, E>) -> f64> Discriminator<E> for F {
    fn acceptance(&mut self, draft: &Draft<'_, E>) -> f64 {
        self(draft)
    }
}

impl<E: TokenEnvironment, F: FnMut(&Draft<'_, E>) -> Vec<f64>> Trimmer<E> for F {
    fn weights(&mut self, draft: &Draft<'_, E>) -> Vec<f64> {
        self(draft)
    }
}

/// Accepts every draft; asked where to cut, it says: anywhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unjudged;

impl<E: TokenEnvironment> Discriminator<E> for Unjudged {
    fn acceptance(&mut self, _draft: &Draft<'_, E>) -> f64 {
        1.0
    }
}

impl<E: TokenEnvironment> Trimmer<E> for Unjudged {
    fn weights(&mut self, draft: &Draft<'_, E>) -> Vec<f64> {
        vec![1.0; draft.trajectory.turns.len()]
    }
}

impl<D, T> Refine<D, T> {
    /// Decides on the drafts at the places `open`, in their order.
    pub(super) fn decide<E: TokenEnvironment, P: TokenPolicy>(
        &mut self,
        engine: &mut Engine<'_, E, P>,
        drafts: &[Written<E>],
        open: &[usize],
        round: u32,
        rows: &mut Vec<DecisionRow>,
        counts: &mut RefineCounts,
    ) -> Result<Vec<Decision>, SamplingError<P::Error>>
    where
        D: Discriminator<E>,
        T: Trimmer<E>,
    {
        let reviewed: Vec<(usize, Draft<'_, E>)> =
            open.iter().filter_map(|place| Some((*place, drafts[*place].draft(round)?))).collect();
        match &mut self.reviewer {
            Reviewer::Judged { discriminator, trimmer } => reviewed
                .iter()
                .map(|(_, draft)| judged(discriminator, trimmer, draft, engine.settings))
                .collect(),
            Reviewer::Policy(tokens) => tokens.decide(engine, &reviewed, rows, counts),
        }
    }
}

/// The address of a decision's draws.
pub(super) fn review_key<E: TokenEnvironment>(draft: &Draft<'_, E>) -> DrawKey {
    let address = draft.address;
    DrawKey { lane: Lane::Review, index: address.step, ..DrawKey::turn(address.task, address.member, 0) }
}

fn judged<E: TokenEnvironment, Error>(
    discriminator: &mut impl Discriminator<E>,
    trimmer: &mut impl Trimmer<E>,
    draft: &Draft<'_, E>,
    settings: &SamplerSettings,
) -> Result<Decision, SamplingError<Error>> {
    let mut stream = review_key(draft).stream(settings);
    let acceptance = discriminator.acceptance(draft);
    in_range("acceptance", acceptance, 0.0, 1.0, "from 0 to 1")?;
    if stream.uniform() < acceptance {
        return Ok(Decision::Accept);
    }
    let weights = trimmer.weights(draft);
    let turns = stream.categorical(&weights).ok_or(SamplingError::Cuts { weights })?;
    Ok(Decision::Cut(turns as u32))
}
