use milepost_core::ParameterCheck;
use serde::{Deserialize, Serialize};

use crate::{Balance, FlowError};

/// DenseGRPO's calibration of the noise of each step (arXiv 2601.20218): a step whose gains and losses balance gets
/// more noise, the others less,
///
/// `ψ_k ← ψ_k + ε₂` if `|n⁺ − n⁻| < ε₁`, else `ψ_k ← ψ_k − ε₂`, within `[floor, cap]`.
///
/// The rule has no fixed point: it goes to and fro around the border of balance, so the average of the last rounds is
/// kept. The paper gives `ε₁ = 2` and `ε₂ = 0.01`; rounds, trajectories, floor, cap and the average are ours.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Calibration {
    /// `ε₁`, in trajectories.
    pub tolerance: usize,
    /// `ε₂`.
    pub increment: f64,
    /// Least `ψ`.
    pub floor: f64,
    /// Largest `ψ`.
    pub cap: f64,
    /// Most rounds; fewer if every step has changed direction.
    pub rounds: usize,
    /// How many of the last rounds are averaged.
    pub average: usize,
}

impl Default for Calibration {
    fn default() -> Self {
        Self { tolerance: 2, increment: 0.01, floor: 1e-3, cap: 1.0, rounds: 50, average: 5 }
    }
}

/// What a calibration found.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibrated {
    /// The average of the last rounds.
    pub psi: Vec<f64>,
    /// `ψ` after each round.
    pub trace: Vec<Vec<f64>>,
}

impl Calibration {
    /// Whether the numbers are in range.
    pub fn check(&self) -> Result<(), FlowError> {
        let check = ParameterCheck("noise calibration");
        let positive = |value: f64| value > 0.0 && value.is_finite();
        check.that(positive(self.increment), "increment", self.increment, "a finite number above 0")?;
        check.not_negative("floor", self.floor)?;
        check.that(
            positive(self.cap) && self.cap > self.floor,
            "cap",
            self.cap,
            "finite and above the floor",
        )?;
        check.that(self.rounds > 0, "rounds", self.rounds, "at least 1")?;
        Ok(check.that(self.average > 0, "average", self.average, "at least 1")?)
    }

    /// One round on the table `psi`, given the balance of each of its steps. True where noise was added.
    pub fn adjust(&self, psi: &mut [f64], balance: &[Balance]) -> Vec<bool> {
        let adjusted = psi.iter_mut().zip(balance).map(|(psi, balance)| {
            let raise = balance.gains.abs_diff(balance.losses) < self.tolerance;
            let moved = if raise { *psi + self.increment } else { *psi - self.increment };
            *psi = moved.clamp(self.floor, self.cap);
            raise
        });
        adjusted.collect()
    }

    /// Calibrates from `initial`, given the balance of each step under a table: `measure(round, ψ)`.
    pub fn run(
        &self,
        initial: Vec<f64>,
        mut measure: impl FnMut(usize, &[f64]) -> Result<Vec<Balance>, FlowError>,
    ) -> Result<Calibrated, FlowError> {
        self.check()?;
        let mut psi: Vec<f64> = initial.into_iter().map(|psi| psi.clamp(self.floor, self.cap)).collect();
        let (mut trace, mut first, mut turned): (Vec<Vec<f64>>, Option<Vec<bool>>, Vec<bool>) =
            (Vec::new(), None, vec![false; psi.len()]);
        for round in 0..self.rounds {
            let balance = measure(round, &psi)?;
            if balance.len() < psi.len() {
                let what = "balances and steps with noise";
                return Err(FlowError::Size { what, expected: psi.len(), found: balance.len() });
            }
            let raised = self.adjust(&mut psi, &balance);
            trace.push(psi.clone());
            let first = first.get_or_insert_with(|| raised.clone());
            turned
                .iter_mut()
                .zip(raised.iter().zip(first))
                .for_each(|(turned, (now, then))| *turned |= now != then);
            if turned.iter().all(|turned| *turned) && trace.len() >= self.average {
                break;
            }
        }
        let last = &trace[trace.len().saturating_sub(self.average)..];
        let mean = |k: usize| last.iter().map(|psi| psi[k]).sum::<f64>() / last.len() as f64;
        Ok(Calibrated { psi: (0..psi.len()).map(mean).collect(), trace })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn balance() -> impl Strategy<Value = Balance> {
        (0usize..20, 0usize..20).prop_map(|(gains, losses)| Balance { gains, losses })
    }

    #[test]
    fn the_average_of_an_oscillation_is_its_centre() {
        // Balanced below 0.3 and not above it.
        let calibration = Calibration::default();
        let found = calibration
            .run(vec![0.5, 0.105], |_, psi| {
                Ok(psi.iter().map(|p| Balance { gains: if *p < 0.3 { 5 } else { 50 }, losses: 5 }).collect())
            })
            .expect("valid");
        assert!(found.psi.iter().all(|psi| (psi - 0.3).abs() < 0.02), "{:?}", found.psi);
        assert!(found.trace.len() < 50);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        for bad in [
            Calibration { increment: 0.0, ..Calibration::default() },
            Calibration { cap: 1e-3, ..Calibration::default() },
            Calibration { rounds: 0, ..Calibration::default() },
            Calibration { average: 0, ..Calibration::default() },
        ] {
            assert!(bad.run(vec![0.5], |_, _| Ok(vec![])).is_err(), "{bad:?}");
        }
        let short = Calibration::default().run(vec![0.5], |_, _| Ok(vec![]));
        assert!(matches!(short, Err(FlowError::Size { .. })));
    }

    proptest! {
        #[test]
        fn every_step_moves_by_exactly_the_increment_within_its_bounds(
            start in prop::collection::vec(0.0f64..1.2, 1..8), balances in prop::collection::vec(balance(), 8),
        ) {
            let calibration = Calibration::default();
            let mut psi = start.clone();
            let raised = calibration.adjust(&mut psi, &balances);
            for k in 0..start.len() {
                let balanced = balances[k].gains.abs_diff(balances[k].losses) < 2;
                prop_assert_eq!(raised[k], balanced);
                let free = if balanced { start[k] + 0.01 } else { start[k] - 0.01 };
                prop_assert_eq!(psi[k], free.clamp(1e-3, 1.0));
            }
        }
    }
}
