use serde::{Deserialize, Serialize};

use crate::{TaskSeed, Trajectory};

/// Trajectories that share a task (same seed, same initial state). Ragged: members differ in length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group<O = ()> {
    members: Vec<Trajectory<O>>,
}

impl<O> Group<O> {
    /// Checks that there is a member and that all share one task.
    pub fn new(members: Vec<Trajectory<O>>) -> Result<Self, GroupError> {
        let task = members.first().ok_or(GroupError::Empty)?.task;
        if let Some((index, other)) = members.iter().enumerate().find(|(_, member)| member.task != task) {
            return Err(GroupError::MixedTasks { index, expected: task, found: other.task });
        }
        Ok(Self { members })
    }

    /// The shared task.
    #[must_use]
    pub fn task(&self) -> TaskSeed {
        self.members[0].task
    }

    /// The trajectories.
    #[must_use]
    pub fn members(&self) -> &[Trajectory<O>] {
        &self.members
    }

    /// The trajectories, to add channels to. Their tasks must stay as they are.
    pub fn members_mut(&mut self) -> &mut [Trajectory<O>] {
        &mut self.members
    }
}

/// What a sampler returns: groups, in a fixed order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Batch<O = ()> {
    /// The groups.
    pub groups: Vec<Group<O>>,
}

impl<O> Batch<O> {
    /// All trajectories in order.
    pub fn trajectories(&self) -> impl Iterator<Item = &Trajectory<O>> {
        self.groups.iter().flat_map(|group| group.members.iter())
    }

    /// All trajectories in order, to add channels to.
    pub fn trajectories_mut(&mut self) -> impl Iterator<Item = &mut Trajectory<O>> {
        self.groups.iter_mut().flat_map(|group| group.members.iter_mut())
    }

    /// Number of policy tokens, which is what a budget counts.
    #[must_use]
    pub fn policy_tokens(&self) -> usize {
        self.trajectories()
            .flat_map(|t| &t.spans)
            .filter(|span| span.is_trained())
            .map(|span| span.len as usize)
            .sum()
    }
}

/// Bad input: trajectories that do not form a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GroupError {
    /// There are no trajectories.
    #[error("a group needs at least one trajectory")]
    Empty,
    /// Two trajectories have different tasks, so a baseline over both would be wrong.
    #[error("member {index} has task {}, but the group's is {}; a group shares one task", found.get(), expected.get())]
    MixedTasks {
        /// Which member.
        index: usize,
        /// The first member's task.
        expected: TaskSeed,
        /// This member's task.
        found: TaskSeed,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ending, StateRecords, TrajectoryBuilder, Version};

    fn trajectory(task: u64) -> Trajectory<()> {
        let mut builder =
            TrajectoryBuilder::new(TaskSeed::literal(task), 0, 0, Version(0), StateRecords::default());
        builder.state((), 0, &[]);
        builder.action(0, -1.0, 0.0);
        builder.state((), 1, &[]);
        builder.finish(Ending::Malformed).expect("consistent")
    }

    #[test]
    fn a_group_shares_one_task() {
        assert_eq!(Group::<()>::new(vec![]), Err(GroupError::Empty));
        assert!(Group::new(vec![trajectory(1), trajectory(1)]).is_ok());
        assert!(matches!(
            Group::new(vec![trajectory(1), trajectory(2)]),
            Err(GroupError::MixedTasks { index: 1, .. })
        ));
    }
}
