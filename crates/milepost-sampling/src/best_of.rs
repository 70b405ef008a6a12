use milepost_core::{DrawnTurn, Probe, Provenance, TaskSeed, TokenEnvironment, TokenPolicy, TurnRequest};

use crate::draws::DrawKey;
use crate::engine::{Engine, Finished};
use crate::episode::Episode;
use crate::groups::{rollout, start_groups};
use crate::judge::{Rater, StepKind};
use crate::settings::positive;
use crate::tree::{ByTrial, StepProtocol, queries, rated};
use crate::{DrawnFor, SamplerSettings, SamplingError, TokenRollout, TokenSampler};

/// Best of n at each turn: `candidates` turns are drawn, and the one that is rated highest is taken.
///
/// The first of the best is taken; one that is not rated comes after all that are. What was not taken is paid
/// for as [`DrawnFor::Discarded`]. With one candidate nobody is asked, and the result is that of
/// [`GroupSampler`](crate::GroupSampler). Taken turns have the provenance of candidates: the policy drew them
/// in this very context, but a choice stands between its distribution and theirs.
#[derive(Debug, Clone)]
pub struct BestOfN<R, S = ByTrial> {
    /// Episodes on each task.
    pub group_size: u32,
    /// Candidates of each turn.
    pub candidates: u32,
    /// Who says what a candidate is worth.
    pub rater: R,
    /// What the candidates do, for the rater's information.
    pub protocol: S,
}

impl<E: TokenEnvironment, R: Rater<E>, S: StepProtocol<E>> TokenSampler<E> for BestOfN<R, S> {
    fn sample<P: TokenPolicy>(
        &mut self,
        prototype: &E,
        tasks: &[(u64, TaskSeed)],
        policy: &P,
        probes: &mut [Box<dyn Probe<E>>],
        settings: &SamplerSettings,
    ) -> Result<TokenRollout, SamplingError<P::Error>> {
        positive("candidates", u64::from(self.candidates))?;
        let mut engine = Engine::new(prototype, policy, probes, settings)?;
        let episodes = start_groups(&mut engine, tasks, self.group_size)?;
        let mut finished: Vec<Option<Finished>> = episodes.iter().map(|_| None).collect();
        let mut running: Vec<(usize, Episode<E>)> = episodes.into_iter().enumerate().collect();
        while !running.is_empty() {
            let mut drawn = self.draw(&mut engine, &running)?.into_iter();
            let mut still = Vec::with_capacity(running.len());
            for (place, mut episode) in running {
                let turns: Vec<DrawnTurn> = drawn.by_ref().take(self.candidates as usize).collect();
                let (best, provenance) = self.choose(&mut engine, &episode, &turns)?;
                for (slot, turn) in turns.iter().enumerate() {
                    let used = if slot == best { DrawnFor::Kept } else { DrawnFor::Discarded };
                    engine.ledger.count(used, turn.tokens.len() as u64);
                }
                match engine.take(&mut episode, &turns[best], provenance)? {
                    Some(ending) => finished[place] = Some(episode.finish(ending)?),
                    None => still.push((place, episode)),
                }
            }
            running = still;
        }
        rollout(&engine, finished.into_iter().flatten().collect(), self.group_size)
    }
}

impl<R, S> BestOfN<R, S> {
    /// Draws the candidates of each episode's next turn, all in one call of the policy.
    fn draw<E: TokenEnvironment, P: TokenPolicy>(
        &self,
        engine: &mut Engine<'_, E, P>,
        running: &[(usize, Episode<E>)],
    ) -> Result<Vec<DrawnTurn>, SamplingError<P::Error>> {
        let mut contexts = Vec::with_capacity(running.len());
        for (_, episode) in running {
            contexts.push(engine.context(&episode.builder, episode.turns())?);
        }
        let mut requests: Vec<TurnRequest<'_, E>> = Vec::new();
        for (context, (_, episode)) in contexts.iter().zip(running) {
            let plain = DrawKey::turn(episode.key, episode.member, episode.turns());
            for index in 0..self.candidates {
                requests.push(engine.request(context, &episode.environment, DrawKey { index, ..plain }));
            }
        }
        engine.ask(requests)
    }

    /// The first of the candidates that are rated highest, and what it counts as.
    fn choose<E: TokenEnvironment, P: TokenPolicy>(
        &mut self,
        engine: &mut Engine<'_, E, P>,
        episode: &Episode<E>,
        turns: &[DrawnTurn],
    ) -> Result<(usize, Provenance), SamplingError<P::Error>>
    where
        R: Rater<E>,
        S: StepProtocol<E>,
    {
        if turns.len() == 1 {
            return Ok((0, Provenance::OnPolicy));
        }
        let kinds: Vec<StepKind> =
            turns.iter().map(|turn| self.protocol.kind(&episode.environment, &turn.tokens)).collect();
        let values =
            rated(engine, &mut self.rater, &queries(episode, turns, &kinds, engine.settings.max_turns))?;
        let best = first_of_the_best(&values);
        Ok((best, Provenance::Candidate { step: episode.turns(), slot: best as u32 }))
    }
}

/// The index of the highest value; ties go to the lowest index, and missing values come last.
fn first_of_the_best(values: &[Option<f64>]) -> usize {
    let mut best = 0;
    for (index, value) in values.iter().enumerate().skip(1) {
        let better = match (values[best], value) {
            (Some(best), Some(value)) => *value > best,
            (None, Some(_)) => true,
            (_, None) => false,
        };
        if better {
            best = index;
        }
    }
    best
}
