use crate::FlowError;

/// Noise levels `σ_0 = 1 > σ_1 > … > σ_T = 0`: from pure noise to data.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    sigmas: Vec<f64>,
}

/// Where a step stands. The ends are singular, and a kernel answers for them by this type, never by a small number
/// added somewhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    /// The first of several steps: it leaves `σ = 1`, where Flow-GRPO's noise would be infinite.
    First,
    /// Between the ends.
    Inner,
    /// The last: it arrives at `σ = 0`, where the score does not exist. It is deterministic in every kernel.
    Last,
}

/// One step of a schedule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Which, from 0.
    pub index: usize,
    /// `σ_k`, the level left.
    pub from: f64,
    /// `σ_{k+1}`, the level arrived at.
    pub to: f64,
    /// Where it stands.
    pub place: Place,
}

impl Step {
    /// `dσ = σ_{k+1} − σ_k < 0`.
    #[must_use]
    pub fn signed(&self) -> f64 {
        self.to - self.from
    }

    /// `Δ = −dσ > 0`.
    #[must_use]
    pub fn length(&self) -> f64 {
        self.from - self.to
    }
}

impl Schedule {
    /// Levels that fall strictly from 1 to 0.
    pub fn new(sigmas: Vec<f64>) -> Result<Self, FlowError> {
        let falls = sigmas.windows(2).all(|pair| pair[0] > pair[1]);
        if sigmas.len() < 2 || !falls || sigmas.first() != Some(&1.0) || sigmas.last() != Some(&0.0) {
            return Err(FlowError::Schedule { sigmas });
        }
        Ok(Self { sigmas })
    }

    /// `steps` steps of equal length.
    pub fn linear(steps: usize) -> Result<Self, FlowError> {
        Self::new((0..=steps).map(|k| (steps - k) as f64 / steps.max(1) as f64).collect())
    }

    /// Time shift `σ ← κσ/(1 + (κ−1)σ)`, `κ ≥ 1`: more of the steps at high noise (Esser et al. 2024, arXiv
    /// 2403.03206).
    pub fn shifted(&self, kappa: f64) -> Result<Self, FlowError> {
        let shift = |sigma: &f64| kappa * sigma / (1.0 + (kappa - 1.0) * sigma);
        let sigmas = self.sigmas.iter().map(shift).collect();
        if kappa.is_finite() && kappa >= 1.0 {
            Self::new(sigmas)
        } else {
            Err(FlowError::Schedule { sigmas })
        }
    }

    /// Number of steps, `T`.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.sigmas.len() - 1
    }

    /// All levels, `[T + 1]`.
    #[must_use]
    pub fn sigmas(&self) -> &[f64] {
        &self.sigmas
    }

    /// Step `index`, from 0.
    ///
    /// # Panics
    /// If there is no such step.
    #[must_use]
    pub fn step(&self, index: usize) -> Step {
        let place = match index {
            _ if index + 1 == self.steps() => Place::Last,
            0 => Place::First,
            _ => Place::Inner,
        };
        Step { index, from: self.sigmas[index], to: self.sigmas[index + 1], place }
    }

    /// Every step in order.
    pub fn iter(&self) -> impl Iterator<Item = Step> + '_ {
        (0..self.steps()).map(|index| self.step(index))
    }

    /// The levels of a completion from `σ_from` to 0 in `steps` Euler steps: levels of this grid, evenly spread
    /// over what is left of it. With `steps` at least `T − from` it is all that is left, so a completion then takes
    /// exactly the sampler's own steps.
    #[must_use]
    pub fn completion(&self, from: usize, steps: usize) -> Vec<f64> {
        let left = self.steps() - from;
        let steps = steps.min(left);
        (0..=steps)
            .map(|j| self.sigmas[from + (2 * j * left + steps).checked_div(2 * steps).unwrap_or(0)])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_schedule_is_refused() {
        for sigmas in [vec![], vec![1.0], vec![1.0, 0.5], vec![0.9, 0.0], vec![1.0, 0.5, 0.5, 0.0]] {
            assert!(matches!(Schedule::new(sigmas), Err(FlowError::Schedule { .. })));
        }
        assert!(Schedule::linear(0).is_err());
        assert!(Schedule::linear(4).and_then(|s| s.shifted(0.5)).is_err());
    }

    proptest! {
        #[test]
        fn a_shift_of_one_changes_nothing_and_more_keeps_the_ends(steps in 1usize..40, kappa in 1.0f64..8.0) {
            let linear = Schedule::linear(steps).expect("steps");
            prop_assert_eq!(linear.shifted(1.0).expect("one"), linear.clone());
            let shifted = linear.shifted(kappa).expect("valid");
            for (a, b) in shifted.sigmas().iter().zip(linear.sigmas()) {
                prop_assert!(*a >= *b - 1e-12);
            }
        }

        #[test]
        fn a_completion_goes_down_the_grid_to_zero(steps in 1usize..30, from in 0usize..30, n in 1usize..40) {
            let schedule = Schedule::linear(steps).expect("steps");
            let from = from.min(steps - 1);
            let levels = schedule.completion(from, n);
            prop_assert_eq!(levels.len(), n.min(steps - from) + 1);
            prop_assert_eq!((levels[0], levels[levels.len() - 1]), (schedule.sigmas()[from], 0.0));
            prop_assert!(levels.windows(2).all(|pair| pair[0] > pair[1]));
            prop_assert_eq!(schedule.completion(from, steps), schedule.sigmas()[from..].to_vec());
        }

        #[test]
        fn exactly_one_step_is_last(steps in 1usize..30) {
            let schedule = Schedule::linear(steps).expect("steps");
            let last: Vec<usize> = schedule.iter().filter(|s| s.place == Place::Last).map(|s| s.index).collect();
            prop_assert_eq!(last, vec![steps - 1]);
        }
    }
}
