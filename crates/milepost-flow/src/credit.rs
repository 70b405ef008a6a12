use crate::{FlowError, Rollout, ScoreTable};

/// What each step of each trajectory is credited with, `[T, N]`; a missing credit is not a zero.
#[derive(Debug, Clone, PartialEq)]
pub struct StepCredit {
    values: Vec<Vec<Option<f64>>>,
    telescopes: bool,
}

impl StepCredit {
    /// From `T` lists of `N` credits. `telescopes` says that the credits of a trajectory sum to the score of its
    /// sample minus that of its start.
    #[must_use]
    pub fn new(values: Vec<Vec<Option<f64>>>, telescopes: bool) -> Self {
        Self { values, telescopes }
    }

    /// Steps, `T`.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.values.len()
    }

    /// Whether `Σ_k credit_k = score_T − score_0` by construction.
    #[must_use]
    pub const fn telescopes(&self) -> bool {
        self.telescopes
    }

    /// The credit of step `k` of trajectory `row`.
    #[must_use]
    pub fn get(&self, k: usize, row: usize) -> Option<f64> {
        self.values[k][row]
    }

    /// The credits of step `k`, `[N]`.
    #[must_use]
    pub fn step(&self, k: usize) -> &[Option<f64>] {
        &self.values[k]
    }

    /// Credits that are missing.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.values.iter().flatten().filter(|value| value.is_none()).count()
    }

    /// How the gains and losses of each step balance.
    #[must_use]
    pub fn balance(&self) -> Vec<Balance> {
        let count = |row: &Vec<Option<f64>>, sign: fn(f64) -> bool| {
            row.iter().flatten().filter(|v| sign(**v)).count()
        };
        let step = |row| Balance { gains: count(row, |v| v > 0.0), losses: count(row, |v| v < 0.0) };
        self.values.iter().map(step).collect()
    }

    /// The share of the absolute credit that each step holds, `[T]`; `None` if there is none at all.
    #[must_use]
    pub fn mass(&self) -> Option<Vec<f64>> {
        let mass: Vec<f64> =
            self.values.iter().map(|row| row.iter().flatten().map(|v| v.abs()).sum()).collect();
        let total: f64 = mass.iter().sum();
        (total > 0.0).then(|| mass.into_iter().map(|m| m / total).collect())
    }
}

/// Trajectories whose step raised the score, and whose step lowered it; ties are in neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// `n⁺ = #{credit > 0}`.
    pub gains: usize,
    /// `n⁻ = #{credit < 0}`.
    pub losses: usize,
}

/// From scores of states to credit of steps.
pub trait CreditRule {
    /// Credits every step of every trajectory.
    fn credit(&self, table: &ScoreTable) -> StepCredit;
}

fn each(table: &ScoreTable, telescopes: bool, f: impl Fn(usize, usize) -> Option<f64>) -> StepCredit {
    let step = |k| (0..table.rows()).map(|row| f(k, row)).collect();
    StepCredit::new((0..table.steps()).map(step).collect(), telescopes)
}

/// Every step has the score of the sample (Flow-GRPO).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broadcast;

/// `score_{k+1} − score_k`: what the step changed (DenseGRPO's `ΔR`). Telescopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gain;

/// `score_{k+1}`: the state that the step led to (the ablation `R_{t−1}` of DenseGRPO).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextState;

/// The score of the sample, split over steps by softmax over `k` of the cosine similarity of `x_k`, the state the step
/// leaves, to the sample (the CoCA baseline of DenseGRPO). A state at the origin has similarity 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Similarity {
    /// `[T][N]`; sums to 1 over steps.
    weights: Vec<Vec<f64>>,
}

impl Similarity {
    /// The weights of these trajectories.
    pub fn of(rollout: &Rollout) -> Result<Self, FlowError> {
        let samples = rollout.samples()?;
        let similarities = |k| -> Result<Vec<f64>, FlowError> {
            Ok(rollout.states_at(k)?.iter().zip(&samples).map(|(x, y)| cosine(x, y)).collect())
        };
        let rows: Vec<Vec<f64>> = (0..rollout.steps()).map(similarities).collect::<Result<_, _>>()?;
        Ok(Self::softmax(rows))
    }

    /// Softmax over steps of similarities `[T][N]`.
    #[must_use]
    pub fn softmax(mut rows: Vec<Vec<f64>>) -> Self {
        for i in 0..rows.first().map_or(0, Vec::len) {
            // Similarities lie in [−1, 1]: nothing can overflow.
            let total: f64 = rows.iter().map(|row| libm::exp(row[i])).sum();
            for row in &mut rows {
                row[i] = libm::exp(row[i]) / total;
            }
        }
        Self { weights: rows }
    }
}

