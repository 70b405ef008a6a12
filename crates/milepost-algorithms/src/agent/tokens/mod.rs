//! Contexts of tokens, turns of one or more.

mod aids;
mod draw;
mod review;
mod settings;
mod table;

use std::marker::PhantomData;
use std::sync::Arc;

use burn::tensor::Device;
use milepost_core::{Batch, Encoder, Probe, Provenance, Purpose, TaskSeed, TokenEnvironment, Version};
use milepost_policies::{ModelPolicy, SequenceModel};
use milepost_sampling::{GroupSampler, SamplerSettings, TokenRollout, TokenSampler};

pub use aids::{
    AnswerForm, AnswerGrammar, BeliefAid, CallAid, HintedPrompt, MetaWords, SamplerAids, TurnJudge,
    VerificationAid,
};
use draw::{Drawn, Source, draw};
pub(crate) use review::first_mistake;
pub use settings::TokenSettings;
pub use table::TokenTable;

use super::{Agent, Companion, EpisodeSummary, Rollout, SamplerState};
use crate::TrainError;
use crate::config::{MethodConfig, ModelScorerConfig, SamplerConfig};
use crate::model_scorer::{Exploration, InformationGain, ModelScorer, SelfVerification, for_any_agent};
use crate::trainer::Trainer;

/// What a trainer on tokens is made from.
pub struct TokenParts<E, M> {
    /// The world; cloned for every episode.
    pub environment: E,
    /// What is read from each state for scorers.
    pub probes: Vec<Box<dyn Probe<E>>>,
    /// The network, with its parameters on `device.autodiff()`.
    pub network: M,
    /// The method.
    pub method: MethodConfig,
    /// How the policy reads and draws.
    pub settings: TokenSettings,
    /// The plain device.
    pub device: Device,
    /// The run's seed.
    pub run_seed: u64,
}

/// An agent that reads and writes tokens.
pub struct TokenAgent<E, M> {
    environment: E,
    probes: Vec<Box<dyn Probe<E>>>,
    settings: TokenSettings,
    sampler: SamplerConfig,
    aids: SamplerAids<E>,
    next_task: u64,
    device: Device,
    run_seed: u64,
    model: PhantomData<fn() -> M>,
}

/// Token worlds have no feature vectors: scorers that want them say so.
struct NoFeatures;

impl Encoder<()> for NoFeatures {
    fn len(&self) -> usize {
        0
    }
    fn encode(&self, (): &(), _: u64, _: &mut [f32]) {}
}

