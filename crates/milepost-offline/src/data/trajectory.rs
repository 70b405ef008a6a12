use milepost_core::Ending;

use super::DataError;

/// What an action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionSpace {
    /// A vector of this many components in `[−1, 1]`. Scale actions before building a data set.
    Box(usize),
    /// One of this many choices, stored as a row of probabilities (one-hot where recorded).
    Discrete(usize),
}

impl ActionSpace {
    /// Numbers in the row of one action.
    #[must_use]
    pub const fn width(self) -> usize {
        match self {
            Self::Box(width) | Self::Discrete(width) => width,
        }
    }

    /// What a row of this space must satisfy, if `row` does not.
    fn broken_rule(self, row: &[f32]) -> Option<&'static str> {
        match self {
            Self::Box(_) => {
                (!row.iter().all(|x| (-1.0..=1.0).contains(x))).then_some("within [-1, 1] in each component")
            }
            Self::Discrete(_) => {
                let sums = (row.iter().sum::<f32>() - 1.0).abs() < 1e-3;
                let holds = sums && row.iter().all(|x| (0.0..=1.0).contains(x));
                (!holds).then_some("a row of probabilities")
            }
        }
    }
}

/// The actions of one trajectory. Optional by type, not by a sentinel.
#[derive(Debug, Clone, PartialEq)]
pub enum ActionColumn {
    /// What was done: `[T, width]`.
    Recorded(Vec<f32>),
    /// What a model thinks was done, for the steps whose next state is known: `[states − 1, width]` each.
    Proxy {
        /// The label.
        mean: Vec<f32>,
        /// Its predictive variance in each component.
        variance: Vec<f32>,
    },
    /// Nobody knows.
    Missing,
}

/// How the record of a trajectory ends. A time-out is not a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The task ended: nothing follows the last step, so nothing is bootstrapped.
    Terminated,
    /// A budget ran out: the value of the last state counts.
    Truncated,
    /// The record stops; the episode may have gone on.
    Open,
}

impl End {
    /// From the two flags that files carry. Where both are set, the terminal wins.
    #[must_use]
    pub const fn from_flags(terminated: bool, truncated: bool) -> Self {
        match (terminated, truncated) {
            (true, _) => Self::Terminated,
            (false, true) => Self::Truncated,
            (false, false) => Self::Open,
        }
    }

    /// Whether the last step was a true terminal.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Terminated)
    }
}

impl From<Ending> for End {
    /// An episode that the environment ended for a malformed action is over; a sampler's cut is open.
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Terminated(_) | Ending::Malformed => Self::Terminated,
            Ending::Truncated(_) => Self::Truncated,
            Ending::Cut(_) => Self::Open,
        }
    }
}

/// The columns of one trajectory of `T` steps, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectory {
    /// Names it in messages and splits.
    pub id: u64,
    /// `[T + 1, state width]`, or `[T, ..]` where the state after the last step was not recorded.
    pub states: Vec<f32>,
    /// What was done.
    pub actions: ActionColumn,
    /// `[T]`.
    pub rewards: Vec<f64>,
    /// How the record ends.
    pub end: End,
}

impl Trajectory {
    /// Steps, `T`.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rewards.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rewards.is_empty()
    }

    /// The action rows, recorded or proxy; `None` where they are missing.
    #[must_use]
    pub fn actions(&self) -> Option<&[f32]> {
        match &self.actions {
            ActionColumn::Recorded(rows) => Some(rows),
            ActionColumn::Proxy { mean, .. } => Some(mean),
            ActionColumn::Missing => None,
        }
    }

    /// `Σ_t γ^t r_t`.
    #[must_use]
    pub fn discounted_return(&self, gamma: f64) -> f64 {
        self.rewards.iter().rev().fold(0.0, |rest, reward| reward + gamma * rest)
    }

    /// `R̂_t = Σ_{j ≥ t} r_j` for `t = 0..T`, and `R̂_T = 0`: `[T + 1]`.
    #[must_use]
    pub fn returns_to_go(&self) -> Vec<f64> {
        let mut to_go = vec![0.0; self.len() + 1];
        for t in (0..self.len()).rev() {
            to_go[t] = to_go[t + 1] + self.rewards[t];
        }
        to_go
    }

    /// Steps whose next state is known.
    #[must_use]
    pub const fn steps_with_next(&self, state_width: usize) -> usize {
        (self.states.len() / state_width).saturating_sub(1)
    }

    /// Whether the parts fit together and every number is one.
    pub(super) fn check(&self, state_width: usize, space: ActionSpace) -> Result<(), DataError> {
        let (trajectory, steps) = (self.id, self.len());
        if steps == 0 {
            return Err(DataError::Empty { what: "steps in one of its trajectories" });
        }
        let (full, short) = ((steps + 1) * state_width, steps * state_width);
        if self.states.len() != full && self.states.len() != short {
            let (column, found) = ("states", self.states.len());
            return Err(DataError::Length { trajectory, column, found, expected: full });
        }
        if let Some(index) = self.states.iter().position(|x| !x.is_finite()) {
            return Err(DataError::State { trajectory, step: index / state_width });
        }
        if let Some((index, value)) = self.rewards.iter().enumerate().find(|(_, r)| !r.is_finite()) {
            return Err(DataError::Reward { trajectory, index, value: *value });
        }
        let rows = |column, rows: &[f32], steps: usize| {
            let expected = steps * space.width();
            if rows.len() == expected {
                return Ok(());
            }
            Err(DataError::Length { trajectory, column, found: rows.len(), expected })
        };
        let labelled = self.steps_with_next(state_width);
        match &self.actions {
            ActionColumn::Missing => return Ok(()),
            ActionColumn::Recorded(actions) => rows("actions", actions, steps)?,
            ActionColumn::Proxy { mean, variance } => {
                rows("proxy actions", mean, labelled)?;
                rows("variances of proxy actions", variance, labelled)?;
                if let Some(index) = variance.iter().position(|v| !v.is_finite() || *v < 0.0) {
                    return Err(DataError::Variance { trajectory, step: index / space.width() });
                }
            }
        }
        for (step, row) in self.actions().unwrap_or_default().chunks(space.width()).enumerate() {
            if let Some(rule) = space.broken_rule(row) {
                return Err(DataError::Action { trajectory, step, found: row.to_vec(), rule });
            }
        }
        Ok(())
    }
}
