//! The loop: sample, score, combine, credit, update.

use burn::module::Module;
use milepost_core::{Batch, TaskSeed, Trajectory, Version};
use milepost_policies::{Adam, AdamConfig};
use milepost_rewards::{ScoreReport, Scorer, ScorerContext, combine_counted};

use crate::TrainError;
use crate::agent::{Agent, DecisionTable, Rollout, Scores};
use crate::config::{MethodConfig, Pairing};
use crate::credit::decisions::{Assigned, Layout, assign};
use crate::credit::{CreditAssigner, Credits, StandardCredit};
use crate::distillation::Lessons;
use crate::learner::Update;
use crate::model_scorer::{ModelScorer, View};
use crate::moved::{correction, stale};
use crate::objective::Objective;
use crate::oversample::{Drawn, oversample};
use crate::report::{ChannelTotal, IterationReport, groups_unrewarded, success_rate};

/// A training run in progress: one value, whatever the method.
///
/// Nothing here touches files, the clock or global randomness; [`Trainer::checkpoint`] returns bytes.
pub struct Trainer<A: Agent> {
    pub(crate) agent: A,
    pub(crate) method: MethodConfig,
    pub(crate) model: A::Model,
    /// The model that training began with, if the method compares with it.
    reference: Option<A::Model>,
    /// The model that the method distils from.
    pub(crate) teacher: Option<A::Model>,
    pub(crate) optimizer: Adam,
    pub(crate) scorers: Vec<Box<dyn Scorer<A::Observation>>>,
    pub(crate) model_scorers: Vec<Box<dyn ModelScorer<A>>>,
    pub(crate) credit: Box<dyn CreditAssigner<A::Observation>>,
    pub(crate) objective: Box<dyn Objective>,
    pub(crate) iteration: u64,
    pub(crate) steps: u64,
    pub(crate) drawn_tokens: u64,
}

/// One trajectory with everything the loop says about it.
#[derive(Debug, Clone)]
pub struct Trace<O> {
    /// Which of the groups that were drawn for the task it belongs to.
    pub group: usize,
    /// The trajectory, its channels filled.
    pub trajectory: Trajectory<O>,
    /// The combined reward of each turn, `[T]`.
    pub rewards: Vec<f64>,
    /// The advantage of each turn (the mean over its tokens), `[T]`, before any normalisation over a minibatch.
    pub advantages: Vec<f64>,
    /// The advantage of each trained token.
    pub token_advantages: Vec<f64>,
    /// The learned value of each state, `[T + 1]`.
    pub values: Vec<f64>,
}

impl<A: Agent> Trainer<A> {
    /// Joins an agent, its network and a method.
    pub(crate) fn assemble(agent: A, network: A::Model, method: MethodConfig) -> Result<Self, TrainError> {
        let context = ScorerContext {
            run_seed: agent.run_seed(),
            device: Some(agent.device()),
            encoder: agent.encoder(),
            slots: method.sampler.slots(),
        };
        let scorers = method.scorers.iter().map(|config| config.build(&context)).collect::<Result<_, _>>()?;
        let model_scorers = method.model_scorers.iter();
        let model_scorers = model_scorers.map(|config| agent.model_scorer(config, &network));
        let model_scorers = model_scorers.collect::<Result<_, _>>()?;
        let credit = StandardCredit {
            credit: method.credit.clone(),
            normalize: method.normalize,
            drop_zero_variance: method.drop_zero_variance,
            critic: method.objective.value_coefficient > 0.0,
        };
        let adam = AdamConfig {
            learning_rate: method.learner.learning_rate,
            epsilon: method.learner.adam_epsilon,
            max_grad_norm: Some(method.learner.max_grad_norm),
            ..AdamConfig::default()
        };
        Ok(Self {
            agent,
            reference: method.needs_reference().then(|| network.clone().valid()),
            teacher: None,
            model: network,
            optimizer: Adam::new(adam),
            scorers,
            model_scorers,
            credit: Box::new(credit),
            objective: Box::new(method.objective.clone()),
            iteration: 0,
            steps: 0,
            drawn_tokens: 0,
            method,
        })
    }

