//! Which way of making tasks gives the best demonstrations?
//!
//! Policies are cloned from an expert's episodes on tasks of [`RuleDb`], made in one of four ways
//! ([`Generator`]; LOGIGEN, arXiv 2603.00540), and judged on tasks at the boundary of every rule.

mod judged;

use milepost_algorithms::Device;
use milepost_algorithms::sampling::{ContextRule, SamplerSettings, demonstrate};
use milepost_core::{ParameterCheck, Purpose, Stream, StreamKey, TaskSeed, TokenEnvironment};
use milepost_policies::{
    Adam, AdamConfig, CausalTransformer, Demonstration, TransformerConfig, ValueKind, behaviour_clone,
    open_device,
};
use milepost_taskworlds::rule_db::{Generator, RuleDb, RuleDbConfig};
use serde::{Deserialize, Serialize};

use crate::preference_lab::NetworkSize;
use crate::{Context, Metric, Recorder, Study, StudyError};
use judged::{Judged, judge};

/// A policy cloned from an expert on tasks that were made in one way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct RuleDbData {
    /// The tasks. What is judged differs in the generator and the boundaries only.
    pub tasks: RuleDbConfig,
    /// Episodes to learn from, all of them successful. Default 600.
    pub demonstrations: usize,
    /// The network. Default 32 wide, 2 layers.
    pub network: NetworkSize,
    /// Passes over the episodes. Default 8.
    pub epochs: usize,
    /// Turns of one update. Default 64.
    pub minibatch: usize,
    /// Adam's step size. Default 0.002.
    pub learning_rate: f64,
    /// Judged tasks at the boundary of each rule. Default 24.
    pub judged_tasks: u64,
}

impl Default for RuleDbData {
    fn default() -> Self {
        Self {
            tasks: RuleDbConfig::default(),
            demonstrations: 600,
            network: NetworkSize::default(),
            epochs: 8,
            minibatch: 64,
            learning_rate: 2e-3,
            judged_tasks: 24,
        }
    }
}

/// Most tokens that are read before a turn.
const CONTEXT: usize = 224;

/// Drafts of one demonstration after which the generator is taken to make no task that can be shown.
const DRAFTS: u64 = 50;

/// What a policy is cloned from: the tokens before each turn, and the turn.
struct Shown {
    turns: Vec<(Vec<u32>, Vec<u32>)>,
    /// Tasks that were drawn.
    drawn: u64,
    /// Those of them for which the expert had no solution.
    without_solution: u64,
}

impl RuleDbData {
    /// Plays the expert on training tasks until enough episodes have succeeded.
    fn shown(&self, seed: u64) -> Result<Shown, StudyError> {
        let world = RuleDb::new(self.tasks.clone())?;
        let settings = sampling(seed, self.tasks.max_turns, Purpose::POLICY);
        let mut shown = Shown { turns: Vec::new(), drawn: 0, without_solution: 0 };
        let mut kept = 0;
        while kept < self.demonstrations {
            if shown.drawn >= DRAFTS * self.demonstrations as u64 {
                let reason = "the expert solves too few of its tasks; use another generator";
                return Err(StudyError::part("the demonstrations")(reason));
            }
            let tasks: Vec<(u64, TaskSeed)> = (shown.drawn..shown.drawn + self.demonstrations as u64)
                .map(|index| (index, TaskSeed::train(seed, index)))
                .collect();
            let rollout = demonstrate(&world, &tasks, 0.0, &mut [], &settings)
                .map_err(StudyError::part("the demonstrations"))?;
            for (trajectory, episode) in rollout.batch.trajectories().zip(&rollout.episodes) {
                if kept == self.demonstrations {
                    break;
                }
                shown.drawn += 1;
                if !episode.success() {
                    shown.without_solution += 1;
                    continue;
                }
                kept += 1;
                for span in trajectory.spans.iter().filter(|span| span.is_trained()) {
                    let range = span.range();
                    let before = trajectory.tokens[..range.start].to_vec();
                    shown.turns.push((before, trajectory.tokens[range].to_vec()));
                }
            }
        }
        Ok(shown)
    }

    /// The network, cloned from what is shown.
    fn policy(
        &self,
        shown: &Shown,
        device: &Device,
        seed: u64,
        recorder: &mut dyn Recorder,
    ) -> Result<CausalTransformer, StudyError> {
        let world = RuleDb::new(self.tasks.clone())?;
        let config = TransformerConfig {
            context: CONTEXT + world.turn_limit(),
            width: self.network.width,
            layers: self.network.layers,
            heads: 2,
            value: ValueKind::None,
            ..TransformerConfig::default()
        };
        let training = device.clone().autodiff();
        let mut network = config
            .init(world.vocabulary().len(), seed, &training)
            .map_err(StudyError::part("the network"))?;
        let demonstrations: Vec<Demonstration<'_>> =
            shown.turns.iter().map(|(context, tokens)| Demonstration { context, tokens }).collect();
        let adam = AdamConfig {
            learning_rate: self.learning_rate,
            max_grad_norm: Some(1.0),
            ..AdamConfig::default()
        };
        let mut adam = Adam::new(adam);
        for epoch in 0..self.epochs {
            recorder.advance(epoch as u64, self.epochs as u64)?;
            let task = epoch as u64;
            let key = StreamKey { task, ..StreamKey::new(seed, Purpose::named("rule-db-data/clone")) };
            let losses;
            (network, losses) = behaviour_clone(
                network,
                &mut adam,
                &demonstrations,
                1,
                self.minibatch,
                &mut Stream::new(key),
            )
            .map_err(StudyError::part("cloning"))?;
            let loss = losses.iter().map(|loss| f64::from(*loss)).sum::<f64>() / losses.len().max(1) as f64;
            recorder.point(&[("epochs", (epoch + 1) as f64)], &[("loss", loss)])?;
        }
        Ok(network)
    }
}

