use milepost_core::{Environment, TaskSeed};
use milepost_eval::exact::{StateGraph, TabularMdp, discounted, finite};
use milepost_microworlds::Microworld;
use milepost_microworlds::worlds::{RiskyInsert, RiskyInsertConfig};

/// What a policy optimises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion {
    /// The discounted return for ever: what a learner that bootstraps at truncation optimises.
    Stationary,
    /// The discounted return of the steps of an episode, and nothing after: truncation taken for an end.
    Budget,
}

/// What a policy is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Optimum {
    /// Probability of success within the step budget.
    pub success: f64,
    /// Expected true progress of the state in which an episode ends; 1 after success.
    pub final_potential: f64,
}

/// Forward, hold, back.
pub(super) const ACTIONS: usize = 3;

/// Equal probability for each of these actions.
pub(super) fn uniform(actions: &[u32]) -> [f64; ACTIONS] {
    let mut row = [0.0; ACTIONS];
    for action in actions {
        row[*action as usize] = 1.0 / actions.len() as f64;
    }
    row
}

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// The world's states and the exact value of policies in it.
pub(super) struct Chain {
    graph: StateGraph<Microworld<RiskyInsert>>,
    horizon: u32,
}

impl Chain {
    pub(super) fn new(config: &RiskyInsertConfig) -> Result<Self, Fault> {
        let mut world = Microworld::new(RiskyInsert::new(config.clone())?);
        world.reset(TaskSeed::literal(0))?;
        Ok(Self { graph: StateGraph::enumerate(&world, 1000)?, horizon: config.horizon })
    }

    pub(super) const fn mdp(&self) -> &TabularMdp {
        self.graph.mdp()
    }

    /// The position of each state.
    pub(super) fn positions(&self) -> impl Iterator<Item = u32> {
        self.graph.states().iter().map(|world| world.state().copied().unwrap_or(0))
    }

    /// Plays a policy, given by the probability of each action after each number of steps in each state.
    pub(super) fn play(&self, policy: impl Fn(u32, usize) -> [f64; ACTIONS]) -> Optimum {
        let mut now = self.graph.start().to_vec();
        let mut success = 0.0;
        for elapsed in 0..self.horizon {
            let mut next = vec![0.0; now.len()];
            for (state, mass) in now.iter().enumerate().filter(|(_, mass)| **mass > 0.0) {
                for (action, drawn) in policy(elapsed, state).into_iter().enumerate() {
                    for (target, probability) in self.mdp().successors(state, action) {
                        let flow = mass * drawn * probability;
                        // The only end is success.
                        target.map_or_else(|| success += flow, |target| next[target] += flow);
                    }
                }
            }
            now = next;
        }
        let progress = |position: u32| f64::from(position) / f64::from(RiskyInsert::GOAL);
        let waiting: f64 = self.positions().zip(&now).map(|(position, mass)| mass * progress(position)).sum();
        Optimum { success, final_potential: success + waiting }
    }
}

/// Exact value iteration for what `config` pays, ties between best actions drawn uniformly, and the success of the
/// result.
pub fn optimum(config: &RiskyInsertConfig, criterion: Criterion) -> Result<Optimum, Fault> {
    let chain = Chain::new(config)?;
    Ok(match criterion {
        Criterion::Stationary => {
            let values = discounted::optimal(chain.mdp(), config.discount)?;
            chain.play(|_, state| uniform(&values.best_actions(state)))
        }
        Criterion::Budget => {
            let episode = finite::Episode { horizon: config.horizon, discount: config.discount };
            let values = finite::optimal(chain.mdp(), episode)?;
            chain.play(|elapsed, state| uniform(&values.best_actions(elapsed, state)))
        }
    })
}
