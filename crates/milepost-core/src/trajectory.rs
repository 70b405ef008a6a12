use serde::{Deserialize, Serialize};

use crate::{
    Channel, DrawnTurn, Ending, Level, Provenance, SignalError, Signals, Span, SpanKind, StateRecords,
    TaskSeed, Version,
};

/// One observation and the tokens that answer it, up to the environment's next observation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// The environment's own reward for this turn.
    pub reward: f64,
}

/// What was seen, done and paid: a classic episode and a multi-turn transcript alike.
///
/// Shapes: `L` tokens, `T` turns. `tokens` and `behaviour_logp` are `[L]`; `turns` is `[T]`;
/// `observations`, `state_keys` and each record are `[T + 1]`, the state after the last turn included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trajectory<O = ()> {
    /// The task it belongs to.
    pub task: TaskSeed,
    /// Which of the sampler's parallel places drew it (an environment slot, or a place in its group).
    pub slot: u32,
    /// How many steps of its episode came before it; not 0 only where a sampler cuts episodes.
    pub first_step: u32,
    /// The flat token sequence.
    pub tokens: Vec<u32>,
    /// Log-probability of each token under the policy that drew it; 0 where the policy drew none.
    pub behaviour_logp: Vec<f32>,
    /// The tokens that each token was drawn among, in increasing order; `None` for the whole vocabulary.
    /// Empty where nothing was constrained, else `[L]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<Option<Vec<u32>>>,
    /// Stretches of tokens, in order, covering all of them.
    pub spans: Vec<Span>,
    /// The turns.
    pub turns: Vec<Turn>,
    /// What was observed before each turn, and after the last.
    pub observations: Vec<O>,
    /// The environment's state key before each turn, and after the last.
    pub state_keys: Vec<u64>,
    /// Numbers read from each state.
    pub records: StateRecords,
    /// How it ended.
    pub ending: Ending,
    /// The model version that drew it.
    pub version: Version,
    /// Reward channels.
    pub signals: Signals,
}

impl<O> Trajectory<O> {
    /// The number of values a channel of `level` has.
    #[must_use]
    pub const fn len_at(&self, level: Level) -> usize {
        match level {
            Level::Token => self.tokens.len(),
            Level::Turn => self.turns.len(),
            Level::Trajectory => 1,
        }
    }

    /// Adds a channel that fits this trajectory.
    pub fn add_channel(&mut self, channel: Channel) -> Result<(), SignalError> {
        let expected = self.len_at(channel.level());
        if channel.values().len() != expected {
            return Err(SignalError::Length {
                channel: channel.name().to_owned(),
                level: channel.level(),
                found: channel.values().len(),
                expected,
            });
        }
        self.signals.insert(channel)
    }

    /// The loss mask `[L]`, derived from the spans: 1 where the policy wrote.
    #[must_use]
    pub fn policy_mask(&self) -> Vec<bool> {
        let mut mask = vec![false; self.tokens.len()];
        for span in self.spans.iter().filter(|span| span.is_trained()) {
            mask[span.range()].fill(true);
        }
        mask
    }

    /// The last policy token of each turn, where rewards of the turn are placed; `None` for a turn in
    /// which the policy wrote nothing.
    #[must_use]
    pub fn last_policy_token(&self) -> Vec<Option<usize>> {
        let mut last = vec![None; self.turns.len()];
        for span in self.spans.iter().filter(|span| span.is_trained() && span.len > 0) {
            last[span.turn as usize] = Some(span.range().end - 1);
        }
        last
    }

    /// Sum of the environment's own rewards.
    #[must_use]
    pub fn environment_return(&self) -> f64 {
        self.turns.iter().map(|turn| turn.reward).sum()
    }

