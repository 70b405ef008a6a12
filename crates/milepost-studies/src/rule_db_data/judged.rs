use burn::module::Module;
use milepost_algorithms::sampling::{GroupSampler, TokenSampler};
use milepost_core::{Probe, Purpose, TaskSeed, Version};
use milepost_policies::{CausalTransformer, ModelPolicy};
use milepost_taskworlds::rule_db::{RuleDb, RuleDbConfig, RuleDbGold};

use super::sampling;
use crate::StudyError;

/// Sums over judged episodes.
#[derive(Debug, Default)]
pub(super) struct Judged {
    episodes: u64,
    pub(super) solved: f64,
    pub(super) rejected: f64,
    pub(super) collateral: f64,
}

impl Judged {
    pub(super) fn add(&mut self, other: &Self) {
        self.episodes += other.episodes;
        self.solved += other.solved;
        self.rejected += other.rejected;
        self.collateral += other.collateral;
    }

    pub(super) fn mean(&self, sum: impl Fn(&Self) -> f64) -> f64 {
        sum(self) / self.episodes.max(1) as f64
    }
}

/// A number of what evaluation believes, beside each state.
struct GoldProbe(&'static str, fn(&RuleDbGold) -> f64);

impl Probe<RuleDb> for GoldProbe {
    fn name(&self) -> &str {
        self.0
    }

    fn read(&mut self, environment: &RuleDb) -> f64 {
        RuleDbGold::of(environment).map_or(0.0, |gold| (self.1)(&gold))
    }
}

/// Plays one episode on each of `count` held-out tasks of this configuration.
pub(super) fn judge(
    policy: &CausalTransformer,
    config: RuleDbConfig,
    count: u64,
    seed: u64,
) -> Result<Judged, StudyError> {
    let settings = sampling(seed, config.max_turns, Purpose::EVALUATION_POLICY);
    let world = RuleDb::new(config)?;
    let policy = ModelPolicy::freeze(&policy.clone().valid(), Version(0));
    let tasks: Vec<_> = (0..count).map(|index| (index, TaskSeed::evaluation(seed, index))).collect();
    let mut probes: Vec<Box<dyn Probe<RuleDb>>> = vec![
        Box::new(GoldProbe("rejected", |gold| f64::from(gold.rejected))),
        Box::new(GoldProbe("collateral", |gold| gold.collateral as f64)),
    ];
    let rollout = GroupSampler { group_size: 1 }
        .sample(&world, &tasks, &policy, &mut probes, &settings)
        .map_err(StudyError::part("evaluation"))?;
    let mut judged = Judged { episodes: count, ..Judged::default() };
    for (trajectory, episode) in rollout.batch.trajectories().zip(&rollout.episodes) {
        let last = |name| trajectory.records.get(name).and_then(|row| row.last().copied()).unwrap_or(0.0);
        judged.solved += f64::from(u8::from(episode.success()));
        judged.rejected += last("rejected");
        judged.collateral += last("collateral");
    }
    Ok(judged)
}
