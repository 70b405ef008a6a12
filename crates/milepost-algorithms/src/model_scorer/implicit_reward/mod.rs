//! A reward model that is the log-ratio of two policies, trained beside the policy from outcomes alone.

mod labels;
mod learn;
mod scored;

use burn::module::Module;
use milepost_core::Batch;
use milepost_objectives::ImplicitReward;
use milepost_policies::{Adam, AdamConfig, model_from_bytes, model_to_bytes};
use milepost_rewards::{ScoreReport, pack, unpack};

use self::labels::Labels;
use self::scored::{Scored, finite_rows};
use super::{ModelScorer, View};
use crate::TrainError;
use crate::agent::{Agent, DecisionTable};
use crate::config::{ImplicitReference, ImplicitRewardConfig, ImplicitUpdate};

/// Implicit process rewards: `r_t = β (log π_φ(a_t|s_t) − log π_ref(a_t|s_t))` with a second network `π_φ` of the
/// policy's architecture, which begins as the policy does and learns from outcomes only.
///
/// Fitted to outcomes by `σ(Σ_t r_t)` or by trajectory DPO ([`ImplicitReward`]), `Σ_{u≤t} r_u` estimates what is to be
/// expected after step `t`, so `r_t` is that step's credit. Sources: PRIME, arXiv 2502.01456; iStar, arXiv 2509.19199.
/// It reads logits of the policy's temperature.
///
/// Metrics of each batch, all of them *before* the model learns from it, so on samples that it has not seen:
/// `outcome_accuracy` (share with `Σ r > 0` exactly where the trajectory succeeds), `pair_accuracy` (share of the pairs
/// of a group whose better one has the larger `Σ r`), `reward_mean` (of `Σ r`, over all trajectories whose rewards are
/// finite), `reward_of_success`, `reward_of_failure` (the same over those that succeed, and that fail),
/// `largest_log_ratio` (of a token, in magnitude). Labels are the outcomes that it trains on. A `reward_mean` that rises
/// while success falls is a reward model that is exploited.
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
        let finite = finite_rows(view.decisions(), &rewards, self.config.non_finite).map_err(|value| {
            let what = format!("the log-ratio of model scorer `{}`", self.config.channel);
            TrainError::NonFinite { iteration: view.iteration, what, value }
        })?;
        let ratios = rewards.iter().filter(|reward| reward.is_finite()).map(|r| r.abs() / self.config.beta);
        let largest = ratios.fold(0.0, f64::max);
        if let Some(limit) = self.config.largest_log_ratio.filter(|limit| largest > *limit) {
            let what = format!("a log-ratio of model scorer `{}` beyond ±{limit}", self.config.channel);
            return Err(TrainError::NonFinite { iteration: view.iteration, what, value: largest });
        }
        Ok(Scored { rewards, finite, largest })
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
        scored.judge(view.decisions(), &labels, &mut report);
        if self.config.update == ImplicitUpdate::Before {
            self.learn_from(view, &reference, &labels, &scored.finite, &mut report)?;
            scored = self.rewards(view, &reference)?;
            report.count("non_finite_after_learning", scored.dropped());
        }
        for (n, (trajectory, row)) in batch.trajectories_mut().zip(view.decisions()).enumerate() {
            let channel = scored.channel(&self.config, trajectory, (n, row), view.turns())?;
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
