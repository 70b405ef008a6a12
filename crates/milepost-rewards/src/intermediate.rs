use milepost_core::{Batch, Channel, Level, Trajectory};

use crate::{ScoreError, ScoreReport, Scorer};

/// The intermediate rewards of an episode as turn rewards that sum to 1 when it is won, `[T]`:
///
/// `r_t = g_t / N`, with `N` the number of positive `g` that are paid if the episode was won, else the number
/// that the task can pay at most, and never less than 1.
///
/// `g_t` is the environment's intermediate reward of turn `t` (+1 for a step towards the goal, −1 for one away
/// from it). With `every = n` only each `n`-th positive one is paid: 1 is dense, 2 is half as dense. Negative ones
/// are paid always, and do not count in `N`.
///
/// Because `N` depends on how the episode ends, early rewards know the future: harmless for group baselines,
/// not causal for an online critic. Source: arXiv 2510.01132 and its code.
#[derive(Debug, Clone, PartialEq)]
pub struct Intermediate {
    channel: String,
    gained: String,
    possible: String,
    every: u32,
}

impl Intermediate {
    /// Reads `g` from the record `gained` (entry `t + 1` is that of turn `t`) and the most that the task can
    /// pay from the first entry of the record `possible`.
    pub fn new(
        channel: impl Into<String>,
        gained: impl Into<String>,
        possible: impl Into<String>,
        every: u32,
    ) -> Result<Self, ScoreError> {
        let channel = channel.into();
        if every == 0 {
            return Err(ScoreError::setting(&channel, "every", 0.0, "at least 1"));
        }
        Ok(Self { channel, gained: gained.into(), possible: possible.into(), every })
    }

    fn values<O>(&self, trajectory: &Trajectory<O>) -> Result<Vec<f64>, ScoreError> {
        let gained = trajectory.records.require(&self.gained)?;
        let possible = trajectory.records.require(&self.possible)?.first().copied().unwrap_or(0.0);
        let mut seen = 0;
        let mut values: Vec<f64> = gained.iter().skip(1).copied().collect();
        for value in values.iter_mut().filter(|value| **value > 0.0) {
            seen += 1;
            if seen % self.every != 0 {
                *value = 0.0;
            }
        }
        let paid = values.iter().filter(|value| **value > 0.0).count() as f64;
        let most = (possible / f64::from(self.every)).floor();
        let n = if trajectory.ending.is_success() { paid } else { most }.max(1.0);
        for value in &mut values {
            *value /= n;
        }
        Ok(values)
    }
}

impl<O> Scorer<O> for Intermediate {
    fn name(&self) -> &str {
        &self.channel
    }

    fn score(&mut self, batch: &mut Batch<O>) -> Result<ScoreReport, ScoreError> {
        for trajectory in batch.trajectories_mut() {
            let values = self.values(trajectory)?;
            trajectory.add_channel(Channel::dense(&self.channel, Level::Turn, values)?)?;
        }
        Ok(ScoreReport::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use milepost_core::{Budget, Ending, Outcome, StateRecords, TaskSeed, TrajectoryBuilder, Version};
    use proptest::prelude::*;

    fn episode(gained: &[f64], possible: f64, ending: Ending) -> Trajectory<()> {
        let records = StateRecords::named(["gained", "possible"]);
        let mut builder = TrajectoryBuilder::new(TaskSeed::literal(0), 0, 0, Version(0), records);
        builder.state((), 0, &[0.0, possible]);
        for g in gained {
            builder.action(0, -1.0, 0.0);
            builder.state((), 0, &[*g, possible]);
        }
        builder.finish(ending).expect("consistent")
    }

    fn scored(gained: &[f64], possible: f64, ending: Ending, every: u32) -> Vec<f64> {
        let scorer = Intermediate::new("progress", "gained", "possible", every).expect("positive");
        scorer.values(&episode(gained, possible, ending)).expect("recorded")
    }

    const WON: Ending = Ending::Terminated(Outcome::Success);
    const LOST: Ending = Ending::Truncated(Budget::Steps);

    #[test]
    fn a_won_episode_divides_by_what_it_earned_and_a_lost_one_by_what_there_was() {
        assert_eq!(scored(&[1.0, 0.0, 1.0, 1.0, 1.0], 4.0, WON, 1), [0.25, 0.0, 0.25, 0.25, 0.25]);
        assert_eq!(scored(&[1.0, -1.0, 1.0], 4.0, LOST, 1), [0.25, -0.25, 0.25]);
        assert_eq!(scored(&[1.0, 1.0, 1.0, 1.0], 4.0, WON, 2), [0.0, 0.5, 0.0, 0.5]);
        assert_eq!(scored(&[0.0], 0.0, LOST, 1), [0.0], "N is never 0");
        assert!(Intermediate::new("progress", "gained", "possible", 0).is_err());
    }

    proptest! {
        #[test]
        fn an_episode_sums_to_at_most_one_and_a_won_one_without_losses_to_exactly_one(
            gained in prop::collection::vec(prop_oneof![Just(-1.0), Just(0.0), Just(1.0)], 1..20),
            every in 1u32..3, won: bool,
        ) {
            // Every step back has to be made good again, so a task pays at most as many as were gained in all.
            let positive = gained.iter().filter(|g| **g > 0.0).count();
            let negative = gained.iter().filter(|g| **g < 0.0).count();
            let possible = positive.max(1) as f64;
            let sum: f64 = scored(&gained, possible, if won { WON } else { LOST }, every).iter().sum();
            prop_assert!(sum <= 1.0 + 1e-12, "{sum}");
            if won && negative == 0 && positive >= every as usize {
                prop_assert!((sum - 1.0).abs() < 1e-12, "{sum}");
            }
        }
    }
}
