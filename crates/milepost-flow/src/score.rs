use burn::tensor::Tensor;
use milepost_core::{Cost, CostLedger};

use crate::{
    FlowError, PerRow, Prompts, Rollout, Schedule, Velocity, clean_prediction, complete, rows::host_rows,
};

/// What a finished sample is worth.
pub trait SampleReward {
    /// The reward of `sample` under its prompt.
    fn reward(&self, sample: &[f64], prompt: Option<usize>) -> f64;
}

impl<F: Fn(&[f64], Option<usize>) -> f64> SampleReward for F {
    fn reward(&self, sample: &[f64], prompt: Option<usize>) -> f64 {
        self(sample, prompt)
    }
}

/// Scores of the states of `N` trajectories, `[T + 1, N]`; a missing score is not a zero. One table serves every
/// credit rule, so that rules are compared on the same samples.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreTable {
    rows: usize,
    scores: Vec<Vec<Option<f64>>>,
}

impl ScoreTable {
    /// From `T + 1` lists of `N` scores.
    pub fn new(scores: Vec<Vec<Option<f64>>>) -> Result<Self, FlowError> {
        let rows = scores.first().map_or(0, Vec::len);
        if scores.len() < 2 || rows == 0 {
            return Err(FlowError::Size {
                what: "states of a score table",
                expected: 2,
                found: scores.len(),
            });
        }
        match scores.iter().find(|row| row.len() != rows) {
            Some(row) => {
                Err(FlowError::Size { what: "samples of a score table", expected: rows, found: row.len() })
            }
            None => Ok(Self { rows, scores }),
        }
    }

    /// Trajectories, `N`.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Steps, `T`.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.scores.len() - 1
    }

    /// The score of trajectory `row` before step `k` (at `k = T`: of its sample).
    #[must_use]
    pub fn get(&self, k: usize, row: usize) -> Option<f64> {
        self.scores[k][row]
    }

    /// How many scores are missing between the first and the last that a rule could use.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.scores.iter().flatten().filter(|score| score.is_none()).count()
    }
}

/// Scores states on the way from noise to data.
pub trait StateScorer {
    /// The score of each row of `x`, the states before step `k` of `T` (`k = T`: the samples); `None` where there is
    /// none.
    fn score(
        &self,
        x: &Tensor<2>,
        k: usize,
        prompts: &Prompts,
        ledger: &mut CostLedger,
    ) -> Result<Vec<Option<f64>>, FlowError>;

    /// The scores of every state of a roll-out.
    fn table(&self, rollout: &Rollout, ledger: &mut CostLedger) -> Result<ScoreTable, FlowError> {
        let prompts = rollout.groups.row_prompts();
        let states = rollout.states.iter().enumerate();
        ScoreTable::new(states.map(|(k, x)| self.score(x, k, &prompts, ledger)).collect::<Result<_, _>>()?)
    }
}

/// The reward of the sample and nothing before it.
#[derive(Clone, Copy)]
pub struct Terminal<'a> {
    /// The reward.
    pub reward: &'a dyn SampleReward,
    /// `T`.
    pub steps: usize,
}

impl StateScorer for Terminal<'_> {
    fn score(
        &self,
        x: &Tensor<2>,
        k: usize,
        prompts: &Prompts,
        ledger: &mut CostLedger,
    ) -> Result<Vec<Option<f64>>, FlowError> {
        if k < self.steps {
            return Ok(vec![None; prompts.len()]);
        }
        sample_rewards(self.reward, x.clone(), prompts, ledger)
    }
}

/// How many Euler steps a completion takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompletionSteps {
    /// What is left of the sampler's grid; `n = t` in DenseGRPO.
    Remaining,
    /// So many, or fewer where fewer are left.
    Fixed(usize),
}

