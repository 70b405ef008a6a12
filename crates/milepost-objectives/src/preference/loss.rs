//! The preference losses.

use serde::{Deserialize, Serialize};

use super::aot;
use super::divergence::Divergence;
use super::margin::{MarginLoss, logistic};
use super::pairs::{PairBatch, Sides};
use crate::{ObjectiveError, check, math};

/// The loss of a pair. `a = ℓ^w − ℓ^w_ref` and `b = ℓ^l − ℓ^l_ref` are the log-ratios of both sides, `n` token
/// counts, `f` the score of a [`Divergence`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum PreferenceLoss {
    /// A [`MarginLoss`] of `z = β (f(a) − f(b))`.
    Margin {
        /// The loss of the margin.
        loss: MarginLoss,
        /// The score.
        #[serde(default)]
        divergence: Divergence,
    },
    /// The same with each score divided by the length of its sequence: TRL's IPO, its `sigmoid_norm`.
    LengthNormalizedMargin {
        /// The loss of the margin.
        loss: MarginLoss,
        /// The score.
        #[serde(default)]
        divergence: Divergence,
    },
    /// `−log σ(βa) − ½ log σ(−βa) − ½ log σ(−βb)` (NCA, arXiv 2402.05369).
    Nca {},
    /// `−log σ(βa) − log σ(−βb)` (BCO without its reward shift, arXiv 2404.04656).
    Bco {},
    /// `(a − 1/(2β))² + (b + 1/(2β))²` (SPPO with hard labels, arXiv 2405.00675).
    SppoHard {},
    /// `1 − σ(βa) + σ(βb)` (APO-zero, arXiv 2408.06266).
    ApoZero {},
    /// `σ(βa) + 1 − σ(β(a − b))` (APO-down, arXiv 2408.06266).
    ApoDown {},
    /// The smoothed logistic loss of `β` times the sorted `ℓ^w − ℓ^l` less the sorted `ℓ^w_ref − ℓ^l_ref` (AOT,
    /// arXiv 2406.05882). A statistic of the batch: micro-batches sort for themselves.
    Aot {
        /// Probability that a label is flipped.
        smoothing: f64,
    },
    /// The same of the sorted `a` less the sorted `b`, whatever the pairing.
    AotUnpaired {
        /// Probability that a label is flipped.
        smoothing: f64,
    },
    /// `−Σ ℓ^w/Σ n^w` over the batch that is passed: likelihood of the preferred tokens.
    Sft {},
    /// `−log σ(β ℓ^w/n^w − β ℓ^l/n^l − γ)`, without a reference (SimPO, arXiv 2405.14734).
    Simpo {
        /// `γ`: the margin to reach (usual: 0.5 to 1.5 for `β` 2).
        target_margin: f64,
    },
    /// `−ℓ̄^w − β log σ(log-odds(ℓ̄^w) − log-odds(ℓ̄^l))`, without a reference; `ℓ̄ = ℓ/n`,
    /// `log-odds(x) = x − log(1 − e^x)` (ORPO, arXiv 2403.07691; its λ is `β` here).
    Orpo {},
}

/// Losses of the pairs, and their derivatives with respect to the log-probability of each side, before
/// weighting and averaging.
pub(crate) struct PairLosses {
    pub losses: Vec<f64>,
    pub slopes: Sides,
}

impl PreferenceLoss {
    /// DPO.
    #[must_use]
    pub const fn dpo() -> Self {
        Self::conservative_dpo(0.0)
    }

    /// DPO under labels that are flipped with probability `smoothing` (cDPO).
    #[must_use]
    pub const fn conservative_dpo(smoothing: f64) -> Self {
        Self::Margin { loss: MarginLoss::Logistic { smoothing }, divergence: Divergence::ReverseKl {} }
    }

    /// IPO on summed log-probabilities: the paper's text, OpenRLHF.
    #[must_use]
    pub const fn ipo() -> Self {
        Self::Margin { loss: MarginLoss::SquaredError {}, divergence: Divergence::ReverseKl {} }
    }

    /// IPO on log-probabilities per token (TRL, which says its authors confirm it).
    #[must_use]
    pub const fn ipo_per_token() -> Self {
        Self::LengthNormalizedMargin {
            loss: MarginLoss::SquaredError {},
            divergence: Divergence::ReverseKl {},
        }
    }

    pub(crate) fn validate(&self) -> Result<(), ObjectiveError> {
        match *self {
            Self::Margin { loss, divergence } | Self::LengthNormalizedMargin { loss, divergence } => {
                loss.validate()?;
                divergence.validate()
            }
            Self::Aot { smoothing } | Self::AotUnpaired { smoothing } => {
                check::smoothing("smoothing", smoothing)
            }
            Self::Simpo { target_margin } => check::non_negative("target-margin", target_margin),
            _ => Ok(()),
        }
    }