    /// Replaces the credit rule by one of your own.
    #[must_use]
    pub fn with_credit(mut self, credit: impl CreditAssigner<A::Observation> + 'static) -> Self {
        self.credit = Box::new(credit);
        self
    }

    /// Replaces the objective by one of your own.
    #[must_use]
    pub fn with_objective(mut self, objective: impl Objective + 'static) -> Self {
        self.objective = Box::new(objective);
        self
    }

    /// Adds a scorer of your own. Its channel must be named in the method's `combine` to have an effect.
    #[must_use]
    pub fn with_scorer(mut self, scorer: impl Scorer<A::Observation> + 'static) -> Self {
        self.scorers.push(Box::new(scorer));
        self
    }

    /// Adds a model scorer of your own. Its channel must be read by the method to have an effect.
    #[must_use]
    pub fn with_model_scorer(mut self, scorer: impl ModelScorer<A> + 'static) -> Self {
        self.model_scorers.push(Box::new(scorer));
        self
    }

    /// One turn of the loop.
    pub fn iterate(&mut self) -> Result<IterationReport, TrainError> {
        let sampler = self.model.clone().valid();
        let Drawn { mut rollout, teaches } = self.draw(&sampler)?;
        let mut report = IterationReport::default();
        for scorer in &mut self.scorers {
            let scores = scorer.score(&mut rollout.batch)?;
            report.add_scores(scorer.name(), &scores);
        }
        let table = self.agent.table(&rollout.batch)?;
        let scores = table.score_with(&sampler, self.reference.as_ref())?;
        let iteration = self.iteration;
        let view = View { agent: &self.agent, model: &sampler, table: &table, scores: &scores, iteration };
        for scorer in &mut self.model_scorers {
            let scored = scorer.score(&view, &mut rollout.batch)?;
            report.add_scores(scorer.name(), &scored);
        }
        let Assessment { combined, assigned } = self.assess(&table, &scores, &rollout.batch)?;
        report.counters.extend(combined);
        let Assigned { rewards, mut credits, .. } = assigned;
        let held = self.model_scorers.iter().any(|scorer| scorer.holds_policy());
        if held || !teaches {
            credits.keep.fill(false);
            report.counters.push(("policy_waited".to_owned(), 1));
        }
        let credited = layout(&table).credited_turns(&credits, &lengths(&rollout.batch));
        report.counters.push(("credited_turns".to_owned(), credited));

        // What accompanies the trajectories is read together with them, in a table of its own: what was said of the
        // trajectories alone is not touched.
        let places: Vec<usize> = rollout.companions.iter().map(|companion| companion.place).collect();
        let joint = if places.is_empty() {
            None
        } else {
            let table = self.agent.table(&rollout.joined()?)?;
            let scores = table.score_with(&sampler, self.reference.as_ref())?;
            Some((table, scores))
        };
        let (table_learned, scores_learned) = joint.as_ref().map_or((&table, &scores), |(t, s)| (t, s));
        let bounds = table_learned.offsets().windows(2).skip(credits.keep.len());
        credits.accompany(places.iter().copied().zip(bounds.map(|bounds| bounds[1] - bounds[0])));

        let lessons = self.lessons(&table, &rollout.batch, &rewards)?;
        if let Some(lessons) = &lessons {
            report.counters.push(("distilled_trajectories".to_owned(), lessons.trajectories()));
            let share = lessons.trajectories() as f64 / rewards.len().max(1) as f64;
            report.metrics.push(("gate_rate".to_owned(), share));
        }
        let (weight, offsets) = (self.method.moved_weight, table_learned.offsets());
        let correction = correction(weight, &rollout, offsets);
        let stale = stale(weight, &rollout, offsets, scores_learned);
        let scores_learned = stale.as_ref().unwrap_or(scores_learned);
        let groups: Vec<usize> = rollout.batch.groups.iter().map(|group| group.members().len()).collect();
        let update = Update {
            config: &self.method.learner,
            normalize: &self.method.normalize,
            objective: self.objective.as_ref(),
            pairing: self.method.objective.preference.map_or_else(Pairing::default, |p| p.pairing),
            groups: &groups,
            correction: correction.as_deref(),
            lessons: lessons.as_ref(),
            companions: &places,
            run_seed: self.agent.run_seed(),
            iteration: self.iteration,
        };
        // On copies: an update that fails leaves weights and moments as they were.
        let mut optimizer = self.optimizer.clone();
        let (model, metrics) =
            update.apply(self.model.clone(), &mut optimizer, table_learned, scores_learned, &credits)?;
        (self.model, self.optimizer) = (model, optimizer);
        for scorer in &mut self.scorers {
            let learned = scorer.learn(&rollout.batch)?;
            report.add_scores(scorer.name(), &learned);
        }
        let view = View { agent: &self.agent, model: &sampler, table: &table, scores: &scores, iteration };
        for scorer in &mut self.model_scorers {
            let learned = scorer.learn(&view, &rollout.batch)?;
            report.add_scores(scorer.name(), &learned);
        }
        self.iteration += 1;
        self.steps += rollout.steps;
        self.drawn_tokens += rollout.drawn_tokens;
        report.finish(&rollout, &rewards, &credits, metrics);
        Ok(report)
    }

