use std::ops::Range;

use milepost_core::{DrawnTurn, Ending, Provenance, SpanKind, TokenEnvironment, TokenPolicy};

use super::{CallFormat, RepairReport, Rollback, similarity};
use crate::draws::{DrawKey, Lane};
use crate::engine::{Engine, plain_key};
use crate::episode::{Episode, Piece};
use crate::{DrawnFor, SamplingError};

/// An episode, and the repair that is under way in it.
pub(super) struct Slot<E: TokenEnvironment> {
    pub place: usize,
    /// The episode as it stands; during a repair, with the failure in it.
    pub episode: Episode<E>,
    on: bool,
    repair: Option<Repair<E>>,
    pub report: RepairReport,
}

/// A failure that is being repaired.
struct Repair<E: TokenEnvironment> {
    /// Before the failed turn.
    clean: Episode<E>,
    /// The failed turn.
    failed: Vec<(Provenance, DrawnTurn)>,
    /// The temporary context: the failure, and the attempts so far.
    temporary: Episode<E>,
    attempts: u32,
}

impl<E: TokenEnvironment> Slot<E> {
    pub(super) fn new(place: usize, episode: Episode<E>, on: bool) -> Self {
        Self { place, episode, on, repair: None, report: RepairReport { on, ..RepairReport::default() } }
    }

    /// The turn that is needed next.
    pub(super) fn wanted(&self) -> (&Episode<E>, DrawKey, DrawnFor) {
        let plain = plain_key(&self.episode, self.place);
        self.repair.as_ref().map_or((&self.episode, plain, DrawnFor::Kept), |repair| {
            let key = DrawKey { lane: Lane::Retry, index: self.report.attempts, ..plain };
            (&repair.temporary, key, DrawnFor::Retry)
        })
    }
}

/// A part of a drawn turn.
fn part(turn: &DrawnTurn, range: Range<usize>) -> DrawnTurn {
    DrawnTurn {
        tokens: turn.tokens[range.clone()].to_vec(),
        log_probs: turn.log_probs[range.clone()].to_vec(),
        allowed: turn.allowed[range].to_vec(),
    }
}

/// The first `len` tokens of a turn made of pieces.
fn beginning(pieces: &[(Provenance, DrawnTurn)], len: usize) -> Vec<(Provenance, DrawnTurn)> {
    let mut left = len;
    let mut kept = Vec::new();
    for (provenance, turn) in pieces {
        let take = left.min(turn.tokens.len());
        if take > 0 {
            kept.push((*provenance, part(turn, 0..take)));
        }
        left -= take;
    }
    kept
}

/// Number of tokens that were drawn in the plain way.
fn plain_tokens(pieces: &[(Provenance, DrawnTurn)]) -> u64 {
    let plain = pieces.iter().filter(|(provenance, _)| *provenance == Provenance::OnPolicy);
    plain.map(|(_, turn)| turn.tokens.len() as u64).sum()
}

impl<F> Rollback<F> {
    /// Takes the turn that was drawn for a slot; says how its episode ended, if it did.
    pub(super) fn go_on<E: TokenEnvironment, P: TokenPolicy>(
        &self,
        engine: &mut Engine<'_, E, P>,
        slot: &mut Slot<E>,
        turn: DrawnTurn,
    ) -> Result<Option<Ending>, SamplingError<P::Error>>
    where
        F: CallFormat<E>,
    {
        if let Some(repair) = slot.repair.take() {
            return self.attempt(engine, slot, repair, &turn);
        }
        if !slot.on || self.retries == 0 {
            return engine.take(&mut slot.episode, &turn, Provenance::OnPolicy);
        }
        let clean = slot.episode.clone();
        self.try_turn(engine, slot, clean, vec![(Provenance::OnPolicy, turn)], 0)
    }

    /// Takes a turn from the state before it, and starts a repair where it fails.
    fn try_turn<E: TokenEnvironment, P: TokenPolicy>(
        &self,
        engine: &mut Engine<'_, E, P>,
        slot: &mut Slot<E>,
        clean: Episode<E>,
        turn: Vec<(Provenance, DrawnTurn)>,
        attempts: u32,
    ) -> Result<Option<Ending>, SamplingError<P::Error>> {
        let pieces: Vec<Piece<'_>> =
            turn.iter().map(|(provenance, drawn)| Piece { provenance: *provenance, drawn }).collect();
        slot.episode = clean.clone();
        let ending = engine.take_pieces(&mut slot.episode, &pieces)?;
        let world = &slot.episode.environment;
        if world.fault().is_none() || world.ending().is_some() {
            return Ok(ending);
        }
        slot.report.failures += 1;
        let temporary = slot.episode.clone();
        Ok(self.next_attempt(engine, slot, Repair { clean, failed: turn, temporary, attempts }))
    }

