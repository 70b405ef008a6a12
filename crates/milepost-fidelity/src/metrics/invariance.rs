use serde::{Deserialize, Serialize};

use super::mean::ratio;
use super::potential_residual;
use crate::world::END;
use crate::{Batch, LayeredWorld, Truth};

/// Actions whose value is within this of the best are tied.
const TIE: f64 = 1e-9;

/// A reward that an estimator gave, as a function of the transition: the mean over the visits of each.
#[derive(Debug, Clone, PartialEq)]
pub struct RewardTable {
    offsets: Vec<usize>,
    actions: usize,
    count: Vec<u64>,
    mean: Vec<f64>,
    spread: f64,
    visits: u64,
}

impl RewardTable {
    /// An empty table of the world's transitions.
    pub fn new(world: &LayeredWorld) -> Self {
        let pairs = (0..world.nodes() as u32).flat_map(|n| (0..world.actions() as u32).map(move |a| (n, a)));
        let mut offsets = vec![0];
        offsets.extend(pairs.scan(0, |end, (n, a)| {
            *end += world.outcomes(n, a).len();
            Some(*end)
        }));
        let transitions = *offsets.last().unwrap_or(&0);
        let (count, mean) = (vec![0; transitions], vec![0.0; transitions]);
        Self { offsets, actions: world.actions(), count, mean, spread: 0.0, visits: 0 }
    }

    /// The table of a reward that is known everywhere: `reward(node, action, which outcome)`.
    pub fn from_fn(world: &LayeredWorld, mut reward: impl FnMut(u32, u32, usize) -> f64) -> Self {
        let mut table = Self::new(world);
        for node in 0..world.nodes() as u32 {
            for action in 0..world.actions() as u32 {
                for which in 0..world.outcomes(node, action).len() {
                    let index = table.index(node, action, which);
                    (table.count[index], table.mean[index]) = (1, reward(node, action, which));
                }
            }
        }
        table
    }

    /// Adds the rewards of a batch.
    pub fn push(&mut self, world: &LayeredWorld, batch: &Batch, rewards: &[f64]) {
        for i in 0..batch.steps() {
            let (node, action) = (batch.nodes[i], batch.actions[i]);
            let same = |o: &crate::Outcome| o.next == batch.next[i] && o.reward == batch.rewards[i];
            if let Some(which) = world.outcomes(node, action).iter().position(same) {
                let index = self.index(node, action, which);
                self.count[index] += 1;
                let step = rewards[i] - self.mean[index];
                self.mean[index] += step / self.count[index] as f64;
                self.spread += step * (rewards[i] - self.mean[index]);
                self.visits += 1;
            }
        }
    }

    /// The reward of a transition; `None` if it was never seen.
    pub fn get(&self, node: u32, action: u32, which: usize) -> Option<f64> {
        let index = self.index(node, action, which);
        (self.count[index] > 0).then(|| self.mean[index])
    }

    fn index(&self, node: u32, action: u32, which: usize) -> usize {
        self.offsets[node as usize * self.actions + action as usize] + which
    }
}

/// What a reward would do to the best policies.
#[derive(Debug, Clone)]
pub struct Invariance {
    table: RewardTable,
    future: Vec<(f64, u64)>,
    mismatch: f64,
    worst_mismatch: f64,
    episodes: u64,
}

/// What [`Invariance`] found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct InvarianceScores {
    /// `V*_0 − V_0^{π'}` of the worst policy that is greedy in the new reward, ties against us.
    pub worst_regret: f64,
    /// The same with ties drawn evenly.
    pub mean_regret: f64,
    /// `min_Φ ‖r' − r − (Φ(n') − Φ(n))‖_∞` over the transitions seen, `Φ(END) = 0`.
    pub potential_residual: f64,
    /// Mean over episodes of `|Σ r̃ − R|`.
    pub return_error: Option<f64>,
    /// Its largest value.
    pub worst_return_error: f64,
    /// RMS over the visited cells of the mean of `Σ_{k>t} r̃_k`; 0 for an optimal redistribution.
    pub future_reward_rms: Option<f64>,
    /// RMS deviation of the reward from its mean at the transition: 0 if it is a function of the transition.
    pub history_rms: Option<f64>,
    /// Share of the possible transitions that were never seen; they keep the world's own reward.
    pub unseen_share: f64,
}

