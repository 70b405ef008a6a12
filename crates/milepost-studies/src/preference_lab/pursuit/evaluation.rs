use milepost_core::{ScoreRequest, TaskSeed, TokenPolicy, Trajectory, Version};
use milepost_eval::overoptimization::OveroptimizationPoint;
use milepost_policies::{CausalTransformer, ModelPolicy};
use milepost_rewards::reward_model::RewardModel;

use super::Loop;
use crate::preference_lab::{Bench, mean};
use crate::{Recorder, StudyError};

/// Evaluations averaged for the summary.
const WINDOW: usize = 3;

/// What a policy is worth: to the gold score, to the reward model, and how far it went for it.
pub(super) struct Evaluation<'a> {
    bench: &'a Bench,
    base: ModelPolicy<CausalTransformer>,
    model: &'a RewardModel<CausalTransformer>,
    tasks: Vec<TaskSeed>,
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(
        bench: &'a Bench,
        base: &CausalTransformer,
        model: &'a RewardModel<CausalTransformer>,
        prompts: u64,
        seed: u64,
    ) -> Self {
        let tasks = (0..prompts).map(|index| TaskSeed::evaluation(seed, index)).collect();
        Self { bench, base: ModelPolicy::freeze(base, Version(0)), model, tasks }
    }

    /// One answer to each prompt: mean gold, mean raw score, and `mean Σ_t (log π − log π_base)`, the unbiased
    /// estimate of the divergence.
    pub(super) fn at(
        &self,
        trainer: &mut Loop,
        recorder: &mut dyn Recorder,
    ) -> Result<OveroptimizationPoint, StudyError> {
        let batch = trainer.play(&self.tasks).map_err(StudyError::part("evaluation"))?.batch;
        let golds = self.bench.golds(&batch, recorder)?;
        let trajectories: Vec<&Trajectory<()>> = batch.trajectories().collect();
        let sequences: Vec<&[u32]> = trajectories.iter().map(|t| t.tokens.as_slice()).collect();
        let scores = self.model.score(&sequences).map_err(StudyError::part("the reward model"))?;
        let scores = scores.expect(self.model.version()).map_err(StudyError::part("the reward model"))?;
        let divergence = self.divergence(&trajectories)?;
        let point = OveroptimizationPoint { divergence, proxy: mean(scores), gold: mean(&golds) };
        let costs = [("updates", trainer.iterations() as f64), ("tokens", trainer.drawn_tokens() as f64)];
        let distance = divergence.max(0.0).sqrt();
        let values =
            [("gold", point.gold), ("proxy", point.proxy), ("kl", divergence), ("root-kl", distance)];
        recorder.point(&costs, &values)?;
        Ok(point)
    }

    fn divergence(&self, trajectories: &[&Trajectory<()>]) -> Result<f64, StudyError> {
        // Prompt, then one turn of the policy.
        let prompt = |t: &Trajectory<()>| t.policy_mask().iter().take_while(|written| !**written).count();
        let cuts: Vec<usize> = trajectories.iter().map(|t| prompt(t)).collect();
        let requests: Vec<ScoreRequest<'_>> = trajectories
            .iter()
            .zip(&cuts)
            .map(|(t, cut)| ScoreRequest {
                context: &t.tokens[..*cut],
                tokens: &t.tokens[*cut..],
                allowed: t.allowed.get(*cut..).unwrap_or_default(),
            })
            .collect();
        let base = self.base.score(&requests).map_err(StudyError::part("the base policy"))?;
        let ratios: Vec<f64> = trajectories
            .iter()
            .zip(&cuts)
            .zip(base)
            .map(|((t, cut), base)| {
                let own = &t.behaviour_logp[*cut..];
                own.iter().zip(&base).map(|(own, base)| f64::from(*own) - f64::from(*base)).sum()
            })
            .collect();
        Ok(mean(&ratios))
    }
}

/// The curve with each point but the first replaced by the mean of the [`WINDOW`] points that end with it: peak and end
/// are then means of equally many evaluations.
pub(crate) fn smoothed(points: &[OveroptimizationPoint]) -> Vec<OveroptimizationPoint> {
    let window = |end: usize| {
        let from = if end == 0 { 0 } else { (end + 1).saturating_sub(WINDOW).max(1) };
        let column = |of: fn(&OveroptimizationPoint) -> f64| {
            mean(&points[from..=end].iter().map(of).collect::<Vec<_>>())
        };
        OveroptimizationPoint {
            divergence: column(|p| p.divergence),
            proxy: column(|p| p.proxy),
            gold: column(|p| p.gold),
        }
    };
    let whole = |end: &usize| *end == 0 || *end >= WINDOW || *end + 1 == points.len();
    (0..points.len()).filter(whole).map(window).collect()
}
