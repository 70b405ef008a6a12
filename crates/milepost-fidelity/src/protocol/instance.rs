use milepost_microworlds::Dynamics;

use crate::record::InstanceFacts;
use crate::{FidelityError, LayeredWorld, NodePolicy, Sharing, Truth};

/// More pairs of time and state than this are not unrolled.
const CAP: usize = 2_000_000;

/// A solved world with the policy that is studied in it.
#[derive(Debug, Clone)]
pub struct Instance {
    name: String,
    world: LayeredWorld,
    policy: NodePolicy,
    truth: Truth,
    turns: Option<Vec<u32>>,
}

impl Instance {
    /// Solves a world under a policy.
    pub fn new(name: &str, world: LayeredWorld, policy: NodePolicy) -> Result<Self, FidelityError> {
        let truth = Truth::solve(&world, &policy)?;
        Ok(Self { name: name.to_owned(), world, policy, truth, turns: None })
    }

    /// Unrolls and solves a world that is given as a law, under the policy that it is studied with.
    pub fn of<D: Dynamics>(name: &str, world: &D, sharing: Sharing) -> Result<Self, FidelityError> {
        let (layered, states) = LayeredWorld::of(world, CAP)?;
        let policy = NodePolicy::from_fn(&layered, sharing, |node, row| {
            world.reference_policy(&states[node as usize], row);
        })?;
        Self::new(name, layered, policy)
    }

    /// With the turn of each time, where `length` steps make a turn.
    #[must_use]
    pub fn with_turns(mut self, length: u32) -> Self {
        self.turns = Some((0..self.world.horizon() as u32).map(|t| t / length.max(1)).collect());
        self
    }

    /// The same world under another policy.
    pub fn with_policy(self, policy: NodePolicy) -> Result<Self, FidelityError> {
        Ok(Self { turns: self.turns, ..Self::new(&self.name, self.world, policy)? })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The world.
    pub const fn world(&self) -> &LayeredWorld {
        &self.world
    }

    /// The policy.
    pub const fn policy(&self) -> &NodePolicy {
        &self.policy
    }

    /// The exact truth.
    pub const fn truth(&self) -> &Truth {
        &self.truth
    }

    /// The turn of each time, if steps form turns.
    pub fn turns(&self) -> Option<&[u32]> {
        self.turns.as_deref()
    }

    /// Mean length of an episode.
    pub fn mean_length(&self) -> f64 {
        (0..self.world.nodes() as u32).map(|n| self.truth.visits(n)).sum()
    }

    /// Its difficulty.
    pub fn facts(&self) -> InstanceFacts {
        InstanceFacts::new(&self.name, &self.world, &self.policy, &self.truth)
    }
}
