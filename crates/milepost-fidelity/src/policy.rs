use crate::{FidelityError, LayeredWorld};

/// Which nodes share their logits, and so their gradient.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Sharing {
    /// Every pair of time and state has logits of its own.
    #[default]
    TimeAndState,
    /// Nodes with the same observation share them: a policy that cannot tell them apart.
    Observation,
}

/// A fixed stochastic policy on the nodes of one world, seen as a softmax of tabular logits.
#[derive(Debug, Clone, PartialEq)]
pub struct NodePolicy {
    actions: usize,
    probabilities: Vec<f64>,
    rows: Vec<u32>,
    row_count: usize,
}

impl NodePolicy {
    /// From probabilities `[nodes, actions]`, row-major; actions that are not legal have probability 0.
    pub fn new(
        world: &LayeredWorld,
        sharing: Sharing,
        probabilities: Vec<f64>,
    ) -> Result<Self, FidelityError> {
        let (actions, expected) = (world.actions(), world.nodes() * world.actions());
        if probabilities.len() != expected {
            return Err(FidelityError::Size {
                what: "the policy".into(),
                found: probabilities.len(),
                expected,
            });
        }
        for (node, row) in probabilities.chunks(actions).enumerate() {
            let sum: f64 = row.iter().sum();
            let legal =
                row.iter().enumerate().all(|(a, p)| *p == 0.0 || world.is_legal(node as u32, a as u32));
            if !legal || (sum - 1.0).abs() > 1e-9 || row.iter().any(|p| p.is_nan() || *p < 0.0) {
                let what = format!("the policy in node {node} of {}", world.name());
                return Err(FidelityError::NotADistribution { what, sum });
            }
        }
        let (rows, row_count) = match sharing {
            Sharing::TimeAndState => ((0..world.nodes() as u32).collect(), world.nodes()),
            Sharing::Observation => {
                ((0..world.nodes() as u32).map(|n| world.observation(n)).collect(), world.observations())
            }
        };
        Ok(Self { actions, probabilities, rows, row_count })
    }

    /// Asks `write` for the action probabilities of each node.
    pub fn from_fn(
        world: &LayeredWorld,
        sharing: Sharing,
        mut write: impl FnMut(u32, &mut [f64]),
    ) -> Result<Self, FidelityError> {
        let mut probabilities = vec![0.0; world.nodes() * world.actions()];
        for (node, row) in probabilities.chunks_mut(world.actions()).enumerate() {
            write(node as u32, row);
        }
        Self::new(world, sharing, probabilities)
    }

    /// Every legal action with equal probability.
    pub fn uniform(world: &LayeredWorld, sharing: Sharing) -> Result<Self, FidelityError> {
        Self::from_fn(world, sharing, |node, row| {
            let legal = (0..row.len()).filter(|a| world.is_legal(node, *a as u32)).count();
            for (action, p) in row.iter_mut().enumerate() {
                *p = if world.is_legal(node, action as u32) { 1.0 / legal as f64 } else { 0.0 };
            }
        })
    }

    /// Action probabilities of a node, `[actions]`.
    pub fn row(&self, node: u32) -> &[f64] {
        &self.probabilities[node as usize * self.actions..][..self.actions]
    }

    /// Probability of `action` in `node`.
    pub fn probability(&self, node: u32, action: u32) -> f64 {
        self.row(node)[action as usize]
    }

    /// The action that the uniform number `u` in `[0, 1)` picks, by inverse CDF.
    pub fn pick(&self, node: u32, u: f64) -> u32 {
        let row = self.row(node);
        let mut left = u;
        for (action, p) in row.iter().enumerate() {
            left -= p;
            if left < 0.0 {
                return action as u32;
            }
        }
        row.iter().rposition(|p| *p > 0.0).unwrap_or(0) as u32
    }

    /// The policy whose logits are moved by `eta · gradient`: `π'(a|n) ∝ π(a|n) exp(η g[row, a])`.
    #[must_use]
    pub fn stepped(&self, gradient: &[f64], eta: f64) -> Self {
        let mut moved = self.clone();
        for (node, row) in moved.probabilities.chunks_mut(self.actions).enumerate() {
            let step = self.parameters_of(node as u32, gradient);
            let allowed = row.iter().zip(step).filter(|(p, _)| **p > 0.0);
            let largest = allowed.fold(f64::NEG_INFINITY, |m, (_, g)| m.max(eta * g));
            for (p, g) in row.iter_mut().zip(step).filter(|(p, _)| **p > 0.0) {
                *p *= libm::exp(eta * g - largest);
            }
            let sum: f64 = row.iter().sum();
            for p in row {
                *p /= sum;
            }
        }
        moved
    }

    /// The part of a vector of the size of the logits that belongs to a node, `[actions]`.
    pub fn parameters_of<'a>(&self, node: u32, parameters: &'a [f64]) -> &'a [f64] {
        &parameters[self.rows[node as usize] as usize * self.actions..][..self.actions]
    }

    /// Number of logits: rows that are shared count once.
    pub const fn parameters(&self) -> usize {
        self.row_count * self.actions
    }

    /// Adds `weight · ∇ log π(action|node)` with respect to the logits: `weight · (1[b = a] − π(b))` at
    /// action `b` of the node's row.
    pub fn add_score(&self, node: u32, action: u32, weight: f64, gradient: &mut [f64]) {
        let out = &mut gradient[self.rows[node as usize] as usize * self.actions..][..self.actions];
        for (out, p) in out.iter_mut().zip(self.row(node)) {
            *out -= weight * p;
        }
        out[action as usize] += weight;
    }

    /// Adds `weight · Σ_a c(a) ∇ π(a|node)`: at action `b`, `weight · π(b) (c(b) − Σ_a π(a) c(a))`.
    pub fn add_all_actions(&self, node: u32, credit: &[f64], weight: f64, gradient: &mut [f64]) {
        let row = self.row(node);
        let mean: f64 = row.iter().zip(credit).map(|(p, c)| p * c).sum();
        let out = &mut gradient[self.rows[node as usize] as usize * self.actions..][..self.actions];
        for ((out, p), c) in out.iter_mut().zip(row).zip(credit) {
            *out += weight * p * (c - mean);
        }
    }
}
