use milepost_credit::{Normalize, Scale};

use crate::{FlowError, Groups, StepCredit};

/// Which credits are compared with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All steps of a group.
    Group,
    /// One step of a group: the dense methods.
    GroupStep,
    /// One step of the whole batch.
    BatchStep,
}

/// How credit becomes an advantage. There are no hidden defaults; each paper's numbers are a constructor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepNormalizer {
    /// The pools.
    pub scope: Scope,
    /// What is done in each pool.
    pub normalize: Normalize,
    /// Advantages are clipped to `±clip`.
    pub clip: Option<f64>,
}

/// What happened to the pools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NormalizerReport {
    /// Pools of equal credits: their advantages are 0.
    pub flat: usize,
    /// Pools of one sample, for which an advantage is undefined: it is 0.
    pub single: usize,
    /// All pools with a credit in them.
    pub pools: usize,
}

impl StepNormalizer {
    /// `(A − mean)/(std + ε)` with the population standard deviation, clipped to ±5. Flow-GRPO has `ε = 10⁻⁴`.
    #[must_use]
    pub const fn flow_grpo(scope: Scope) -> Self {
        let scale = Scale::Std { ddof: 0, epsilon: 1e-4 };
        Self { scope, normalize: Normalize { centre: milepost_credit::Centre::Mean, scale }, clip: Some(5.0) }
    }

    /// The same with `ε = 10⁻⁸` and no clip (DanceGRPO).
    #[must_use]
    pub const fn dance_grpo(scope: Scope) -> Self {
        let scale = Scale::Std { ddof: 0, epsilon: 1e-8 };
        Self { scope, normalize: Normalize { centre: milepost_credit::Centre::Mean, scale }, clip: None }
    }

    /// Advantages in place of credits; missing credits stay missing and take no part.
    pub fn apply(
        &self,
        credit: &StepCredit,
        groups: &Groups,
    ) -> Result<(StepCredit, NormalizerReport), FlowError> {
        let mut out: Vec<Vec<Option<f64>>> = (0..credit.steps()).map(|k| credit.step(k).to_vec()).collect();
        if let Some(row) = out.iter().find(|row| row.len() != groups.rows()) {
            let what = "credited samples and samples of the groups";
            return Err(FlowError::Size { what, expected: groups.rows(), found: row.len() });
        }
        let (steps, whole) = (credit.steps(), 0..groups.rows());
        let mut report = NormalizerReport::default();
        let pools: Vec<(std::ops::Range<usize>, std::ops::Range<usize>)> = match self.scope {
            Scope::Group => groups.ranges().map(|rows| (0..steps, rows)).collect(),
            Scope::GroupStep => {
                groups.ranges().flat_map(|rows| (0..steps).map(move |k| (k..k + 1, rows.clone()))).collect()
            }
            Scope::BatchStep => (0..steps).map(|k| (k..k + 1, whole.clone())).collect(),
        };
        for (ks, rows) in pools {
            let cells: Vec<(usize, usize)> = ks
                .flat_map(|k| rows.clone().map(move |row| (k, row)))
                .filter(|(k, row)| out[*k][*row].is_some())
                .collect();
            let scores: Vec<f64> = cells.iter().filter_map(|(k, row)| out[*k][*row]).collect();
            if scores.is_empty() {
                continue;
            }
            let mut advantages = vec![0.0; scores.len()];
            let pool = self.normalize.apply(&scores, &mut advantages)?;
            report.pools += 1;
            report.flat += usize::from(pool.zero_range && scores.len() > 1);
            report.single += usize::from(scores.len() == 1);
            for ((k, row), advantage) in cells.into_iter().zip(advantages) {
                out[k][row] = Some(self.clip.map_or(advantage, |clip| advantage.clamp(-clip, clip)));
            }
        }
        Ok((StepCredit::new(out, false), report))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Broadcast, CreditRule, Gain, ScoreTable};
    use proptest::prelude::*;

    const SIZE: usize = 6;

    fn groups() -> Groups {
        Groups::new(vec![Some(0), Some(1)], SIZE).expect("valid")
    }

    fn credits(steps: usize) -> impl Strategy<Value = Vec<Vec<f64>>> {
        prop::collection::vec(prop::collection::vec(-3.0f64..3.0, 2 * SIZE), steps)
    }

