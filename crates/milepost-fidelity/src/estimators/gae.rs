use milepost_credit::CreditError;

use super::Critic;
use super::value_rule::{ValueRule, fields_of_a_value_rule};

/// Generalised advantage estimation: `ĉ_t = Σ_l (γλ)^l δ_{t+l}`, `δ_t = r_t + γ V̂_{t+1} − V̂_t`.
///
/// Source: arXiv 1506.02438; the credit of PPO, ArCHer, AgentPRM; with a critic that sees the hidden state,
/// SWEET-RL. Identities with the exact critic and `γ = 1`: `λ = 0` gives `A_t + L_t`, `λ = 1` gives
/// `G_t − V_t`. Known failure: errors of the critic are credit.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Gae {
    /// Discount, in `[0, 1]`.
    pub gamma: f64,
    /// Trace decay, in `[0, 1]`.
    pub lambda: f64,
    /// The values.
    pub critic: Critic,
}

impl ValueRule for Gae {
    fields_of_a_value_rule!();

    fn title(&self) -> String {
        format!("gae(gamma={},lambda={}", self.gamma, self.lambda)
    }

    fn rule(
        &self,
        horizon: usize,
    ) -> impl FnMut(&[f64], &[f64], &mut [f64]) -> Result<(), CreditError> + use<'_> {
        let rule = milepost_credit::Gae { gamma: self.gamma, lambda: self.lambda };
        let mut targets = vec![0.0; horizon];
        move |rewards, values, out| rule.assign(rewards, values, 0.0, out, &mut targets[..rewards.len()])
    }
}