/// How episodes are drawn: everything that was said is read.
fn sampling(seed: u64, max_turns: u32, purpose: Purpose) -> SamplerSettings {
    let settings = SamplerSettings::training(seed, ContextRule::full(CONTEXT), max_turns);
    SamplerSettings { purpose, constrained: true, ..settings }
}

impl Study for RuleDbData {
    fn metrics(&self) -> Vec<Metric> {
        vec![
            Metric::higher("hard-success", "share of tasks at the boundaries of all rules that are solved"),
            Metric::higher("plain-success", "share of tasks from uniform states that are solved"),
            Metric::lower("rejected", "calls a rule rejects, in an episode at a boundary"),
            Metric::lower("collateral", "changes that nobody wanted, in an episode at a boundary"),
            Metric::lower(
                "without-solution",
                "share of the drawn training tasks that the expert cannot solve",
            ),
        ]
    }

    fn validate(&self) -> Result<(), StudyError> {
        let check = ParameterCheck("rule-db-data");
        self.tasks.validate()?;
        for (key, value) in [
            ("demonstrations", self.demonstrations),
            ("epochs", self.epochs),
            ("minibatch", self.minibatch),
            ("judged-tasks", self.judged_tasks as usize),
        ] {
            check.that(value > 0, key, value, "at least 1")?;
        }
        check.not_negative("learning-rate", self.learning_rate)?;
        Ok(())
    }

    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let seed = context.seed;
        let device = open_device(context.device).map_err(StudyError::part("the device"))?.device;
        let shown = self.shown(seed)?;
        let policy = self.policy(&shown, &device, seed, recorder)?;
        // The judged tasks are the same for all arms of a seed: they come from this generator whatever the arm's is.
        let verified = RuleDbConfig { generator: Generator::Logigen, ..self.tasks.clone() };
        let mut hard = Judged::default();
        for config in verified.at_every_boundary() {
            hard.add(&judge(&policy, config, self.judged_tasks, seed)?);
        }
        let plain = RuleDbConfig { generator: Generator::WithoutBoundaries, ..verified };
        let plain = judge(&policy, plain, 4 * self.judged_tasks, seed)?;
        recorder.result("hard-success", hard.mean(|sums| sums.solved).into())?;
        recorder.result("plain-success", plain.mean(|sums| sums.solved).into())?;
        recorder.result("rejected", hard.mean(|sums| sums.rejected).into())?;
        recorder.result("collateral", hard.mean(|sums| sums.collateral).into())?;
        let share = shown.without_solution as f64 / shown.drawn.max(1) as f64;
        recorder.result("without-solution", share.into())
    }
}

#[cfg(test)]
mod tests {
    use milepost_policies::DeviceChoice;

    use super::*;
    use crate::Memory;

    fn run(generator: Generator) -> Memory {
        let study = RuleDbData {
            tasks: RuleDbConfig { generator, ..RuleDbConfig::default() },
            demonstrations: 6,
            network: NetworkSize { width: 8, layers: 1 },
            epochs: 1,
            judged_tasks: 1,
            ..RuleDbData::default()
        };
        Memory::of(&study, &Context { seed: 3, device: DeviceChoice::Cpu }).expect("runs")
    }

    #[test]
    fn the_same_seed_records_the_same_bytes() {
        assert_eq!(run(Generator::Logigen), run(Generator::Logigen));
    }

    #[test]
    fn verified_tasks_are_all_solved_and_templates_are_not() {
        let without = |generator| {
            let study = RuleDbData {
                tasks: RuleDbConfig { generator, ..RuleDbConfig::default() },
                demonstrations: 20,
                ..RuleDbData::default()
            };
            let shown = study.shown(1).expect("shown");
            (shown.without_solution, shown.turns.is_empty())
        };
        assert_eq!(without(Generator::Logigen), (0, false));
        assert!(without(Generator::Backward).0 > 0);
    }

    #[test]
    fn settings_that_make_no_sense_are_named() {
        let none = RuleDbData { demonstrations: 0, ..RuleDbData::default() };
        let error = none.validate().expect_err("nothing to learn from");
        assert!(error.to_string().contains("demonstrations"), "{error}");
    }
}
