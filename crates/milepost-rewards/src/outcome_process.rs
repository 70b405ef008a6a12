//! The reward of Search-R2: the outcome, raised by the share of useful searches.

use milepost_core::{Batch, Channel, Level, Trajectory};
use serde::{Deserialize, Serialize};

use crate::{ScoreError, ScoreReport, Scorer};

/// Settings of [`OutcomeProcess`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct OutcomeProcessConfig {
    /// The channel it writes.
    pub channel: String,
    /// The channel of the outcome, `r_out`.
    pub outcome: String,
    /// The record that is 1 after a turn that searched.
    pub searched: String,
    /// The record that is 1 after a turn whose search was useful.
    pub useful: String,
    /// What a process without flaw adds to the outcome, in outcomes; 1 in the paper.
    pub weight: f64,
}

impl Default for OutcomeProcessConfig {
    /// The paper's, in a look-up world.
    fn default() -> Self {
        Self {
            channel: "reward".to_owned(),
            outcome: "outcome".to_owned(),
            searched: "lookup-search".to_owned(),
            useful: "lookup-useful".to_owned(),
            weight: 1.0,
        }
    }
}

/// `R = r_out · (1 + w · r_proc)` with `r_proc = (1/M) Σ_i u_i` over the `M` searches of the trajectory, as a
/// trajectory-level channel (Search-R2, arXiv 2602.03647).
///
/// `u_i` is 1 if search `i` brought something useful. Without searches `r_proc` is 0; a judge's value that is not
/// finite is an error: it counts as 0, and is counted. With an outcome of 0 or 1 and `w = 1` the reward is from 0 to
/// 2, 0 exactly where the outcome is, and every correct trajectory is above every wrong one.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeProcess {
    config: OutcomeProcessConfig,
}

impl OutcomeProcess {
    /// The reward with these settings.
    pub fn new(config: OutcomeProcessConfig) -> Result<Self, ScoreError> {
        if config.weight >= 0.0 && config.weight.is_finite() {
            return Ok(Self { config });
        }
        Err(ScoreError::setting(&config.channel, "weight", config.weight, "finite and not negative"))
    }

    /// Searches, useful ones, and verdicts that are not finite.
    fn count<O>(&self, trajectory: &Trajectory<O>) -> Result<(u32, u32, u64), ScoreError> {
        let searched = trajectory.records.require(&self.config.searched)?;
        let useful = trajectory.records.require(&self.config.useful)?;
        let (mut searches, mut uses, mut errors) = (0, 0, 0);
        let turns = searched.iter().zip(useful).skip(1);
        for (_, useful) in turns.filter(|(searched, _)| **searched > 0.0) {
            searches += 1;
            uses += u32::from(useful.is_finite() && *useful > 0.0);
            errors += u64::from(!useful.is_finite());
        }
        Ok((searches, uses, errors))
    }
}

impl<O> Scorer<O> for OutcomeProcess {
    fn name(&self) -> &str {
        &self.config.channel
    }

    fn score(&mut self, batch: &mut Batch<O>) -> Result<ScoreReport, ScoreError> {
        let mut report = ScoreReport::default();
        let (mut all, mut useful, mut without, mut wrong) = (0, 0, 0_u64, 0);
        for trajectory in batch.trajectories_mut() {
            let outcome = trajectory.signals.require(&self.config.outcome)?.sum();
            let (searches, uses, errors) = self.count(trajectory)?;
            let process = if searches == 0 { 0.0 } else { f64::from(uses) / f64::from(searches) };
            let reward = outcome * (1.0 + self.config.weight * process);
            trajectory.add_channel(Channel::dense(&self.config.channel, Level::Trajectory, vec![reward])?)?;
            all += searches;
            useful += uses;
            without += u64::from(searches == 0);
            wrong += errors;
        }
        report.count("without_search", without);
        report.count("judge_errors", wrong);
        report.metric("useful_searches", f64::from(useful) / f64::from(all.max(1)));
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::channel;
    use crate::{Outcome, OutcomeSource};
    use milepost_core::{Ending, Group, StateRecords, TaskSeed, TrajectoryBuilder, Version};
    use proptest::prelude::*;

    /// `(searched, useful)` for each turn; the last turn pays `outcome`.
    fn episode(turns: &[(f64, f64)], outcome: f64) -> Trajectory<()> {
        let records = StateRecords::named(["lookup-search", "lookup-useful"]);
        let mut builder = TrajectoryBuilder::new(TaskSeed::literal(0), 0, 0, Version(0), records);
        builder.state((), 0, &[0.0, 0.0]);
        for (index, (searched, useful)) in turns.iter().enumerate() {
            builder.action(0, -0.7, if index + 1 == turns.len() { outcome } else { 0.0 });
            builder.state((), 0, &[*searched, *useful]);
        }
        builder.finish(Ending::Malformed).expect("consistent")
    }

    fn scored(trajectory: Trajectory<()>) -> (f64, ScoreReport) {
        let mut batch = Batch { groups: vec![Group::new(vec![trajectory]).expect("one")] };
        Outcome::new("outcome", OutcomeSource::Reward).score(&mut batch).expect("scores");
        let mut scorer = OutcomeProcess::new(OutcomeProcessConfig::default()).expect("valid");
        let report = scorer.score(&mut batch).expect("scores");
        (channel(&batch, "reward")[0].expect("present"), report)
    }

    #[test]
    fn the_share_of_useful_searches_raises_the_outcome() {
        let two_of_three = [(1.0, 1.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)];
        assert!((scored(episode(&two_of_three, 1.0)).0 - (1.0 + 2.0 / 3.0)).abs() < 1e-12);
        assert_eq!(scored(episode(&two_of_three, 0.0)).0, 0.0);
        let (reward, report) = scored(episode(&[(0.0, 0.0)], 1.0));
        assert_eq!((reward, report.counters["without_search"]), (1.0, 1), "without a search r_proc is 0");
        let refused =
            OutcomeProcess::new(OutcomeProcessConfig { weight: f64::NAN, ..OutcomeProcessConfig::default() });
        assert!(matches!(refused, Err(ScoreError::Setting { setting: "weight", .. })));
    }

    #[test]
    fn a_judge_who_errs_about_a_search_makes_it_useless_and_is_counted() {
        for error in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let (reward, report) = scored(episode(&[(1.0, error), (1.0, 1.0), (0.0, 0.0)], 1.0));
            assert_eq!((reward, report.counters["judge_errors"]), (1.5, 1), "{error}: one of two searches");
            assert_eq!(report.metrics["useful_searches"], 0.5, "{error}");
            // Where nothing was searched nobody is asked.
            let (reward, report) = scored(episode(&[(0.0, error)], 1.0));
            assert_eq!((reward, report.counters["judge_errors"]), (1.0, 0), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_correct_trajectory_is_above_any_wrong_one(
            turns in prop::collection::vec((any::<bool>(), any::<bool>()), 1..8), correct: bool,
        ) {
            let flag = |flag: bool| f64::from(u8::from(flag));
            let turns: Vec<_> = turns.into_iter().map(|(s, u)| (flag(s), flag(u && s))).collect();
            let reward = scored(episode(&turns, flag(correct))).0;
            prop_assert!((0.0..=2.0).contains(&reward));
            prop_assert_eq!(reward == 0.0, !correct);
            prop_assert!(!correct || reward >= 1.0);
        }
    }
}
