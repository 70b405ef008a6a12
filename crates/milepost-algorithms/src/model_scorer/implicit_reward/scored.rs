//! What a reward model says about a batch.

use std::ops::Range;

use milepost_core::{Channel, Level, Trajectory};
use milepost_rewards::ScoreReport;

use super::labels::Labels;
use crate::TrainError;
use crate::config::{ImplicitLevel, ImplicitRewardConfig, NonFinite};
use crate::model_scorer::over_decisions;

/// The rewards of a batch, and what became of them.
pub(super) struct Scored {
    /// `r` of each decision, `[D]`.
    pub rewards: Vec<f64>,
    /// Trajectories whose rewards are all finite, `[N]`.
    pub finite: Vec<bool>,
    /// Largest finite `|log π_φ − log π_ref|`.
    pub largest: f64,
}

/// Which trajectories have finite rewards only; `rows` are the decisions of each. The error is the first number that is
/// not finite, where none is allowed, or where no trajectory would be left.
pub(super) fn finite_rows(
    rows: impl Iterator<Item = Range<usize>>,
    rewards: &[f64],
    rule: NonFinite,
) -> Result<Vec<bool>, f64> {
    let finite: Vec<bool> = rows.map(|row| rewards[row].iter().all(|reward| reward.is_finite())).collect();
    let left = match rule {
        NonFinite::Refuse => !finite.contains(&false),
        NonFinite::Drop => finite.is_empty() || finite.contains(&true),
    };
    match rewards.iter().find(|reward| !reward.is_finite()) {
        Some(reward) if !left => Err(*reward),
        _ => Ok(finite),
    }
}

