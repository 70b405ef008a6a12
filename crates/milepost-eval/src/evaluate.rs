//! Evaluation: what a policy is really worth.

use milepost_core::{DiscreteEnvironment, EnvError, TaskSeed};
use serde::Serialize;

/// What an evaluation episode was worth by the environment's own account.
///
/// Its numbers can be read only through this crate. The crates that train (`milepost-rewards`,
/// `milepost-algorithms`) never depend on it, which `cargo xtask tidy` checks: the score that
/// evaluation believes cannot reach training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Gold {
    #[serde(rename = "return")]
    total: f64,
    success: bool,
    length: u32,
}

/// A number that can be read from [`Gold`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Sum of the environment's own rewards, undiscounted.
    Return,
    /// 1 if the environment declared success, else 0.
    Success,
    /// Steps taken.
    Length,
}

impl Gold {
    /// What an episode was worth that somebody else played: for worlds whose turns are not indices.
    #[must_use]
    pub const fn of_episode(environment_return: f64, success: bool, length: u32) -> Self {
        Self { total: environment_return, success, length }
    }

    /// Sum of the environment's own rewards, undiscounted.
    pub const fn total_reward(&self) -> f64 {
        self.total
    }

    /// Whether the environment declared success.
    pub const fn success(&self) -> bool {
        self.success
    }

    /// Steps taken.
    pub const fn length(&self) -> u32 {
        self.length
    }

    /// The number that `measure` names.
    pub fn measure(&self, measure: Measure) -> f64 {
        match measure {
            Measure::Return => self.total,
            Measure::Success => f64::from(u8::from(self.success)),
            Measure::Length => f64::from(self.length),
        }
    }
}

/// The episodes that still run, as the policy sees them. All slices have the same length.
#[derive(Debug)]
pub struct Running<'a, O> {
    /// What each episode shows.
    pub observations: &'a [O],
    /// Each environment's state key.
    pub state_keys: &'a [u64],
    /// Which of the tasks each episode is, for policies with a memory or a stream of their own.
    pub slots: &'a [usize],
    /// Steps taken in each, the same for all.
    pub step: u32,
}

/// Plays one episode on each task, all of them in step, and reports their gold in the order of `tasks`.
///
/// `act` is given the observations and state keys of the episodes that still run and writes one action
/// for each. The environment must end its episodes; see [`evaluate_within`] for those that may not.
pub fn evaluate<E: DiscreteEnvironment>(
    prototype: &E,
    tasks: &[TaskSeed],
    mut act: impl FnMut(&[E::Observation], &[u64], &mut [u32]),
) -> Result<Vec<Gold>, EnvError> {
    evaluate_within(prototype, tasks, u32::MAX, |running, actions| {
        act(running.observations, running.state_keys, actions);
    })
}

/// As [`evaluate`], with more to see for the policy, and no episode longer than `limit` steps: one that
/// reaches it counts as it stands, without success.
pub fn evaluate_within<E: DiscreteEnvironment>(
    prototype: &E,
    tasks: &[TaskSeed],
    limit: u32,
    mut act: impl FnMut(&Running<'_, E::Observation>, &mut [u32]),
) -> Result<Vec<Gold>, EnvError> {
    let mut environments = vec![prototype.clone(); tasks.len()];
    let mut observations = Vec::with_capacity(tasks.len());
    for (environment, task) in environments.iter_mut().zip(tasks) {
        environment.reset(*task)?;
        observations.push(environment.new_observation());
    }
    let mut gold = vec![Gold { total: 0.0, success: false, length: 0 }; tasks.len()];
    let mut slots: Vec<usize> = (0..tasks.len()).collect();
    let mut state_keys = Vec::with_capacity(tasks.len());
    let mut actions = vec![0; tasks.len()];
    for step in 0..limit {
        if slots.is_empty() {
            break;
        }
        state_keys.clear();
        for (&slot, observation) in slots.iter().zip(&mut observations) {
            environments[slot].observe(observation);
            state_keys.push(environments[slot].state_key());
        }
        let n = slots.len();
        actions[..n].fill(0);
        let running =
            Running { observations: &observations[..n], state_keys: &state_keys, slots: &slots, step };
        act(&running, &mut actions[..n]);
        let mut taken = actions.iter();
        let mut failure = None;
        slots.retain(|&slot| {
            let action = taken.next().copied().unwrap_or_default();
            match environments[slot].step(&action) {
                Ok(outcome) => {
                    gold[slot].total += outcome.reward;
                    gold[slot].length += 1;
                    gold[slot].success = outcome.ending.is_some_and(milepost_core::Ending::is_success);
                    outcome.ending.is_none()
                }
                Err(error) => {
                    failure.get_or_insert(error);
                    false
                }
            }
        });
        if let Some(error) = failure {
            return Err(error);
        }
    }
    Ok(gold)
}

#[cfg(test)]
mod tests {
    use super::*;
    use milepost_testkit::environment::Corridor;

    fn tasks(n: u64) -> Vec<TaskSeed> {
        (0..n).map(|index| TaskSeed::evaluation(3, index)).collect()
    }

    #[test]
    fn episodes_stepped_together_equal_episodes_stepped_alone() {
        let world = Corridor::new(4, 12);
        let act = |seen: &[u32], _: &[u64], actions: &mut [u32]| {
            for (action, position) in actions.iter_mut().zip(seen) {
                *action = u32::from(*position != 1);
            }
        };
        let together = evaluate(&world, &tasks(20), act).expect("legal actions");
        for (task, gold) in tasks(20).into_iter().zip(&together) {
            assert_eq!(evaluate(&world, &[task], act).expect("legal actions"), [*gold]);
        }
        assert!(together.iter().any(Gold::success) && together.iter().any(|gold| !gold.success()));
        for gold in &together {
            // Success pays 1 − 0.9 · length / budget, failure nothing.
            let paid = if gold.success() { 1.0 - 0.9 * f64::from(gold.length()) / 12.0 } else { 0.0 };
            assert!((gold.total_reward() - paid).abs() < 1e-12);
        }
    }

    #[test]
    fn a_limit_stops_an_episode_that_would_go_on_and_a_bad_action_is_an_error() {
        let cut = evaluate_within(&Corridor::new(50, 1000), &tasks(3), 4, |running, actions| {
            assert!(running.slots.windows(2).all(|pair| pair[0] < pair[1]));
            actions.fill(u32::from(running.step % 2 == 0));
        });
        assert!(cut.expect("legal actions").iter().all(|gold| gold.length() <= 4 && !gold.success()));
        let refused = evaluate(&Corridor::default(), &tasks(2), |_, _, actions| actions.fill(9));
        assert!(matches!(refused, Err(EnvError::ActionOutOfRange { action: 9, .. })));
    }
}
