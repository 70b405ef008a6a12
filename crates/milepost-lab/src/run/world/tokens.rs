//! Policies over tokens, on worlds that are read and written.

use milepost_algorithms::sampling::EpisodeSummary;
use milepost_algorithms::{
    CheckpointParts, Device, IterationReport, TokenAgent, TokenParts, Trace, TrainError, Trainer,
    WarmStartReport,
};
use milepost_core::{Demonstrator, Probe, TaskSeed, Trajectory};
use milepost_eval::Gold;
use milepost_policies::{GruConfig, SequenceModel, TransformerConfig};

use super::aids::Aids;
use super::make::Make;
use super::probes::{Probes, wanted};
use super::record::{Drawn, Recorded, ending_in_words, member, step_of};
use super::solved::{Solved, rated, written};
use super::start::Origin;
use super::transcript::frame;
use super::views::{self, Views};
use super::{Judged, SetupError, World, WorldError};
use crate::config::{Arm, BudgetUnit, Experiment, PolicyConfig};
use crate::credit_order;
use crate::measures::{Measures, Recording};
use crate::record::event::{MeasureRecord, Teacher, WarmStart};
use crate::record::shared::Shared;
use crate::record::trace::TraceRecord;
use crate::record::trajectories::{GroupRecord, TrajectoryRecord};

/// A world of tokens with everything that the lab asks of one.
pub(super) trait TokenTask:
    Demonstrator + Make + Probes + Aids + Measures + Solved + Views + 'static
{
}

impl<E: Demonstrator + Make + Probes + Aids + Measures + Solved + Views + 'static> TokenTask for E {}

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
    /// What the teacher imitated, if there is one and it imitated anything.
    taught: Option<WarmStartReport>,
}

/// Everything of a run but its device.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) experiment: &'a Experiment,
    pub(super) arm: &'a Arm,
    pub(super) seed: u64,
    /// The checkpoint to go on from.
    pub(super) checkpoint: Option<&'a [(String, Vec<u8>)]>,
    /// Where what arms have in common lies.
    pub(super) shared: &'a Shared,
}

impl Parts<'_> {
    /// Builds the world that the arm trains in, the one in which it is judged, and the policy that the settings name,
    /// warm-started and given a teacher if the arm says so.
    pub(super) fn build<E>(self, device: &Device) -> Result<Box<dyn World>, SetupError>
    where
        E: TokenTask,
    {
        let (trained, held_out) = self.experiment.environments(self.arm);
        let environment = E::make(trained)?.ok_or(SetupError::HeldOut)?;
        let worlds = [environment, E::make(held_out)?.ok_or(SetupError::HeldOut)?];
        let (words, training) = (worlds[0].vocabulary().len(), device.clone().autodiff());
        let policy = &self.experiment.settings.policy;
        let teacher = self.arm.teacher.as_ref().map(|teacher| &teacher.policy);
        match (policy, teacher) {
            (PolicyConfig::Transformer(config), None | Some(PolicyConfig::Transformer(_))) => {
                let init = |config: &TransformerConfig, seed| config.init(words, seed, &training);
                let other = teacher.and_then(PolicyConfig::transformer);
                let teacher = other.map(|config| init(config, self.teacher_seed())).transpose()?;
                Ok(Box::new(TokenWorld::build(worlds, init(config, self.seed)?, teacher, self, device)?))
            }
            (PolicyConfig::Gru(config), None | Some(PolicyConfig::Gru(_))) => {
                let init = |config: &GruConfig, seed| config.init(words, seed, &training);
                let other = teacher.and_then(PolicyConfig::gru);
                let teacher = other.map(|config| init(config, self.teacher_seed())).transpose()?;
                Ok(Box::new(TokenWorld::build(worlds, init(config, self.seed)?, teacher, self, device)?))
            }
            (PolicyConfig::Transformer(_) | PolicyConfig::Gru(_), Some(_)) => Err(SetupError::Teacher),
            (PolicyConfig::Mlp(_) | PolicyConfig::Cnn(_) | PolicyConfig::Tabular(_), _) => {
                Err(SetupError::PolicyKind)
            }
        }
    }

    /// Weights and demonstrations of a teacher are its own, and the same for all arms of a seed.
    const fn teacher_seed(&self) -> u64 {
        self.seed ^ 0x7ea_c4e5
    }
}

