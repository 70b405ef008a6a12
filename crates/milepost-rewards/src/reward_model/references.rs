use std::collections::BTreeMap;

use milepost_core::{Batch, TaskSeed, Version};
use milepost_policies::SequenceModel;
use milepost_preferences::transform::References;

use super::{RewardModel, RewardModelError};

/// The scores of reference answers to each prompt, made before training by the policy that training starts from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReferenceBook {
    version: Version,
    by_task: BTreeMap<TaskSeed, References>,
}

impl ReferenceBook {
    /// Scores a batch of reference answers: the members of a group are the references of its task.
    pub fn of<O, M: SequenceModel>(
        model: &RewardModel<M>,
        batch: &Batch<O>,
    ) -> Result<Self, RewardModelError> {
        let sequences: Vec<&[u32]> = batch.trajectories().map(|t| t.tokens.as_slice()).collect();
        let scores = model.score(&sequences)?;
        let mut scores = scores.expect(model.version()).expect("scored just now").iter().copied();
        let mut by_task: BTreeMap<TaskSeed, Vec<f64>> = BTreeMap::new();
        for group in &batch.groups {
            let of_group = scores.by_ref().take(group.members().len());
            by_task.entry(group.task()).or_default().extend(of_group);
        }
        Self::from_scores(model.version(), by_task)
    }

    /// A book of scores that a model of `version` gave. Every task needs at least one, and all must be finite.
    pub fn from_scores(
        version: Version,
        by_task: impl IntoIterator<Item = (TaskSeed, Vec<f64>)>,
    ) -> Result<Self, RewardModelError> {
        let checked = by_task.into_iter().map(|(task, scores)| Ok((task, References::new(scores)?)));
        Ok(Self { version, by_task: checked.collect::<Result<_, RewardModelError>>()? })
    }

    /// The book with only the first `count` references of each task (all, where there are fewer; at least one).
    #[must_use]
    pub fn first(mut self, count: usize) -> Self {
        for references in self.by_task.values_mut() {
            let kept = references.scores().iter().copied().take(count.max(1)).collect();
            if let Ok(fewer) = References::new(kept) {
                *references = fewer;
            }
        }
        self
    }

    /// The version of the reward model that scored them.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The references of a task.
    pub fn get(&self, task: TaskSeed) -> Option<&References> {
        self.by_task.get(&task)
    }

    /// Tasks with references.
    pub fn len(&self) -> usize {
        self.by_task.len()
    }

    /// Whether no task has any.
    pub fn is_empty(&self) -> bool {
        self.by_task.is_empty()
    }
}
