//! Running statistics for observations and rewards.

use serde::{Deserialize, Serialize};

/// The smallest deviation anything is divided by.
const SMALLEST: f64 = 1e-8;

/// Running mean and population variance of each column of a stream of rows, merged batch by batch
/// (Chan, Golub and LeVeque 1979). As in Stable-Baselines3 and Gymnasium the statistics start at mean 0
/// and variance 1 with a weight of 10⁻⁴ rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunningMeanStd {
    mean: Vec<f64>,
    variance: Vec<f64>,
    count: f64,
}

impl RunningMeanStd {
    /// Statistics of rows of `width` numbers.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self { mean: vec![0.0; width], variance: vec![1.0; width], count: 1e-4 }
    }

    /// Merges a batch of rows, row-major `[rows, width]`. An empty batch changes nothing.
    ///
    /// With batch mean `m`, batch variance `v`, `n` rows and `d = m − mean`, the sums of squares merge as
    /// `variance · count + v · n + d² · count · n / (count + n)`.
    ///
    /// # Panics
    /// If the batch is not made of whole rows.
    pub fn update<T: Copy + Into<f64>>(&mut self, rows: &[T]) {
        let width = self.mean.len();
        if rows.is_empty() || width == 0 {
            return;
        }
        assert_eq!(rows.len() % width, 0, "a batch is made of whole rows");
        let n = (rows.len() / width) as f64;
        let mut mean = vec![0.0; width];
        for row in rows.chunks_exact(width) {
            for (sum, x) in mean.iter_mut().zip(row) {
                *sum += (*x).into();
            }
        }
        for sum in &mut mean {
            *sum /= n;
        }
        let mut variance = vec![0.0; width];
        for row in rows.chunks_exact(width) {
            for ((sum, x), mean) in variance.iter_mut().zip(row).zip(&mean) {
                let d = (*x).into() - mean;
                *sum += d * d;
            }
        }
        let total = self.count + n;
        for column in 0..width {
            let d = mean[column] - self.mean[column];
            let squares =
                self.variance[column] * self.count + variance[column] + d * d * self.count * n / total;
            self.mean[column] += d * n / total;
            self.variance[column] = squares / total;
        }
        self.count = total;
    }

    /// The mean of each column.
    #[must_use]
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The population variance of each column.
    #[must_use]
    pub fn variance(&self) -> &[f64] {
        &self.variance
    }

    /// The number of rows, the prior's 10⁻⁴ included.
    #[must_use]
    pub const fn count(&self) -> f64 {
        self.count
    }

    /// `√(variance + epsilon)` of each column, at least 10⁻⁸.
    pub fn deviation(&self, epsilon: f64) -> impl Iterator<Item = f64> + '_ {
        self.variance.iter().map(move |variance| (variance + epsilon).sqrt().max(SMALLEST))
    }

    /// `clip((x − mean) / deviation, −clip, clip)` of each number of `rows`, row-major `[rows, width]`.
    pub fn whiten<T: Copy + Into<f64>>(&self, rows: &[T], epsilon: f64, clip: f64) -> Vec<f64> {
        let deviation: Vec<f64> = self.deviation(epsilon).collect();
        let mut whitened = Vec::with_capacity(rows.len());
        for row in rows.chunks_exact(self.mean.len().max(1)) {
            let columns = row.iter().zip(&self.mean).zip(&deviation);
            whitened.extend(columns.map(|((x, mean), sd)| (((*x).into() - mean) / sd).clamp(-clip, clip)));
        }
        whitened
    }
}

/// The discounted sum of past rewards of each slot, `R ← γ R + r`: a filter that runs *forward* in time,
/// whose deviation scales rewards without moving their mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ForwardFilter {
    gamma: f64,
    sums: Vec<f64>,
}

impl ForwardFilter {
    /// Sums of 0 for `slots` slots. More are added when they are met.
    #[must_use]
    pub fn new(gamma: f64, slots: usize) -> Self {
        Self { gamma, sums: vec![0.0; slots] }
    }

    /// Adds a slot's next reward; the sum after it.
    pub fn push(&mut self, slot: usize, reward: f64) -> f64 {
        if slot >= self.sums.len() {
            self.sums.resize(slot + 1, 0.0);
        }
        self.sums[slot] = self.gamma * self.sums[slot] + reward;
        self.sums[slot]
    }

    /// Forgets a slot's past, for conventions that do so where an episode ends.
    pub fn reset(&mut self, slot: usize) {
        if let Some(sum) = self.sums.get_mut(slot) {
            *sum = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use milepost_testkit::golden::{Case, Golden, array, number, numbers};
    use proptest::prelude::*;

    fn golden() -> Golden {
        Golden::read("intrinsic.json").expect("fixture")
    }

    fn list<'a>(case: &'a Case, outputs: bool, key: &str) -> &'a Vec<serde_json::Value> {
        let side = if outputs { &case.outputs } else { &case.inputs };
        side[key].as_array().expect("a list")
    }