    /// Checks that all parts fit together.
    pub fn validate(&self) -> Result<(), TrajectoryError> {
        let (l, t) = (self.tokens.len(), self.turns.len());
        let length = |what, found, expected| {
            if found == expected { Ok(()) } else { Err(TrajectoryError::Length { what, found, expected }) }
        };
        length("behaviour_logp", self.behaviour_logp.len(), l)?;
        if !self.allowed.is_empty() {
            length("allowed", self.allowed.len(), l)?;
        }
        length("observations", self.observations.len(), t + 1)?;
        length("state_keys", self.state_keys.len(), t + 1)?;
        for (_, row) in self.records.iter() {
            length("a state record", row.len(), t + 1)?;
        }
        let mut next = 0;
        let mut turn = 0;
        for (index, span) in self.spans.iter().enumerate() {
            if span.start != next || span.turn < turn || span.turn as usize >= t {
                return Err(TrajectoryError::Spans { index });
            }
            next = span.start + span.len;
            turn = span.turn;
        }
        length("tokens covered by spans", next as usize, l)?;
        if let Some(index) = self.behaviour_logp.iter().position(|p| !p.is_finite()) {
            return Err(TrajectoryError::NonFinite { what: "behaviour_logp", index });
        }
        if let Some(index) = self.turns.iter().position(|turn| !turn.reward.is_finite()) {
            return Err(TrajectoryError::NonFinite { what: "turn reward", index });
        }
        for channel in self.signals.iter() {
            let expected = self.len_at(channel.level());
            length("a signal channel", channel.values().len(), expected)?;
        }
        Ok(())
    }
}

/// Bad input: a trajectory whose parts do not fit together.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TrajectoryError {
    /// A column has the wrong length.
    #[error("{what}: {found} entries where {expected} are needed")]
    Length {
        /// Which column.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length it must have.
        expected: usize,
    },
    /// Spans leave a gap, overlap, or go back to an earlier turn.
    #[error(
        "span {index} does not follow on from the one before it; spans cover all tokens in order, turn by turn"
    )]
    Spans {
        /// Which span.
        index: usize,
    },
    /// A number is NaN or infinite.
    #[error("{what} at index {index} is not finite; the trajectory is rejected rather than silently zeroed")]
    NonFinite {
        /// Which column.
        what: &'static str,
        /// Where.
        index: usize,
    },
}

/// Builds a trajectory turn by turn.
#[derive(Debug, Clone)]
pub struct TrajectoryBuilder<O> {
    trajectory: Trajectory<O>,
}

impl<O> TrajectoryBuilder<O> {
    /// Starts at a state: its observation, key and recorded numbers.
    #[must_use]
    pub fn new(task: TaskSeed, slot: u32, first_step: u32, version: Version, records: StateRecords) -> Self {
        Self {
            trajectory: Trajectory {
                task,
                slot,
                first_step,
                tokens: Vec::new(),
                behaviour_logp: Vec::new(),
                allowed: Vec::new(),
                spans: Vec::new(),
                turns: Vec::new(),
                observations: Vec::new(),
                state_keys: Vec::new(),
                records,
                ending: Ending::Malformed,
                version,
                signals: Signals::default(),
            },
        }
    }

    /// Records the state before the next turn (or the final one).
    pub fn state(&mut self, observation: O, key: u64, records: &[f64]) {
        self.trajectory.observations.push(observation);
        self.trajectory.state_keys.push(key);
        self.trajectory.records.push(records);
    }

    /// Appends a span of tokens to the current turn. `logp` is empty for tokens the policy did not draw.
    pub fn span(&mut self, kind: SpanKind, provenance: Provenance, tokens: &[u32], logp: &[f32]) {
        let t = &mut self.trajectory;
        t.spans.push(Span {
            start: t.tokens.len() as u32,
            len: tokens.len() as u32,
            kind,
            turn: t.turns.len() as u32,
            provenance,
        });
        t.tokens.extend_from_slice(tokens);
        t.behaviour_logp.extend_from_slice(logp);
        t.behaviour_logp.resize(t.tokens.len(), 0.0);
        if !t.allowed.is_empty() {
            t.allowed.resize(t.tokens.len(), None);
        }
    }

