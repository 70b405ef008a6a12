//! Do milestones that a checker detects make a dense reward that helps on long tasks?
//!
//! MiRA (arXiv 2603.19685): detected milestones label the states of successes with a potential
//! ([`milestone_potential`](milepost_progress::milestone_potential)); a critic learns it; its differences shape a sparse
//! reward; advantages mix the temporal difference of the shaped reward with the Monte-Carlo return of the task
//! ([`DoublyRobust`]); the policy regresses its log-ratio on them, on fresh and on replayed episodes. In phases, from a
//! cloned policy.

mod config;
mod critics;
mod episode;
mod learner;
mod measure;
mod rows;
#[cfg(test)]
mod tests;

use burn::module::Module;
use burn::tensor::Device;
use milepost_core::{Ending, Outcome, Purpose, Stream, StreamKey, TaskSeed};
use milepost_credit::{DoublyRobust, Gae, PerplexityBand};
use milepost_policies::{
    Adam, AdamConfig, MlpConfig, Network, NetworkConfig, model_from_bytes, model_to_bytes, open_device,
};
use milepost_progress::{Shaping, TerminalPotential};

pub use config::{Mira, Progress};
pub use learner::Update;

use crate::{Context, Metric, Recorder, Study, StudyError};
use critics::{Critics, Judgement};
use episode::{Episode, FEATURES, Field, Report};
use learner::{Learner, Lessons};
use measure::Measurement;

/// Tasks of demonstrations: none is seen again.
const FIRST_DEMONSTRATION: u64 = 1 << 40;
/// PPO's trace decay.
const PPO_LAMBDA: f64 = 0.95;

impl Study for Mira {
    fn metrics(&self) -> Vec<Metric> {
        vec![
            Metric::higher(
                "final-success",
                "success rate after the last phase, without the checker's report",
            ),
            Metric::higher("area-under-success", "mean success rate over the phases"),
            Metric::lower(
                "stuck-midway",
                "share of failures after the last phase that passed the first milestone",
            ),
            Metric::higher(
                "potential-auroc",
                "how well an episode's mean potential tells success, after the last phase",
            ),
            Metric::lower("value-calibration", "expected calibration error of the value, ten bins"),
            Metric::higher("report-success", "success rate with the checker's report shown"),
            Metric::higher("report-gain", "what showing the report adds to the success rate"),
        ]
    }

    fn validate(&self) -> Result<(), StudyError> {
        self.check()
    }

    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let device = open_device(context.device).map_err(StudyError::part("the device"))?.device;
        let (world, checker) = (self.world()?, self.checker()?);
        let field = Field { world, checker, device: device.clone(), run_seed: context.seed };
        let adam = AdamConfig {
            learning_rate: self.learning_rate,
            max_grad_norm: Some(1.0),
            ..AdamConfig::default()
        };
        let policy = self.cloned(&field, recorder)?;
        let mut learner = Learner { policy, adam: Adam::new(adam), run_seed: context.seed };
        let mut critics = Critics::new(self.width, self.critic_learning_rate, context.seed, &device)?;
        let mut replay: Vec<Episode> = Vec::new();
        let mut failed: Vec<TaskSeed> = Vec::new();
        let mut next_task = 0;
        let mut successes = vec![self.measure(&field, &learner, &critics)?.record(0, recorder)?];
        for phase in 0..self.phases {
            recorder.advance(phase, self.phases)?;
            let tasks = self.tasks(context.seed, phase, &failed, &mut next_task);
            let report = if self.report { Report::Half } else { Report::Hidden };
            let sampler = learner.policy.clone().valid();
            let fresh = field.play(&sampler, &tasks, report, Purpose::POLICY, phase)?;
            failed = fresh.iter().filter(|e| !e.success).map(|e| e.task).collect();
            recorder.count("phases without a success", u64::from(failed.len() == fresh.len()));
            if self.update != Update::Sft {
                self.learn(&mut learner, &mut critics, &fresh, &replay, phase, &device, recorder)?;
            }
            replay.extend(fresh);
            successes.push(self.measure(&field, &learner, &critics)?.record(phase + 1, recorder)?);
        }
        let area = successes.iter().sum::<f64>() / successes.len() as f64;
        recorder.result("area-under-success", area.into())?;
        self.measure(&field, &learner, &critics)?.report(recorder)
    }
}