impl<E: TokenEnvironment + 'static, M: SequenceModel> Trainer<TokenAgent<E, M>> {
    /// Puts the parts together and checks that they fit. The world lends nothing to samplers: see
    /// [`Trainer::over_tokens_with`].
    pub fn over_tokens(parts: TokenParts<E, M>) -> Result<Self, TrainError> {
        Self::over_tokens_with(SamplerAids::NONE, parts)
    }

    /// The same in a world that lends `aids` to samplers.
    pub fn over_tokens_with(aids: SamplerAids<E>, parts: TokenParts<E, M>) -> Result<Self, TrainError> {
        let TokenParts { environment, probes, network, method, settings, device, run_seed } = parts;
        method.validate()?;
        settings.validate()?;
        let words = environment.vocabulary().len();
        if network.vocabulary() != words {
            let found = network.vocabulary();
            return Err(TrainError::Shape {
                what: "words",
                found,
                other: "the environment",
                expected: words,
            });
        }
        let longest = settings.context.max_tokens + environment.turn_limit();
        if longest > network.context() {
            let (what, found) = ("positions", network.context());
            return Err(TrainError::Shape { what, found, other: "a context and a turn", expected: longest });
        }
        if matches!(method.sampler, SamplerConfig::Segments { .. }) {
            let reason =
                "policies over tokens draw whole episodes: use `sampler.kind = \"groups\"`, or another \
                          that draws groups"
                    .into();
            return Err(TrainError::Config { reason });
        }
        aids.check(&method.sampler, settings.constrained)?;
        known_words(&method.sampler, &environment)?;
        let agent = TokenAgent {
            environment,
            probes,
            settings,
            sampler: method.sampler.clone(),
            aids,
            next_task: 0,
            device,
            run_seed,
            model: PhantomData,
        };
        Self::assemble(agent, network, method)
    }

    /// Gives the teacher that the method distils from; it stays as it is, and is no part of a checkpoint. Its
    /// vocabulary must be the policy's, and its context long enough.
    pub fn with_teacher(mut self, teacher: &M) -> Result<Self, TrainError> {
        let other = "the policy, of which it is the teacher,";
        let shape = |what, found, expected| Err(TrainError::Shape { what, found, other, expected });
        let (words, longest) = (self.model.vocabulary(), self.agent.longest());
        if teacher.vocabulary() != words {
            return shape("words", teacher.vocabulary(), words);
        }
        if longest > teacher.context() {
            return shape("positions", teacher.context(), longest);
        }
        self.teacher = Some(teacher.valid());
        Ok(self)
    }

    /// Plays one episode on each task with a frozen copy of the policy, at the temperature of evaluation.
    /// Training is not affected.
    pub fn play(&mut self, tasks: &[TaskSeed]) -> Result<TokenRollout, TrainError> {
        let world = self.agent.environment.clone();
        self.play_in(&world, tasks)
    }

    /// The same in another world with the same words: what was learned in one may be of use in another.
    pub fn play_in(&mut self, world: &E, tasks: &[TaskSeed]) -> Result<TokenRollout, TrainError> {
        self.play_recording(world, tasks, &mut [])
    }

    /// The same with `probes` of the caller's own recorded beside each state.
    pub fn play_recording(
        &mut self,
        world: &E,
        tasks: &[TaskSeed],
        probes: &mut [Box<dyn Probe<E>>],
    ) -> Result<TokenRollout, TrainError> {
        let model = self.model().clone().valid();
        self.played_by(&model, world, tasks, probes)
    }

    /// The same with the teacher in the place of the policy; `None` where there is no teacher.
    pub fn play_teacher(&self, world: &E, tasks: &[TaskSeed]) -> Result<Option<TokenRollout>, TrainError> {
        let played = |teacher| self.played_by(teacher, world, tasks, &mut []);
        self.teacher.as_ref().map(played).transpose()
    }

    /// One episode on each task with a network that is read as the policy is, at the temperature of evaluation.
    fn played_by(
        &self,
        model: &M,
        world: &E,
        tasks: &[TaskSeed],
        probes: &mut [Box<dyn Probe<E>>],
    ) -> Result<TokenRollout, TrainError> {
        let (found, expected) = (world.vocabulary(), self.agent.environment.vocabulary());
        if found != expected {
            let reason =
                "the world that is played speaks other words than the one that was trained in".into();
            return Err(TrainError::Config { reason });
        }
        let tasks: Vec<_> = tasks.iter().map(|task| (task.get(), *task)).collect();
        let settings = self.agent.sampler_settings(Purpose::EVALUATION_POLICY);
        let temperature = self.agent.settings.evaluation_temperature;
        let policy = ModelPolicy::freeze(model, Version(self.iterations())).with_temperature(temperature)?;
        let mut sampler = GroupSampler { group_size: 1 };
        Ok(sampler.sample(world, &tasks, &policy, probes, &settings)?)
    }
}

impl<E: TokenEnvironment + 'static, M: SequenceModel> TokenAgent<E, M> {
    /// Positions that a context and a turn need.
    fn longest(&self) -> usize {
        self.settings.context.max_tokens + self.environment.turn_limit()
    }

    fn sampler_settings(&self, purpose: Purpose) -> SamplerSettings {
        SamplerSettings {
            purpose,
            constrained: self.settings.constrained,
            ..SamplerSettings::training(self.run_seed, self.settings.context, self.settings.max_turns)
        }
    }

    /// Draws with the configured sampler, or one of its kind.
    fn draw(
        &mut self,
        sampler: &SamplerConfig,
        tasks: &[(u64, TaskSeed)],
        policy: &ModelPolicy<M>,
        purpose: Purpose,
    ) -> Result<Rollout<()>, TrainError> {
        let settings = &self.sampler_settings(purpose);
        let source = Source { world: &self.environment, tasks, aids: &self.aids, settings };
        Ok(rollout(draw(sampler, &source, policy, &mut self.probes)?))
    }
}