    #[test]
    fn fixture_running_mean_std() {
        for name in ["gymnasium_running_mean_std", "sb3_running_mean_std"] {
            let golden = golden();
            let section = golden.section(name);
            for case in &section.cases {
                let width: usize = numbers(&case.inputs["shape"]).iter().map(|n| *n as usize).product();
                let mut statistics = RunningMeanStd::new(width);
                let after = list(case, true, "after_each_batch");
                for (rows, want) in list(case, false, "batches").iter().zip(after) {
                    statistics.update(&array(rows).expect("an array").data);
                    let tolerance = section.tolerance.f64;
                    tolerance.check(&case.name, statistics.mean(), &numbers(&want["mean"]));
                    tolerance.check(&case.name, statistics.variance(), &numbers(&want["var"]));
                    tolerance.check(&case.name, &[statistics.count()], &[number(&want["count"])]);
                }
            }
        }
    }

    #[test]
    fn fixture_observation_normalisation() {
        let golden = golden();
        let section = golden.section("rnd_observation_whitening");
        for case in &section.cases {
            let (batches, want) = (array(&case.inputs["batches"]), array(&case.outputs["whitened"]));
            let (batches, want) = (batches.expect("an array"), want.expect("an array"));
            let [_, rows, width] = batches.shape[..] else { panic!("three axes") };
            let mut statistics = RunningMeanStd::new(width);
            let clip = number(&case.inputs["clip"]);
            for (batch, want) in batches.data.chunks(rows * width).zip(want.data.chunks(rows * width)) {
                statistics.update(batch);
                section.tolerance.f64.check(&case.name, &statistics.whiten(batch, 0.0, clip), want);
            }
        }
        for (name, seen, clip) in [
            ("gymnasium_normalize", "observations_in_order_seen", None),
            ("sb3_vec_normalize", "observations_seen", Some("clip_obs")),
        ] {
            let section = golden.section(name);
            for case in &section.cases {
                let seen = array(&case.inputs[seen]).expect("an array");
                let want = array(&case.outputs["normalised_observations"]).expect("an array");
                let width = *seen.shape.last().expect("an axis");
                let rows = if seen.shape.len() == 3 { seen.shape[1] } else { 1 };
                let mut statistics = RunningMeanStd::new(width);
                let epsilon = number(&case.inputs["epsilon"]);
                let clip = clip.map_or(f64::INFINITY, |clip| number(&case.inputs[clip]));
                for (batch, want) in seen.data.chunks(rows * width).zip(want.data.chunks(rows * width)) {
                    statistics.update(batch);
                    section.tolerance.f64.check(&case.name, &statistics.whiten(batch, epsilon, clip), want);
                }
            }
        }
    }

    #[test]
    fn fixture_reward_normalisation() {
        let golden = golden();
        let section = golden.section("gymnasium_normalize");
        for case in &section.cases {
            let epsilon = number(&case.inputs["epsilon"]);
            let mut filter = ForwardFilter::new(number(&case.inputs["gamma"]), 1);
            let mut statistics = RunningMeanStd::new(1);
            let terminated = numbers(&case.inputs["terminated"]);
            let normalised: Vec<f64> = numbers(&case.inputs["rewards"])
                .into_iter()
                .zip(terminated)
                .map(|(reward, terminated)| {
                    if terminated != 0.0 {
                        filter.reset(0); // Gymnasium forgets *before* the terminating step's reward.
                    }
                    statistics.update(&[filter.push(0, reward)]);
                    reward / statistics.deviation(epsilon).next().expect("one column")
                })
                .collect();
            let want = numbers(&case.outputs["normalised_rewards"]);
            section.tolerance.f64.check(&case.name, &normalised, &want);
        }
        let section = golden.section("sb3_vec_normalize");
        for case in &section.cases {
            let (rewards, dones) = (array(&case.inputs["rewards"]), array(&case.inputs["dones"]));
            let (rewards, dones) = (rewards.expect("an array"), dones.expect("an array"));
            let clip = number(&case.inputs["clip_reward"]);
            let mut filter = ForwardFilter::new(number(&case.inputs["gamma"]), rewards.shape[1]);
            let mut statistics = RunningMeanStd::new(1);
            let mut normalised = Vec::new();
            for (rewards, dones) in rewards.rows().zip(dones.rows()) {
                let sums: Vec<f64> = rewards.iter().enumerate().map(|(i, r)| filter.push(i, *r)).collect();
                statistics.update(&sums);
                let sd = statistics.deviation(number(&case.inputs["epsilon"])).next().expect("one column");
                normalised.extend(rewards.iter().map(|r| (r / sd).clamp(-clip, clip)));
                (0..dones.len()).filter(|i| dones[*i] != 0.0).for_each(|i| filter.reset(i));
            }
            let want = numbers(&case.outputs["normalised_rewards"]);
            section.tolerance.f64.check(&case.name, &normalised, &want);
        }
    }

    proptest! {
        #[test]
        fn batches_merge_to_the_statistics_of_all_rows(
            rows in prop::collection::vec(-1e3..1e3f64, 2..60), at in 1usize..59,
        ) {
            let at = at.min(rows.len() - 1);
            let (mut whole, mut parts) = (RunningMeanStd::new(1), RunningMeanStd::new(1));
            whole.update(&rows);
            parts.update(&rows[..at]);
            parts.update(&rows[at..]);
            prop_assert!((whole.mean()[0] - parts.mean()[0]).abs() < 1e-9);
            prop_assert!((whole.variance()[0] - parts.variance()[0]).abs() < 1e-6);
        }
    }
}
