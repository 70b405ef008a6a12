//! Exact values, advantages and gradients in worlds small enough to visit every state.
//!
//! [`StateGraph::enumerate`] visits the states of an [`Enumerable`](milepost_core::Enumerable) world and
//! lowers it to a [`TabularMdp`]; the solvers work on that alone:
//!
//! - [`finite`]: episodes of at most `T` steps and rewards that depend on the clock, by backward
//!   induction. This is the exact return of a step-limited episode.
//! - [`discounted`]: the stationary, discounted, infinite-horizon problem.
//!
//! ```
//! use milepost_core::{Environment, TaskSeed};
//! use milepost_eval::exact::{StateGraph, finite};
//! # use milepost_testkit::environment::Corridor;
//! let mut world = Corridor::default();
//! world.reset(TaskSeed::literal(5))?;
//! let graph = StateGraph::enumerate(&world, 100_000)?;
//! // The policy under study, asked about every state; here the uniform one.
//! let policy = graph.policy(64, |_observations, _keys, probabilities| probabilities.fill(0.5))?;
//! let values = finite::evaluate(graph.mdp(), &policy, graph.episode()?)?;
//! // Credit of action 1 in the first step of an episode:
//! let first = graph.index_of(world.state_key())?;
//! assert!(values.advantage(0, first, 1) > 0.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod discounted;
pub mod finite;
mod graph;
mod mdp;
mod policy;
#[cfg(test)]
mod tests;

pub use graph::StateGraph;
pub use mdp::{MdpBuilder, TabularMdp, Transition};
pub use policy::TabularPolicy;

/// Actions whose value is within this share of the best (or this amount, below 1) count as optimal.
const OPTIMAL_TOLERANCE: f64 = 1e-9;

/// Why a world could not be solved.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SolveError {
    /// More states than allowed.
    #[error("the world has more than {cap} states; raise the cap, or choose a smaller level")]
    TooManyStates {
        /// The cap that was given.
        cap: usize,
    },
    /// The world has no start, or no states or actions at all.
    #[error("{what} is empty; there is nothing to solve")]
    Empty {
        /// What is empty.
        what: &'static str,
    },
    /// No action may be taken in a state that is not an end.
    #[error("state {state} (key {key:#x}) has no legal action and is not an ending")]
    DeadEnd {
        /// Index of the state.
        state: usize,
        /// Its key, or 0 where states have none.
        key: u64,
    },
    /// Probabilities that are no distribution.
    #[error("the probabilities of {what} in state {state} sum to {sum}, or one is negative or not finite")]
    NotADistribution {
        /// Of what.
        what: String,
        /// The state.
        state: usize,
        /// Their sum.
        sum: f64,
    },
    /// A reward is not finite.
    #[error("action {action} in state {state} has a reward that is not finite")]
    Reward {
        /// The state.
        state: usize,
        /// The action.
        action: usize,
    },
    /// A table has the wrong size.
    #[error("{what}: {found} entries where {expected} are needed")]
    Size {
        /// Which table.
        what: &'static str,
        /// Its size.
        found: usize,
        /// The size it must have.
        expected: usize,
    },
    /// A policy gives probability to an action that is not legal.
    #[error(
        "the policy gives probability {probability} to action {action}, which is not legal in state {state}"
    )]
    IllegalAction {
        /// The state.
        state: usize,
        /// The action.
        action: usize,
        /// Its probability.
        probability: f64,
    },
    /// A state key that enumeration did not meet.
    #[error("no enumerated state has key {key:#x}; was the graph built from the same task?")]
    UnknownState {
        /// The key.
        key: u64,
    },
    /// Values that belong to another decision process.
    #[error("the values were computed for another world; solve the graph's own `mdp()`")]
    ForeignValues,
    /// An index that lies outside its table.
    #[error("{what} {index} is out of range: there are {len}")]
    Index {
        /// What the index names.
        what: &'static str,
        /// The index.
        index: usize,
        /// How many there are.
        len: usize,
    },
    /// The discount does not suit the problem.
    #[error("the discount is {discount}, but must lie in {range}")]
    Discount {
        /// The discount.
        discount: f64,
        /// Where it must lie.
        range: &'static str,
    },
    /// Rewards depend on the clock, so no stationary solution exists.
    #[error(
        "rewards depend on elapsed time, so the discounted problem has no stationary solution; use the finite-horizon solver"
    )]
    ClockedRewards,
    /// The world has no step budget.
    #[error("the world has no step budget; give a horizon, or use the discounted solver")]
    NoHorizon,
}

/// The actions whose value is within tolerance of the best; illegal actions have value −∞.
pub(crate) fn optimal_among(q: &[f64]) -> Vec<u32> {
    let best = q.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let slack = OPTIMAL_TOLERANCE * best.abs().max(1.0);
    (0..q.len()).filter(|action| q[*action] >= best - slack).map(|action| action as u32).collect()
}

/// `d(s) π(a|s) A(s, a)`, added to a gradient table with respect to softmax logits.
fn add_policy_gradient(
    policy: &TabularPolicy,
    state: usize,
    weight: f64,
    advantages: &[f64],
    into: &mut [f64],
) {
    for (action, (p, a)) in policy.row(state).iter().zip(advantages).enumerate() {
        if *p > 0.0 {
            into[state * advantages.len() + action] += weight * p * a;
        }
    }
}
