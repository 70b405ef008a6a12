use super::{ActionColumn, DataError, Dataset, Normalizer};

/// The steps of a data set that have an action *and* a next state, as columns. A step without either is
/// never a row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Transitions {
    /// Numbers in a state.
    pub state_width: usize,
    /// Numbers in an action.
    pub action_width: usize,
    /// `[n, state width]`.
    pub states: Vec<f32>,
    /// `[n, action width]`.
    pub actions: Vec<f32>,
    /// `[n]`.
    pub rewards: Vec<f32>,
    /// `[n, state width]`.
    pub next_states: Vec<f32>,
    /// `[n]`: 1 where the step was a true terminal, else 0. A time-out is 0.
    pub terminals: Vec<f32>,
    /// `[n]`: mean predictive variance of a proxy action, 0 where the action was recorded.
    pub uncertainty: Vec<f32>,
    /// `[n]`: which trajectory of the data set.
    pub trajectory: Vec<usize>,
    /// `[n]`: which step of it.
    pub step: Vec<usize>,
}

impl Transitions {
    /// The rows of `data`. Trajectories without actions have none; ask [`Dataset::require_actions`] first
    /// where that would be a mistake.
    pub fn of(data: &Dataset) -> Result<Self, DataError> {
        let (state_width, action_width) = (data.state_width(), data.action_space().width());
        let mut rows = Self { state_width, action_width, ..Self::default() };
        for (index, t) in data.trajectories().iter().enumerate() {
            let Some(actions) = t.actions() else { continue };
            let steps = t.steps_with_next(state_width);
            rows.states.extend(&t.states[..steps * state_width]);
            rows.next_states.extend(&t.states[state_width..(steps + 1) * state_width]);
            rows.actions.extend(&actions[..steps * action_width]);
            rows.rewards.extend(t.rewards[..steps].iter().map(|r| *r as f32));
            let last = t.len() - 1;
            rows.terminals.extend((0..steps).map(|s| f32::from(u8::from(t.end.is_terminal() && s == last))));
            match &t.actions {
                ActionColumn::Proxy { variance, .. } => rows.uncertainty.extend(
                    variance.chunks(action_width).map(|row| row.iter().sum::<f32>() / action_width as f32),
                ),
                _ => rows.uncertainty.extend(std::iter::repeat_n(0.0, steps)),
            }
            rows.trajectory.extend(std::iter::repeat_n(index, steps));
            rows.step.extend(0..steps);
        }
        if rows.is_empty() {
            return Err(DataError::Empty { what: "step with an action and a next state" });
        }
        Ok(rows)
    }

    /// Rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rewards.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rewards.is_empty()
    }

    /// The same rows with states and next states normalised.
    pub fn normalized(mut self, by: &Normalizer) -> Result<Self, DataError> {
        by.apply(&mut self.states)?;
        by.apply(&mut self.next_states)?;
        Ok(self)
    }

    /// `exp(−u/τ)` for each row, where `u` is the uncertainty of its action: 1 for recorded actions.
    pub fn certainty_weights(&self, temperature: f64) -> Result<Vec<f64>, DataError> {
        super::error::require(temperature > 0.0, "temperature", temperature, "positive")?;
        Ok(self.uncertainty.iter().map(|u| (-f64::from(*u) / temperature).exp()).collect())
    }
}
