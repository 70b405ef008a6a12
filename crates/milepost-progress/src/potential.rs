use std::marker::PhantomData;

use crate::ProgressError;
use crate::slots::Slots;

/// A number for each state of an episode, 0 at the beginning and 1 at the goal. It may remember the episode,
/// separately for each slot (one of several environments that run side by side).
///
/// `None` is an unknown potential, which is not 0.
pub trait Potential<F> {
    /// Starts an episode in `slot`, forgets the one before, and gives Φ of its first frame. Called on every reset
    /// of an environment, partial resets too.
    fn reset(&mut self, slot: usize, first: &F) -> Result<Option<f64>, ProgressError>;

    /// Φ of the next frame of the episode in `slot`.
    fn advance(&mut self, slot: usize, frame: &F) -> Result<Option<f64>, ProgressError>;

    /// [`Potential::advance`] in several slots at once; models that work in batches override it.
    fn advance_all(&mut self, frames: &[(usize, &F)]) -> Result<Vec<Option<f64>>, ProgressError> {
        frames.iter().map(|(slot, frame)| self.advance(*slot, frame)).collect()
    }
}

impl<F, P: Potential<F> + ?Sized> Potential<F> for Box<P> {
    fn reset(&mut self, slot: usize, first: &F) -> Result<Option<f64>, ProgressError> {
        (**self).reset(slot, first)
    }

    fn advance(&mut self, slot: usize, frame: &F) -> Result<Option<f64>, ProgressError> {
        (**self).advance(slot, frame)
    }

    fn advance_all(&mut self, frames: &[(usize, &F)]) -> Result<Vec<Option<f64>>, ProgressError> {
        (**self).advance_all(frames)
    }
}

/// A potential that is a function of the state alone.
#[derive(Debug, Clone)]
pub struct StatePotential<P, F>(P, PhantomData<fn(&F)>);

impl<P: Fn(&F) -> Option<f64>, F> StatePotential<P, F> {
    /// Φ is `phi`.
    pub const fn new(phi: P) -> Self {
        Self(phi, PhantomData)
    }
}

impl<P: Fn(&F) -> Option<f64>, F> Potential<F> for StatePotential<P, F> {
    fn reset(&mut self, _slot: usize, first: &F) -> Result<Option<f64>, ProgressError> {
        Ok((self.0)(first))
    }

    fn advance(&mut self, _slot: usize, frame: &F) -> Result<Option<f64>, ProgressError> {
        Ok((self.0)(frame))
    }
}

/// The number of the frame over the usual length of an episode, at most 1: the judge that looks perfect on
/// successes (it rises in time) and knows nothing.
#[derive(Debug, Clone)]
pub struct FrameIndex {
    length: f64,
    elapsed: Slots<u32>,
}

impl FrameIndex {
    /// For episodes of `length` steps.
    pub fn new(length: u32) -> Result<Self, ProgressError> {
        if length == 0 {
            return Err(ProgressError::Setting {
                name: "the usual length of an episode",
                value: 0.0,
                range: "[1, ∞)",
            });
        }
        Ok(Self { length: f64::from(length), elapsed: Slots::default() })
    }
}

impl<F> Potential<F> for FrameIndex {
    fn reset(&mut self, slot: usize, _first: &F) -> Result<Option<f64>, ProgressError> {
        self.elapsed.start(slot, 0);
        Ok(Some(0.0))
    }

    fn advance(&mut self, slot: usize, _frame: &F) -> Result<Option<f64>, ProgressError> {
        let elapsed = self.elapsed.running(slot)?;
        *elapsed += 1;
        Ok(Some((f64::from(*elapsed) / self.length).min(1.0)))
    }
}

/// A potential kept within `[0, 1]`, where clipping is counted.
#[derive(Debug, Clone)]
pub struct Clipped<P> {
    inner: P,
    clipped: u64,
}

impl<P> Clipped<P> {
    /// Clips `inner`.
    pub const fn new(inner: P) -> Self {
        Self { inner, clipped: 0 }
    }

    /// How often it had to.
    #[must_use]
    pub const fn clipped(&self) -> u64 {
        self.clipped
    }

    fn clip(&mut self, phi: Option<f64>) -> Option<f64> {
        let phi = phi.filter(|phi| !phi.is_nan())?;
        self.clipped += u64::from(!(0.0..=1.0).contains(&phi));
        Some(phi.clamp(0.0, 1.0))
    }
}

impl<F, P: Potential<F>> Potential<F> for Clipped<P> {
    fn reset(&mut self, slot: usize, first: &F) -> Result<Option<f64>, ProgressError> {
        let phi = self.inner.reset(slot, first)?;
        Ok(self.clip(phi))
    }

    fn advance(&mut self, slot: usize, frame: &F) -> Result<Option<f64>, ProgressError> {
        let phi = self.inner.advance(slot, frame)?;
        Ok(self.clip(phi))
    }