fn cosine(x: &[f64], y: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let norm = (dot(x, x) * dot(y, y)).sqrt();
    if norm > 0.0 { dot(x, y) / norm } else { 0.0 }
}

impl CreditRule for Broadcast {
    fn credit(&self, table: &ScoreTable) -> StepCredit {
        each(table, false, |_, row| table.get(table.steps(), row))
    }
}

impl CreditRule for Gain {
    fn credit(&self, table: &ScoreTable) -> StepCredit {
        each(table, true, |k, row| Some(table.get(k + 1, row)? - table.get(k, row)?))
    }
}

impl CreditRule for NextState {
    fn credit(&self, table: &ScoreTable) -> StepCredit {
        each(table, false, |k, row| table.get(k + 1, row))
    }
}

impl CreditRule for Similarity {
    fn credit(&self, table: &ScoreTable) -> StepCredit {
        each(table, false, |k, row| Some(table.get(table.steps(), row)? * self.weights.get(k)?.get(row)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tables() -> impl Strategy<Value = ScoreTable> {
        (1usize..8, 1usize..6).prop_flat_map(|(steps, rows)| {
            let row = prop::collection::vec(-3.0f64..3.0, rows);
            prop::collection::vec(row, steps + 1).prop_map(|scores| {
                ScoreTable::new(scores.into_iter().map(|row| row.into_iter().map(Some).collect()).collect())
                    .expect("full")
            })
        })
    }

    fn sum(credit: &StepCredit, row: usize) -> f64 {
        (0..credit.steps()).filter_map(|k| credit.get(k, row)).sum()
    }

    #[test]
    fn a_missing_score_takes_only_the_credits_that_touch_it() {
        let table = ScoreTable::new(vec![vec![Some(1.0)], vec![None], vec![Some(3.0)], vec![Some(4.0)]])
            .expect("table");
        let gain = Gain.credit(&table);
        assert_eq!([gain.get(0, 0), gain.get(1, 0), gain.get(2, 0)], [None, None, Some(1.0)]);
        assert_eq!((gain.missing(), table.missing()), (2, 1));
    }

    #[test]
    fn a_table_needs_two_states_and_equal_rows() {
        assert!(ScoreTable::new(vec![]).is_err());
        assert!(ScoreTable::new(vec![vec![Some(1.0)]]).is_err());
        assert!(ScoreTable::new(vec![vec![Some(1.0)], vec![]]).is_err());
    }

    proptest! {
        #[test]
        fn what_says_it_telescopes_does(table in tables()) {
            let similarity = Similarity::softmax(vec![vec![0.3; table.rows()]; table.steps()]);
            let rules: [&dyn CreditRule; 4] = [&Broadcast, &Gain, &NextState, &similarity];
            for rule in rules {
                let credit = rule.credit(&table);
                for row in 0..table.rows() {
                    let (end, start) = (table.get(table.steps(), row).expect("full"), table.get(0, row).expect("full"));
                    if credit.telescopes() {
                        prop_assert!((sum(&credit, row) - (end - start)).abs() < 1e-12);
                    }
                }
            }
            prop_assert!(Gain.credit(&table).telescopes());
        }

        #[test]
        fn a_similarity_split_sums_to_the_reward_and_is_even_for_equal_similarities(
            table in tables(), similarity in -1.0f64..1.0,
        ) {
            let split = Similarity::softmax(vec![vec![similarity; table.rows()]; table.steps()]).credit(&table);
            for row in 0..table.rows() {
                let reward = table.get(table.steps(), row).expect("full");
                prop_assert!((sum(&split, row) - reward).abs() < 1e-12);
                prop_assert!((split.get(0, row).expect("full") - reward / table.steps() as f64).abs() < 1e-12);
            }
        }

        #[test]
        fn a_constant_added_to_the_reward_leaves_gains_alone(table in tables(), constant in -5.0f64..5.0) {
            let moved = (0..=table.steps())
                .map(|k| (0..table.rows()).map(|row| table.get(k, row).map(|s| s + constant)).collect())
                .collect();
            let (a, b) = (Gain.credit(&table), Gain.credit(&ScoreTable::new(moved).expect("full")));
            for k in 0..table.steps() {
                for row in 0..table.rows() {
                    prop_assert!((a.get(k, row).expect("full") - b.get(k, row).expect("full")).abs() < 1e-12);
                }
            }
        }
    }
}
