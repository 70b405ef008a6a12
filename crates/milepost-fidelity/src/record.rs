//! What a run leaves behind.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::metrics::{Cost, Scores};
use crate::{CaIdCard, LayeredWorld, Needs, NodePolicy, Truth};

/// The difficulty of an instance and what its policy earns, all exact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct InstanceFacts {
    /// Name of the instance.
    pub name: String,
    /// Pairs of time and state.
    pub nodes: u64,
    /// Different observations.
    pub observations: u64,
    /// Number of actions.
    pub actions: u64,
    /// Longest episode.
    pub horizon: u64,
    /// Mean length of an episode.
    pub mean_length: f64,
    /// `E[R]`.
    pub value: f64,
    /// The best policy's `E[R]`.
    pub best_value: f64,
    /// `Var R`.
    pub variance: f64,
    /// `χ_t = E[A_t²] / Var R` at each time; `None` if the return never varies.
    pub bifurcation_shares: Option<Vec<f64>>,
    /// `Σ_t χ_t`.
    pub skill_share: Option<f64>,
    /// `Σ_t E[L_t²] / Var R`.
    pub luck_share: Option<f64>,
    /// `Var V_0 / Var R`.
    pub start_share: Option<f64>,
    /// Share of the visits at which nothing is at stake.
    pub null_share: f64,
}

impl InstanceFacts {
    /// The facts of a solved world.
    pub fn new(name: &str, world: &LayeredWorld, policy: &NodePolicy, truth: &Truth) -> Self {
        let target = crate::metrics::Target::new(world, policy, truth, crate::Contrast::None);
        let nodes = 0..world.nodes() as u32;
        let mean_length: f64 = nodes.clone().map(|n| truth.visits(n)).sum();
        let null: f64 = nodes.filter(|n| target.is_null(*n)).map(|n| truth.visits(n)).sum();
        Self {
            name: name.to_owned(),
            nodes: world.nodes() as u64,
            observations: world.observations() as u64,
            actions: world.actions() as u64,
            horizon: world.horizon() as u64,
            mean_length,
            value: truth.value(),
            best_value: world.starts().iter().map(|(p, n)| p * truth.best_v(*n)).sum(),
            variance: truth.variance(),
            bifurcation_shares: (0..world.horizon()).map(|t| truth.bifurcation_share(t)).collect(),
            skill_share: truth.skill_share(),
            luck_share: truth.luck_share(),
            start_share: truth.start_share(),
            null_share: null / mean_length,
        }
    }
}

/// Where an arm stands after a budget of environment steps, its own extra steps included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FrontierPoint {
    /// The budget, in environment steps.
    pub budget: u64,
    /// Batches that it paid for.
    pub batches: u64,
    /// RMS error of the mean credit of the cells; `None` if the budget paid for no batch.
    pub cell_rmse: Option<f64>,
    /// Relative error of the mean gradient.
    pub gradient_error: Option<f64>,
}

/// One arm on one instance with one seed: everything that was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Record {
    /// Name of the instance.
    pub instance: String,
    /// Name of the estimator.
    pub arm: String,
    /// What it claims.
    pub card: CaIdCard,
    /// What it used.
    pub needs: Needs,
    /// Episodes in a batch.
    pub group: usize,
    /// Seed of the tape.
    pub seed: u64,
    /// All metrics, at matched trajectories.
    pub scores: Scores,
    /// At matched environment steps: 1, 2, 4, 8 and 16 sixteenths of the scored steps.
    pub frontier: Vec<FrontierPoint>,
    /// Mean gain of one step along a batch's gradient at the protocol's divergence.
    pub gain: Option<f64>,
    /// That gain as a share of the exact gradient's; `None` if that gains nothing.
    pub relative_gain: Option<f64>,
    /// Undefined coefficients, fallbacks and empty groups that the estimator counted.
    pub counters: BTreeMap<String, u64>,
    /// What it took.
    pub cost: Cost,
    /// Version of this crate.
    pub version: String,
}
