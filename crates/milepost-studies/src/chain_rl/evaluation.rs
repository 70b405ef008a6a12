use burn::module::Module;
use milepost_algorithms::sampling::{GroupSampler, SamplerSettings, TokenSampler};
use milepost_algorithms::{TokenSettings, TrainError};
use milepost_core::{Group, Probe, Purpose, TaskSeed, Version};
use milepost_credit::{AllDistinct, MajorityRule, majority_vote};
use milepost_microworlds::tokens::AnswerProbe;
use milepost_policies::ModelPolicy;
use serde::{Deserialize, Serialize};

use super::training::unless_diverged;
use super::{Loop, World};
use crate::{Recorder, StudyError};

/// Evaluations averaged for the summary.
const WINDOW: usize = 3;

/// Several answers to each of the same held-out problems, at temperature 1.
pub(super) struct Evaluation {
    pub(super) world: World,
    pub(super) tasks: Vec<TaskSeed>,
    pub(super) samples: u32,
    pub(super) settings: TokenSettings,
    pub(super) seed: u64,
}

/// What an evaluation found.
#[derive(Serialize, Deserialize)]
pub(super) struct Point {
    pub(super) accuracy: f64,
    pub(super) pass_at_k: f64,
    pub(super) maj_at_k: f64,
    pub(super) length: f64,
    pub(super) repetition: f64,
    /// Whether the vote on each problem is right.
    votes: Vec<bool>,
}

impl Point {
    /// Share of problems whose vote is right in one of the two and wrong in the other.
    pub(super) fn flips(&self, other: &Self) -> f64 {
        let flipped = self.votes.iter().zip(&other.votes).filter(|(a, b)| a != b).count();
        flipped as f64 / self.votes.len().max(1) as f64
    }
}

impl Evaluation {
    /// `None` where the network gives no distribution any more.
    pub(super) fn at(
        &self,
        trainer: &Loop,
        recorder: &mut dyn Recorder,
        also: &[(&str, f64)],
    ) -> Result<Option<Point>, StudyError> {
        let policy = ModelPolicy::freeze(&trainer.model().clone().valid(), Version(trainer.iterations()));
        let settings = SamplerSettings {
            purpose: Purpose::EVALUATION_POLICY,
            ..SamplerSettings::training(self.seed, self.settings.context, self.settings.max_turns)
        };
        let tasks: Vec<_> = self.tasks.iter().map(|task| (task.get(), *task)).collect();
        let mut groups = Vec::with_capacity(tasks.len());
        for portion in tasks.chunks((512 / self.samples as usize).max(1)) {
            let mut probes: Vec<Box<dyn Probe<World>>> = vec![Box::new(AnswerProbe)];
            let mut sampler = GroupSampler { group_size: self.samples };
            let drawn = sampler.sample(&self.world, portion, &policy, &mut probes, &settings);
            match unless_diverged("evaluation", drawn.map_err(TrainError::from))? {
                Some(rollout) => groups.extend(rollout.batch.groups),
                None => return Ok(None),
            }
        }
        let point = judged(&groups, recorder);
        let costs = [("updates", trainer.iterations() as f64), ("tokens", trainer.drawn_tokens() as f64)];
        let own = [
            ("accuracy", point.accuracy),
            ("pass-at-k", point.pass_at_k),
            ("maj-at-k", point.maj_at_k),
            ("length", point.length),
            ("repetition", point.repetition),
        ];
        let values: Vec<(&str, f64)> = own.into_iter().chain(also.iter().copied()).collect();
        recorder.point(&costs, &values)?;
        Ok(Some(point))
    }
}

/// Reads off groups of answers to one problem each.
fn judged(groups: &[Group<()>], recorder: &mut dyn Recorder) -> Point {
    let rule = MajorityRule { all_distinct: AllDistinct::First, ..MajorityRule::default() };
    let (mut right, mut solved, mut tokens, mut repeated, mut votes) = (0, 0, 0, 0.0, Vec::new());
    let mut answers = 0;
    for group in groups {
        let members = group.members();
        let said: Vec<Option<u64>> = members
            .iter()
            .map(|t| t.records.get("answer").and_then(|row| row.last().copied()).filter(|x| *x >= 0.0))
            .map(|answer| answer.map(|answer| answer as u64))
            .collect();
        let truth: Vec<bool> = members.iter().map(|t| t.ending.is_success()).collect();
        let (paid, _) = majority_vote(rule, &said);
        votes.push(paid.iter().zip(&truth).any(|(paid, right)| *paid == Some(1.0) && *right));
        right += truth.iter().filter(|right| **right).count();
        solved += usize::from(truth.contains(&true));
        answers += members.len();
        for member in members {
            let own = member.tokens.iter().zip(member.policy_mask()).filter(|(_, own)| *own);
            let own: Vec<u32> = own.map(|(token, _)| *token).collect();
            tokens += own.len();
            repeated += repetition(&own);
        }
        let unreadable = said.iter().filter(|answer| answer.is_none()).count() as u64;
        recorder.count("unreadable answers in evaluation", unreadable);
    }
    let (problems, answers) = (groups.len().max(1) as f64, answers.max(1) as f64);
    Point {
        accuracy: right as f64 / answers,
        pass_at_k: solved as f64 / problems,
        maj_at_k: votes.iter().filter(|right| **right).count() as f64 / problems,
        length: tokens as f64 / answers,
        repetition: repeated / answers,
        votes,
    }
}

/// Share of a response's pairs of neighbouring tokens that occurred earlier in it; 0 where there is no pair.
pub(super) fn repetition(tokens: &[u32]) -> f64 {
    let pairs: Vec<&[u32]> = tokens.windows(2).collect();
    let repeated = (0..pairs.len()).filter(|at| pairs[..*at].contains(&pairs[*at])).count();
    repeated as f64 / pairs.len().max(1) as f64
}

/// Means over three evaluations at a time; over all of them where there are fewer.
pub(super) fn smoothed(points: &[Point], value: impl Fn(&Point) -> f64) -> Vec<f64> {
    let values: Vec<f64> = points.iter().map(value).collect();
    values.windows(WINDOW.min(values.len()).max(1)).map(mean).collect()
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