impl Scored {
    /// Trajectories that are dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.finite.iter().filter(|finite| !**finite).count() as u64
    }

    /// The channel of trajectory `n`, which made the decisions `row`; `turns` are those of all decisions. Of a trajectory
    /// that is dropped it says nothing.
    pub(super) fn channel<O>(
        &self,
        config: &ImplicitRewardConfig,
        trajectory: &Trajectory<O>,
        (n, row): (usize, Range<usize>),
        turns: &[u32],
    ) -> Result<Channel, TrainError> {
        let name = config.channel.as_str();
        let level = match config.level {
            ImplicitLevel::Token => Level::Token,
            ImplicitLevel::Turn => Level::Turn,
        };
        if !self.finite[n] {
            let length = trajectory.len_at(level);
            return Ok(Channel::masked(name, level, vec![0.0; length], vec![false; length])?);
        }
        let rewards = &self.rewards[row.clone()];
        if level == Level::Token {
            return over_decisions(name, trajectory, rewards);
        }
        let (mut sums, mut written) =
            (vec![0.0; trajectory.turns.len()], vec![false; trajectory.turns.len()]);
        for (reward, turn) in rewards.iter().zip(&turns[row]) {
            sums[*turn as usize] += reward;
            written[*turn as usize] = true;
        }
        Ok(Channel::masked(name, level, sums, written)?)
    }

    /// How right it is about a batch that the model has not learned from. `decisions` are those of each trajectory.
    pub(super) fn judge(
        &self,
        decisions: impl Iterator<Item = Range<usize>>,
        labels: &Labels,
        report: &mut ScoreReport,
    ) {
        let sums: Vec<f64> = decisions.map(|row| self.rewards[row].iter().sum()).collect();
        let finite: Vec<usize> = (0..sums.len()).filter(|n| self.finite[*n]).collect();
        let known = finite.iter().filter(|n| labels.outcomes[**n].is_some());
        let rows: Vec<(f64, bool)> = known.map(|n| (sums[*n], labels.success(*n))).collect();
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let of = |success: bool| -> Vec<f64> {
            rows.iter().filter(|row| row.1 == success).map(|row| row.0).collect()
        };
        let right =
            |values: Vec<bool>| mean(values.into_iter().map(|right| f64::from(u8::from(right))).collect());
        let pairs = labels.pairs(&self.finite);
        let by_pair: Vec<bool> = pairs.iter().map(|(better, worse)| sums[*better] > sums[*worse]).collect();
        let measured = [
            ("outcome_accuracy", right(rows.iter().map(|(sum, success)| (*sum > 0.0) == *success).collect())),
            ("pair_accuracy", right(by_pair)),
            ("reward_mean", mean(finite.iter().map(|n| sums[*n]).collect())),
            ("reward_of_success", mean(of(true))),
            ("reward_of_failure", mean(of(false))),
            ("largest_log_ratio", self.largest),
        ];
        for (name, value) in measured.into_iter().filter(|(_, value)| value.is_finite()) {
            report.metric(name, value);
        }
        report.count("non_finite_trajectories", self.dropped());
        report
            .count("unlabelled_trajectories", labels.outcomes.iter().filter(|o| o.is_none()).count() as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use milepost_core::{
        Ending, Outcome, Provenance, SpanKind, StateRecords, TaskSeed, TrajectoryBuilder, Version,
    };
    use milepost_credit::Rows;

    /// Two decisions a trajectory; groups of three and two, and of the last trajectory nothing is known.
    fn judged(rewards: [f64; 10], finite: [bool; 5]) -> ScoreReport {
        let labels = Labels::of(&[Some(1.0), Some(0.0), Some(0.0), Some(1.0), None], &[3, 2], None);
        let scored = Scored { rewards: rewards.to_vec(), finite: finite.to_vec(), largest: 2.0 };
        let mut report = ScoreReport::default();
        scored.judge((0..5).map(|n| 2 * n..2 * n + 2), &labels, &mut report);
        report
    }

    #[test]
    fn sums_are_judged_by_their_sign_by_pairs_and_by_their_means() {
        let report = judged([1.0, -0.5, 0.25, 0.5, -1.0, -1.0, -2.0, 1.0, 4.0, 4.0], [true; 5]);
        // Sums are 0.5, 0.75, −2, −1 and 8: the first success and the second failure have the right sign.
        assert_eq!(report.metrics["outcome_accuracy"], 0.5);
        assert_eq!(report.metrics["pair_accuracy"], 0.5);
        assert_eq!(report.metrics["reward_mean"], 6.25 / 5.0);
        assert_eq!(
            (report.metrics["reward_of_success"], report.metrics["reward_of_failure"]),
            (-0.25, -0.625)
        );
        assert_eq!(report.metrics["largest_log_ratio"], 2.0);
        assert_eq!(report.counters["non_finite_trajectories"], 0);
        assert_eq!(report.counters["unlabelled_trajectories"], 1);
    }

    #[test]
    fn a_trajectory_without_finite_rewards_is_counted_and_leaves_every_mean() {
        let wild = [f64::NAN, 0.0, 0.25, 0.5, -1.0, -1.0, -2.0, 1.0, f64::INFINITY, 4.0];
        let report = judged(wild, [false, true, true, true, false]);
        assert_eq!(report.counters["non_finite_trajectories"], 2);
        assert_eq!(report.metrics["reward_mean"], -2.25 / 3.0);
        assert_eq!(report.metrics["reward_of_success"], -1.0);
        assert_eq!(report.metrics["outcome_accuracy"], 1.0 / 3.0);
        // The only success of the first group is gone, and the second's success is alone.
        assert!(!report.metrics.contains_key("pair_accuracy"));
    }

    #[test]
    fn some_trajectories_may_be_dropped_if_the_rule_says_so_and_never_all() {
        let responses = Rows::ragged(&[2, 0, 1]);
        let rows = || responses.iter();
        let (sound, wild) = ([0.5, 0.0, -1.0], [0.5, f64::INFINITY, -1.0]);
        for rule in [NonFinite::Refuse, NonFinite::Drop] {
            assert_eq!(finite_rows(rows(), &sound, rule), Ok(vec![true; 3]));
            assert_eq!(finite_rows(std::iter::empty(), &[], rule), Ok(Vec::new()));
            let all = [f64::NEG_INFINITY, 0.0, f64::NAN];
            assert_eq!(finite_rows([0..2, 2..3].into_iter(), &all, rule), Err(f64::NEG_INFINITY));
        }
        assert_eq!(finite_rows(rows(), &wild, NonFinite::Refuse), Err(f64::INFINITY));
        assert_eq!(finite_rows(rows(), &wild, NonFinite::Drop), Ok(vec![false, true, true]));
    }

    #[test]
    fn a_dropped_trajectory_has_a_channel_that_says_nothing_and_is_in_no_pair() {
        let mut builder =
            TrajectoryBuilder::new(TaskSeed::literal(1), 0, 0, Version(0), StateRecords::default());
        for turn in 0..2 {
            builder.state((), turn, &[]);
            builder.span(SpanKind::Policy, Provenance::OnPolicy, &[3, 4], &[-1.0, -1.0]);
            builder.end_turn(0.0);
        }
        builder.state((), 2, &[]);
        let trajectory = builder.finish(Ending::Terminated(Outcome::Failure)).expect("consistent");
        let turns = [0, 0, 1, 1, 0, 0, 1, 1];
        let rewards = vec![0.5, 0.25, f64::NAN, 1.0, 0.5, 0.25, -1.0, 2.0];
        let finite = finite_rows([0..4, 4..8].into_iter(), &rewards, NonFinite::Drop).expect("one is left");
        let scored = Scored { rewards, finite, largest: 0.0 };
        assert_eq!(scored.dropped(), 1);
        for (level, paid) in
            [(ImplicitLevel::Token, vec![0.5, 0.25, -1.0, 2.0]), (ImplicitLevel::Turn, vec![0.75, 1.0])]
        {
            let config = ImplicitRewardConfig { level, ..ImplicitRewardConfig::istar() };
            let channel =
                |n: usize| scored.channel(&config, &trajectory, (n, 4 * n..4 * n + 4), &turns).expect("fits");
            let (dropped, kept) = (channel(0), channel(1));
            assert_eq!(dropped.valid(), vec![false; paid.len()]);
            assert_eq!((kept.valid(), kept.values()), (&vec![true; paid.len()][..], &paid[..]));
        }
        // A success and two failures: without the success there is nothing to prefer.
        let labels = Labels::of(&[Some(1.0), Some(0.0), Some(0.0)], &[3], None);
        assert_eq!(labels.pairs(&[true; 3]), [(0, 1), (0, 2)]);
        assert!(labels.pairs(&[scored.finite[0], true, true]).is_empty());
        assert_eq!(labels.pairs(&[true, scored.finite[0], true]), [(0, 2)]);
    }
}