    fn credit(values: &[Vec<f64>]) -> StepCredit {
        StepCredit::new(values.iter().map(|row| row.iter().copied().map(Some).collect()).collect(), false)
    }

    fn advantages(values: &[Vec<f64>], scope: Scope) -> Vec<Vec<f64>> {
        let (out, _) = StepNormalizer::flow_grpo(scope).apply(&credit(values), &groups()).expect("finite");
        (0..out.steps()).map(|k| out.step(k).iter().map(|a| a.expect("kept")).collect()).collect()
    }

    #[test]
    fn equal_credits_give_exact_zeros_and_are_counted() {
        let flat = credit(&vec![vec![0.1 + 0.2; 2 * SIZE]; 3]);
        let (out, report) =
            StepNormalizer::dance_grpo(Scope::GroupStep).apply(&flat, &groups()).expect("finite");
        assert!((0..3).all(|k| out.step(k).iter().all(|a| *a == Some(0.0))));
        assert_eq!(report, NormalizerReport { flat: 6, single: 0, pools: 6 });
    }

    #[test]
    fn a_group_of_one_has_no_advantage_and_says_so() {
        let single = Groups::new(vec![None; 2], 1).expect("valid");
        let one = credit(&[vec![3.0, -1.0]]);
        let (out, report) = StepNormalizer::flow_grpo(Scope::GroupStep).apply(&one, &single).expect("finite");
        assert_eq!((out.step(0), report.single), (&[Some(0.0), Some(0.0)][..], 2));
    }

    #[test]
    fn missing_credits_take_no_part() {
        let mut values = vec![vec![Some(1.0); 2 * SIZE]];
        values[0][0] = None;
        values[0][1] = Some(4.0);
        let (out, _) = StepNormalizer::flow_grpo(Scope::GroupStep)
            .apply(&StepCredit::new(values, true), &groups())
            .expect("finite");
        assert_eq!(out.get(0, 0), None);
        let total: f64 = (1..SIZE).filter_map(|row| out.get(0, row)).sum();
        assert!(total.abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn advantages_have_zero_mean_in_every_pool(values in credits(4)) {
            for row in advantages(&values, Scope::GroupStep) {
                for group in row.chunks(SIZE) {
                    prop_assert!(group.iter().sum::<f64>().abs() < 1e-9);
                }
            }
            let pooled = advantages(&values, Scope::Group);
            for group in groups().ranges() {
                let total: f64 = pooled.iter().flat_map(|row| row[group.clone()].to_vec()).sum();
                prop_assert!(total.abs() < 1e-9);
            }
        }

        #[test]
        fn positive_scaling_and_shifts_of_the_reward_change_nothing_but_the_share_of_epsilon(
            values in credits(2), scale in 0.5f64..10.0, shift in -5.0f64..5.0,
        ) {
            let moved: Vec<Vec<f64>> = values.iter().map(|row| row.iter().map(|v| scale * v + shift).collect()).collect();
            let (a, b) = (advantages(&values, Scope::GroupStep), advantages(&moved, Scope::GroupStep));
            for (a, b) in a.iter().flatten().zip(b.iter().flatten()) {
                prop_assert!((a - b).abs() < 5e-3, "{} {}", a, b);
            }
        }

        #[test]
        fn with_one_step_and_shared_noise_the_gain_is_flow_grpos_advantage(
            rewards in prop::collection::vec(-3.0f64..3.0, 2 * SIZE), start in prop::collection::vec(-3.0f64..3.0, 2),
        ) {
            let first: Vec<Option<f64>> = (0..2 * SIZE).map(|row| Some(start[row / SIZE])).collect();
            let table = ScoreTable::new(vec![first, rewards.into_iter().map(Some).collect()]).expect("full");
            let normalizer = StepNormalizer::flow_grpo(Scope::GroupStep);
            let (gain, _) = normalizer.apply(&Gain.credit(&table), &groups()).expect("finite");
            let (broadcast, _) = normalizer.apply(&Broadcast.credit(&table), &groups()).expect("finite");
            for row in 0..2 * SIZE {
                let (a, b) = (gain.get(0, row).expect("kept"), broadcast.get(0, row).expect("kept"));
                prop_assert!((a - b).abs() < 1e-9);
            }
        }
    }
}
