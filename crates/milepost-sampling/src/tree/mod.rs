//! Step trees: several candidates for each next turn, all trained, one of which goes on.

mod protocol;
mod restricted;
mod select;
mod set;

pub use protocol::{ByTrial, StepProtocol};
pub use select::{step_advantages, winner_probabilities};
pub use set::{RowError, StepCandidate, StepSet, TreeRollout};
pub(crate) use set::{append_untaken, close_untaken, prefix};

use milepost_core::{
    DrawnTurn, Ending, Probe, Provenance, TaskSeed, TokenEnvironment, TokenPolicy, TurnRequest,
};

use crate::draws::{DrawKey, Lane};
use crate::engine::{Engine, Finished};
use crate::episode::Episode;
use crate::groups::start_groups;
use crate::judge::{Address, Rater, StepKind, StepQuery};
use crate::settings::{in_range, positive};
use crate::{DrawnFor, SamplerSettings, SamplingError, TokenRollout, TokenSampler};
use restricted::Restricted;

/// Truncated step-level sampling (SLATE, arXiv 2602.23440).
///
/// At each step `candidates` turns are drawn from one prefix and rated; the value of one that answers at
/// step `t` of `B` (from 1) has `early_bonus · (B − t)/B` added. All become rows to train on, compared with
/// each other only. One of them goes on: it is drawn from the softmax of the advantages over `temperature`.
/// `B` is [`SamplerSettings::max_turns`]; at the last step only answers are drawn, where the protocol has
/// a grammar for them.
///
/// - A candidate that is not rated is worth 0; it is counted.
/// - A malformed one never goes on. Where all are malformed the episode ends with [`Ending::Malformed`].
/// - Equal values give advantages of 0 and a uniform draw; at temperature 0 the first of the best goes on.
/// - With one candidate and no grammar for answers the episodes are those of
///   [`GroupSampler`](crate::GroupSampler).
#[derive(Debug, Clone)]
pub struct StepTree<R, S = ByTrial> {
    /// Trees on each task.
    pub trees: u32,
    /// Candidates of each step (`k`; 5 in the paper).
    pub candidates: u32,
    /// Temperature of the winner's draw (`η`; 0.7 in the paper); 0 takes the best.
    pub temperature: f64,
    /// What an answer at the first of infinitely many steps gains over one at the last (`λ`; 0.1 in the paper).
    pub early_bonus: f64,
    /// Who says what a candidate is worth.
    pub rater: R,
    /// What the candidates do, and what an answer is.
    pub protocol: S,
}

/// The name of the channel that holds a candidate's value, one for each row.
pub const STEP_VALUE: &str = "step_value";

impl<E: TokenEnvironment, R: Rater<E>, S: StepProtocol<E>> TokenSampler<E> for StepTree<R, S> {
    /// The rows of all steps: one group a step.
    fn sample<P: TokenPolicy>(
        &mut self,
        prototype: &E,
        tasks: &[(u64, TaskSeed)],
        policy: &P,
        probes: &mut [Box<dyn Probe<E>>],
        settings: &SamplerSettings,
    ) -> Result<TokenRollout, SamplingError<P::Error>> {
        Ok(self.grow(prototype, tasks, policy, probes, settings)?.into_rollout()?)
    }
}

/// A tree that is still growing.
struct Growing<E: TokenEnvironment> {
    place: usize,
    episode: Episode<E>,
}