impl Invariance {
    /// Nothing yet.
    pub fn new(world: &LayeredWorld) -> Self {
        let future = vec![(0.0, 0); world.nodes() * world.actions()];
        Self { table: RewardTable::new(world), future, mismatch: 0.0, worst_mismatch: 0.0, episodes: 0 }
    }

    /// Adds the rewards of a batch.
    pub fn push(&mut self, world: &LayeredWorld, batch: &Batch, rewards: &[f64]) {
        self.table.push(world, batch, rewards);
        for range in batch.ranges() {
            let mut later = 0.0;
            for i in range.clone().rev() {
                let pair = batch.nodes[i] as usize * world.actions() + batch.actions[i] as usize;
                self.future[pair].0 += later;
                self.future[pair].1 += 1;
                later += rewards[i];
            }
            let error = (later - batch.rewards[range].iter().sum::<f64>()).abs();
            self.mismatch += error;
            self.worst_mismatch = self.worst_mismatch.max(error);
            self.episodes += 1;
        }
    }

    /// The scores so far; `None` before the first episode.
    pub fn finish(&self, world: &LayeredWorld, truth: &Truth) -> Option<InvarianceScores> {
        if self.episodes == 0 {
            return None;
        }
        let (worst_regret, mean_regret) = greedy_regret(world, truth, &self.table);
        let extra: Vec<f64> = (world.transitions().zip(&self.table.count).zip(&self.table.mean))
            .map(|(((_, o), count), mean)| if *count > 0 { mean - o.reward } else { f64::NAN })
            .collect();
        let possible = world.transitions().filter(|(_, o)| o.probability > 0.0).count();
        let seen = self.table.count.iter().filter(|count| **count > 0).count();
        let visits: u64 = self.future.iter().map(|(_, n)| n).sum();
        let cells = self.future.iter().filter(|(_, n)| *n > 0);
        let squares: f64 = cells.map(|(sum, n)| sum * sum / *n as f64).sum();
        Some(InvarianceScores {
            worst_regret,
            mean_regret,
            potential_residual: potential_residual(world, &extra),
            return_error: ratio(self.mismatch, self.episodes as f64),
            worst_return_error: self.worst_mismatch,
            future_reward_rms: ratio(squares, visits as f64).map(f64::sqrt),
            history_rms: ratio(self.table.spread.max(0.0), self.table.visits as f64).map(f64::sqrt),
            unseen_share: ratio((possible - seen.min(possible)) as f64, possible as f64).unwrap_or(0.0),
        })
    }
}

/// Regret `V*_0 − V_0^{π'}` in the world's own reward of the policies that are greedy in `reward`: of the worst
/// one, and of the one that draws evenly among tied actions. Transitions that the table lacks keep their reward.
pub fn greedy_regret(world: &LayeredWorld, truth: &Truth, reward: &RewardTable) -> (f64, f64) {
    let nodes = world.nodes();
    let (mut shaped, mut worst, mut even) = (vec![0.0; nodes], vec![0.0; nodes], vec![0.0; nodes]);
    for node in (0..nodes as u32).rev() {
        let mut candidates: Vec<(f64, f64, f64)> = Vec::new();
        for action in (0..world.actions() as u32).filter(|a| world.is_legal(node, *a)) {
            let (mut q, mut w, mut e) = (0.0, 0.0, 0.0);
            for (which, o) in world.outcomes(node, action).iter().enumerate() {
                let after = |values: &[f64]| if o.next == END { 0.0 } else { values[o.next as usize] };
                let given = reward.get(node, action, which).unwrap_or(o.reward);
                q += o.probability * (given + after(&shaped));
                w += o.probability * (o.reward + after(&worst));
                e += o.probability * (o.reward + after(&even));
            }
            candidates.push((q, w, e));
        }
        let best = candidates.iter().fold(f64::NEG_INFINITY, |m, c| m.max(c.0));
        candidates.retain(|c| best - c.0 <= TIE);
        let n = node as usize;
        shaped[n] = best;
        worst[n] = candidates.iter().fold(f64::INFINITY, |m, c| m.min(c.1));
        even[n] = candidates.iter().map(|c| c.2).sum::<f64>() / candidates.len() as f64;
    }
    let at_start =
        |value: &dyn Fn(u32) -> f64| -> f64 { world.starts().iter().map(|(p, n)| p * value(*n)).sum() };
    let best = at_start(&|n| truth.best_v(n));
    let regret = |values: &[f64]| (best - at_start(&|n| values[n as usize])).max(0.0);
    (regret(&worst), regret(&even))
}
