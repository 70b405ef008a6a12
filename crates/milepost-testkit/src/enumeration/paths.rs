use std::collections::BTreeMap;

use milepost_core::{Budget, Ending, Enumerable};

use super::Softmax;

/// A vector over logits, by state key and action; entries that are missing are 0.
pub type Gradient = BTreeMap<(u64, u32), f64>;

/// One step of a [`Path`].
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Key of the state in which it was taken.
    pub key: u64,
    /// What was done.
    pub action: u32,
    /// Its reward.
    pub reward: f64,
    /// The legal actions there with their probabilities under the policy.
    pub policy: Vec<(u32, f64)>,
}

impl Step {
    /// `π(a|s)` of the action that was taken.
    #[must_use]
    pub fn probability(&self) -> f64 {
        self.policy.iter().find(|(action, _)| *action == self.action).map_or(0.0, |(_, p)| *p)
    }

    /// Adds `weight · ∇ log π(a|s)`.
    pub fn add_score(&self, weight: f64, gradient: &mut Gradient) {
        for &(action, p) in &self.policy {
            let indicator = f64::from(u8::from(action == self.action));
            *gradient.entry((self.key, action)).or_default() += weight * (indicator - p);
        }
    }
}

/// One way in which an episode can go.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Its probability under policy and world.
    pub probability: f64,
    /// What happened.
    pub steps: Vec<Step>,
    /// How it ended.
    pub ending: Ending,
    /// Key of the state after the last step.
    pub last_key: u64,
}

impl Path {
    /// Sum of the rewards.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.steps.iter().map(|step| step.reward).sum()
    }

    /// Sum of the rewards from step `from` on.
    #[must_use]
    pub fn to_go(&self, from: usize) -> f64 {
        self.steps[from.min(self.steps.len())..].iter().map(|step| step.reward).sum()
    }
}

/// All paths from one state under one policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Paths {
    paths: Vec<Path>,
    values: BTreeMap<(usize, u64), f64>,
}

/// The paths of a world cannot be listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnumerationError {
    /// There are too many.
    #[error("the world has more than {limit} paths; take a smaller one, or a shorter horizon")]
    TooManyPaths {
        /// The limit that was given.
        limit: usize,
    },
    /// Episodes need not end.
    #[error("the world states no horizon, so its paths cannot be listed; give it a step budget")]
    NoHorizon,
    /// A state offers nothing to do.
    #[error("the state with key {key} has no legal action and no ending")]
    NoAction {
        /// Its key.
        key: u64,
    },
}

impl Paths {
    /// All paths from the current state of `world`, which must have been reset. At most `limit` of them.
    pub fn of<E: Enumerable>(world: &E, policy: &Softmax, limit: usize) -> Result<Self, EnumerationError> {
        let horizon = world.horizon().ok_or(EnumerationError::NoHorizon)? as usize;
        let mut paths = Vec::new();
        let mut open = vec![(world.clone(), 1.0, Vec::new())];
        while let Some((state, probability, steps)) = open.pop() {
            let key = state.state_key();
            let actions = policy.actions(&state);
            if actions.is_empty() {
                return Err(EnumerationError::NoAction { key });
            }
            for &(action, chosen) in &actions {
                for branch in state.outcomes(action) {
                    let mut steps: Vec<Step> = steps.clone();
                    let reward = branch.reward.at(steps.len() as u32);
                    steps.push(Step { key, action, reward, policy: actions.clone() });
                    let probability = probability * chosen * branch.probability;
                    let cut = (steps.len() >= horizon).then_some(Ending::Truncated(Budget::Steps));
                    if let Some(ending) = branch.ending.or(cut) {
                        let last_key = branch.next.state_key();
                        paths.push(Path { probability, steps, ending, last_key });
                    } else {
                        open.push((branch.next, probability, steps));
                    }
                    if paths.len() + open.len() > limit {
                        return Err(EnumerationError::TooManyPaths { limit });
                    }
                }
            }
        }
        let values = values(&paths);
        Ok(Self { paths, values })
    }

    /// The paths.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Path> + Clone {
        self.paths.iter()
    }

    /// Number of paths.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.paths.len()
    }

    /// Whether there is none, which a world with a horizon never has.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// `J = Σ_τ p(τ) R(τ)`.
    #[must_use]
    pub fn objective(&self) -> f64 {
        self.iter().map(|path| path.probability * path.total()).sum()
    }

    /// `∇J = Σ_τ p(τ) R(τ) Σ_t ∇ log π(a_t|s_t)`.
    #[must_use]
    pub fn exact_gradient(&self) -> Gradient {
        let mut gradient = Gradient::new();
        for path in &self.paths {
            for step in &path.steps {
                step.add_score(path.probability * path.total(), &mut gradient);
            }
        }
        gradient
    }

    /// `V_t(s)`: the expected return from step `t` on in the state with this key. 0 where no path passes.
    #[must_use]
    pub fn value(&self, elapsed: usize, state_key: u64) -> f64 {
        self.values.get(&(elapsed, state_key)).copied().unwrap_or_default()
    }
}

/// The mean return-to-go of all paths through each pair of time and state.
fn values(paths: &[Path]) -> BTreeMap<(usize, u64), f64> {
    let mut sums: BTreeMap<(usize, u64), (f64, f64)> = BTreeMap::new();
    for path in paths {
        for (elapsed, step) in path.steps.iter().enumerate() {
            let entry = sums.entry((elapsed, step.key)).or_default();
            entry.0 += path.probability * path.to_go(elapsed);
            entry.1 += path.probability;
        }
    }
    sums.into_iter().map(|(place, (weighted, weight))| (place, weighted / weight)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Corridor;
    use milepost_core::{Environment, TaskSeed};

    fn world() -> Corridor {
        let mut world = Corridor::new(3, 4);
        world.reset(TaskSeed::literal(1)).expect("resets");
        world
    }

    #[test]
    fn probabilities_sum_to_one_and_values_start_at_the_objective() {
        let paths = Paths::of(&world(), &Softmax::drawn(3, 1.5), 1000).expect("small");
        assert!((paths.iter().map(|path| path.probability).sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((paths.value(0, world().state_key()) - paths.objective()).abs() < 1e-12);
        assert!(paths.iter().any(|path| path.ending.bootstraps()), "some paths run out of steps");
        assert!(paths.iter().any(|path| path.ending.is_success()), "and some reach the goal");
    }

    #[test]
    fn the_exact_gradient_is_the_derivative_of_the_objective() {
        let policy = Softmax::drawn(3, 1.5);
        let objective = |policy: &Softmax| Paths::of(&world(), policy, 1000).expect("small").objective();
        let gradient = Paths::of(&world(), &policy, 1000).expect("small").exact_gradient();
        assert!(gradient.values().any(|slope| slope.abs() > 1e-3), "there is something to follow");
        for (&(key, action), &slope) in &gradient {
            let (logit, step) = (policy.logit(key, action), 1e-5);
            let moved = |by: f64| objective(&policy.clone().with(key, action, logit + by));
            let numeric = (moved(step) - moved(-step)) / (2.0 * step);
            assert!((numeric - slope).abs() < 1e-9, "{key} {action}: {slope} is not {numeric}");
        }
    }

    #[test]
    fn too_many_paths_are_an_error_not_a_long_wait() {
        let error = Paths::of(&world(), &Softmax::uniform(), 10).expect_err("more than ten");
        assert_eq!(error, EnumerationError::TooManyPaths { limit: 10 });
    }
}