    /// Prepares the next attempt, if one is left; else the failure stands, and may have been the last turn.
    fn next_attempt<E: TokenEnvironment, P: TokenPolicy>(
        &self,
        engine: &Engine<'_, E, P>,
        slot: &mut Slot<E>,
        mut repair: Repair<E>,
    ) -> Option<Ending> {
        if repair.attempts > 0 && !self.again.is_empty() {
            repair.temporary.builder.span(SpanKind::Feedback, Provenance::Forced, &self.again, &[]);
        }
        let (spans, turn) = (&repair.temporary.builder.so_far().spans, repair.temporary.turns());
        let fits = engine.settings.context.before_turn(spans, turn).is_ok();
        if fits && repair.attempts < self.retries && slot.report.attempts < self.cap {
            slot.repair = Some(repair);
            return None;
        }
        slot.report.exhausted += 1;
        Self::stand(engine, slot)
    }

    /// Leaves the failure where it is.
    fn stand<E: TokenEnvironment, P: TokenPolicy>(
        engine: &Engine<'_, E, P>,
        slot: &mut Slot<E>,
    ) -> Option<Ending> {
        slot.on = false;
        slot.episode.spent(engine.settings)
    }

    /// Takes an attempt in the temporary context.
    fn attempt<E: TokenEnvironment, P: TokenPolicy>(
        &self,
        engine: &mut Engine<'_, E, P>,
        slot: &mut Slot<E>,
        mut repair: Repair<E>,
        turn: &DrawnTurn,
    ) -> Result<Option<Ending>, SamplingError<P::Error>>
    where
        F: CallFormat<E>,
    {
        repair.attempts += 1;
        slot.report.attempts += 1;
        let call = self.format.call(&repair.temporary.environment, &turn.tokens);
        let ending = engine.take(&mut repair.temporary, turn, Provenance::OnPolicy)?;
        let world = &repair.temporary.environment;
        let Some(call) = call else {
            slot.report.without_call += 1;
            if repair.temporary.turns() > engine.settings.max_turns {
                return Ok(Self::stand(engine, slot));
            }
            slot.on = false;
            slot.episode = repair.temporary;
            return Ok(ending);
        };
        if world.fault().is_none() {
            let spliced = self.splice(engine, slot, &repair, turn, call);
            return self.try_turn(engine, slot, repair.clean, spliced, repair.attempts);
        }
        if world.ending().is_some() {
            slot.report.exhausted += 1;
            return Ok(Self::stand(engine, slot));
        }
        Ok(self.next_attempt(engine, slot, repair))
    }

    /// The turn that stands in the place of the failed one: `turn`, whose call begins at `call`, succeeded.
    fn splice<E: TokenEnvironment, P: TokenPolicy>(
        &self,
        engine: &mut Engine<'_, E, P>,
        slot: &mut Slot<E>,
        repair: &Repair<E>,
        turn: &DrawnTurn,
        call: usize,
    ) -> Vec<(Provenance, DrawnTurn)>
    where
        F: CallFormat<E>,
    {
        let world = &repair.clean.environment;
        let failed: Vec<u32> = repair.failed.iter().flat_map(|(_, turn)| &turn.tokens).copied().collect();
        let mut thought = None;
        if let Some(start) = self.format.call(world, &failed) {
            let words = world.vocabulary();
            let (old, new) = (words.decode(&failed[start..]), words.decode(&turn.tokens[call..]));
            thought = (similarity(&old, &new) >= self.threshold).then(|| beginning(&repair.failed, start));
        }
        let mut spliced = Vec::new();
        if let Some(thought) = thought {
            slot.report.shallow += 1;
            spliced.extend(thought);
            spliced.push((Provenance::Spliced, part(turn, call..turn.tokens.len())));
        } else {
            slot.report.deep += 1;
            spliced.push((Provenance::Spliced, turn.clone()));
        }
        let dropped = plain_tokens(&repair.failed) - plain_tokens(&spliced);
        engine.ledger.reassign(DrawnFor::Kept, DrawnFor::Discarded, dropped);
        spliced
    }
}
