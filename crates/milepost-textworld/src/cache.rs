//! Tasks that were made lately.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use milepost_core::TaskSeed;

/// Tasks kept: more than the groups of a usual batch.
const KEPT: usize = 64;

/// The tasks that were made last, by seed. A task is a pure function of its seed, so keeping it changes nothing but
/// the time of a reset: the members of a group share one game, and so do repeated evaluations.
#[derive(Debug)]
pub(crate) struct TaskCache<T> {
    tasks: Mutex<VecDeque<(TaskSeed, Arc<T>)>>,
}

impl<T> TaskCache<T> {
    /// Nothing kept.
    pub(crate) fn new() -> Self {
        Self { tasks: Mutex::new(VecDeque::with_capacity(KEPT)) }
    }

    /// The task of a seed, made if it is not kept.
    pub(crate) fn get<E>(&self, seed: TaskSeed, make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        let kept = || self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, task)) = kept().iter().find(|(known, _)| *known == seed) {
            return Ok(task.clone());
        }
        let task = Arc::new(make()?);
        let mut tasks = kept();
        if tasks.len() == KEPT {
            tasks.pop_front();
        }
        tasks.push_back((seed, task.clone()));
        Ok(task)
    }
}
