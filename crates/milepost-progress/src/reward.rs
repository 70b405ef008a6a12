use crate::slots::Slots;
use crate::{EndKind, Potential, ProgressError, Shaping, Terms};

/// A reward of steps, with a memory of its own for each slot.
pub trait StepReward<F> {
    /// Its name in plots and records.
    fn name(&self) -> &str;

    /// Starts an episode in `slot` and forgets the one before. Called on partial resets too.
    fn reset(&mut self, slot: usize, first: &F) -> Result<(), ProgressError>;

    /// The reward of a step to `after`; `None` if it is unknown. After a step that ends the episode,
    /// `slot` must be reset: what is remembered of it is gone.
    fn step(&mut self, slot: usize, after: &F, end: EndKind) -> Result<Option<f64>, ProgressError>;

    /// The reward by its parts.
    fn terms(&mut self, slot: usize, after: &F, end: EndKind) -> Result<Terms, ProgressError> {
        let value = self.step(slot, after, end)?;
        Ok(Terms::default().with(self.name(), value))
    }
}

/// A potential, paid in one of its [forms](crate::Form).
#[derive(Debug, Clone)]
pub struct PotentialReward<P> {
    name: String,
    potential: P,
    shaping: Shaping,
    before: Slots<f64>,
}

impl<P> PotentialReward<P> {
    /// Pays `potential` as `shaping` says.
    pub fn new(name: impl Into<String>, potential: P, shaping: Shaping) -> Self {
        Self { name: name.into(), potential, shaping, before: Slots::default() }
    }

    /// How it is paid.
    #[must_use]
    pub const fn shaping(&self) -> Shaping {
        self.shaping
    }

    /// What is paid.
    #[must_use]
    pub const fn potential(&self) -> &P {
        &self.potential
    }
}

impl<F, P: Potential<F>> StepReward<F> for PotentialReward<P> {
    fn name(&self) -> &str {
        &self.name
    }

    fn reset(&mut self, slot: usize, first: &F) -> Result<(), ProgressError> {
        let phi = self.potential.reset(slot, first)?;
        self.before.start(slot, phi.unwrap_or(f64::NAN));
        Ok(())
    }

    fn step(&mut self, slot: usize, after: &F, end: EndKind) -> Result<Option<f64>, ProgressError> {
        let before = *self.before.running(slot)?;
        let after = self.potential.advance(slot, after)?.unwrap_or(f64::NAN);
        *self.before.running(slot)? = after;
        if end.ends_episode() {
            self.before.end(slot);
        }
        Ok(self.shaping.step(before, after, end))
    }
}

/// `Σ wᵢ rᵢ`: unknown where a part is.
pub struct WeightedSum<F> {
    name: String,
    parts: Vec<(f64, Box<dyn StepReward<F>>)>,
}

impl<F> WeightedSum<F> {
    /// Of rewards with finite weights.
    pub fn new(
        name: impl Into<String>,
        parts: Vec<(f64, Box<dyn StepReward<F>>)>,
    ) -> Result<Self, ProgressError> {
        match parts.iter().map(|part| part.0).find(|weight| !weight.is_finite()) {
            None => Ok(Self { name: name.into(), parts }),
            Some(value) => {
                Err(ProgressError::Setting { name: "a weight of a reward", value, range: "(−∞, ∞)" })
            }
        }
    }
}

impl<F> StepReward<F> for WeightedSum<F> {
    fn name(&self) -> &str {
        &self.name
    }

    fn reset(&mut self, slot: usize, first: &F) -> Result<(), ProgressError> {
        self.parts.iter_mut().try_for_each(|(_, part)| part.reset(slot, first))
    }

    fn step(&mut self, slot: usize, after: &F, end: EndKind) -> Result<Option<f64>, ProgressError> {
        let terms = self.terms(slot, after, end)?;
        let (sum, unknown) = terms.sum();
        Ok((unknown == 0).then_some(sum))
    }

    fn terms(&mut self, slot: usize, after: &F, end: EndKind) -> Result<Terms, ProgressError> {
        self.parts.iter_mut().try_fold(Terms::default(), |terms, (weight, part)| {
            let value = part.step(slot, after, end)?.map(|value| *weight * value);
            Ok(terms.with(part.name(), value))
        })
    }
}

/// A reward kept between bounds, where clipping is counted. Whatever the reward guaranteed is gone: a sum that
/// telescoped no longer does.
#[derive(Debug, Clone)]
pub struct Clamped<R> {
    inner: R,
    bounds: (f64, f64),
    clipped: u64,
}

impl<R> Clamped<R> {
    /// Keeps `inner` from `least` to `most`.
    pub fn new(inner: R, least: f64, most: f64) -> Result<Self, ProgressError> {
        if least <= most {
            return Ok(Self { inner, bounds: (least, most), clipped: 0 });
        }
        Err(ProgressError::Setting {
            name: "the upper bound of a reward",
            value: most,
            range: "[lower bound, ∞)",
        })
    }

    /// How often a reward was outside.
    #[must_use]
    pub const fn clipped(&self) -> u64 {
        self.clipped
    }
}