impl Mira {
    /// The cloned policy: one for all arms of a seed that make it alike.
    fn cloned(&self, field: &Field, recorder: &mut dyn Recorder) -> Result<Network, StudyError> {
        let config = NetworkConfig::Mlp(MlpConfig { hidden: vec![self.width; 2], ..MlpConfig::default() });
        let actions = milepost_core::DiscreteEnvironment::action_count(&field.world);
        let network = config.init(FEATURES, actions, field.run_seed, &field.device.clone().autodiff());
        let network = network.map_err(StudyError::part("the policy"))?;
        // What the checker says matters only to a policy that is shown it.
        let checker = self.report.then_some([self.miss, self.false_positive]);
        let key = format!(
            "mira cloned {} {} {} {} {} {} {} {} {checker:?}",
            field.run_seed,
            self.level,
            self.max_steps,
            self.demonstrations,
            self.noise,
            self.epochs,
            self.minibatch,
            self.width,
        );
        let start = network.clone();
        let bytes = recorder.shared(&key, &mut || {
            let tasks = FIRST_DEMONSTRATION..FIRST_DEMONSTRATION + self.demonstrations as u64;
            let tasks: Vec<_> = tasks.map(|index| TaskSeed::train(field.run_seed, index)).collect();
            let report = if self.report { Report::Half } else { Report::Hidden };
            let shown = field.demonstrate(&tasks, self.noise, report)?;
            let shown: Vec<&Episode> = shown.iter().filter(|episode| episode.steps() > 0).collect();
            let adam = AdamConfig { learning_rate: 3e-3, max_grad_norm: Some(1.0), ..AdamConfig::default() };
            let mut learner =
                Learner { policy: start.clone(), adam: Adam::new(adam), run_seed: field.run_seed };
            learner.clone_from(&shown, self.epochs, self.minibatch, &field.device)?;
            model_to_bytes(&learner.policy).map_err(StudyError::part("the cloned policy"))
        })?;
        model_from_bytes(network, &bytes).map_err(StudyError::part("the cloned policy"))
    }

    /// The tasks of a phase: new ones, and a share of those that failed in the phase before.
    fn tasks(&self, seed: u64, phase: u64, failed: &[TaskSeed], next: &mut u64) -> Vec<TaskSeed> {
        let repeated =
            if failed.is_empty() { 0 } else { (self.repeat_failed * self.episodes as f64) as usize };
        let purpose = Purpose::named("mira/repeat");
        let mut stream = Stream::new(StreamKey { episode: phase, ..StreamKey::new(seed, purpose) });
        let again = (0..repeated).map(|_| failed[stream.below(failed.len() as u64) as usize]);
        let mut tasks: Vec<TaskSeed> = again.collect();
        for _ in repeated..self.episodes {
            tasks.push(TaskSeed::train(seed, *next));
            *next += 1;
        }
        tasks
    }

    /// One phase's learning: critics first, then the policy.
    #[allow(clippy::too_many_arguments, reason = "one step of the loop, with all that the loop holds")]
    fn learn(
        &self,
        learner: &mut Learner,
        critics: &mut Critics,
        fresh: &[Episode],
        replay: &[Episode],
        phase: u64,
        device: &Device,
        recorder: &mut dyn Recorder,
    ) -> Result<(), StudyError> {
        let replayed: Vec<&Episode> =
            if self.update.replays() { replay.iter().collect() } else { Vec::new() };
        let known: Vec<&Episode> = replay.iter().chain(fresh).filter(|e| e.steps() > 0).collect();
        critics.fit(&known, self.critic_updates, self.minibatch, phase, device);

        let log_probs = learner.log_probs(&replayed, device)?;
        let perplexities: Vec<f64> =
            log_probs.iter().map(|row| -row.iter().sum::<f64>() / row.len().max(1) as f64).collect();
        let mut keep = vec![false; replayed.len()];
        let band = PerplexityBand { low: self.familiar, high: self.foreign };
        band.keep(&perplexities, &mut keep).map_err(StudyError::part("the replay"))?;
        let mut episodes: Vec<&Episode> = fresh.iter().filter(|e| e.steps() > 0).collect();
        let mut reference: Vec<Vec<f64>> = episodes.iter().map(|e| e.log_probs.clone()).collect();
        for ((episode, row), _) in replayed.iter().zip(log_probs).zip(&keep).filter(|(_, keep)| **keep) {
            episodes.push(episode);
            reference.push(row);
        }
        let dropped = keep.iter().filter(|keep| !**keep).count();
        recorder.count("replayed episodes too familiar or too foreign", dropped as u64);

        let judged = critics.judge(&episodes, device)?;
        let mut advantages = Vec::with_capacity(episodes.len());
        for (episode, judgement) in episodes.iter().zip(&judged) {
            advantages.push(self.advantages(episode, judgement)?);
        }
        if self.update == Update::Ppo {
            standardize(&mut advantages);
        }
        let lessons = Lessons::new(&episodes, &reference, &advantages, device);
        let size = [self.updates, self.minibatch];
        let learned = learner.update(self.update, self.beta, &lessons, size, phase, device)?;
        recorder.count("steps beyond Huber's threshold", learned.outliers);
        recorder.point(&[("phase", phase as f64 + 1.0)], &[("policy loss", learned.loss)])
    }