    pub(crate) fn pairs(&self, batch: &PairBatch<'_>, beta: f64) -> Result<PairLosses, ObjectiveError> {
        // A loss of both log-ratios, with its derivatives.
        let ratios = |name, f: &dyn Fn(f64, f64) -> (f64, f64, f64)| -> Result<PairLosses, ObjectiveError> {
            let u = batch.log_ratios(name)?;
            Ok(each(&u, &|i| f(u.chosen[i], u.rejected[i])))
        };
        match *self {
            Self::Margin { loss, divergence } => {
                let u = batch.log_ratios("margin")?;
                Ok(margins(&u, &Sides::of(1.0, batch.chosen.len()), loss, divergence, beta))
            }
            Self::LengthNormalizedMargin { loss, divergence } => {
                let name = "length-normalized-margin";
                let u = batch.log_ratios(name)?;
                Ok(margins(&u, &batch.inverse_lengths(name)?, loss, divergence, beta))
            }
            Self::Nca {} => ratios("nca", &|a, b| {
                let (a, b) = (beta * a, beta * b);
                let loss = math::softplus(-a) + 0.5 * math::softplus(a) + 0.5 * math::softplus(b);
                (loss, beta * (0.5 * math::sigmoid(a) - math::sigmoid(-a)), beta * 0.5 * math::sigmoid(b))
            }),
            Self::Bco {} => ratios("bco", &|a, b| {
                let (a, b) = (beta * a, beta * b);
                let loss = math::softplus(-a) + math::softplus(b);
                (loss, -beta * math::sigmoid(-a), beta * math::sigmoid(b))
            }),
            Self::SppoHard {} => ratios("sppo-hard", &|a, b| {
                let (won, lost) = (a - 0.5 / beta, b + 0.5 / beta);
                (won * won + lost * lost, 2.0 * won, 2.0 * lost)
            }),
            Self::ApoZero {} => ratios("apo-zero", &|a, b| {
                let (a, b) = (beta * a, beta * b);
                (math::sigmoid(-a) + math::sigmoid(b), -beta * bell(a), beta * bell(b))
            }),
            Self::ApoDown {} => ratios("apo-down", &|a, b| {
                let margin = beta * (a - b);
                let loss = math::sigmoid(beta * a) + math::sigmoid(-margin);
                (loss, beta * (bell(beta * a) - bell(margin)), beta * bell(margin))
            }),
            Self::Aot { smoothing } => aot::paired(batch, beta, smoothing),
            Self::AotUnpaired { smoothing } => aot::unpaired(batch, beta, smoothing),
            Self::Sft {} => {
                let (lengths, _) =
                    batch.lengths.ok_or(ObjectiveError::Missing { objective: "sft", what: "lengths" })?;
                let pairs = batch.chosen.len();
                let slope = -(pairs as f64) / lengths.iter().sum::<usize>() as f64;
                let losses = batch.chosen.iter().map(|log_prob| slope * log_prob).collect();
                let slopes = Sides { chosen: vec![slope; pairs], rejected: vec![0.0; pairs] };
                Ok(PairLosses { losses, slopes })
            }
            Self::Simpo { target_margin } => {
                let scale = batch.inverse_lengths("simpo")?;
                Ok(each(&scale, &|i| {
                    let (w, l) = (scale.chosen[i], scale.rejected[i]);
                    let z = beta * (w * batch.chosen[i] - l * batch.rejected[i]) - target_margin;
                    let (loss, slope) = logistic(z, 0.0);
                    (loss, beta * w * slope, -beta * l * slope)
                }))
            }
            Self::Orpo {} => {
                let scale = batch.inverse_lengths("orpo")?;
                Ok(each(&scale, &|i| {
                    let (w, l) = (scale.chosen[i], scale.rejected[i]);
                    let (x, y) = (w * batch.chosen[i], l * batch.rejected[i]);
                    // log-odds, and its derivative 1/(1 − e^x).
                    let odds = |x: f64| (x - math::log(-libm::expm1(x)), -1.0 / libm::expm1(x));
                    let ((odds_w, slope_w), (odds_l, slope_l)) = (odds(x), odds(y));
                    let (loss, slope) = logistic(odds_w - odds_l, 0.0);
                    (beta * loss - x, w * (beta * slope * slope_w - 1.0), -l * beta * slope * slope_l)
                }))
            }
        }
    }
}

/// `σ(x) σ(−x)`: the derivative of `σ`.
fn bell(x: f64) -> f64 {
    math::sigmoid(x) * math::sigmoid(-x)
}

/// A loss per pair: `f(i)` is the loss and its derivatives by the chosen and the rejected log-probability.
fn each(shape: &Sides, f: &dyn Fn(usize) -> (f64, f64, f64)) -> PairLosses {
    let pairs = shape.chosen.len();
    let mut out = PairLosses::zeros(pairs);
    for i in 0..pairs {
        (out.losses[i], out.slopes.chosen[i], out.slopes.rejected[i]) = f(i);
    }
    out
}

/// Margin losses of scaled scores.
fn margins(u: &Sides, scale: &Sides, loss: MarginLoss, divergence: Divergence, beta: f64) -> PairLosses {
    each(u, &|i| {
        let (won, by_won) = divergence.score(u.chosen[i]);
        let (lost, by_lost) = divergence.score(u.rejected[i]);
        let (won, by_won) = (won * scale.chosen[i], by_won * scale.chosen[i]);
        let (lost, by_lost) = (lost * scale.rejected[i], by_lost * scale.rejected[i]);
        let (loss, slope) = loss.at(beta * (won - lost), beta);
        (loss, beta * slope * by_won, -beta * slope * by_lost)
    })
}

impl PairLosses {
    pub(crate) fn zeros(pairs: usize) -> Self {
        Self { losses: vec![0.0; pairs], slopes: Sides::of(0.0, pairs) }
    }
}
