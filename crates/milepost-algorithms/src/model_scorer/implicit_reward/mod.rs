//! A reward model that is the log-ratio of two policies, trained beside the policy from outcomes alone.

mod labels;
mod learn;

use burn::module::Module;
use milepost_core::{Batch, Channel, Level, Trajectory};
use milepost_objectives::ImplicitReward;
use milepost_policies::{Adam, AdamConfig, model_from_bytes, model_to_bytes};
use milepost_rewards::{ScoreReport, pack, unpack};

use self::labels::Labels;
use super::{ModelScorer, View, over_decisions};
use crate::TrainError;
use crate::agent::{Agent, DecisionTable};
use crate::config::{ImplicitLevel, ImplicitReference, ImplicitRewardConfig, ImplicitUpdate, NonFinite};

/// Implicit process rewards: `r_t = β (log π_φ(a_t|s_t) − log π_ref(a_t|s_t))` with a second network `π_φ` of the
/// policy's architecture, which begins as the policy does and learns from outcomes only.
///
/// Fitted to outcomes by `σ(Σ_t r_t)` or by trajectory DPO ([`ImplicitReward`]), `Σ_{u≤t} r_u` estimates what is to be
/// expected after step `t`, so `r_t` is that step's credit. Sources: PRIME, arXiv 2502.01456; iStar, arXiv 2509.19199.
/// It reads logits of the policy's temperature.
///
/// Metrics of each batch, all of them *before* the model learns from it, so on samples that it has not seen:
/// `outcome_accuracy` (share with `Σ r > 0` exactly where the trajectory succeeds), `pair_accuracy` (share of the pairs
/// of a group whose better one has the larger `Σ r`), `reward_of_success`, `reward_of_failure` (means of `Σ r`),
/// `largest_log_ratio` (of a token, in magnitude). Labels are the outcomes that it trains on.
pub struct ImplicitRewardModel<M> {
    config: ImplicitRewardConfig,
    objective: ImplicitReward,
    model: M,
    /// The reference, unless it is the sampler.
    start: Option<M>,
    optimizer: Adam,
    run_seed: u64,
    /// Trajectories that it has learned from.
    seen: u64,
}

/// The rewards of a batch, and what became of them.
struct Scored {
    /// `r` of each decision, `[D]`.
    rewards: Vec<f64>,
    /// Trajectories whose rewards are all finite, `[N]`.
    finite: Vec<bool>,
    /// Largest finite `|log π_φ − log π_ref|`.
    largest: f64,
}

impl<M: Module> ImplicitRewardModel<M> {
    /// Begins as `start` does.
    pub fn new(config: ImplicitRewardConfig, start: &M, run_seed: u64) -> Result<Self, TrainError> {
        config.validate()?;
        let adam = AdamConfig {
            learning_rate: config.learning_rate,
            epsilon: config.adam_epsilon,
            max_grad_norm: Some(config.max_grad_norm),
            ..AdamConfig::default()
        };
        let fixed = config.reference == ImplicitReference::Start;
        Ok(Self {
            objective: config.objective(),
            model: start.clone(),
            start: fixed.then(|| start.clone().valid()),
            optimizer: Adam::new(adam),
            run_seed,
            seen: 0,
            config,
        })
    }

    /// `log π_ref` of each decision, `[D]`.
    fn reference<A: Agent<Model = M>>(&self, view: &View<'_, A>) -> Result<Vec<f64>, TrainError> {
        let wide = |logp: &[f32]| logp.iter().map(|logp| f64::from(*logp)).collect();
        match &self.start {
            Some(start) => Ok(wide(&view.table.score(start)?.logp)),
            None => Ok(wide(&view.scores.logp)),
        }
    }

    /// The rewards of a batch by the model as it stands.
    fn rewards<A: Agent<Model = M>>(
        &self,
        view: &View<'_, A>,
        reference: &[f64],
    ) -> Result<Scored, TrainError> {
        let logp = view.table.score(&self.model.clone().valid())?.logp;
        let logp: Vec<f64> = logp.into_iter().map(f64::from).collect();
        let mut rewards = vec![0.0; logp.len()];
        self.objective.rewards(&logp, reference, &mut rewards)?;
        let finite: Vec<bool> =
            view.decisions().map(|row| rewards[row].iter().all(|reward| reward.is_finite())).collect();
        let none = !finite.is_empty() && finite.iter().all(|finite| !finite);
        if none || self.config.non_finite == NonFinite::Refuse && finite.contains(&false) {
            let value = rewards.iter().copied().find(|reward| !reward.is_finite()).unwrap_or(f64::NAN);
            let what = format!("the log-ratio of model scorer `{}`", self.config.channel);
            return Err(TrainError::NonFinite { iteration: view.iteration, what, value });
        }
        let ratios = rewards.iter().filter(|reward| reward.is_finite()).map(|r| r.abs() / self.config.beta);
        let largest = ratios.fold(0.0, f64::max);
        if let Some(limit) = self.config.largest_log_ratio.filter(|limit| largest > *limit) {
            let what = format!("a log-ratio of model scorer `{}` beyond ±{limit}", self.config.channel);
            return Err(TrainError::NonFinite { iteration: view.iteration, what, value: largest });
        }
        Ok(Scored { rewards, finite, largest })
    }