/// `R(ODE_n(x_k))`: the reward of the sample that the deterministic sampler makes of a state (DenseGRPO, arXiv
/// 2601.20218). The sample itself needs no completion. A completion that leaves the numbers has no score.
#[derive(Clone, Copy)]
pub struct OdeCompletion<'a> {
    /// The behaviour's field, without gradients and with the guidance that it sampled with.
    pub velocity: &'a dyn Velocity,
    /// The sampler's noise levels.
    pub schedule: &'a Schedule,
    /// How many steps.
    pub steps: CompletionSteps,
    /// The reward.
    pub reward: &'a dyn SampleReward,
}

impl StateScorer for OdeCompletion<'_> {
    fn score(
        &self,
        x: &Tensor<2>,
        k: usize,
        prompts: &Prompts,
        ledger: &mut CostLedger,
    ) -> Result<Vec<Option<f64>>, FlowError> {
        if k == self.schedule.steps() {
            return sample_rewards(self.reward, x.clone(), prompts, ledger);
        }
        let steps = match self.steps {
            CompletionSteps::Remaining => self.schedule.steps(),
            CompletionSteps::Fixed(steps) => steps,
        };
        let levels = self.schedule.completion(k, steps.max(1));
        let samples = complete(self.velocity, &levels, x.clone(), prompts, ledger)?;
        completed_rewards(self.reward, samples, prompts, ledger)
    }
}

/// `R(x̂₀)` of the one-step prediction `x̂₀ = x − σv`: a completion of one step.
#[derive(Clone, Copy)]
pub struct CleanPrediction<'a> {
    /// The field, without gradients.
    pub velocity: &'a dyn Velocity,
    /// The sampler's noise levels.
    pub schedule: &'a Schedule,
    /// The reward.
    pub reward: &'a dyn SampleReward,
}

impl StateScorer for CleanPrediction<'_> {
    fn score(
        &self,
        x: &Tensor<2>,
        k: usize,
        prompts: &Prompts,
        ledger: &mut CostLedger,
    ) -> Result<Vec<Option<f64>>, FlowError> {
        if k == self.schedule.steps() {
            return sample_rewards(self.reward, x.clone(), prompts, ledger);
        }
        ledger.spend(Cost::NetworkCalls, prompts.len() as u64 * self.velocity.calls())?;
        let sigma = PerRow::All(self.schedule.sigmas()[k]);
        let v = self.velocity.velocity(x.clone(), &sigma, prompts);
        completed_rewards(self.reward, clean_prediction(x.clone(), v, &sigma), prompts, ledger)
    }
}

/// Rewards of samples; one that is not finite is an error.
pub fn sample_rewards(
    reward: &dyn SampleReward,
    samples: Tensor<2>,
    prompts: &Prompts,
    ledger: &mut CostLedger,
) -> Result<Vec<Option<f64>>, FlowError> {
    ledger.spend(Cost::RewardCalls, prompts.len() as u64)?;
    let samples = host_rows(samples)?.into_iter().zip(prompts.rows()).enumerate();
    let score = |(row, (sample, prompt)): (usize, (Vec<f64>, &Option<usize>))| {
        let value = reward.reward(&sample, *prompt);
        if value.is_finite() {
            Ok(Some(value))
        } else {
            Err(FlowError::Reward { row, prompt: *prompt, value })
        }
    };
    samples.map(score).collect()
}

/// Rewards of completions; a completion that is not finite, or whose reward is not, has none.
fn completed_rewards(
    reward: &dyn SampleReward,
    samples: Tensor<2>,
    prompts: &Prompts,
    ledger: &mut CostLedger,
) -> Result<Vec<Option<f64>>, FlowError> {
    ledger.spend(Cost::RewardCalls, prompts.len() as u64)?;
    let score = |(sample, prompt): (Vec<f64>, &Option<usize>)| {
        let finite = sample.iter().all(|x| x.is_finite());
        finite.then(|| reward.reward(&sample, *prompt)).filter(|value| value.is_finite())
    };
    Ok(host_rows(samples)?.into_iter().zip(prompts.rows()).map(score).collect())
}