impl<R, S> StepTree<R, S> {
    /// Grows the trees, and keeps their structure.
    pub fn grow<E: TokenEnvironment, P: TokenPolicy>(
        &mut self,
        prototype: &E,
        tasks: &[(u64, TaskSeed)],
        policy: &P,
        probes: &mut [Box<dyn Probe<E>>],
        settings: &SamplerSettings,
    ) -> Result<TreeRollout, SamplingError<P::Error>>
    where
        R: Rater<E>,
        S: StepProtocol<E>,
    {
        positive("trees", u64::from(self.trees))?;
        positive("candidates", u64::from(self.candidates))?;
        in_range("temperature", self.temperature, 0.0, f64::MAX, "finite and not negative")?;
        in_range("early_bonus", self.early_bonus, f64::MIN, f64::MAX, "finite")?;
        let mut engine = Engine::new(prototype, policy, probes, settings)?;
        let episodes = start_groups(&mut engine, tasks, self.trees)?;
        let mut finished: Vec<Option<Finished>> = episodes.iter().map(|_| None).collect();
        let mut growing: Vec<Growing<E>> =
            episodes.into_iter().enumerate().map(|(place, episode)| Growing { place, episode }).collect();
        let mut sets = Vec::new();
        while !growing.is_empty() {
            let drawn = self.draw(&mut engine, &growing)?;
            let mut still = Vec::with_capacity(growing.len());
            for (mut tree, turns) in growing.into_iter().zip(drawn) {
                let set = self.compare(&mut engine, &tree, turns)?;
                match advance(&mut engine, &mut tree.episode, &set)? {
                    Some(ending) => finished[tree.place] = Some(tree.episode.finish(ending)?),
                    None => still.push(tree),
                }
                sets.push(set);
            }
            growing = still;
        }
        sets.sort_by_key(|set: &StepSet| (set.line, set.step));
        Ok(TreeRollout::new(&engine, finished.into_iter().flatten().collect(), sets))
    }

    /// Draws the candidates of each tree's next step, all in one call of the policy.
    fn draw<E: TokenEnvironment, P: TokenPolicy>(
        &self,
        engine: &mut Engine<'_, E, P>,
        growing: &[Growing<E>],
    ) -> Result<Vec<Vec<DrawnTurn>>, SamplingError<P::Error>>
    where
        S: StepProtocol<E>,
    {
        let mut prepared = Vec::with_capacity(growing.len());
        for Growing { episode, .. } in growing {
            let context = engine.context(&episode.builder, episode.turns())?;
            let last = episode.turns() + 1 == engine.settings.max_turns;
            let world = Restricted::new(&episode.environment, last.then_some(&self.protocol));
            prepared.push((context, world, episode));
        }
        let mut requests = Vec::with_capacity(growing.len() * self.candidates as usize);
        for (context, world, episode) in &prepared {
            for index in 0..self.candidates {
                let key = DrawKey { index, ..DrawKey::turn(episode.key, episode.member, episode.turns()) };
                let request = engine.request(context, world, key);
                requests
                    .push(TurnRequest { constrained: request.constrained || world.is_bound(), ..request });
            }
        }
        let mut drawn = engine.ask(requests)?.into_iter();
        let sets: Vec<Vec<DrawnTurn>> =
            prepared.iter().map(|_| drawn.by_ref().take(self.candidates as usize).collect()).collect();
        for turn in sets.iter().flatten() {
            engine.ledger.count(DrawnFor::Candidate, turn.tokens.len() as u64);
        }
        Ok(sets)
    }

    /// Rates the candidates of a step and draws the winner.
    fn compare<E: TokenEnvironment, P: TokenPolicy>(
        &mut self,
        engine: &mut Engine<'_, E, P>,
        tree: &Growing<E>,
        turns: Vec<DrawnTurn>,
    ) -> Result<StepSet, SamplingError<P::Error>>
    where
        R: Rater<E>,
        S: StepProtocol<E>,
    {
        let (episode, steps) = (&tree.episode, engine.settings.max_turns);
        let step = episode.turns();
        let kinds: Vec<StepKind> =
            turns.iter().map(|turn| self.protocol.kind(&episode.environment, &turn.tokens)).collect();
        let queries = queries(episode, &turns, &kinds, steps);
        let values = worth(engine, &mut self.rater, &queries, self.early_bonus)?;
        let advantages = step_advantages(&values);
        let eligible: Vec<bool> = kinds.iter().map(|kind| *kind != StepKind::Malformed).collect();
        let probabilities = winner_probabilities(&advantages, &eligible, self.temperature);
        let key = DrawKey { lane: Lane::Winner, ..DrawKey::turn(episode.key, episode.member, step) };
        let winner = key.stream(engine.settings).categorical(&probabilities);
        let candidates = turns
            .into_iter()
            .zip(kinds)
            .zip(values.iter().zip(&advantages))
            .map(|((turn, kind), (value, advantage))| StepCandidate {
                turn,
                kind,
                value: *value,
                advantage: *advantage,
            })
            .collect();
        Ok(StepSet { line: tree.place, step, candidates, winner })
    }
}

