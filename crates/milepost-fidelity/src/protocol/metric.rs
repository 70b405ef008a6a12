use serde::{Deserialize, Serialize};

use crate::record::Record;

use super::Direction;

/// A number of a [`Record`] that arms are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// RMSE against the advantage.
    Rmse,
    /// RMSE after the best rescaling.
    ScaledRmse,
    /// RMSE up to a baseline of each node.
    CentredRmse,
    /// RMSE against the estimator's own contrast.
    ContrastRmse,
    /// RMS bias of the cells.
    CellBias,
    /// Sign accuracy of steps.
    SignAccuracy,
    /// Sign accuracy of the steps of successes.
    SignOnSuccess,
    /// Sign accuracy of the steps of failures.
    SignOnFailure,
    /// Sign accuracy of the cells.
    CellSignAccuracy,
    /// Kendall's τ-b within a trajectory.
    TauTrajectory,
    /// Kendall's τ-b within a state.
    TauState,
    /// Kendall's τ-b over all steps of a batch.
    TauPooled,
    /// Share of the credit on null steps.
    Leakage,
    /// Mean `|ĉ|` of a null step.
    LeakagePerStep,
    /// Top-1 hit.
    Hit,
    /// Hit at 3.
    HitAtThree,
    /// Signed hit on successes.
    PraiseHit,
    /// Signed hit on failures.
    BlameHit,
    /// Hit of the turn.
    TurnHit,
    /// Cosine of the mean gradient.
    MeanCosine,
    /// Relative error of the mean gradient.
    MeanError,
    /// Mean cosine of a batch's gradient.
    BatchCosine,
    /// Normalised variance of the gradient.
    NormalisedVariance,
    /// Signal to noise in decibel.
    SignalToNoiseDb,
    /// One-step gain as a share of the exact gradient's.
    RelativeGain,
    /// Worst regret of the reward's greedy policies.
    WorstRegret,
    /// Residual of the best potential.
    PotentialResidual,
    /// Mean error of the redistributed return.
    ReturnError,
    /// RMS of the expected future reward.
    FutureReward,
    /// Extra environment steps per decision.
    ExtraSteps,
    /// Variance times steps.
    VarianceCost,
    /// Relative gradient error at matched environment steps.
    MatchedStepsError,
    /// Nanoseconds per decision.
    Nanoseconds,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 33] = [
        Self::Rmse,
        Self::ScaledRmse,
        Self::CentredRmse,
        Self::ContrastRmse,
        Self::CellBias,
        Self::SignAccuracy,
        Self::SignOnSuccess,
        Self::SignOnFailure,
        Self::CellSignAccuracy,
        Self::TauTrajectory,
        Self::TauState,
        Self::TauPooled,
        Self::Leakage,
        Self::LeakagePerStep,
        Self::Hit,
        Self::HitAtThree,
        Self::PraiseHit,
        Self::BlameHit,
        Self::TurnHit,
        Self::MeanCosine,
        Self::MeanError,
        Self::BatchCosine,
        Self::NormalisedVariance,
        Self::SignalToNoiseDb,
        Self::RelativeGain,
        Self::WorstRegret,
        Self::PotentialResidual,
        Self::ReturnError,
        Self::FutureReward,
        Self::ExtraSteps,
        Self::VarianceCost,
        Self::MatchedStepsError,
        Self::Nanoseconds,
    ];

    /// Those of a narrow table.
    pub const SHORT: [Self; 11] = [
        Self::Rmse,
        Self::ScaledRmse,
        Self::SignAccuracy,
        Self::TauTrajectory,
        Self::Hit,
        Self::Leakage,
        Self::BatchCosine,
        Self::NormalisedVariance,
        Self::ExtraSteps,
        Self::VarianceCost,
        Self::MatchedStepsError,
    ];

    /// Its value in a record; `None` where it does not exist.
    pub fn of(self, record: &Record) -> Option<f64> {
        let scores = &record.scores;
        match self {
            Self::Rmse => scores.closeness.rmse,
            Self::ScaledRmse => scores.closeness.scaled_rmse,
            Self::CentredRmse => scores.centred.rmse,
            Self::ContrastRmse => scores.contrast.and_then(|contrast| contrast.rmse),
            Self::CellBias => scores.cells.bias_rms,
            Self::SignAccuracy => scores.signs.overall.value,
            Self::SignOnSuccess => scores.signs.success.value,
            Self::SignOnFailure => scores.signs.failure.value,
            Self::CellSignAccuracy => scores.cells.sign_accuracy,
            Self::TauTrajectory => scores.ranks.within_trajectory.value,
            Self::TauState => scores.ranks.within_state.value,
            Self::TauPooled => scores.ranks.pooled.value,
            Self::Leakage => scores.leakage.share,
            Self::LeakagePerStep => scores.leakage.per_null_step,
            Self::Hit => scores.localisation.hit.value,
            Self::HitAtThree => scores.localisation.hit_at_three.value,
            Self::PraiseHit => scores.localisation.praise_hit.value,
            Self::BlameHit => scores.localisation.blame_hit.value,
            Self::TurnHit => scores.localisation.turn_hit.and_then(|hit| hit.value),
            Self::MeanCosine => scores.gradient.mean_cosine,
            Self::MeanError => scores.gradient.mean_error,
            Self::BatchCosine => scores.gradient.batch_cosine,
            Self::NormalisedVariance => scores.gradient.normalised_variance,
            Self::SignalToNoiseDb => scores.gradient.signal_to_noise_db,
            Self::RelativeGain => record.relative_gain,
            Self::WorstRegret => scores.invariance.map(|i| i.worst_regret),
            Self::PotentialResidual => scores.invariance.map(|i| i.potential_residual),
            Self::ReturnError => scores.invariance.and_then(|i| i.return_error),
            Self::FutureReward => scores.invariance.and_then(|i| i.future_reward_rms),
            Self::ExtraSteps => record.cost.steps_per_decision,
            Self::VarianceCost => record.cost.variance_cost,
            Self::MatchedStepsError => record.frontier.last().and_then(|point| point.gradient_error),
            Self::Nanoseconds => record.cost.nanoseconds_per_decision,
        }
    }

    /// A short heading.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Rmse => "RMSE",
            Self::ScaledRmse => "scaled RMSE",
            Self::CentredRmse => "centred RMSE",
            Self::ContrastRmse => "RMSE of own contrast",
            Self::CellBias => "cell bias",
            Self::SignAccuracy => "sign",
            Self::SignOnSuccess => "sign (successes)",
            Self::SignOnFailure => "sign (failures)",
            Self::CellSignAccuracy => "cell sign",
            Self::TauTrajectory => "tau (trajectory)",
            Self::TauState => "tau (state)",
            Self::TauPooled => "tau (pooled)",
            Self::Leakage => "leakage",
            Self::LeakagePerStep => "leakage/step",
            Self::Hit => "hit",
            Self::HitAtThree => "hit@3",
            Self::PraiseHit => "praise hit",
            Self::BlameHit => "blame hit",
            Self::TurnHit => "turn hit",
            Self::MeanCosine => "mean cosine",
            Self::MeanError => "mean error",
            Self::BatchCosine => "batch cosine",
            Self::NormalisedVariance => "nvar",
            Self::SignalToNoiseDb => "SNR (dB)",
            Self::RelativeGain => "relative gain",
            Self::WorstRegret => "regret",
            Self::PotentialResidual => "potential residual",
            Self::ReturnError => "return error",
            Self::FutureReward => "future reward",
            Self::ExtraSteps => "extra steps",
            Self::VarianceCost => "nvar x steps",
            Self::MatchedStepsError => "error at matched steps",
            Self::Nanoseconds => "ns/decision",
        }
    }

    /// Which way is better.
    pub const fn direction(self) -> Direction {
        match self {
            Self::SignAccuracy
            | Self::SignOnSuccess
            | Self::SignOnFailure
            | Self::CellSignAccuracy
            | Self::TauTrajectory
            | Self::TauState
            | Self::TauPooled
            | Self::Hit
            | Self::HitAtThree
            | Self::PraiseHit
            | Self::BlameHit
            | Self::TurnHit
            | Self::MeanCosine
            | Self::BatchCosine
            | Self::SignalToNoiseDb
            | Self::RelativeGain => Direction::Higher,
            _ => Direction::Lower,
        }
    }
}
