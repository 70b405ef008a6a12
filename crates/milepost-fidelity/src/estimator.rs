//! What a credit method is to the benchmark.

use std::collections::BTreeMap;

use crate::{Batch, CaIdCard, FidelityError, LayeredWorld, Meter, NodePolicy, Tape, Truth};

/// What an estimator may use besides the recorded episodes. Anything it does not declare is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(clippy::struct_excessive_bools, reason = "five independent permissions")]
pub struct Needs {
    /// Restore states and play on from them.
    pub branch: bool,
    /// A learned value.
    pub critic: bool,
    /// A judge.
    pub judge: bool,
    /// A hindsight model.
    pub hindsight: bool,
    /// Exact truth: an oracle arm.
    pub privileged: bool,
}

/// What the baseline of a reward-to-go is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Baseline {
    /// None.
    None,
    /// The mean reward-to-go of the other episodes that are alive at the same time; 0 if there is none.
    LeaveOneOut,
}

/// How a reward of steps becomes credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Reading {
    /// The reward of a step is its credit.
    Direct,
    /// `ĉ_t = Σ_{k≥t} r̂_k − b_t`.
    ToGo {
        /// What is subtracted.
        baseline: Baseline,
    },
}

/// Credit of every step of a batch, flat in the batch's order.
#[derive(Debug, Clone, PartialEq)]
pub enum Credit {
    /// Step rewards `[steps]` and how they are read.
    Reward {
        /// The rewards.
        rewards: Vec<f64>,
        /// How they become credit.
        reading: Reading,
    },
    /// Advantages of the taken actions `[steps]`.
    Advantage(Vec<f64>),
    /// Advantages of all actions `[steps, actions]`, row-major; 0 for actions that are not legal.
    AllActions(Vec<f64>),
    /// Factors `[steps]` of the leave-one-out advantage of the return.
    Weight(Vec<f64>),
}

/// Credit with what was left out on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// The credit.
    pub credit: Credit,
    /// Undefined coefficients, fallbacks and empty groups, by name.
    pub counters: BTreeMap<&'static str, u64>,
}

impl From<Credit> for Estimate {
    fn from(credit: Credit) -> Self {
        Self { credit, counters: BTreeMap::new() }
    }
}

/// What an estimator is given.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The episodes to credit.
    pub batch: &'a Batch,
    /// The policy that drew them.
    pub policy: &'a NodePolicy,
    /// The tape they were drawn with; branches may share its noise.
    pub tape: Tape,
    world: &'a LayeredWorld,
    truth: &'a Truth,
    needs: Needs,
}

impl<'a> Context<'a> {
    /// What an estimator with these needs is given.
    #[must_use]
    pub const fn new(
        world: &'a LayeredWorld,
        truth: &'a Truth,
        policy: &'a NodePolicy,
        batch: &'a Batch,
        tape: Tape,
        needs: Needs,
    ) -> Self {
        Self { batch, policy, tape, world, truth, needs }
    }

    /// Number of actions.
    #[must_use]
    pub const fn actions(&self) -> usize {
        self.world.actions()
    }

    /// The longest episode.
    #[must_use]
    pub const fn horizon(&self) -> usize {
        self.world.horizon()
    }

    /// What the policy sees in a node.
    #[must_use]
    pub fn observation(&self, node: u32) -> u32 {
        self.world.observation(node)
    }

    /// Key of the node's state, without time.
    #[must_use]
    pub fn state_key(&self, node: u32) -> u64 {
        self.world.key(node)
    }

    /// Steps before the node.
    #[must_use]
    pub fn time(&self, node: u32) -> u32 {
        self.world.time(node)
    }

    /// Whether `action` may be taken in `node`.
    #[must_use]
    pub fn is_legal(&self, node: u32, action: u32) -> bool {
        self.world.is_legal(node, action)
    }

    /// The world, to branch in or to compute model quantities from: only for estimators that declared
    /// `branch`, `hindsight` or `privileged`.
    pub const fn world(&self) -> Result<&'a LayeredWorld, FidelityError> {
        if self.needs.branch || self.needs.hindsight || self.needs.privileged {
            Ok(self.world)
        } else {
            Err(FidelityError::Undeclared { what: "the world" })
        }
    }

    /// The exact truth: only for estimators that declared `privileged`.
    pub const fn truth(&self) -> Result<&'a Truth, FidelityError> {
        if self.needs.privileged {
            Ok(self.truth)
        } else {
            Err(FidelityError::Undeclared { what: "the exact truth" })
        }
    }
}

/// A credit method, scored by the benchmark against exact truth.
pub trait CreditEstimator: Send {
    /// A short name with its parameters, unique in a table: `gae(lambda=0.95,critic=exact)`.
    fn name(&self) -> String;

    /// What it claims.
    fn card(&self) -> CaIdCard;

    /// What it uses.
    fn needs(&self) -> Needs;

    /// Episodes of their own that its learned parts want; 0 if it learns nothing.
    fn wants_episodes(&self) -> usize {
        0
    }

    /// Prepares for a world and policy; called once before the first estimate, also of estimators that want
    /// no episodes. Learns from episodes that are never scored, which `context.batch` holds.
    fn fit(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<(), FidelityError> {
        let _ = (context, meter);
        Ok(())
    }

    /// Credits the batch. Noise of its own comes from `context.tape.estimator(name)`.
    fn estimate(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<Estimate, FidelityError>;
}
