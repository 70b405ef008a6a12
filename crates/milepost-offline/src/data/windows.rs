use serde::{Deserialize, Serialize};

use super::{DataError, Dataset, Normalizer};

/// What stands before the first state of a trajectory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Padding {
    /// Zeros after normalisation: the mean state. The default.
    #[default]
    MeanState,
    /// A state of zeros, normalised like any other.
    ZeroState,
}

/// How a window is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WindowEncoding {
    /// The states themselves, as the paper has them. The default.
    #[default]
    States,
    /// The present state and the changes between neighbouring states: the same information, but a small change
    /// of state is no longer a small difference of large inputs.
    Changes,
}

/// The inputs of an inverse dynamics model: for each step with a next state the states
/// `s_{t−k}, …, s_t, s_{t+1}`, `k + 2` of them, padded on the left. Windows never cross trajectories, and hold
/// no actions.
#[derive(Debug, Clone, PartialEq)]
pub struct Windows {
    /// Numbers in a row: `(k + 2) · state width`.
    pub width: usize,
    /// `[n, width]`, normalised.
    pub rows: Vec<f32>,
    /// `[n]`: which trajectory of the data set.
    pub trajectory: Vec<usize>,
    /// `[n]`: which step of it.
    pub step: Vec<usize>,
}

impl Windows {
    /// The windows of every trajectory, with or without actions.
    pub fn of(data: &Dataset, past: usize, by: &Normalizer, padding: Padding) -> Result<Self, DataError> {
        let state = data.state_width();
        let pad = match padding {
            Padding::MeanState => vec![0.0; state],
            Padding::ZeroState => by.normalized(&vec![0.0; state])?,
        };
        let (mut rows, mut trajectory, mut step) = (Vec::new(), Vec::new(), Vec::new());
        for (index, t) in data.trajectories().iter().enumerate() {
            let states = by.normalized(&t.states)?;
            for at in 0..t.steps_with_next(state) {
                for back in (0..=past).rev() {
                    match at.checked_sub(back) {
                        Some(s) => rows.extend(&states[s * state..(s + 1) * state]),
                        None => rows.extend(&pad),
                    }
                }
                rows.extend(&states[(at + 1) * state..(at + 2) * state]);
                trajectory.push(index);
                step.push(at);
            }
        }
        if step.is_empty() {
            return Err(DataError::Empty { what: "step with a next state" });
        }
        Ok(Self { width: (past + 2) * state, rows, trajectory, step })
    }

    /// The same windows in another encoding of equal width.
    #[must_use]
    pub fn encoded(mut self, encoding: WindowEncoding, state_width: usize) -> Self {
        if encoding == WindowEncoding::States {
            return self;
        }
        for row in self.rows.chunks_mut(self.width) {
            let present = row[self.width - 2 * state_width..self.width - state_width].to_vec();
            for i in (state_width..row.len()).rev() {
                row[i] -= row[i - state_width];
            }
            row[..state_width].copy_from_slice(&present);
        }
        self
    }

    /// Windows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.step.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.step.is_empty()
    }

    /// The action that answers each window, `[n, action width]`; an error where one is missing.
    pub fn targets(&self, data: &Dataset) -> Result<Vec<f32>, DataError> {
        data.require_actions()?;
        let width = data.action_space().width();
        let mut targets = Vec::with_capacity(self.len() * width);
        for (trajectory, step) in self.trajectory.iter().zip(&self.step) {
            let actions = data.trajectories()[*trajectory].actions().unwrap_or_default();
            targets.extend(&actions[step * width..(step + 1) * width]);
        }
        Ok(targets)
    }
}
