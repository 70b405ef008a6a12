//! Exact values by backward induction over (step, state key), written independently of the solver in
//! milepost-eval so that each can check the other.

use std::collections::BTreeMap;

use milepost_microworlds::{Dynamics, Transition};

/// A state at a step: how likely it is, and what it is worth under the policy.
pub(crate) struct Node<S> {
    pub(crate) state: S,
    pub(crate) visits: f64,
    pub(crate) value: f64,
    /// NaN where an action is not legal.
    pub(crate) q: Vec<f64>,
    pub(crate) policy: Vec<f64>,
    /// Second moment of the return from here.
    second: f64,
}

impl<S> Node<S> {
    pub(crate) fn advantage(&self, action: u32) -> f64 {
        self.q[action as usize] - self.value
    }

    /// `Σ_a π(a) f(a)` over the actions that may be taken.
    fn mean(&self, f: impl Fn(usize) -> f64) -> f64 {
        (0..self.q.len()).filter(|action| self.policy[*action] > 0.0).map(|a| self.policy[a] * f(a)).sum()
    }
}

pub(crate) struct Exact<D: Dynamics> {
    world: D,
    /// By step, then by state key.
    pub(crate) layers: Vec<BTreeMap<u64, Node<D::State>>>,
}

/// Values of the world's own reference policy.
pub(crate) fn solve<D: Dynamics>(world: &D) -> Exact<D> {
    solve_under(world, |state, into| world.reference_policy(state, into))
}

/// Values of the policy that `ask` writes.
pub(crate) fn solve_under<D: Dynamics>(world: &D, ask: impl Fn(&D::State, &mut [f64])) -> Exact<D> {
    let mut exact = Exact { world: world.clone(), layers: vec![BTreeMap::new()] };
    for (probability, state) in world.starts() {
        exact.arrive(0, state, probability, &ask);
    }
    for step in 0..world.horizon() as usize {
        exact.layers.push(BTreeMap::new());
        let keys: Vec<u64> = exact.layers[step].keys().copied().collect();
        for key in keys {
            let node = &exact.layers[step][&key];
            let mut arrivals = Vec::new();
            for action in legal(world, &node.state) {
                let odds = node.visits * node.policy[action as usize];
                for outcome in listed(world, &node.state, action).into_iter().filter(|o| o.ending.is_none()) {
                    arrivals.push((odds * outcome.probability, outcome.next));
                }
            }
            for (odds, state) in arrivals {
                exact.arrive(step + 1, state, odds, &ask);
            }
        }
    }
    for step in (0..world.horizon() as usize).rev() {
        let (now, later) = exact.layers.split_at_mut(step + 1);
        for node in now[step].values_mut() {
            let (mut value, mut second) = (0.0, 0.0);
            for action in legal(world, &node.state) {
                let mut q = 0.0;
                let mut square = 0.0;
                for Transition { probability: p, reward: r, next, ending } in
                    listed(world, &node.state, action)
                {
                    let after = ending.is_none().then(|| &later[0][&world.state_key(&next)]);
                    let (v, m) = after.map_or((0.0, 0.0), |after| (after.value, after.second));
                    q += p * (r + v);
                    square += p * (r * r + 2.0 * r * v + m);
                }
                node.q[action as usize] = q;
                value += node.policy[action as usize] * q;
                second += node.policy[action as usize] * square;
            }
            (node.value, node.second) = (value, second);
        }
    }
    exact
}

pub(crate) fn legal<D: Dynamics>(world: &D, state: &D::State) -> Vec<u32> {
    (0..world.actions() as u32).filter(|action| world.is_legal(state, *action)).collect()
}

pub(crate) fn listed<D: Dynamics>(world: &D, state: &D::State, action: u32) -> Vec<Transition<D::State>> {
    let mut outcomes = Vec::new();
    world.outcomes(state, action, &mut outcomes);
    outcomes
}

impl<D: Dynamics> Exact<D> {
    fn arrive(&mut self, step: usize, state: D::State, odds: f64, ask: impl Fn(&D::State, &mut [f64])) {
        let actions = self.world.actions();
        // Nothing is done at the horizon, so no policy is asked there.
        let acts = step < self.world.horizon() as usize;
        let node = self.layers[step].entry(self.world.state_key(&state)).or_insert_with(|| {
            let mut policy = vec![0.0; actions];
            if acts {
                ask(&state, &mut policy);
            }
            Node { state, visits: 0.0, value: 0.0, q: vec![f64::NAN; actions], policy, second: 0.0 }
        });
        node.visits += odds;
    }

    pub(crate) fn node(&self, step: u32, state: &D::State) -> &Node<D::State> {
        &self.layers[step as usize][&self.world.state_key(state)]
    }

    pub(crate) fn advantage(&self, step: u32, state: &D::State, action: u32) -> f64 {
        self.node(step, state).advantage(action)
    }

    /// States that can be reached after `step` steps under the policy.
    pub(crate) fn reached(&self, step: u32) -> impl Iterator<Item = &Node<D::State>> {
        self.layers[step as usize].values().filter(|node| node.visits > 0.0)
    }

    /// `E[R]`.
    pub(crate) fn mean_return(&self) -> f64 {
        self.layers[0].values().map(|node| node.visits * node.value).sum()
    }

    /// `Var(R)`.
    pub(crate) fn return_variance(&self) -> f64 {
        let second: f64 = self.layers[0].values().map(|node| node.visits * node.second).sum();
        second - self.mean_return().powi(2)
    }

    /// `Var(V_0)`.
    pub(crate) fn start_variance(&self) -> f64 {
        let square: f64 = self.layers[0].values().map(|node| node.visits * node.value * node.value).sum();
        square - self.mean_return().powi(2)
    }

    /// `E[A_t²]`.
    pub(crate) fn skill(&self, step: u32) -> f64 {
        self.layers[step as usize]
            .values()
            .map(|node| node.visits * node.mean(|action| (node.q[action] - node.value).powi(2)))
            .sum()
    }

    /// `E[L_t²]`, `L_t = r_t + V_{t+1} − Q_t`.
    pub(crate) fn luck(&self, step: u32) -> f64 {
        let later = &self.layers[step as usize + 1];
        self.layers[step as usize]
            .values()
            .map(|node| {
                let luck = |action: usize| {
                    listed(&self.world, &node.state, action as u32)
                        .into_iter()
                        .map(|outcome| {
                            let next = &outcome.next;
                            let running = outcome.ending.is_none();
                            let v = if running { later[&self.world.state_key(next)].value } else { 0.0 };
                            outcome.probability * (outcome.reward + v - node.q[action]).powi(2)
                        })
                        .sum()
                };
                node.visits * node.mean(luck)
            })
            .sum()
    }

    /// Bifurcation share `χ_t = E[A_t²] / Var(R)`.
    pub(crate) fn chi(&self, step: u32) -> f64 {
        self.skill(step) / self.return_variance()
    }
}

/// Whether two numbers agree to twelve digits (absolutely, near 0).
#[track_caller]
pub(crate) fn close(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= 1e-12 * expected.abs().max(1.0),
        "found {found}, expected {expected}"
    );
}