    /// What is paid at each step, success included, `[T]`.
    fn shaped_rewards(&self, episode: &Episode, judgement: &Judgement) -> Result<Vec<f64>, StudyError> {
        let mut rewards = episode.task_rewards();
        if self.alpha == 0.0 {
            return Ok(rewards);
        }
        match self.progress {
            Progress::Oracle => {
                let share = self.alpha / episode.passed.len().max(1) as f64;
                for step in episode.passed.iter().flatten().filter(|step| **step > 0) {
                    rewards[*step as usize - 1] += share;
                }
            }
            Progress::Critic => {
                // A budget that runs out is a failure here: nothing follows any end.
                let ending = Ending::Terminated(Outcome::Failure);
                let shaping =
                    Shaping { form: self.shaping, gamma: self.gamma, terminal: TerminalPotential::Zero };
                for (reward, shaped) in rewards.iter_mut().zip(shaping.rewards(&judgement.potential, ending))
                {
                    let unknown = || StudyError::part("the potential critic")("a potential is not a number");
                    *reward += self.alpha * shaped.ok_or_else(unknown)?;
                }
            }
        }
        Ok(rewards)
    }

    /// `λ [r' + γ V(s') − V(s)] + (1 − λ) [G − V(s)]`, `[T]`; PPO's are generalised advantages of the shaped reward.
    fn advantages(&self, episode: &Episode, judgement: &Judgement) -> Result<Vec<f64>, StudyError> {
        let steps = episode.steps();
        let (shaped, values) = (self.shaped_rewards(episode, judgement)?, &judgement.value[..steps]);
        let mut advantages = vec![0.0; steps];
        let part = StudyError::part("advantages");
        if self.update == Update::Ppo {
            let (rule, mut returns) = (Gae { gamma: self.gamma, lambda: PPO_LAMBDA }, vec![0.0; steps]);
            rule.assign(&shaped, values, 0.0, &mut advantages, &mut returns).map_err(part)?;
        } else {
            let rule = DoublyRobust { gamma: self.gamma, lambda: self.lambda };
            rule.assign(&shaped, &episode.task_rewards(), values, 0.0, &mut advantages).map_err(part)?;
        }
        Ok(advantages)
    }

    fn measure(
        &self,
        field: &Field,
        learner: &Learner,
        critics: &Critics,
    ) -> Result<Measurement, StudyError> {
        let tasks = (0..self.evaluation_tasks).map(|index| TaskSeed::evaluation(field.run_seed, index));
        let tasks: Vec<TaskSeed> = tasks.collect();
        let policy = learner.policy.clone().valid();
        let play = |report| field.play(&policy, &tasks, report, Purpose::EVALUATION_POLICY, 0);
        let hidden = play(Report::Hidden)?;
        let shown = if self.report { Some(play(Report::Shown)?) } else { None };
        let judged = critics.judge(&hidden.iter().collect::<Vec<_>>(), &field.device)?;
        Ok(Measurement { hidden, shown, judged })
    }
}

/// Mean 0 and deviation 1 over all steps.
fn standardize(advantages: &mut [Vec<f64>]) {
    let n = advantages.iter().map(Vec::len).sum::<usize>().max(1) as f64;
    let mean = advantages.iter().flatten().sum::<f64>() / n;
    let variance = advantages.iter().flatten().map(|a| (a - mean) * (a - mean)).sum::<f64>() / n;
    for advantage in advantages.iter_mut().flatten() {
        *advantage = (*advantage - mean) / (variance.sqrt() + 1e-8);
    }
}