    fn advance_all(&mut self, frames: &[(usize, &F)]) -> Result<Vec<Option<f64>>, ProgressError> {
        let all = self.inner.advance_all(frames)?;
        Ok(all.into_iter().map(|phi| self.clip(phi)).collect())
    }
}

/// The weighted mean of potentials, itself one. Unknown where one of them is.
pub struct Blend<F> {
    parts: Vec<(f64, Box<dyn Potential<F>>)>,
    total: f64,
}

impl<F> Blend<F> {
    /// Of potentials with positive weights.
    pub fn new(parts: Vec<(f64, Box<dyn Potential<F>>)>) -> Result<Self, ProgressError> {
        let total: f64 = parts.iter().map(|part| part.0).sum();
        let bad = parts.iter().map(|part| part.0).find(|weight| !(weight.is_finite() && *weight > 0.0));
        match bad.or((parts.is_empty()).then_some(total)) {
            None => Ok(Self { parts, total }),
            Some(value) => {
                Err(ProgressError::Setting { name: "a weight of a blend", value, range: "(0, ∞)" })
            }
        }
    }

    fn mean(
        &mut self,
        mut of: impl FnMut(&mut dyn Potential<F>) -> Result<Option<f64>, ProgressError>,
    ) -> Result<Option<f64>, ProgressError> {
        let mut sum = Some(0.0);
        // Every part takes part in every step, or its memory would lag behind.
        for (weight, part) in &mut self.parts {
            let phi = of(part.as_mut())?;
            sum = sum.zip(phi).map(|(sum, phi)| sum + *weight * phi);
        }
        Ok(sum.map(|sum| sum / self.total))
    }
}

impl<F> Potential<F> for Blend<F> {
    fn reset(&mut self, slot: usize, first: &F) -> Result<Option<f64>, ProgressError> {
        self.mean(|part| part.reset(slot, first))
    }

    fn advance(&mut self, slot: usize, frame: &F) -> Result<Option<f64>, ProgressError> {
        self.mean(|part| part.advance(slot, frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenth() -> StatePotential<impl Fn(&i32) -> Option<f64>, i32> {
        StatePotential::new(|state: &i32| (*state != 99).then_some(f64::from(*state) / 10.0))
    }

    #[test]
    fn interleaved_episodes_do_not_share_memory() {
        let mut judge = FrameIndex::new(4).expect("a length");
        for slot in [0, 2] {
            assert_eq!(judge.reset(slot, &'a'), Ok(Some(0.0)));
        }
        let phi: Vec<Option<f64>> =
            [0, 2, 0, 0].iter().map(|slot| judge.advance(*slot, &'b').expect("runs")).collect();
        assert_eq!(phi, [Some(0.25), Some(0.25), Some(0.5), Some(0.75)]);
        // A partial reset: slot 0 starts again, slot 2 goes on.
        judge.reset(0, &'a').expect("resets");
        assert_eq!(judge.advance_all(&[(0, &'b'), (2, &'b')]), Ok(vec![Some(0.25), Some(0.5)]));
        assert_eq!(judge.advance(1, &'b'), Err(ProgressError::NotReset { slot: 1 }));
        assert!(FrameIndex::new(0).is_err());
    }

    #[test]
    fn clipping_is_counted_and_the_unknown_stays_unknown() {
        let mut clipped = Clipped::new(tenth());
        assert_eq!(clipped.reset(0, &0), Ok(Some(0.0)));
        let phi = clipped.advance_all(&[(0, &5), (0, &11), (0, &-1), (0, &99), (0, &10)]).expect("states");
        assert_eq!(phi, [Some(0.5), Some(1.0), Some(0.0), None, Some(1.0)]);
        assert_eq!(clipped.clipped(), 2);
        // 1 + 2⁻⁵² is above 1 and is counted too: clip at the source, not where it is shown.
        let mut above = Clipped::new(StatePotential::new(|_: &i32| Some(1.0 + f64::EPSILON)));
        assert_eq!((above.advance(0, &0), above.clipped()), (Ok(Some(1.0)), 1));
    }

    #[test]
    fn a_blend_is_the_weighted_mean_and_unknown_where_a_part_is() {
        let index: Box<dyn Potential<i32>> = Box::new(FrameIndex::new(2).expect("a length"));
        let mut blend = Blend::new(vec![(3.0, Box::new(tenth())), (1.0, index)]).expect("positive");
        assert_eq!(blend.reset(0, &5), Ok(Some(0.375)));
        assert_eq!(blend.advance(0, &99), Ok(None));
        // The index went on counting meanwhile.
        assert_eq!(blend.advance(0, &5), Ok(Some((1.5 + 1.0) / 4.0)));
        assert!(Blend::<i32>::new(vec![]).is_err());
        assert!(Blend::<i32>::new(vec![(0.0, Box::new(tenth()))]).is_err());
    }
}
