//! Policies over tokens, on worlds that are read and written.

use milepost_algorithms::{
    CheckpointParts, Device, IterationReport, TokenAgent, TokenParts, Trace, TrainError, Trainer,
    WarmStartReport,
};
use milepost_core::{Demonstrator, Probe, SpanKind, TaskSeed, Trajectory};
use milepost_eval::Gold;
use milepost_policies::SequenceModel;

use super::aids::Aids;
use super::probes::{Probes, wanted};
use super::record::{Drawn, Recorded, ending_in_words, member, step_of};
use super::transcript::frame;
use super::{Judged, SetupError, World, WorldError};
use crate::config::{Arm, BudgetUnit, PolicyConfig, Settings};
use crate::measures::{Measures, Recording};
use crate::record::event::{MeasureRecord, WarmStart};
use crate::record::trace::TraceRecord;
use crate::record::trajectories::{GroupRecord, TrajectoryRecord};

/// One arm and seed over tokens, ready to train.
struct TokenWorld<E: Demonstrator + 'static, M: SequenceModel> {
    environment: E,
    /// Where it is judged.
    held_out: E,
    trainer: Trainer<TokenAgent<E, M>>,
    /// What the warm start was charged.
    charged: u64,
    /// In which unit.
    unit: BudgetUnit,
    /// What it did.
    imitated: WarmStartReport,
}

/// Everything of a run but its worlds, its network and its device.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) settings: &'a Settings,
    pub(super) arm: &'a Arm,
    pub(super) seed: u64,
    /// The checkpoint to go on from.
    pub(super) checkpoint: Option<&'a [(String, Vec<u8>)]>,
}

impl Parts<'_> {
    /// Builds the policy that the settings name, warm-started if the arm says so. It trains in `environment` and is
    /// judged in `held_out`.
    pub(super) fn build<E: Demonstrator + Probes + Aids + Measures + 'static>(
        self,
        environment: E,
        held_out: E,
        device: Device,
    ) -> Result<Box<dyn World>, SetupError> {
        let words = environment.vocabulary().len();
        let (worlds, training) = ([environment, held_out], device.clone().autodiff());
        match &self.settings.policy {
            PolicyConfig::Transformer(config) => {
                let network = config.init(words, self.seed, &training)?;
                Ok(Box::new(TokenWorld::build(worlds, network, self, device)?))
            }
            PolicyConfig::Gru(config) => {
                let network = config.init(words, self.seed, &training)?;
                Ok(Box::new(TokenWorld::build(worlds, network, self, device)?))
            }
            PolicyConfig::Mlp(_) | PolicyConfig::Cnn(_) | PolicyConfig::Tabular(_) => {
                Err(SetupError::PolicyKind)
            }
        }
    }
}

impl<E: Demonstrator + Probes + Aids + Measures + 'static, M: SequenceModel> TokenWorld<E, M> {
    fn build(
        [environment, held_out]: [E; 2],
        network: M,
        run: Parts<'_>,
        device: Device,
    ) -> Result<Self, SetupError> {
        let Parts { settings, arm, seed, checkpoint } = run;
        let (tokens, unit) = (settings.tokens.ok_or(SetupError::PolicyKind)?, settings.budget.unit());
        let method = &arm.method;
        let warm_start = arm.warm_start.unwrap_or_default();
        // A run that goes on has its weights; it needs those it began with only to compare with them.
        let (network, imitated) = if checkpoint.is_none() || method.needs_start() {
            warm_start.apply(network, &environment, &tokens, &device, seed)?
        } else {
            (network, WarmStartReport::default())
        };
        let probes: Vec<Box<dyn Probe<E>>> = wanted(method, E::probes())?;
        let mut trainer = Trainer::over_tokens_with(
            E::aids(),
            TokenParts {
                environment: environment.clone(),
                probes,
                network,
                method: method.clone(),
                settings: tokens,
                device,
                run_seed: seed,
            },
        )?;
        if let Some(parts) = checkpoint {
            trainer.restore(parts)?;
        }
        Ok(Self { environment, held_out, trainer, charged: warm_start.charge(), unit, imitated })
    }
}

