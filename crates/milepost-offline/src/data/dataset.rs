use std::collections::BTreeSet;

use super::{ActionColumn, ActionSpace, DataError, Trajectory};

/// Trajectories of one task, checked once: every number is finite, every action lies in its space.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    state_width: usize,
    action_space: ActionSpace,
    trajectories: Vec<Trajectory>,
}

impl Dataset {
    /// Checks the trajectories and takes them in the order given.
    pub fn new(
        state_width: usize,
        action_space: ActionSpace,
        trajectories: Vec<Trajectory>,
    ) -> Result<Self, DataError> {
        for (what, width) in [("state components", state_width), ("action components", action_space.width())]
        {
            if width == 0 {
                return Err(DataError::Empty { what });
            }
        }
        let mut ids = BTreeSet::new();
        for trajectory in &trajectories {
            trajectory.check(state_width, action_space)?;
            if !ids.insert(trajectory.id) {
                return Err(DataError::DuplicateId { trajectory: trajectory.id });
            }
        }
        Ok(Self { state_width, action_space, trajectories })
    }

    /// Numbers in a state.
    #[must_use]
    pub const fn state_width(&self) -> usize {
        self.state_width
    }

    /// What an action is.
    #[must_use]
    pub const fn action_space(&self) -> ActionSpace {
        self.action_space
    }

    /// The trajectories.
    #[must_use]
    pub fn trajectories(&self) -> &[Trajectory] {
        &self.trajectories
    }

    /// Number of trajectories.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.trajectories.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.trajectories.is_empty()
    }

    /// The trajectories at these places, in this order.
    #[must_use]
    pub fn subset(&self, indices: &[usize]) -> Self {
        let trajectories = indices.iter().map(|index| self.trajectories[*index].clone()).collect();
        Self { trajectories, ..*self }
    }

    /// The trajectories that have actions, recorded or proxy.
    #[must_use]
    pub fn with_actions(&self) -> Self {
        let trajectories = self.trajectories.iter().filter(|t| t.actions().is_some()).cloned().collect();
        Self { trajectories, ..*self }
    }

    /// The same trajectories without their actions.
    #[must_use]
    pub fn without_actions(&self) -> Self {
        let hide = |t: &Trajectory| Trajectory { actions: ActionColumn::Missing, ..t.clone() };
        Self { trajectories: self.trajectories.iter().map(hide).collect(), ..*self }
    }

    /// The same trajectories with other actions, given in their order.
    pub fn with_columns(&self, columns: Vec<ActionColumn>) -> Result<Self, DataError> {
        if columns.len() != self.len() {
            let (found, expected) = (columns.len(), self.len());
            return Err(DataError::Width { what: "action columns", found, expected });
        }
        let trajectories = self.trajectories.iter().zip(columns);
        let trajectories = trajectories.map(|(t, actions)| Trajectory { actions, ..t.clone() }).collect();
        Self::new(self.state_width, self.action_space, trajectories)
    }

    /// This data set followed by another of the same task.
    pub fn union(&self, other: &Self) -> Result<Self, DataError> {
        let widths = [
            ("states", other.state_width, self.state_width),
            ("actions", other.action_space.width(), self.action_space.width()),
        ];
        for (what, found, expected) in widths {
            if found != expected {
                return Err(DataError::Width { what, found, expected });
            }
        }
        let trajectories = self.trajectories.iter().chain(&other.trajectories).cloned().collect();
        Self::new(self.state_width, self.action_space, trajectories)
    }

    /// `Err` unless every trajectory has actions: what a learner that needs them asks for.
    pub fn require_actions(&self) -> Result<&Self, DataError> {
        let mut without = self.trajectories.iter().filter(|t| t.actions().is_none());
        match without.next() {
            None => Ok(self),
            Some(first) => {
                let (missing, total, first) = (1 + without.count(), self.len(), first.id);
                Err(DataError::MissingActions { missing, total, first })
            }
        }
    }

    /// The `max(1, ⌊fraction · n⌋)` trajectories with the largest discounted returns, in their order; ties go
    /// to the one that comes first. CORL discounts here by default.
    pub fn top_fraction(&self, fraction: f64, gamma: f64) -> Result<Self, DataError> {
        super::error::require(fraction > 0.0 && fraction <= 1.0, "fraction", fraction, "in (0, 1]")?;
        super::error::require((0.0..=1.0).contains(&gamma), "gamma", gamma, "in [0, 1]")?;
        if self.is_empty() {
            return Err(DataError::Empty { what: "trajectories" });
        }
        let keep = ((fraction * self.len() as f64 + 1e-9).floor() as usize).max(1);
        let returns: Vec<f64> = self.trajectories.iter().map(|t| t.discounted_return(gamma)).collect();
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by(|a, b| returns[*b].total_cmp(&returns[*a]));
        order.truncate(keep);
        order.sort_unstable();
        Ok(self.subset(&order))
    }
}