/// The questions that a step's candidates raise.
pub(crate) fn queries<'a, E: TokenEnvironment>(
    episode: &'a Episode<E>,
    turns: &'a [DrawnTurn],
    kinds: &[StepKind],
    steps: u32,
) -> Vec<StepQuery<'a, E>> {
    let address = Address { task: episode.key, member: episode.member, step: episode.turns(), slot: 0 };
    turns
        .iter()
        .zip(kinds)
        .zip(0..)
        .map(|((turn, kind), slot)| StepQuery {
            environment: &episode.environment,
            history: episode.builder.so_far(),
            turn: &turn.tokens,
            kind: *kind,
            address: Address { slot, ..address },
            steps,
        })
        .collect()
}

/// Has candidates rated; pays for it, counts what is missing and refuses what is not finite.
pub(crate) fn rated<E: TokenEnvironment, P: TokenPolicy>(
    engine: &mut Engine<'_, E, P>,
    rater: &mut impl Rater<E>,
    queries: &[StepQuery<'_, E>],
) -> Result<Vec<Option<f64>>, SamplingError<P::Error>> {
    let verdicts = rater.rate(queries);
    if verdicts.len() != queries.len() {
        return Err(SamplingError::JudgeAnswer { found: verdicts.len(), expected: queries.len() });
    }
    for (verdict, query) in verdicts.iter().zip(queries) {
        engine.ledger.count(DrawnFor::Judge, verdict.tokens);
        match verdict.value {
            Some(value) if !value.is_finite() => {
                let Address { step, slot, .. } = query.address;
                return Err(SamplingError::JudgeValue { value, step, slot });
            }
            Some(_) => {}
            None => engine.unrated += 1,
        }
    }
    Ok(verdicts.into_iter().map(|verdict| verdict.value).collect())
}

/// What candidates of one step `t` of `B` (from 1) are worth: 0 where they are not rated, and `early_bonus · (B − t)/B`
/// more where they answer.
pub(crate) fn worth<E: TokenEnvironment, P: TokenPolicy>(
    engine: &mut Engine<'_, E, P>,
    rater: &mut impl Rater<E>,
    queries: &[StepQuery<'_, E>],
    early_bonus: f64,
) -> Result<Vec<f64>, SamplingError<P::Error>> {
    let values = rated(engine, rater, queries)?;
    let bonus = |query: &StepQuery<'_, E>| match query.kind {
        StepKind::Answer => {
            early_bonus * f64::from(query.steps - 1 - query.address.step) / f64::from(query.steps)
        }
        StepKind::Act | StepKind::Malformed => 0.0,
    };
    Ok(values.into_iter().zip(queries).map(|(value, query)| value.unwrap_or(0.0) + bonus(query)).collect())
}

/// Goes on with the winner of a step.
fn advance<E: TokenEnvironment, P: TokenPolicy>(
    engine: &mut Engine<'_, E, P>,
    episode: &mut Episode<E>,
    set: &StepSet,
) -> Result<Option<Ending>, SamplingError<P::Error>> {
    let provenance = |slot: usize| Provenance::Candidate { step: set.step, slot: slot as u32 };
    if let Some(winner) = set.winner {
        return engine.take(episode, &set.candidates[winner].turn, provenance(winner));
    }
    // None can be taken: the first stands for all, and the world never hears of it.
    episode.record_untaken(&set.candidates[0].turn, provenance(0));
    Ok(Some(Ending::Malformed))
}

#[cfg(test)]
mod tests;