impl<F, R: StepReward<F>> StepReward<F> for Clamped<R> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn reset(&mut self, slot: usize, first: &F) -> Result<(), ProgressError> {
        self.inner.reset(slot, first)
    }

    fn step(&mut self, slot: usize, after: &F, end: EndKind) -> Result<Option<f64>, ProgressError> {
        let reward = self.inner.step(slot, after, end)?;
        let (least, most) = self.bounds;
        self.clipped += u64::from(reward.is_some_and(|reward| !(least..=most).contains(&reward)));
        Ok(reward.map(|reward| reward.clamp(least, most)))
    }
}

#[cfg(test)]
mod tests {
    use milepost_core::{Budget, Outcome};
    use proptest::prelude::*;

    use super::*;
    use crate::{Form, FrameIndex, StatePotential, TerminalPotential};

    fn shaped() -> Shaping {
        Shaping { form: Form::Shaped, gamma: 0.9, terminal: TerminalPotential::Zero }
    }

    fn reward(form: Form) -> PotentialReward<StatePotential<impl Fn(&f64) -> Option<f64>, f64>> {
        let phi = StatePotential::new(|phi: &f64| Some(*phi).filter(|phi| *phi <= 1.0));
        PotentialReward::new("progress", phi, Shaping { form, ..shaped() })
    }

    #[test]
    fn memory_ends_with_the_episode_and_only_there() {
        let mut reward = reward(Form::Delta);
        let over = EndKind::Truncated(Budget::Steps);
        for slot in [0, 1] {
            reward.reset(slot, &0.0).expect("resets");
        }
        assert_eq!(reward.step(0, &0.5, EndKind::Running), Ok(Some(0.5)));
        assert_eq!(reward.step(1, &0.25, over), Ok(Some(0.25)));
        assert_eq!(reward.step(1, &0.75, EndKind::Running), Err(ProgressError::NotReset { slot: 1 }));
        reward.reset(1, &0.5).expect("a partial reset");
        assert_eq!(reward.step(0, &0.25, EndKind::Cut), Ok(Some(-0.25)));
        assert_eq!(reward.step(0, &0.5, EndKind::Running), Ok(Some(0.25)), "a cut episode goes on");
        assert_eq!(reward.step(1, &0.75, EndKind::Running), Ok(Some(0.25)), "from its own reset");
        assert_eq!(reward.step(7, &0.75, EndKind::Running), Err(ProgressError::NotReset { slot: 7 }));
    }

    #[test]
    fn an_unknown_potential_leaves_both_of_its_steps_unknown() {
        let mut reward = reward(Form::Shaped);
        reward.reset(0, &0.5).expect("resets");
        assert_eq!(reward.step(0, &2.0, EndKind::Running), Ok(None));
        assert_eq!(reward.step(0, &0.5, EndKind::Running), Ok(None));
        assert_eq!(reward.step(0, &0.5, EndKind::Running), Ok(Some(0.9 * 0.5 - 0.5)));
    }

    #[test]
    fn a_sum_keeps_its_terms_apart_until_it_is_summed() {
        let index = PotentialReward::new(
            "time",
            FrameIndex::new(4).expect("a length"),
            Shaping { form: Form::Level, ..shaped() },
        );
        let parts: Vec<(f64, Box<dyn StepReward<f64>>)> =
            vec![(2.0, Box::new(reward(Form::Delta))), (1.0, Box::new(index))];
        let mut sum = WeightedSum::new("both", parts).expect("finite");
        sum.reset(3, &0.0).expect("resets");
        let terms = sum.terms(3, &0.5, EndKind::Running).expect("runs");
        assert_eq!(terms.iter().collect::<Vec<_>>(), [("progress", Some(1.0)), ("time", Some(0.25))]);
        assert_eq!(sum.step(3, &0.5, EndKind::Terminated(Outcome::Success)), Ok(Some(0.5)));
        assert!(WeightedSum::<f64>::new("bad", vec![(f64::NAN, Box::new(reward(Form::Delta)))]).is_err());
    }

    #[test]
    fn clamping_breaks_the_telescope_and_says_how_often() {
        // Up in two steps and down in one: the sum of changes is 0, that of clamped ones is not.
        let mut clamped = Clamped::new(reward(Form::Delta), -0.25, 0.25).expect("ordered");
        clamped.reset(0, &0.0).expect("resets");
        let sum: f64 = [0.25, 0.5, 0.0]
            .iter()
            .map(|phi| clamped.step(0, phi, EndKind::Running).expect("runs").expect("known"))
            .sum();
        assert_eq!((sum, clamped.clipped()), (0.25, 1));
        assert!(Clamped::new(reward(Form::Delta), 1.0, -1.0).is_err());
    }

    proptest! {
        #[test]
        fn online_rewards_equal_those_of_the_recorded_trajectory(
            phi in prop::collection::vec(0.0..1.0f64, 2..20),
            form in prop::sample::select(vec![Form::Level, Form::Delta, Form::Shaped]),
        ) {
            let mut online = reward(form);
            online.reset(0, &phi[0]).expect("resets");
            let ending = milepost_core::Ending::Terminated(Outcome::Failure);
            let recorded = online.shaping().rewards(&phi, ending);
            for (t, wanted) in recorded.into_iter().enumerate() {
                let end = if t + 2 == phi.len() { EndKind::from(Some(ending)) } else { EndKind::Running };
                prop_assert_eq!(online.step(0, &phi[t + 1], end).expect("runs"), wanted);
            }
        }
    }
}