impl<E: TokenEnvironment + 'static, M: SequenceModel> Agent for TokenAgent<E, M> {
    type Observation = ();
    type Model = M;
    type Table = TokenTable;

    fn sample(&mut self, model: &M, version: Version) -> Result<Rollout<()>, TrainError> {
        let sampler = self.sampler.clone();
        let indices = self.next_task..self.next_task + sampler.tasks() as u64;
        self.next_task = indices.end;
        let tasks: Vec<_> = indices.map(|index| (index, TaskSeed::train(self.run_seed, index))).collect();
        let policy = ModelPolicy::freeze(model, version).with_temperature(self.settings.temperature)?;
        self.draw(&sampler, &tasks, &policy, Purpose::POLICY)
    }

    /// Episodes (or trees) as the configured sampler draws them, at the temperature of evaluation.
    fn watch(
        &mut self,
        model: &M,
        version: Version,
        task: TaskSeed,
        group_size: usize,
    ) -> Result<Rollout<()>, TrainError> {
        let sampler = self.sampler.with_group_size(group_size);
        let temperature = self.settings.evaluation_temperature;
        let policy = ModelPolicy::freeze(model, version).with_temperature(temperature)?;
        self.draw(&sampler, &[(task.get(), task)], &policy, Purpose::EVALUATION_POLICY)
    }

    fn table(&self, batch: &Batch<()>) -> Result<TokenTable, TrainError> {
        TokenTable::build(batch, &self.settings.context, self.settings.temperature, &self.device)
    }

    fn model_scorer(
        &self,
        config: &ModelScorerConfig,
        start: &M,
    ) -> Result<Box<dyn ModelScorer<Self>>, TrainError> {
        match config {
            ModelScorerConfig::Exploration(config) => Ok(Box::new(Exploration::new(config.clone()))),
            ModelScorerConfig::InformationGain { channel, basis, own_text } => {
                let need = "the task's answer in words, which this world does not lend; choose a world with an \
                            oracle of its answers, or leave the scorer out";
                let aid = self.aids.belief.ok_or_else(|| config.refused(need))?;
                let TokenSettings { context, temperature, .. } = self.settings;
                let (channel, world, basis) = (channel.clone(), self.environment.clone(), (*basis).into());
                let scorer =
                    InformationGain::new(channel, basis, *own_text, world, aid, context, temperature);
                Ok(Box::new(scorer))
            }
            ModelScorerConfig::SelfVerification { channel, temperature } => {
                let need = "a question about a turn, which this world does not lend; choose countdown-mini, or leave \
                            the scorer out";
                let aid = self.aids.verification.ok_or_else(|| config.refused(need))?;
                let scorer = SelfVerification {
                    channel: channel.clone(),
                    temperature: *temperature,
                    run_seed: self.run_seed,
                    world: self.environment.clone(),
                    aid,
                };
                Ok(Box::new(scorer))
            }
            other => for_any_agent(other, start, self.run_seed)?
                .ok_or_else(|| other.refused("a policy over feature vectors")),
        }
    }

    fn encoder(&self) -> Arc<dyn Encoder<()> + Sync> {
        Arc::new(NoFeatures)
    }

    fn device(&self) -> &Device {
        &self.device
    }

    fn run_seed(&self) -> u64 {
        self.run_seed
    }

    fn state(&self) -> SamplerState {
        SamplerState::Groups { next_task: self.next_task }
    }

    fn restore(&mut self, state: SamplerState) -> Result<(), TrainError> {
        match state {
            SamplerState::Groups { next_task } => {
                self.next_task = next_task;
                Ok(())
            }
            SamplerState::Segments(_) => {
                Err(TrainError::Checkpoint { reason: "it was written with another sampler".into() })
            }
        }
    }
}

