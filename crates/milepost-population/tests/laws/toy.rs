//! A plane whose behaviours are its points, with a disc that pays.

use std::ops::ControlFlow;

use milepost_core::TaskSeed;
use milepost_population::search::{Evolution, EvolutionConfig, Explore};
use milepost_population::{
    Agent, AgentId, Descriptor, Evaluation, Evaluator, GenomeLaw, Handmade, Outcome, PartError, Plan, Pool,
    PoolCounts, PopulationError, Truth, search,
};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Toy {
    /// Rewards are multiplied by this.
    pub(crate) scale: f64,
    /// Where the disc is: far out, or where the first genomes are.
    pub(crate) centre: [f64; 2],
    /// Every so many evaluations (by seed) has no finite reward; 0 for none.
    pub(crate) broken: u64,
}

pub(crate) const NEAR: Toy = Toy { scale: 1.0, centre: [0.5, 0.5], broken: 0 };
pub(crate) const BARREN: Toy = Toy { scale: 0.0, ..NEAR };

impl Evaluator for Toy {
    type Observations = [f64; 2];
    fn genes(&self) -> usize {
        3
    }
    fn evaluate(&self, genome: &[f64], seed: TaskSeed) -> Result<Evaluation<[f64; 2]>, PartError> {
        let point = [genome[0] + 0.1 * genome[2], genome[1] - 0.1 * genome[2]];
        let far = (point[0] - self.centre[0]).hypot(point[1] - self.centre[1]);
        let broken = self.broken > 0 && seed.get().is_multiple_of(self.broken);
        let reward = if broken { f64::NAN } else { self.scale * (1.0 - 2.0 * far).max(0.0) };
        Ok(Evaluation { reward, observations: point, truth: Truth::new(point.to_vec(), None) })
    }
    fn frames(&self) -> u64 {
        10
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "descriptors are given references")]
pub(crate) fn place(point: &[f64; 2]) -> Vec<f64> {
    point.to_vec()
}

/// Everything that can be told about a search from outside.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trace {
    /// Number, parent and genome of each agent, in order.
    pub(crate) agents: Vec<(AgentId, Option<AgentId>, Vec<f64>)>,
    pub(crate) rewards: Vec<f64>,
    pub(crate) outcome: Outcome,
    pub(crate) counts: PoolCounts,
    pub(crate) spent: u64,
    pub(crate) frames: u64,
}

pub(crate) fn trace_with(
    toy: Toy,
    descriptor: &mut dyn Descriptor<[f64; 2]>,
    explorer: &mut dyn Explore<Toy>,
    plan: &Plan,
    budget: u64,
) -> Result<Trace, PopulationError> {
    use milepost_core::Cost;
    let (mut agents, mut rewards) = (Vec::new(), Vec::new());
    let mut witness = |agent: &Agent<[f64; 2]>| {
        agents.push((agent.id, agent.parent, agent.genome.to_vec()));
        rewards.push(agent.reward);
    };
    let mut pool = Pool::new(&toy, descriptor, &mut witness, GenomeLaw::default(), 11, budget)?;
    let outcome = search(&mut pool, explorer, plan, 11, &mut |_, _| ControlFlow::Continue(()))?;
    let (counts, ledger) = (pool.counts(), pool.ledger().clone());
    let (spent, frames) = (ledger.spent(Cost::Evaluations), ledger.spent(Cost::Frames));
    Ok(Trace { agents, rewards, outcome, counts, spent, frames })
}

/// With the hand-made descriptor.
pub(crate) fn trace(toy: Toy, explorer: &mut dyn Explore<Toy>, plan: &Plan, budget: u64) -> Trace {
    trace_with(toy, &mut Handmade(place), explorer, plan, budget).expect("searches")
}

pub(crate) fn small() -> EvolutionConfig {
    EvolutionConfig { population: 12, neighbours: 5, additions: 3, ..EvolutionConfig::default() }
}

/// Large enough that the first population meets the disc.
pub(crate) fn large() -> EvolutionConfig {
    EvolutionConfig { population: 60, ..small() }
}

pub(crate) fn evolution(config: EvolutionConfig) -> Evolution {
    Evolution::new(config).expect("valid")
}
