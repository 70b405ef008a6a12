use milepost_core::{
    Channel, DrawnTurn, Level, Probe, Provenance, SpanKind, TaskSeed, TokenEnvironment, TokenPolicy,
    Trajectory,
};

use crate::engine::{Engine, Finished, plain_key};
use crate::episode::Episode;
use crate::groups::{rollout, start_groups};
use crate::judge::Rater;
use crate::settings::in_range;
use crate::tree::{ByTrial, RowError, STEP_VALUE, StepProtocol, queries, worth};
use crate::{DrawnFor, SamplerSettings, SamplingError, TokenRollout, TokenSampler};

/// Plain groups of whole episodes, each turn of which is rated as [`StepTree`](crate::StepTree) rates a candidate: what
/// a tree's rewards are worth without its shared prefixes (SLATE, arXiv 2602.23440).
///
/// The episodes are those of [`GroupSampler`](crate::GroupSampler), token for token. Each turn is judged on its own, in
/// the state in which it was written, and its value, bonus of an early answer included, stands in the turn-level
/// channel [`STEP_VALUE`]. A turn that is not rated is worth 0; it is counted.
#[derive(Debug, Clone)]
pub struct RatedGroups<R, S = ByTrial> {
    /// Episodes on each task.
    pub group_size: u32,
    /// What an answer at the first of infinitely many steps gains over one at the last (`λ`).
    pub early_bonus: f64,
    /// Who says what a turn is worth.
    pub rater: R,
    /// What turns do, and what an answer is.
    pub protocol: S,
}

impl<E: TokenEnvironment, R: Rater<E>, S: StepProtocol<E>> TokenSampler<E> for RatedGroups<R, S> {
    fn sample<P: TokenPolicy>(
        &mut self,
        prototype: &E,
        tasks: &[(u64, TaskSeed)],
        policy: &P,
        probes: &mut [Box<dyn Probe<E>>],
        settings: &SamplerSettings,
    ) -> Result<TokenRollout, SamplingError<P::Error>> {
        in_range("early_bonus", self.early_bonus, f64::MIN, f64::MAX, "finite")?;
        let mut engine = Engine::new(prototype, policy, probes, settings)?;
        let episodes = start_groups(&mut engine, tasks, self.group_size)?;
        let mut before: Vec<Vec<Episode<E>>> = episodes.iter().map(|_| Vec::new()).collect();
        let placed = episodes.into_iter().enumerate().collect();
        let watch = |place: usize, episode: &Episode<E>| before[place].push(episode.clone());
        let played = engine.play_watched(placed, Provenance::OnPolicy, DrawnFor::Kept, plain_key, watch)?;
        let mut finished: Vec<Finished> = played.into_iter().map(|(_, finished)| finished).collect();
        for ((trajectory, _), before) in finished.iter_mut().zip(&before) {
            let values = self.rate(&mut engine, before, trajectory)?;
            let channel = Channel::dense(STEP_VALUE, Level::Turn, values).map_err(RowError::from)?;
            trajectory.add_channel(channel).map_err(RowError::from)?;
        }
        rollout(&engine, finished, self.group_size)
    }
}

impl<R, S> RatedGroups<R, S> {
    /// The value of each turn of an episode, given the episode before each.
    fn rate<E: TokenEnvironment, P: TokenPolicy>(
        &mut self,
        engine: &mut Engine<'_, E, P>,
        before: &[Episode<E>],
        trajectory: &Trajectory<()>,
    ) -> Result<Vec<f64>, SamplingError<P::Error>>
    where
        R: Rater<E>,
        S: StepProtocol<E>,
    {
        let mut values = Vec::with_capacity(before.len());
        for (turn, episode) in before.iter().enumerate() {
            let written =
                trajectory.spans.iter().filter(|s| s.kind == SpanKind::Policy && s.turn as usize == turn);
            let tokens = written.flat_map(|span| &trajectory.tokens[span.range()]).copied().collect();
            let turns = [DrawnTurn { tokens, ..DrawnTurn::default() }];
            let kinds = [self.protocol.kind(&episode.environment, &turns[0].tokens)];
            let queries = queries(episode, &turns, &kinds, engine.settings.max_turns);
            values.extend(worth(engine, &mut self.rater, &queries, self.early_bonus)?);
        }
        Ok(values)
    }
}