impl<E, M> TokenWorld<E, M>
where
    E: TokenTask,
    M: SequenceModel,
{
    fn build(
        [environment, held_out]: [E; 2],
        network: M,
        teacher: Option<M>,
        run: Parts<'_>,
        device: &Device,
    ) -> Result<Self, SetupError> {
        let Parts { experiment, arm, seed, checkpoint, shared } = run;
        let settings = &experiment.settings;
        let (tokens, unit) = (settings.tokens.ok_or(SetupError::PolicyKind)?, settings.budget.unit());
        let method = &arm.method;
        let warm_start = arm.warm_start.unwrap_or_default();
        // A run that goes on has its weights; it needs those it began with only to compare with them.
        let (network, imitated) = if checkpoint.is_none() || method.needs_start() {
            let policy = &settings.policy;
            let config = arm.warm_start_environment.as_ref();
            let imitated = config.map(E::make).transpose()?.map(|world| world.ok_or(SetupError::Imitated));
            let world = imitated.transpose()?;
            let config = config.unwrap_or(experiment.environments(arm).0);
            Origin { policy, environment: config, warm_start: &warm_start, tokens: &tokens, seed }.apply(
                network,
                world.as_ref().unwrap_or(&environment),
                device,
                shared,
            )?
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
                device: device.clone(),
                run_seed: seed,
            },
        )?;
        let mut taught = None;
        if let Some((teacher, config)) = teacher.zip(arm.teacher.as_ref()) {
            let own = config.environment.as_ref().map(E::make).transpose()?;
            let world = match own {
                None => environment.clone(),
                Some(world) => world.ok_or(SetupError::Teacher)?,
            };
            // Not stored in checkpoints: the same seed makes the same teacher.
            let start = Origin {
                policy: &config.policy,
                environment: config.environment.as_ref().unwrap_or(experiment.environments(arm).0),
                warm_start: &config.warm_start,
                tokens: &tokens,
                seed: run.teacher_seed(),
            };
            let (teacher, learned) = start.apply(teacher, &world, device, shared)?;
            trainer = trainer.with_teacher(&teacher)?;
            taught = (learned.demonstrations > 0).then_some(learned);
        }
        if let Some(parts) = checkpoint {
            trainer.restore(parts)?;
        }
        Ok(Self { environment, held_out, trainer, charged: warm_start.charge(), unit, imitated, taught })
    }
}

impl<E: TokenTask, M: SequenceModel> World for TokenWorld<E, M> {
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

    fn teacher(&mut self, tasks: &[TaskSeed]) -> Result<Option<Teacher>, WorldError> {
        let Some(learned) = self.taught.clone() else { return Ok(None) };
        let played = self.trainer.play_teacher(&self.held_out, tasks)?;
        Ok(played.map(|played| Teacher::new(learned, played.episodes.iter().map(EpisodeSummary::success))))
    }

    fn iterate(&mut self) -> Result<IterationReport, TrainError> {
        self.trainer.iterate()
    }

    /// Turns are drawn at the temperature of evaluation; experiment files that ask for greedy ones are refused.
    fn evaluate(&mut self, tasks: &[TaskSeed], _greedy: bool) -> Result<Judged, WorldError> {
        let mut recordings = Recording::<E>::all();
        let names: Vec<String> = recordings.iter().map(|recording| recording.name().to_owned()).collect();
        let played = self.trainer.play_recording(&self.held_out, tasks, &mut recordings)?;
        let gold = |e: &EpisodeSummary| Gold::of_episode(e.environment_return, e.success(), e.turns);
        let last = |name: &str| -> Vec<f64> {
            let trajectories = played.batch.trajectories();
            trajectories.filter_map(|t| t.records.get(name)?.last().copied()).collect()
        };
        let measures = names.iter().map(|name| MeasureRecord::of(name, last(name).into_iter())).collect();
        Ok(Judged { gold: played.episodes.iter().map(gold).collect(), measures })
    }

    fn credit_order(&mut self, tasks: &[TaskSeed]) -> Result<Vec<MeasureRecord>, WorldError> {
        let Some(mut to_go) = E::turns_to_go() else { return Ok(Vec::new()) };
        let mut groups = Vec::with_capacity(tasks.len());
        for task in tasks {
            let traces = self.trainer.trace(*task, CREDIT_GROUP)?;
            let mut rate = |trace: &Trace<()>| rated(&self.environment, trace, to_go.as_mut());
            groups.extend(
                traces
                    .chunk_by(|a, b| a.group == b.group)
                    .map(|group| group.iter().map(&mut rate).collect::<Vec<_>>()),
            );
        }
        Ok(credit_order::measure(&groups))
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

/// Episodes of a task on which credit is looked at.
const CREDIT_GROUP: usize = 8;

/// Why there are no exact advantages.
const NOT_SOLVED: &str = "worlds of tokens are not enumerated";

impl<E: Demonstrator + Views + 'static, M: SequenceModel> TokenWorld<E, M> {
    /// What the warm start was charged in this unit.
    fn charged_in(&self, unit: BudgetUnit) -> u64 {
        if self.unit == unit { self.charged } else { 0 }
    }

    fn group_record(&self, group: &[Trace<()>]) -> GroupRecord {
        let members = group.iter().map(|trace| {
            let words = self.in_words(&trace.trajectory);
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
    fn in_words(&self, trajectory: &Trajectory<()>) -> Vec<String> {
        let vocabulary = self.environment.vocabulary();
        written(trajectory).iter().map(|tokens| vocabulary.decode(tokens).replace(" <end>", "")).collect()
    }

    fn describe(&self, trace: &Trace<()>) -> TraceRecord {
        let trajectory = &trace.trajectory;
        let words = self.in_words(trajectory);
        let steps = words.iter().enumerate().map(|(turn, text)| step_of(trace, turn, text.clone())).collect();
        TraceRecord {
            task: trajectory.task.get(),
            ending: ending_in_words(trajectory.ending).into(),
            success: trajectory.ending.is_success(),
            length: trajectory.turns.len(),
            channels: trajectory.signals.iter().map(|channel| channel.name().to_owned()).collect(),
            steps,
            frames: views::along(&self.environment, trajectory)
                .iter()
                .enumerate()
                .map(|(turn, view)| frame(trajectory, turn, self.environment.vocabulary(), view))
                .collect(),
            no_exact_values: Some(NOT_SOLVED.into()),
        }
    }
}

/// A number that stands for a turn's words where rules tell actions apart (FNV-1a).
fn action_key(words: &str) -> u32 {
    words.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