    /// What this iteration learns from.
    fn draw(&mut self, sampler: &A::Model) -> Result<Drawn<A::Observation>, TrainError> {
        let (agent, version) = (&mut self.agent, Version(self.iteration));
        match &self.method.oversample {
            None => Ok(Drawn { rollout: agent.sample(sampler, version)?, teaches: true }),
            Some(rule) => oversample(rule, self.method.sampler.tasks(), || agent.sample(sampler, version)),
        }
    }

    /// Environment steps taken so far.
    pub const fn environment_steps(&self) -> u64 {
        self.steps
    }

    /// Tokens that the policy drew so far, those that a sampler threw away included.
    pub const fn drawn_tokens(&self) -> u64 {
        self.drawn_tokens
    }

    /// Iterations done so far.
    pub const fn iterations(&self) -> u64 {
        self.iteration
    }

    /// The method in use.
    pub const fn method(&self) -> &MethodConfig {
        &self.method
    }

    /// The model as it stands.
    pub const fn model(&self) -> &A::Model {
        &self.model
    }

    /// Draws `group_size` episodes on one task with the current policy and says what the loop would make
    /// of them. Training is not affected: draws come from the evaluation stream, and scorers forget.
    pub fn trace(
        &mut self,
        task: TaskSeed,
        group_size: usize,
    ) -> Result<Vec<Trace<A::Observation>>, TrainError> {
        let model = self.model.clone().valid();
        let mut rollout = self.agent.watch(&model, Version(self.iteration), task, group_size)?;
        for scorer in &mut self.scorers {
            let state = scorer.state()?;
            let scored = scorer.score(&mut rollout.batch);
            scorer.restore(&state)?;
            scored?;
        }
        let table = self.agent.table(&rollout.batch)?;
        let scores = table.score_with(&model, self.reference.as_ref())?;
        let iteration = self.iteration;
        let view = View { agent: &self.agent, model: &model, table: &table, scores: &scores, iteration };
        for scorer in &mut self.model_scorers {
            let state = scorer.state()?;
            let scored = scorer.score(&view, &mut rollout.batch);
            scorer.restore(&state)?;
            scored?;
        }
        let Assessment { assigned, .. } = self.assess(&table, &scores, &rollout.batch)?;
        let by_turn = layout(&table).turn_means(&assigned.credits.advantages, &lengths(&rollout.batch));
        let members = rollout.batch.groups.iter().enumerate();
        let members = members.flat_map(|(g, group)| group.members().iter().map(move |m| (g, m.clone())));
        let Assigned { rewards, values, credits } = assigned;
        let rows = members.zip(rewards).zip(by_turn).zip(credits.advantages).zip(values);
        Ok(rows
            .map(|(((((group, trajectory), rewards), advantages), token_advantages), values)| Trace {
                group,
                trajectory,
                rewards,
                advantages,
                token_advantages,
                values,
            })
            .collect())
    }

