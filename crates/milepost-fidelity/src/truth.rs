//! Exact values, advantages, visits, variance shares and the exact gradient.

use crate::world::END;
use crate::{FidelityError, LayeredWorld, NodePolicy};

/// Everything that can be known about a policy in a [`LayeredWorld`], undiscounted, by one backward and one
/// forward pass.
///
/// `Q(n, a) = Σ p·(r + V(n'))`, `V(n) = Σ_a π(a|n) Q(n, a)`, `A = Q − V`; visits `d(n)` sum to the
/// probability that the episode still runs. With luck `L_t = r_t + V_{t+1} − Q_t`:
/// `R − V_0 = Σ_t A_t + Σ_t L_t` on every trajectory, and `Var R = Var V_0 + Σ E[A_t²] + Σ E[L_t²]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    actions: usize,
    v: Vec<f64>,
    q: Vec<f64>,
    best_v: Vec<f64>,
    best_q: Vec<f64>,
    visits: Vec<f64>,
    value: f64,
    variance: f64,
    start_variance: f64,
    skill: Vec<f64>,
    luck: Vec<f64>,
}

impl Truth {
    /// Solves the world under the policy.
    pub fn solve(world: &LayeredWorld, policy: &NodePolicy) -> Result<Self, FidelityError> {
        let (nodes, actions, horizon) = (world.nodes(), world.actions(), world.horizon());
        let (mut v, mut q) = (vec![0.0; nodes], vec![f64::NEG_INFINITY; nodes * actions]);
        let (mut best_v, mut best_q) = (vec![f64::NEG_INFINITY; nodes], q.clone());
        for node in (0..nodes).rev() {
            for action in (0..actions as u32).filter(|a| world.is_legal(node as u32, *a)) {
                let (mut mean, mut best) = (0.0, 0.0);
                for o in world.outcomes(node as u32, action) {
                    let (later, best_later) = if o.next == END {
                        (0.0, 0.0)
                    } else {
                        (v[o.next as usize], best_v[o.next as usize])
                    };
                    mean += o.probability * (o.reward + later);
                    best += o.probability * (o.reward + best_later);
                }
                let pair = node * actions + action as usize;
                (q[pair], best_q[pair]) = (mean, best);
                v[node] += policy.probability(node as u32, action) * mean;
                best_v[node] = best_v[node].max(best);
            }
        }
        let mut visits = vec![0.0; nodes];
        for (probability, node) in world.starts() {
            visits[*node as usize] += probability;
        }
        let (mut skill, mut luck) = (vec![0.0; horizon], vec![0.0; horizon]);
        for node in 0..nodes {
            let (d, t) = (visits[node], world.time(node as u32) as usize);
            for action in (0..actions as u32).filter(|a| world.is_legal(node as u32, *a)) {
                let mass = d * policy.probability(node as u32, action);
                if mass == 0.0 {
                    continue;
                }
                let here = q[node * actions + action as usize];
                skill[t] += mass * (here - v[node]).powi(2);
                for o in world.outcomes(node as u32, action) {
                    let later = if o.next == END { 0.0 } else { v[o.next as usize] };
                    luck[t] += mass * o.probability * (o.reward + later - here).powi(2);
                    if o.next != END {
                        visits[o.next as usize] += mass * o.probability;
                    }
                }
            }
        }
        let value: f64 = world.starts().iter().map(|(p, n)| p * v[*n as usize]).sum();
        let start_variance: f64 =
            world.starts().iter().map(|(p, n)| p * (v[*n as usize] - value).powi(2)).sum();
        let variance = start_variance + skill.iter().sum::<f64>() + luck.iter().sum::<f64>();
        Ok(Self { actions, v, q, best_v, best_q, visits, value, variance, start_variance, skill, luck })
    }

    /// `V(n)`; 0 after the end.
    pub fn v(&self, node: u32) -> f64 {
        if node == END { 0.0 } else { self.v[node as usize] }
    }

    /// `Q(n, a)`, −∞ for an action that is not legal.
    pub fn q(&self, node: u32, action: u32) -> f64 {
        self.q[node as usize * self.actions + action as usize]
    }

    /// `A(n, a) = Q(n, a) − V(n)`.
    pub fn advantage(&self, node: u32, action: u32) -> f64 {
        self.q(node, action) - self.v(node)
    }

    /// `V*(n)`, the value of the best policy; 0 after the end.
    pub fn best_v(&self, node: u32) -> f64 {
        if node == END { 0.0 } else { self.best_v[node as usize] }
    }

    /// `Q*(n, a)`, −∞ for an action that is not legal.
    pub fn best_q(&self, node: u32, action: u32) -> f64 {
        self.best_q[node as usize * self.actions + action as usize]
    }

    /// Probability that an episode passes through the node.
    pub fn visits(&self, node: u32) -> f64 {
        self.visits[node as usize]
    }

    /// `E[V_0]`, the expected return.
    pub const fn value(&self) -> f64 {
        self.value
    }

    /// `Var R` over starts, actions and outcomes.
    pub const fn variance(&self) -> f64 {
        self.variance
    }

    /// `Var V_0 / Var R`, what the start decides; `None` if the return never varies.
    pub fn start_share(&self) -> Option<f64> {
        self.share(self.start_variance)
    }

    /// Bifurcation share of time `t`: `χ_t = E[A_t²] / Var R`; `None` if the return never varies.
    pub fn bifurcation_share(&self, t: usize) -> Option<f64> {
        self.share(self.skill[t])
    }

    /// `Σ_t χ_t`: the share of the variance that decisions explain.
    pub fn skill_share(&self) -> Option<f64> {
        self.share(self.skill.iter().sum())
    }

    /// `Σ_t E[L_t²] / Var R`: the share that the world's chance explains.
    pub fn luck_share(&self) -> Option<f64> {
        self.share(self.luck.iter().sum())
    }

    fn share(&self, part: f64) -> Option<f64> {
        (self.variance > 0.0).then(|| part / self.variance)
    }

    /// The exact gradient of the expected return with respect to the policy's logits:
    /// `g*[row, a] = Σ d(n) π(a|n) A(n, a)` over the nodes of the row.
    pub fn gradient(&self, world: &LayeredWorld, policy: &NodePolicy) -> Vec<f64> {
        let mut gradient = vec![0.0; policy.parameters()];
        let mut credit = vec![0.0; self.actions];
        for node in (0..world.nodes() as u32).filter(|n| self.visits(*n) > 0.0) {
            for (action, credit) in credit.iter_mut().enumerate() {
                let legal = world.is_legal(node, action as u32);
                *credit = if legal { self.advantage(node, action as u32) } else { 0.0 };
            }
            policy.add_all_actions(node, &credit, self.visits(node), &mut gradient);
        }
        gradient
    }
}