impl<E: Demonstrator + Measures + 'static, M: SequenceModel> World for TokenWorld<E, M> {
    fn environment_steps(&self) -> u64 {
        self.charged_in(BudgetUnit::EnvironmentSteps) + self.trainer.environment_steps()
    }

    fn drawn_tokens(&self) -> u64 {
        self.charged_in(BudgetUnit::DrawnTokens) + self.trainer.drawn_tokens()
    }

    fn iterations(&self) -> u64 {
        self.trainer.iterations()
    }

    fn warm_start(&self) -> Option<WarmStart> {
        (self.imitated.demonstrations > 0).then(|| WarmStart::new(self.imitated.clone(), self.charged))
    }

    fn iterate(&mut self) -> Result<IterationReport, TrainError> {
        self.trainer.iterate()
    }

    /// Turns are drawn at the temperature of evaluation; experiment files that ask for greedy ones are refused.
    fn evaluate(&mut self, tasks: &[TaskSeed], _greedy: bool) -> Result<Judged, WorldError> {
        let mut recordings = Recording::<E>::all();
        let names: Vec<String> = recordings.iter().map(|recording| recording.name().to_owned()).collect();
        let played = self.trainer.play_recording(&self.held_out, tasks, &mut recordings)?;
        let gold = |e: &milepost_algorithms::sampling::EpisodeSummary| {
            Gold::of_episode(e.environment_return, e.success(), e.turns)
        };
        let last = |name: &str| -> Vec<f64> {
            let trajectories = played.batch.trajectories();
            trajectories.filter_map(|t| t.records.get(name)?.last().copied()).collect()
        };
        let measures = names.iter().map(|name| MeasureRecord::of(name, last(name).into_iter())).collect();
        Ok(Judged { gold: played.episodes.iter().map(gold).collect(), measures })
    }

    fn checkpoint(&self) -> Result<CheckpointParts, WorldError> {
        Ok(self.trainer.checkpoint()?)
    }

    fn record(&mut self, seed: u64) -> Result<Recorded, WorldError> {
        let drawn = Drawn::by(&mut self.trainer, seed)?;
        let trace = self.describe(drawn.shown());
        let groups = drawn.tasks.iter().flat_map(|traces| traces.chunk_by(|a, b| a.group == b.group));
        Ok(Recorded { trace, groups: groups.map(|group| self.group_record(group)).collect() })
    }
}

/// Why there are no exact advantages.
const NOT_SOLVED: &str = "worlds of tokens are not enumerated";

impl<E: Demonstrator + 'static, M: SequenceModel> TokenWorld<E, M> {
    /// What the warm start was charged in this unit.
    fn charged_in(&self, unit: BudgetUnit) -> u64 {
        if self.unit == unit { self.charged } else { 0 }
    }

    fn group_record(&self, group: &[Trace<()>]) -> GroupRecord {
        let members = group.iter().map(|trace| {
            let words = self.written(&trace.trajectory);
            let keys = words.iter().map(|turn| action_key(turn)).collect();
            TrajectoryRecord { words, ..member(trace, keys, None) }
        });
        GroupRecord {
            task: group[0].trajectory.task.get(),
            members: members.collect(),
            no_exact_values: Some(NOT_SOLVED.into()),
        }
    }

    /// What the policy wrote in each turn, in words.
    fn written(&self, trajectory: &Trajectory<()>) -> Vec<String> {
        let mut turns = vec![Vec::new(); trajectory.turns.len()];
        for span in trajectory.spans.iter().filter(|span| span.kind == SpanKind::Policy) {
            turns[span.turn as usize].extend_from_slice(&trajectory.tokens[span.range()]);
        }
        let vocabulary = self.environment.vocabulary();
        turns.iter().map(|tokens| vocabulary.decode(tokens).replace(" <end>", "")).collect()
    }

    fn describe(&self, trace: &Trace<()>) -> TraceRecord {
        let trajectory = &trace.trajectory;
        let written = self.written(trajectory);
        let steps =
            written.iter().enumerate().map(|(turn, text)| step_of(trace, turn, text.clone())).collect();
        TraceRecord {
            task: trajectory.task.get(),
            ending: ending_in_words(trajectory.ending).into(),
            success: trajectory.ending.is_success(),
            length: trajectory.turns.len(),
            channels: trajectory.signals.iter().map(|channel| channel.name().to_owned()).collect(),
            steps,
            frames: (0..=trajectory.turns.len())
                .map(|turn| frame(trajectory, turn, self.environment.vocabulary()))
                .collect(),
            no_exact_values: Some(NOT_SOLVED.into()),
        }
    }
}

/// A number that stands for a turn's words where rules tell actions apart (FNV-1a).
fn action_key(words: &str) -> u32 {
    words.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