    /// What the teacher says of the trajectories that the gate lets through.
    fn lessons(
        &self,
        table: &A::Table,
        batch: &Batch<A::Observation>,
        rewards: &[Vec<f64>],
    ) -> Result<Option<Lessons>, TrainError> {
        let Some(config) = &self.method.distillation else { return Ok(None) };
        let teacher = self.teacher.as_ref().ok_or_else(|| TrainError::Config {
            reason: "`distillation` needs a teacher: give one with `Trainer::with_teacher`".into(),
        })?;
        let gate = batch.trajectories().zip(rewards);
        let gate = gate.map(|(trajectory, rewards)| config.gate.opens(trajectory, rewards));
        let gate = gate.collect::<Result<Vec<bool>, _>>()?;
        let reduction = self.method.objective.reduction();
        Lessons::ask(config, reduction, teacher, table, &gate).map(Some)
    }

    /// Everything between sampling and updating: rewards, values and credit of a scored batch.
    fn assess(
        &self,
        table: &A::Table,
        scores: &Scores,
        batch: &Batch<A::Observation>,
    ) -> Result<Assessment, TrainError> {
        let mut rewards = Vec::new();
        let (mut missing, mut clipped) = (0, 0);
        for trajectory in batch.trajectories() {
            let combined = combine_counted(trajectory, &self.method.combine)?;
            missing += combined.missing;
            clipped += combined.clipped;
            rewards.push(combined.rewards);
        }
        let MethodConfig { credit_unit, kl_in_reward, .. } = self.method;
        let rule = self.credit.as_ref();
        let assigned = assign(rule, credit_unit, kl_in_reward, batch, layout(table), scores, rewards)?;
        let combined = [("combine.missing".to_owned(), missing), ("combine.clipped".to_owned(), clipped)];
        Ok(Assessment { combined, assigned })
    }
}

fn layout<M>(table: &impl DecisionTable<M>) -> Layout<'_> {
    Layout { offsets: table.offsets(), turns: table.turns() }
}

/// How many turns each trajectory has.
fn lengths<O>(batch: &Batch<O>) -> Vec<usize> {
    batch.trajectories().map(|trajectory| trajectory.turns.len()).collect()
}

/// What the loop makes of a scored batch; rows are trajectories in batch order.
struct Assessment {
    /// What did not reach the reward.
    combined: [(String, u64); 2],
    /// Rewards and values of each turn, credit of each decision.
    assigned: Assigned,
}

impl IterationReport {
    fn add_scores(&mut self, scorer: &str, scores: &ScoreReport) {
        for (name, count) in &scores.counters {
            self.counters.push((format!("{scorer}.{name}"), *count));
        }
        for (name, value) in &scores.metrics {
            self.metrics.push((format!("{scorer}.{name}"), *value));
        }
    }

    fn finish<O>(
        &mut self,
        rollout: &Rollout<O>,
        rewards: &[Vec<f64>],
        credits: &Credits,
        metrics: Vec<(String, f64)>,
    ) {
        self.steps = rollout.steps;
        let beside = rollout.companions.iter().flat_map(|companion| &companion.trajectory.spans);
        let beside: u64 = beside.filter(|span| span.is_trained()).map(|span| u64::from(span.len)).sum();
        self.policy_tokens = rollout.batch.policy_tokens() as u64 + beside;
        self.drawn_tokens = rollout.drawn_tokens;
        self.episodes.clone_from(&rollout.episodes);
        self.counters.extend(rollout.counters.iter().cloned());
        self.metrics.extend(rollout.metrics.iter().cloned().chain(metrics));
        self.metrics.push(("combined_reward".into(), rewards.iter().flatten().sum()));
        self.metrics.extend(success_rate(&rollout.episodes).map(|rate| ("success".to_owned(), rate)));
        let unrewarded = groups_unrewarded(&rollout.batch);
        self.counters.extend(unrewarded.map(|count| ("groups_unrewarded".to_owned(), count)));
        self.counters.extend(credits.counters.iter().map(|(name, count)| ((*name).to_owned(), *count)));
        self.channels = ChannelTotal::of(&rollout.batch);
    }
}
