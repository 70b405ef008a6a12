//! The group's own vote as a verifier.

use milepost_core::{Batch, Channel, Level};
use milepost_credit::{AllDistinct, MajorityRule, Unparsable, majority_vote, reward_accuracy};
use serde::{Deserialize, Serialize};

use crate::{ScoreError, ScoreReport, Scorer};

/// Parameters of a [`Vote`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct VoteConfig {
    /// The channel it writes. Default `vote`.
    pub channel: String,
    /// The record that holds a number for each answer; negative where there is none. Default `answer`.
    pub record: String,
    /// Whether responses without an answer are paid where they are the most frequent. Default false.
    pub pay_unparsable: bool,
    /// Whether groups in which no answer occurs twice get no reward; else the first answer wins. Default true.
    pub skip_all_distinct: bool,
}

impl Default for VoteConfig {
    fn default() -> Self {
        Self {
            channel: "vote".into(),
            record: "answer".into(),
            pay_unparsable: false,
            skip_all_distinct: true,
        }
    }
}

/// Pays 1 for the most frequent answer of the group and 0 for all others ([`milepost_credit::majority_vote`]), once a
/// trajectory.
///
/// Metrics: `majority_ratio` (votes of the winner over the size of the group), `answer_entropy` (nats), both means over
/// groups; and, with the environment's verdict beside the vote, `label_accuracy` (share of groups whose winner is right)
/// and `reward_accuracy` (share of rewards that a verifier would have paid as well). The last two only watch: the verdict
/// does not reach the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    config: VoteConfig,
    rule: MajorityRule,
}

impl Vote {
    /// A vote with these parameters.
    #[must_use]
    pub const fn new(config: VoteConfig) -> Self {
        let unparsable = if config.pay_unparsable { Unparsable::AsClass } else { Unparsable::Unpaid };
        let all_distinct = if config.skip_all_distinct { AllDistinct::Skip } else { AllDistinct::First };
        Self { config, rule: MajorityRule { unparsable, all_distinct } }
    }
}

impl<O> Scorer<O> for Vote {
    fn name(&self) -> &str {
        &self.config.channel
    }

    fn score(&mut self, batch: &mut Batch<O>) -> Result<ScoreReport, ScoreError> {
        let (mut report, mut rewards) = (ScoreReport::default(), Vec::new());
        let (mut ratio, mut entropy, mut labels, mut right) = (0.0, 0.0, 0.0, Vec::new());
        for group in &batch.groups {
            let answers = group.members().iter().map(|trajectory| {
                let row = trajectory.records.require(&self.config.record)?;
                let last = row.last().copied().unwrap_or(-1.0);
                Ok((last >= 0.0).then_some(last as u64))
            });
            let answers: Vec<Option<u64>> = answers.collect::<Result<_, ScoreError>>()?;
            let (paid, ballot) = majority_vote(self.rule, &answers);
            let truth: Vec<bool> = group.members().iter().map(|t| t.ending.is_success()).collect();
            let winner = answers.iter().position(|answer| ballot.winner == Some(*answer));
            labels += f64::from(u8::from(winner.is_some_and(|winner| truth[winner])));
            ratio += ballot.votes as f64 / answers.len().max(1) as f64;
            entropy += ballot.entropy;
            report.count("undecided_groups", u64::from(!ballot.decided));
            report.count("unparsable", answers.iter().filter(|answer| answer.is_none()).count() as u64);
            rewards.extend(paid);
            right.extend(truth);
        }
        let groups = batch.groups.len().max(1) as f64;
        report.metric("majority_ratio", ratio / groups);
        report.metric("answer_entropy", entropy / groups);
        report.metric("label_accuracy", labels / groups);
        if let Some(accuracy) = reward_accuracy(&rewards, &right) {
            report.metric("reward_accuracy", accuracy);
        }
        for (trajectory, reward) in batch.trajectories_mut().zip(rewards) {
            let (value, valid) = (vec![reward.unwrap_or_default()], vec![reward.is_some()]);
            trajectory.add_channel(Channel::masked(
                &self.config.channel,
                Level::Trajectory,
                value,
                valid,
            )?)?;
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use milepost_core::{Ending, Group, Outcome, StateRecords, TaskSeed, TrajectoryBuilder, Version};

    fn group(answers: &[(f64, bool)]) -> Group<()> {
        let member = |(slot, (answer, right)): (usize, &(f64, bool))| {
            let records = StateRecords::named(["answer"]);
            let mut builder =
                TrajectoryBuilder::new(TaskSeed::literal(0), slot as u32, 0, Version(0), records);
            builder.state((), 0, &[-1.0]);
            builder.action(0, -1.0, 0.0);
            builder.state((), 0, &[*answer]);
            let outcome = if *right { Outcome::Success } else { Outcome::Failure };
            builder.finish(Ending::Terminated(outcome)).expect("consistent")
        };
        Group::new(answers.iter().enumerate().map(member).collect()).expect("one task")
    }

    #[test]
    fn the_vote_pays_its_winner_whatever_is_right() {
        let wrong_wins = group(&[(3.0, false), (3.0, false), (5.0, true), (-1.0, false)]);
        let nobody_wins = group(&[(1.0, false), (2.0, true)]);
        let mut batch = Batch { groups: vec![wrong_wins, nobody_wins] };
        let report = Vote::new(VoteConfig::default()).score(&mut batch).expect("recorded");
        let paid = crate::fixture::channel(&batch, "vote");
        assert_eq!(paid, [Some(1.0), Some(1.0), Some(0.0), Some(0.0), None, None]);
        // Rightly judged: only the one without an answer. Of two groups no winner is right.
        assert_eq!(report.metrics["reward_accuracy"], 0.25);
        assert_eq!(report.metrics["label_accuracy"], 0.0);
        assert_eq!(report.metrics["majority_ratio"], 0.5);
        assert_eq!((report.counters["undecided_groups"], report.counters["unparsable"]), (1, 1));
    }

    #[test]
    fn a_world_that_does_not_record_answers_is_named() {
        let mut batch = crate::fixture::batch([crate::fixture::fragment(0, 0, &[1, 2], Ending::Malformed)]);
        let error = Vote::new(VoteConfig::default()).score(&mut batch).expect_err("no record");
        assert!(error.to_string().contains("answer"), "{error}");
    }
}
