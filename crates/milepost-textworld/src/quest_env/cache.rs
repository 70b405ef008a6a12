use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use milepost_core::TaskSeed;

use super::task::Task;

/// Tasks kept: more than the groups of a usual batch.
const KEPT: usize = 64;

/// The tasks that were made last. A task is a pure function of its seed, so keeping it changes nothing but the
/// time of a reset: the members of a group share one game, and so do repeated evaluations.
#[derive(Debug, Default)]
pub(super) struct Cache {
    tasks: Mutex<VecDeque<Arc<Task>>>,
}

impl Cache {
    /// The task of a seed, made if it is not kept.
    pub(super) fn get<E>(
        &self,
        seed: TaskSeed,
        make: impl FnOnce() -> Result<Task, E>,
    ) -> Result<Arc<Task>, E> {
        let kept = || self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = kept().iter().find(|task| task.seed == seed) {
            return Ok(task.clone());
        }
        let task = Arc::new(make()?);
        let mut tasks = kept();
        if tasks.len() == KEPT {
            tasks.pop_front();
        }
        tasks.push_back(task.clone());
        Ok(task)
    }
}
