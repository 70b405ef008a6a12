use crate::{EndKind, Form, Potential, PotentialReward, ProgressError, StepReward, TerminalPotential};

/// A reward that, added to any other, leaves the best policies as they are. The guarantee is in the type: it is
/// made from shaped potentials only, survives scaling and addition, and is dropped by everything else.
///
/// ```
/// use milepost_progress::{Form, Invariant, PotentialReward, Shaping, StatePotential, TerminalPotential};
/// let potential = || StatePotential::new(|state: &u32| Some(f64::from(*state) / 10.0));
/// let shaped = Shaping { form: Form::Shaped, gamma: 0.99, terminal: TerminalPotential::Zero };
/// let safe = Invariant::of(PotentialReward::new("a", potential(), shaped))?;
/// let also_safe = Invariant::of(PotentialReward::new("b", potential(), shaped))?.scaled(0.5)?;
/// let both = safe.plus(also_safe); // still `Invariant`
/// // A level pays for waiting, and a kept terminal potential is a bonus for ending there:
/// let level = Shaping { form: Form::Level, ..shaped };
/// assert!(Invariant::of(PotentialReward::new("c", potential(), level)).is_err());
/// # drop::<Invariant<u32>>(both);
/// # Ok::<(), milepost_progress::ProgressError>(())
/// ```
pub struct Invariant<F> {
    parts: Vec<(f64, Box<dyn StepReward<F>>)>,
}

impl<F> Invariant<F> {
    /// The shaped form with terminal potential 0; anything else is refused.
    pub fn of<P: Potential<F> + 'static>(reward: PotentialReward<P>) -> Result<Self, ProgressError>
    where
        F: 'static,
    {
        let shaping = reward.shaping();
        let reason = match (shaping.form, shaping.terminal) {
            (Form::Shaped, TerminalPotential::Zero) => {
                return Ok(Self { parts: vec![(1.0, Box::new(reward))] });
            }
            (Form::Shaped, TerminalPotential::Keep) => {
                "its terminal potential is kept, which is a bonus for ending there"
            }
            (Form::Level, _) => "a level pays for waiting where it is high",
            (Form::Delta, _) => {
                "differences without the discount pay for waiting where the potential is high"
            }
        };
        let reward = StepReward::<F>::name(&reward).to_owned();
        Err(ProgressError::NotInvariant { reward, reason })
    }

    /// `factor` times it.
    pub fn scaled(mut self, factor: f64) -> Result<Self, ProgressError> {
        if !factor.is_finite() {
            return Err(ProgressError::Setting {
                name: "the factor of a reward",
                value: factor,
                range: "(−∞, ∞)",
            });
        }
        self.parts.iter_mut().for_each(|(weight, _)| *weight *= factor);
        Ok(self)
    }

    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        self.parts.extend(other.parts);
        self
    }
}

impl<F> StepReward<F> for Invariant<F> {
    fn name(&self) -> &'static str {
        "shaping"
    }

    fn reset(&mut self, slot: usize, first: &F) -> Result<(), ProgressError> {
        self.parts.iter_mut().try_for_each(|(_, part)| part.reset(slot, first))
    }

    fn step(&mut self, slot: usize, after: &F, end: EndKind) -> Result<Option<f64>, ProgressError> {
        self.parts.iter_mut().try_fold(Some(0.0), |sum, (weight, part)| {
            let reward = part.step(slot, after, end)?;
            Ok(sum.zip(reward).map(|(sum, reward)| sum + *weight * reward))
        })
    }
}

#[cfg(test)]
mod tests {
    use milepost_core::Outcome;
    use proptest::prelude::*;

    use super::*;
    use crate::{Shaping, StatePotential};

    fn part(power: i32, terminal: TerminalPotential) -> Result<Invariant<f64>, ProgressError> {
        let phi = StatePotential::new(move |phi: &f64| Some(phi.powi(power)));
        Invariant::of(PotentialReward::new("part", phi, Shaping { form: Form::Shaped, gamma: 0.9, terminal }))
    }

    #[test]
    fn a_kept_terminal_potential_is_refused() {
        assert!(matches!(part(1, TerminalPotential::Keep), Err(ProgressError::NotInvariant { .. })));
        assert!(part(1, TerminalPotential::Zero).expect("shaped").scaled(f64::INFINITY).is_err());
    }

    proptest! {
        #[test]
        fn sums_and_multiples_still_telescope_to_the_first_potential(
            phi in prop::collection::vec(0.0..1.0f64, 2..20), factor in -3.0..3.0f64,
        ) {
            let zero = TerminalPotential::Zero;
            let mut reward = part(1, zero).expect("shaped").plus(part(2, zero).expect("shaped").scaled(factor).expect("finite"));
            reward.reset(0, &phi[0]).expect("resets");
            let mut sum = 0.0;
            for (t, after) in phi.iter().enumerate().skip(1) {
                let end = if t + 1 == phi.len() { EndKind::Terminated(Outcome::Failure) } else { EndKind::Running };
                let paid = reward.step(0, after, end).expect("runs").expect("known");
                sum += 0.9f64.powi(t as i32 - 1) * paid;
            }
            prop_assert!((sum + phi[0] + factor * phi[0] * phi[0]).abs() < 1e-9);
        }
    }
}