/// Refuses a sampler that says words which the world does not know.
fn known_words<E: TokenEnvironment>(sampler: &SamplerConfig, world: &E) -> Result<(), TrainError> {
    match sampler {
        SamplerConfig::Rollback { again, .. } => encoded(again, world).map(drop),
        SamplerConfig::HintRescue { inner, .. } => known_words(inner, world),
        _ => Ok(()),
    }
}

/// What a rollback says before another attempt, in the world's words.
fn encoded<E: TokenEnvironment>(again: &str, world: &E) -> Result<Vec<u32>, TrainError> {
    let reason = |error| format!("`sampler.again`: {error}");
    world.vocabulary().encode(again).map_err(|error| TrainError::Config { reason: reason(error) })
}

/// What the loop reads of a rollout, everything else counted: turns with faults, tokens drawn by what they were used
/// for, and trained tokens by where they came from.
fn rollout(drawn: Drawn) -> Rollout<()> {
    let Drawn { rollout: TokenRollout { episodes, ledger, environment_steps, .. }, .. } = &drawn;
    let sum = |of: fn(&milepost_sampling::EpisodeSummary) -> u32| -> u64 {
        episodes.iter().map(|episode| u64::from(of(episode))).sum()
    };
    let always = [
        ("malformed_turns", sum(|e| e.faults.malformed)),
        ("refused_turns", sum(|e| e.faults.refused)),
        ("shortened_contexts", drawn.rollout.truncated_contexts),
        ("drawn.kept", ledger.kept),
        ("drawn.discarded", ledger.discarded),
    ];
    let where_any = [
        ("drawn.candidates", ledger.candidates),
        ("drawn.retries", ledger.retries),
        ("drawn.hints", ledger.hints),
        ("drawn.judge", ledger.judge),
        ("drawn.decisions", ledger.decisions),
        ("unrated", drawn.rollout.unrated),
    ];
    let any = where_any.into_iter().chain(trained(&drawn)).chain(drawn.counters.iter().copied());
    let counters = always.into_iter().chain(any.filter(|(_, count)| *count > 0));
    let episodes = episodes
        .iter()
        .map(|episode| EpisodeSummary {
            task: episode.task,
            environment_return: episode.environment_return,
            length: episode.turns,
            ending: episode.ending,
        })
        .collect();
    let said = drawn.metrics.iter().map(|(name, value)| (format!("sampler.{name}"), *value));
    let moved = drawn.moved.iter().map(|token| token.log_ratio).sum::<f64>() / drawn.moved.len() as f64;
    let moved = (!drawn.moved.is_empty()).then(|| ("sampler.moved_log_ratio".to_owned(), moved));
    let metrics = said.chain(moved).collect();
    Rollout {
        counters: counters.map(|(name, count)| (format!("sampler.{name}"), count)).collect(),
        metrics,
        episodes,
        steps: *environment_steps,
        drawn_tokens: ledger.total(),
        companions: drawn
            .decisions
            .into_iter()
            .map(|row| Companion { place: row.place, trajectory: row.trajectory })
            .collect(),
        batch: drawn.rollout.batch,
        moved: drawn.moved,
    }
}

/// Trained tokens by their provenance, those of decisions included.
fn trained(drawn: &Drawn) -> [(&'static str, u64); 5] {
    let mut counts = [0; 5];
    let beside = drawn.decisions.iter().map(|row| &row.trajectory);
    let rows = drawn.rollout.batch.trajectories().chain(beside);
    for span in rows.flat_map(|trajectory| &trajectory.spans).filter(|span| span.is_trained()) {
        let index = match span.provenance {
            Provenance::OnPolicy => 0,
            Provenance::Spliced => 1,
            Provenance::Injected => 2,
            Provenance::Candidate { .. } => 3,
            Provenance::Demonstrated | Provenance::Forced => 4,
        };
        counts[index] += u64::from(span.len);
    }
    let names = [
        "trained.on_policy",
        "trained.spliced",
        "trained.injected",
        "trained.candidate",
        "trained.demonstrated",
    ];
    std::array::from_fn(|index| (names[index], counts[index]))
}

#[cfg(test)]
mod tests;
