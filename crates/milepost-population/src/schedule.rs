//! What to spend the next chunk of the budget on.

use milepost_core::{ParameterCheck, ParameterError, Stream};
use serde::{Deserialize, Serialize};

/// The two uses of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Look for new behaviours.
    Exploration,
    /// Improve what pays.
    Exploitation,
}

/// When a chunk begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// Chunks before it.
    pub chunk: u64,
    /// The share of the budget that is spent, in `[0, 1]`.
    pub spent: f64,
}

/// Decides what each chunk is spent on.
pub trait Scheduler {
    /// The phase of the chunk that begins now. `stream` is for this chunk alone.
    fn next(&mut self, moment: Moment, stream: &mut Stream) -> Phase;

    /// What a chunk that was spent on `phase` has brought: the share of its evaluations, in `[0, 1]`, that entered
    /// the reward archive.
    fn paid(&mut self, phase: Phase, payoff: f64) {
        let _ = (phase, payoff);
    }
}

/// The schedulers that experiment files can name.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Exploration and exploitation by turns, exploration first.
    #[default]
    Alternating,
    /// Exploitation with this probability.
    Fixed(f64),
    /// Exploitation with the probability that is the share of the budget spent so far.
    TimeBased,
    /// Discounted UCB (Garivier and Moulines, 2011) over the two phases.
    DiscountedUcb {
        /// By how much the memory of a chunk shrinks with each further one, in `(0, 1)`.
        discount: f64,
        /// `ξ`, how much what was tried little is favoured.
        exploration: f64,
    },
}

impl Schedule {
    /// Whether every number is in its range.
    pub fn check(&self) -> Result<(), ParameterError> {
        let check = ParameterCheck("schedule");
        match *self {
            Self::Alternating | Self::TimeBased => Ok(()),
            Self::Fixed(probability) => check.probability("fixed", probability),
            Self::DiscountedUcb { discount, exploration } => {
                check.that(discount > 0.0 && discount < 1.0, "discount", discount, "above 0 and below 1")?;
                check.not_negative("exploration", exploration)
            }
        }
    }

    /// The scheduler.
    #[must_use]
    pub fn scheduler(self) -> Box<dyn Scheduler> {
        match self {
            Self::Alternating => Box::new(Alternating),
            Self::Fixed(probability) => Box::new(FixedProbability(probability)),
            Self::TimeBased => Box::new(TimeBased),
            Self::DiscountedUcb { discount, exploration } => {
                Box::new(DiscountedUcb { discount, exploration, arms: [Arm { weight: 0.0, payoff: 0.0 }; 2] })
            }
        }
    }
}

struct Alternating;

impl Scheduler for Alternating {
    fn next(&mut self, moment: Moment, _: &mut Stream) -> Phase {
        if moment.chunk.is_multiple_of(2) { Phase::Exploration } else { Phase::Exploitation }
    }
}

fn with_probability(probability: f64, stream: &mut Stream) -> Phase {
    if stream.uniform() < probability { Phase::Exploitation } else { Phase::Exploration }
}

struct FixedProbability(f64);

impl Scheduler for FixedProbability {
    fn next(&mut self, _: Moment, stream: &mut Stream) -> Phase {
        with_probability(self.0, stream)
    }
}

struct TimeBased;

impl Scheduler for TimeBased {
    fn next(&mut self, moment: Moment, stream: &mut Stream) -> Phase {
        with_probability(moment.spent, stream)
    }
}

/// Discounted number and payoff of the chunks of a phase.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Arm {
    weight: f64,
    payoff: f64,
}

/// `argmax_i  X̄_i + 2 √(ξ log n / N_i)` with discounted counts `N_i`, their sum `n`, and discounted means `X̄_i`.
struct DiscountedUcb {
    discount: f64,
    exploration: f64,
    arms: [Arm; 2],
}

impl Scheduler for DiscountedUcb {
    /// Untried phases first, exploration before exploitation; so at equal scores too.
    fn next(&mut self, _: Moment, _: &mut Stream) -> Phase {
        let total: f64 = self.arms.iter().map(|arm| arm.weight).sum();
        let score = |arm: &Arm| {
            if arm.weight == 0.0 {
                return f64::INFINITY;
            }
            let width = self.exploration * libm::log(total.max(1.0)) / arm.weight;
            arm.payoff / arm.weight + 2.0 * width.sqrt()
        };
        let [explore, exploit] = [score(&self.arms[0]), score(&self.arms[1])];
        if explore >= exploit { Phase::Exploration } else { Phase::Exploitation }
    }

    fn paid(&mut self, phase: Phase, payoff: f64) {
        for arm in &mut self.arms {
            arm.weight *= self.discount;
            arm.payoff *= self.discount;
        }
        let arm = &mut self.arms[usize::from(phase == Phase::Exploitation)];
        arm.weight += 1.0;
        arm.payoff += payoff;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use milepost_core::{Purpose, StreamKey};

    fn phases(schedule: Schedule, chunks: u64, payoff: impl Fn(u64, Phase) -> f64) -> Vec<Phase> {
        let mut scheduler = schedule.scheduler();
        let one = |chunk| {
            let key = StreamKey { episode: chunk, ..StreamKey::new(1, Purpose::named("test")) };
            let moment = Moment { chunk, spent: chunk as f64 / chunks as f64 };
            let phase = scheduler.next(moment, &mut Stream::new(key));
            scheduler.paid(phase, payoff(chunk, phase));
            phase
        };
        (0..chunks).map(one).collect()
    }

    fn exploited(phases: &[Phase]) -> usize {
        phases.iter().filter(|phase| **phase == Phase::Exploitation).count()
    }

    #[test]
    fn alternation_starts_with_exploration() {
        use Phase::{Exploitation, Exploration};
        let seen = phases(Schedule::Alternating, 4, |_, _| 0.0);
        assert_eq!(seen, [Exploration, Exploitation, Exploration, Exploitation]);
    }

    #[test]
    fn fixed_and_growing_probabilities_are_kept() {
        // 1000 chunks: the standard error of a share is below 1.6 %.
        let share = |schedule| exploited(&phases(schedule, 1000, |_, _| 0.0)) as f64 / 1000.0;
        assert!((share(Schedule::Fixed(0.5)) - 0.5).abs() < 0.08);
        assert_eq!((share(Schedule::Fixed(0.0)), share(Schedule::Fixed(1.0))), (0.0, 1.0));
        let growing = phases(Schedule::TimeBased, 1000, |_, _| 0.0);
        assert!(exploited(&growing[..300]) < 100 && exploited(&growing[700..]) > 200);
    }

    #[test]
    fn ucb_turns_to_what_pays_and_turns_again_when_that_changes() {
        let schedule = Schedule::DiscountedUcb { discount: 0.9, exploration: 0.02 };
        let pays = |chunk: u64, phase| f64::from(u8::from((phase == Phase::Exploitation) == (chunk < 100)));
        let seen = phases(schedule, 200, pays);
        assert!(exploited(&seen[20..100]) > 60, "{}", exploited(&seen[20..100]));
        assert!(exploited(&seen[130..]) < 20, "{}", exploited(&seen[130..]));
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        assert!(Schedule::Fixed(1.5).check().is_err());
        assert!(Schedule::DiscountedUcb { discount: 1.0, exploration: 0.5 }.check().is_err());
        assert!(Schedule::default().check().is_ok());
    }
}
