use milepost_core::{
    Budget, DrawnTurn, Ending, EnvError, Environment, Probe, Provenance, SpanKind, StateRecords, TaskSeed,
    TokenEnvironment, Trajectory, TrajectoryBuilder, TrajectoryError, TurnFault, Version,
};

use crate::tree::append_untaken;
use crate::{ContextError, EpisodeSummary, FaultCounts, Overflow, SamplerSettings};

/// An episode still running. A clone is a snapshot: the world and all that was recorded.
///
/// Layout of its trajectory: the prompt is a span of kind `Prompt` in turn 0; turn `t` is what the policy
/// wrote, then the world's reply to it as a span of kind `Environment` with the same turn.
#[derive(Clone)]
pub(crate) struct Episode<E: Environment> {
    pub task: TaskSeed,
    /// The number that keys the task's draws.
    pub key: u64,
    pub member: u32,
    pub environment: E,
    pub builder: TrajectoryBuilder<()>,
    pub policy_tokens: u64,
    pub faults: FaultCounts,
}

/// A stretch of a turn as the policy wrote it.
pub(crate) struct Piece<'a> {
    pub provenance: Provenance,
    pub drawn: &'a DrawnTurn,
}

impl<E: TokenEnvironment> Episode<E> {
    /// Resets a copy of `prototype` to `task` and reads its prompt.
    pub(crate) fn start(
        prototype: &E,
        (key, task): (u64, TaskSeed),
        member: u32,
        version: Version,
        probes: &mut [Box<dyn Probe<E>>],
    ) -> Result<Self, EnvError> {
        let mut environment = prototype.clone();
        environment.reset(task)?;
        let prompt = said(&environment);
        Ok(Self::begin(environment, (key, task), member, version, (Provenance::Forced, &prompt), probes))
    }

    /// Begins in a world that has just been reset to `task`, under a prompt of one's own.
    pub(crate) fn begin(
        environment: E,
        (key, task): (u64, TaskSeed),
        member: u32,
        version: Version,
        (provenance, prompt): (Provenance, &[u32]),
        probes: &mut [Box<dyn Probe<E>>],
    ) -> Self {
        let records = StateRecords::named(probes.iter().map(|probe| probe.name()));
        let mut builder = TrajectoryBuilder::new(task, member, 0, version, records);
        builder.span(SpanKind::Prompt, provenance, prompt, &[]);
        let (policy_tokens, faults) = (0, FaultCounts::default());
        let mut episode = Self { task, key, member, environment, builder, policy_tokens, faults };
        episode.record_state(probes);
        episode
    }

    /// Turns taken.
    pub(crate) const fn turns(&self) -> u32 {
        self.builder.turns() as u32
    }

    /// Takes a turn made of `pieces`, and says how the episode ended, if it did.
    pub(crate) fn take_turn(
        &mut self,
        pieces: &[Piece<'_>],
        settings: &SamplerSettings,
        probes: &mut [Box<dyn Probe<E>>],
    ) -> Result<Option<Ending>, EnvError> {
        let mut action = Vec::new();
        for piece in pieces {
            action.extend_from_slice(&piece.drawn.tokens);
            self.builder.drawn(SpanKind::Policy, piece.provenance, piece.drawn);
        }
        self.policy_tokens += action.len() as u64;
        let outcome = self.environment.step(&action)?;
        self.faults.count(self.environment.fault());
        let reply = said(&self.environment);
        if !reply.is_empty() {
            self.builder.span(SpanKind::Environment, Provenance::Forced, &reply, &[]);
        }
        self.builder.end_turn(outcome.reward);
        self.record_state(probes);
        Ok(outcome.ending.or_else(|| self.spent(settings)))
    }

    /// Records a turn that the world is not told of.
    pub(crate) fn record_untaken(&mut self, drawn: &DrawnTurn, provenance: Provenance) {
        self.policy_tokens += drawn.tokens.len() as u64;
        self.faults.count(Some(TurnFault::Malformed));
        append_untaken(&mut self.builder, drawn, provenance);
    }

    /// The budget that is used up, if one is.
    pub(crate) fn spent(&self, settings: &SamplerSettings) -> Option<Ending> {
        if self.turns() >= settings.max_turns {
            Some(Ending::Truncated(Budget::Steps))
        } else if self.policy_tokens >= settings.max_policy_tokens {
            Some(Ending::Truncated(Budget::Tokens))
        } else {
            self.out_of_room(settings).then_some(Ending::Truncated(Budget::Tokens))
        }
    }

    /// Whether the next context does not fit, and the episode is to end for that.
    fn out_of_room(&self, settings: &SamplerSettings) -> bool {
        let next = || settings.context.before_turn(&self.builder.so_far().spans, self.turns());
        settings.context.overflow == Overflow::EndEpisode
            && matches!(next(), Err(ContextError::TooLong { .. }))
    }

    /// The trajectory and its summary.
    pub(crate) fn finish(self, ending: Ending) -> Result<(Trajectory<()>, EpisodeSummary), TrajectoryError> {
        let turns = self.turns();
        let trajectory = self.builder.finish(ending)?;
        let summary = EpisodeSummary {
            task: self.task,
            environment_return: trajectory.environment_return(),
            turns,
            ending,
            policy_tokens: self.policy_tokens,
            faults: self.faults,
        };
        Ok((trajectory, summary))
    }

    fn record_state(&mut self, probes: &mut [Box<dyn Probe<E>>]) {
        let read: Vec<f64> = probes.iter_mut().map(|probe| probe.read(&self.environment)).collect();
        self.builder.state((), self.environment.state_key(), &read);
    }
}

/// What the world has said since the last turn.
fn said<E: TokenEnvironment>(environment: &E) -> Vec<u32> {
    let mut words = environment.new_observation();
    environment.observe(&mut words);
    words
}