    /// The channel of one trajectory.
    fn channel<O>(
        &self,
        trajectory: &Trajectory<O>,
        rewards: &[f64],
        turns: &[u32],
        finite: bool,
    ) -> Result<Channel, TrainError> {
        let name = self.config.channel.as_str();
        let level = match self.config.level {
            ImplicitLevel::Token => Level::Token,
            ImplicitLevel::Turn => Level::Turn,
        };
        if !finite {
            let length = trajectory.len_at(level);
            return Ok(Channel::masked(name, level, vec![0.0; length], vec![false; length])?);
        }
        if level == Level::Token {
            return over_decisions(name, trajectory, rewards);
        }
        let (mut sums, mut written) =
            (vec![0.0; trajectory.turns.len()], vec![false; trajectory.turns.len()]);
        for (reward, turn) in rewards.iter().zip(turns) {
            sums[*turn as usize] += reward;
            written[*turn as usize] = true;
        }
        Ok(Channel::masked(name, level, sums, written)?)
    }

    /// What it says about a batch that it has not learned from.
    fn judge<A: Agent<Model = M>>(
        view: &View<'_, A>,
        scored: &Scored,
        labels: &Labels,
        report: &mut ScoreReport,
    ) {
        let sums: Vec<f64> = view.decisions().map(|row| scored.rewards[row].iter().sum()).collect();
        let known = |n: &usize| scored.finite[*n] && labels.outcomes[*n].is_some();
        let rows: Vec<(f64, bool)> =
            (0..sums.len()).filter(known).map(|n| (sums[n], labels.success(n))).collect();
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let of = |success: bool| -> Vec<f64> {
            rows.iter().filter(|row| row.1 == success).map(|row| row.0).collect()
        };
        let right =
            |values: Vec<bool>| mean(values.into_iter().map(|right| f64::from(u8::from(right))).collect());
        let pairs = labels.pairs(&scored.finite);
        let by_pair: Vec<bool> = pairs.iter().map(|(better, worse)| sums[*better] > sums[*worse]).collect();
        let measured = [
            ("outcome_accuracy", right(rows.iter().map(|(sum, success)| (*sum > 0.0) == *success).collect())),
            ("pair_accuracy", right(by_pair)),
            ("reward_of_success", mean(of(true))),
            ("reward_of_failure", mean(of(false))),
            ("largest_log_ratio", scored.largest),
        ];
        for (name, value) in measured.into_iter().filter(|(_, value)| value.is_finite()) {
            report.metric(name, value);
        }
        let missing = scored.finite.iter().filter(|finite| !**finite).count();
        report.count("non_finite_trajectories", missing as u64);
        report
            .count("unlabelled_trajectories", labels.outcomes.iter().filter(|o| o.is_none()).count() as u64);
    }

    fn learns(&self) -> bool {
        match self.config.update {
            ImplicitUpdate::After | ImplicitUpdate::Before => true,
            ImplicitUpdate::Once { samples } => self.seen < samples,
        }
    }
}

impl<A: Agent> ModelScorer<A> for ImplicitRewardModel<A::Model> {
    fn name(&self) -> &str {
        &self.config.channel
    }

    fn score(
        &mut self,
        view: &View<'_, A>,
        batch: &mut Batch<A::Observation>,
    ) -> Result<ScoreReport, TrainError> {
        let mut report = ScoreReport::default();
        let reference = self.reference(view)?;
        let labels = Labels::read(&self.config, batch)?;
        let mut scored = self.rewards(view, &reference)?;
        Self::judge(view, &scored, &labels, &mut report);
        if self.config.update == ImplicitUpdate::Before {
            self.learn_from(view, &reference, &labels, &scored.finite, &mut report)?;
            scored = self.rewards(view, &reference)?;
        }
        for ((trajectory, row), finite) in batch.trajectories_mut().zip(view.decisions()).zip(&scored.finite)
        {
            let channel =
                self.channel(trajectory, &scored.rewards[row.clone()], &view.turns()[row], *finite)?;
            trajectory.add_channel(channel)?;
        }
        Ok(report)
    }

    fn learn(
        &mut self,
        view: &View<'_, A>,
        batch: &Batch<A::Observation>,
    ) -> Result<ScoreReport, TrainError> {
        let mut report = ScoreReport::default();
        if self.config.update != ImplicitUpdate::Before && self.learns() {
            let reference = self.reference(view)?;
            let labels = Labels::read(&self.config, batch)?;
            let finite = self.rewards(view, &reference)?.finite;
            self.learn_from(view, &reference, &labels, &finite, &mut report)?;
        }
        Ok(report)
    }

    fn holds_policy(&self) -> bool {
        matches!(self.config.update, ImplicitUpdate::Once { .. }) && self.learns()
    }

    fn state(&self) -> Result<Vec<u8>, TrainError> {
        let parts =
            [model_to_bytes(&self.model)?, self.optimizer.to_bytes()?, self.seen.to_le_bytes().to_vec()];
        Ok(pack(&parts))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), TrainError> {
        let [model, optimizer, seen] = unpack::<3>(&self.config.channel, bytes)?;
        let damaged = |_| TrainError::Checkpoint { reason: format!("`{}` is damaged", self.config.channel) };
        let seen = u64::from_le_bytes(seen.try_into().map_err(damaged)?);
        let model = model_from_bytes(self.model.clone(), model)?;
        self.optimizer = Adam::from_bytes(*self.optimizer.config(), &model, optimizer)?;
        (self.model, self.seen) = (model, seen);
        Ok(())
    }
}