    /// Appends a turn's tokens as a policy drew them.
    pub fn drawn(&mut self, kind: SpanKind, provenance: Provenance, turn: &DrawnTurn) {
        let before = self.trajectory.tokens.len();
        self.span(kind, provenance, &turn.tokens, &turn.log_probs);
        if turn.allowed.iter().any(Option::is_some) {
            let allowed = &mut self.trajectory.allowed;
            allowed.resize(before, None);
            allowed.extend_from_slice(&turn.allowed);
            allowed.resize(self.trajectory.tokens.len(), None);
        }
    }

    /// What was recorded so far.
    #[must_use]
    pub const fn so_far(&self) -> &Trajectory<O> {
        &self.trajectory
    }

    /// Ends the current turn with the environment's reward for it.
    pub fn end_turn(&mut self, reward: f64) {
        self.trajectory.turns.push(Turn { reward });
    }

    /// A turn of one drawn token: a classic discrete action.
    pub fn action(&mut self, action: u32, logp: f32, reward: f64) {
        self.span(SpanKind::Policy, Provenance::OnPolicy, &[action], &[logp]);
        self.end_turn(reward);
    }

    /// Turns recorded so far.
    #[must_use]
    pub const fn turns(&self) -> usize {
        self.trajectory.turns.len()
    }

    /// The trajectory, checked.
    pub fn finish(mut self, ending: Ending) -> Result<Trajectory<O>, TrajectoryError> {
        self.trajectory.ending = ending;
        self.trajectory.validate()?;
        Ok(self.trajectory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Outcome;

    fn start() -> TrajectoryBuilder<u8> {
        TrajectoryBuilder::new(TaskSeed::literal(1), 0, 0, Version(0), StateRecords::named(["progress"]))
    }

    #[test]
    fn the_mask_follows_the_spans() {
        let mut builder = start();
        builder.state(0, 10, &[0.0]);
        builder.span(SpanKind::Prompt, Provenance::Forced, &[1, 2], &[]);
        builder.span(SpanKind::Policy, Provenance::OnPolicy, &[3, 4], &[-0.5, -0.1]);
        builder.span(SpanKind::Environment, Provenance::OnPolicy, &[5], &[]);
        builder.end_turn(0.0);
        builder.state(1, 11, &[0.5]);
        builder.span(SpanKind::Policy, Provenance::OnPolicy, &[6], &[-0.2]);
        builder.end_turn(1.0);
        builder.state(2, 12, &[1.0]);
        let t = builder.finish(Ending::Terminated(Outcome::Success)).expect("consistent");
        assert_eq!(t.policy_mask(), [false, false, true, true, false, true]);
        assert_eq!(t.last_policy_token(), [Some(3), Some(5)]);
        assert_eq!(t.records.get("progress"), Some([0.0, 0.5, 1.0].as_slice()));
        assert_eq!(t.environment_return(), 1.0);
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let mut missing_final_state = start();
        missing_final_state.state(0, 10, &[0.0]);
        missing_final_state.action(1, -0.1, 0.0);
        assert!(matches!(
            missing_final_state.finish(Ending::Malformed),
            Err(TrajectoryError::Length { what: "observations", found: 1, expected: 2 })
        ));
        let mut not_finite = start();
        not_finite.state(0, 10, &[0.0]);
        not_finite.action(1, f32::NAN, 0.0);
        not_finite.state(0, 10, &[0.0]);
        assert!(matches!(not_finite.finish(Ending::Malformed), Err(TrajectoryError::NonFinite { .. })));
    }

    #[test]
    fn a_channel_must_fit() {
        let mut builder = start();
        builder.state(0, 10, &[0.0]);
        builder.action(1, -0.1, 0.0);
        builder.state(1, 11, &[0.0]);
        let mut t = builder.finish(Ending::Malformed).expect("consistent");
        let wrong = Channel::dense("x", Level::Turn, vec![1.0, 2.0]).expect("finite");
        assert!(matches!(t.add_channel(wrong), Err(SignalError::Length { expected: 1, .. })));
    }
}
