use milepost_credit::{CreditError, Gae, min_form};

use super::Critic;
use super::value_rule::{ValueRule, fields_of_a_value_rule};

/// The weakest later step: `ĉ_t = min_{k≥t} s_k` with the step scores `s_k = r_k + γ V̂_{k+1} − V̂_k`.
///
/// Source: PURE, arXiv 2504.15275, with the change of a critic as process score. Identity: where no later step
/// scores lower, it is GAE with `λ = 0`. Known failure: one bad step is charged to everything before it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MinForm {
    /// Discount of the step scores, in `[0, 1]`.
    pub gamma: f64,
    /// The values.
    pub critic: Critic,
}

impl ValueRule for MinForm {
    fields_of_a_value_rule!();

    fn title(&self) -> String {
        format!("min-form(gamma={}", self.gamma)
    }

    fn rule(
        &self,
        horizon: usize,
    ) -> impl FnMut(&[f64], &[f64], &mut [f64]) -> Result<(), CreditError> + use<'_> {
        let change = Gae { gamma: self.gamma, lambda: 0.0 };
        let (mut scores, mut targets) = (vec![0.0; horizon], vec![0.0; horizon]);
        move |rewards, values, out| {
            let steps = rewards.len();
            change.assign(rewards, values, 0.0, &mut scores[..steps], &mut targets[..steps])?;
            min_form(&scores[..steps], out)
        }
    }
}
