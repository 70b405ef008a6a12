//! The surrogates: what a token contributes to the policy loss.

mod cispo;
mod clip;
mod dppo;
mod dro;
mod geometric_mean;
mod kl_cov;
mod regression;
mod sapo;
mod vespo;

pub use cispo::Cispo;
pub use clip::Clip;
pub use dppo::{BinaryDivergence, Dppo};
pub use dro::Dro;
pub use geometric_mean::GeometricMean;
pub use kl_cov::KlCov;
pub use regression::{Regression, log_partition};
pub use sapo::Sapo;
pub use vespo::{GammaWeight, Vespo};

use kl_cov::importance_weighted;
use serde::{Deserialize, Serialize};

use super::TokenBatch;
use super::token_loss::TokenLoss;
use crate::ObjectiveError;

/// The policy loss of a token, to be minimised. `ℓ` is its log-probability, `u` the log-ratio in the unit of
/// the objective, `w = e^u`, `A` its advantage; `sg` holds its argument constant.
///
/// | surrogate | loss | derivative through `u` | through `ℓ` |
/// |---|---|---|---|
/// | [`PolicyGradient`](Self::PolicyGradient) | `−A ℓ` | | `−A` |
/// | [`ImportanceWeighted`](Self::ImportanceWeighted) | `−A w` | `−A w` | |
/// | [`Clip`](Self::Clip) | `max(−A w, −A clip(w))` | `−A w`, or 0 | |
/// | [`Cispo`](Self::Cispo) | `−sg[clip(w)] A ℓ` | | `−clip(w) A` |
/// | [`Sapo`](Self::Sapo) | `−(4/τ) σ(τ(w − 1)) A` | `−4 σ(1 − σ) w A` | |
/// | [`GeometricMean`](Self::GeometricMean) | `−Ā exp(mean δ̃)` | | its loss `/n`, or 0 |
/// | [`Dro`](Self::Dro) | `−A ℓ + (β/2) u²` | `β u` | `−A` |
/// | [`Dppo`](Self::Dppo) | `−sg[min(w, c)] A ℓ`, or 0 | | `−min(w, c) A`, or 0 |
/// | [`KlCov`](Self::KlCov) | `−A w`, plus `c ∣u∣` on some tokens | `−A w + c sign u` | |
/// | [`Vespo`](Self::Vespo) | `−sg[φ(w_i)] A ℓ` | | `−φ(w_i) A` |
/// | [`Regression`](Self::Regression) | `(β u − A)²` | `2 β (β u − A)` | |
///
/// All but the last have the gradient `−A` at `π = π_old`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Surrogate {
    /// `−A ℓ`: REINFORCE (Williams 1992); GPG's loss. The old policy does not enter.
    PolicyGradient {},
    /// `−A w`, unclipped.
    ImportanceWeighted {},
    /// A clipped ratio.
    Clip(Clip),
    /// A truncated importance weight.
    Cispo(Cispo),
    /// A soft gate.
    Sapo(Sapo),
    /// A geometric mean of clipped ratios.
    GeometricMean(GeometricMean),
    /// A quadratic penalty on the log-ratio.
    Dro(Dro),
    /// A trust region on the probability.
    Dppo(Dppo),
    /// A penalty on the tokens of largest covariance.
    KlCov(KlCov),
    /// A gamma-shaped sequence weight.
    Vespo(Vespo),
    /// Squared log-ratio regression.
    Regression(Regression),
}

impl Surrogate {
    /// # Errors
    /// The first parameter outside its domain.
    pub fn validate(&self) -> Result<(), ObjectiveError> {
        match self {
            Self::PolicyGradient {} | Self::ImportanceWeighted {} => Ok(()),
            Self::Clip(clip) => clip.validate(),
            Self::Cispo(cispo) => cispo.validate(),
            Self::Sapo(sapo) => sapo.validate(),
            Self::GeometricMean(mean) => mean.validate(),
            Self::Dro(dro) => dro.validate(),
            Self::Dppo(dppo) => dppo.validate(),
            Self::KlCov(kl_cov) => kl_cov.validate(),
            Self::Vespo(vespo) => vespo.validate(),
            Self::Regression(regression) => regression.validate(),
        }
    }

    /// The loss at every position, with the batch's correction applied. Positions of others keep zeros.
    pub(crate) fn losses(&self, batch: &TokenBatch<'_>, u: &[f64]) -> Vec<TokenLoss> {
        let (l, old, a) = (batch.log_probs, batch.old_log_probs, batch.advantages);
        let each = |token: &dyn Fn(usize) -> TokenLoss| -> Vec<TokenLoss> {
            let at = |i| if batch.is_policy(i) { token(i) } else { TokenLoss::default() };
            (0..u.len()).map(at).collect()
        };
        let mut losses = match self {
            Self::PolicyGradient {} => each(&|i| policy_gradient(l[i], a[i])),
            Self::ImportanceWeighted {} => each(&|i| importance_weighted(u[i], a[i])),
            Self::Clip(clip) => each(&|i| clip.token(u[i], a[i])),
            Self::Cispo(cispo) => each(&|i| cispo.token(u[i], l[i], a[i])),
            Self::Sapo(sapo) => each(&|i| sapo.token(u[i], a[i])),
            Self::Dro(dro) => each(&|i| dro.token(u[i], l[i], a[i])),
            Self::Dppo(dppo) => each(&|i| dppo.token(u[i], l[i], old[i], a[i])),
            Self::Regression(regression) => each(&|i| regression.token(u[i], a[i])),
            Self::KlCov(kl_cov) => kl_cov.losses(batch, u),
            // These place the correction inside their sequence weight.
            Self::GeometricMean(mean) => return mean.losses(batch),
            Self::Vespo(vespo) => return vespo.losses(batch),
        };
        if let Some(correction) = batch.correction {
            for index in (0..u.len()).filter(|&index| batch.is_policy(index)) {
                losses[index].scale(correction[index]);
            }
        }
        losses
    }
}

/// `l = −A ℓ`.
fn policy_gradient(log_prob: f64, advantage: f64) -> TokenLoss {
    let loss = -advantage * log_prob;
    TokenLoss { loss, by_log_prob: -advantage, weight: 1.0, ..TokenLoss::default() }
}
