use crate::{Batch, Contrast, LayeredWorld, NodePolicy, Truth};

/// An advantage below this is 0: nothing was at stake.
const NULL: f64 = 1e-9;

/// What credit is scored against, in flat arrays.
#[derive(Debug, Clone)]
pub struct Target {
    actions: usize,
    advantage: Vec<f64>,
    contrast: Option<Vec<f64>>,
    null: Vec<bool>,
    value: Vec<f64>,
    times: Vec<u32>,
    mass: Vec<f64>,
    gradient: Vec<f64>,
}

/// How each episode of a batch went: above, below or just as its first node let expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// `R > V(n_0)`.
    Success,
    /// `R < V(n_0)`.
    Failure,
    /// `R = V(n_0)`.
    Even,
}

impl Target {
    /// The target of a world under a policy, for an estimator of the given contrast.
    pub fn new(world: &LayeredWorld, policy: &NodePolicy, truth: &Truth, contrast: Contrast) -> Self {
        let (nodes, actions) = (world.nodes() as u32, world.actions());
        let pairs = || (0..nodes).flat_map(|n| (0..actions as u32).map(move |a| (n, a)));
        let legal = |n, a| world.is_legal(n, a);
        let advantage: Vec<f64> =
            pairs().map(|(n, a)| if legal(n, a) { truth.advantage(n, a) } else { 0.0 }).collect();
        let contrast = match contrast {
            Contrast::None => None,
            Contrast::Policy => Some(advantage.clone()),
            Contrast::OtherAction => {
                let other = |(n, a)| {
                    let rest = 1.0 - policy.probability(n, a);
                    if legal(n, a) && rest > 0.0 { truth.advantage(n, a) / rest } else { f64::NAN }
                };
                Some(pairs().map(other).collect())
            }
            Contrast::Default { action } => {
                let known = |n, a| legal(n, a) && (action as usize) < actions && legal(n, action);
                let against =
                    |(n, a)| if known(n, a) { truth.q(n, a) - truth.q(n, action) } else { f64::NAN };
                Some(pairs().map(against).collect())
            }
        };
        Self {
            actions,
            null: advantage.chunks(actions).map(|row| row.iter().all(|a| a.abs() < NULL)).collect(),
            contrast,
            value: (0..nodes).map(|n| truth.v(n)).collect(),
            times: (0..nodes).map(|n| world.time(n)).collect(),
            mass: pairs().map(|(n, a)| truth.visits(n) * policy.probability(n, a)).collect(),
            gradient: truth.gradient(world, policy),
            advantage,
        }
    }

    /// Number of actions.
    pub const fn actions(&self) -> usize {
        self.actions
    }

    /// Number of pairs `nodes × actions`.
    pub const fn pairs(&self) -> usize {
        self.advantage.len()
    }

    /// Index of a pair.
    pub const fn pair(&self, node: u32, action: u32) -> usize {
        node as usize * self.actions + action as usize
    }

    /// `A(n, a)` of every pair; 0 where the action is not legal.
    pub fn advantages(&self) -> &[f64] {
        &self.advantage
    }

    /// The estimator's own contrast of every pair, NaN where it does not exist; `None` if it declares none.
    pub fn contrasts(&self) -> Option<&[f64]> {
        self.contrast.as_deref()
    }

    /// `d(n) π(a|n)` of every pair.
    pub fn masses(&self) -> &[f64] {
        &self.mass
    }

    /// Whether nothing is at stake in the node: the advantage of every action is 0.
    pub fn is_null(&self, node: u32) -> bool {
        self.null[node as usize]
    }

    /// Steps before the node.
    pub fn time(&self, node: u32) -> usize {
        self.times[node as usize] as usize
    }

    /// The exact gradient `g*` of the expected return.
    pub fn gradient(&self) -> &[f64] {
        &self.gradient
    }

    /// The advantages of the actions that a batch took, `[steps]`.
    pub fn taken(&self, batch: &Batch) -> Vec<f64> {
        batch.nodes.iter().zip(&batch.actions).map(|(n, a)| self.advantage[self.pair(*n, *a)]).collect()
    }

    /// How each episode went.
    pub fn verdicts(&self, batch: &Batch) -> Vec<Verdict> {
        let judge = |range: std::ops::Range<usize>| {
            let Some(first) = batch.nodes.get(range.start).filter(|_| !range.is_empty()) else {
                return Verdict::Even;
            };
            let surplus = batch.rewards[range].iter().sum::<f64>() - self.value[*first as usize];
            match surplus {
                s if s > NULL => Verdict::Success,
                s if s < -NULL => Verdict::Failure,
                _ => Verdict::Even,
            }
        };
        batch.ranges().map(judge).collect()
    }
}
