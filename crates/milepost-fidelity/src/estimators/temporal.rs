//! Rules of a critic besides GAE: n-step, TD(λ), V-trace, doubly robust.

use milepost_credit::{CreditError, Lambda, OffPolicy, n_step_returns, td_lambda_errors};

use super::Critic;
use super::value_rule::{ValueRule, fields_of_a_value_rule};

/// n-step advantage: `ĉ_t = Σ_{k<n} γ^k r_{t+k} + γ^n V̂_{t+n} − V̂_t`; what would follow the end is 0.
///
/// Source: Sutton and Barto 2018, section 7.1. Identities: `n = 1` is GAE with `λ = 0`, `n ≥ H` is GAE with
/// `λ = 1`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NStep {
    /// Steps until the critic is asked, at least 1.
    pub n: usize,
    /// Discount, in `[0, 1]`.
    pub gamma: f64,
    /// The values.
    pub critic: Critic,
}

impl ValueRule for NStep {
    fields_of_a_value_rule!();

    fn title(&self) -> String {
        format!("n-step(n={},gamma={}", self.n, self.gamma)
    }

    fn rule(
        &self,
        horizon: usize,
    ) -> impl FnMut(&[f64], &[f64], &mut [f64]) -> Result<(), CreditError> + use<'_> {
        let (mut discounts, mut next) = (Discounts::new(self.gamma, horizon), Vec::with_capacity(horizon));
        move |rewards, values, out| {
            next.clear();
            next.extend_from_slice(&values[1..]);
            next.push(0.0);
            n_step_returns(rewards, discounts.of(rewards.len()), &next, self.n, out)?;
            for (out, value) in out.iter_mut().zip(values) {
                *out -= value;
            }
            Ok(())
        }
    }
}

/// TD(λ) errors in the forward view, `ĉ_t = G^λ_t − V̂_t`.
///
/// Source: Sutton and Barto 2018, section 12.1. Identity: it is GAE, by another route.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TdLambda {
    /// Discount, in `[0, 1]`.
    pub gamma: f64,
    /// Trace decay, in `[0, 1]`.
    pub lambda: f64,
    /// The values.
    pub critic: Critic,
}

impl ValueRule for TdLambda {
    fields_of_a_value_rule!();

    fn title(&self) -> String {
        format!("td-lambda(gamma={},lambda={}", self.gamma, self.lambda)
    }

    fn rule(
        &self,
        horizon: usize,
    ) -> impl FnMut(&[f64], &[f64], &mut [f64]) -> Result<(), CreditError> + use<'_> {
        let (mut discounts, mut padded) =
            (Discounts::new(self.gamma, horizon), Vec::with_capacity(horizon + 1));
        let lambda = Lambda::Constant(self.lambda);
        move |rewards, values, out| {
            td_lambda_errors(
                rewards,
                discounts.of(rewards.len()),
                bootstrapped(values, &mut padded),
                lambda,
                out,
            )
        }
    }
}

/// V-trace advantages of episodes that the policy itself drew, so that all importance ratios are 1.
///
/// Source: arXiv 1802.01561. Identity: on-policy it is GAE with the same `λ`, unless a bound is below 1.
/// Known failure: a bound below 1 shrinks the credit.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VTrace {
    /// Discount, in `[0, 1]`.
    pub gamma: f64,
    /// Trace decay, in `[0, 1]`.
    pub lambda: f64,
    /// Bound of the ratio in the temporal difference.
    pub clip_rho: f64,
    /// Bound of the ratio in the advantage.
    pub clip_pg_rho: f64,
    /// The values.
    pub critic: Critic,
}

impl ValueRule for VTrace {
    fields_of_a_value_rule!();

    fn title(&self) -> String {
        let Self { gamma, lambda, clip_rho, clip_pg_rho, .. } = self;
        format!("v-trace(gamma={gamma},lambda={lambda},rho={clip_rho},pg-rho={clip_pg_rho}")
    }

    fn rule(
        &self,
        horizon: usize,
    ) -> impl FnMut(&[f64], &[f64], &mut [f64]) -> Result<(), CreditError> + use<'_> {
        let rule = milepost_credit::VTrace {
            lambda: Lambda::Constant(self.lambda),
            clip_rho: self.clip_rho,
            clip_pg_rho: self.clip_pg_rho,
            leak: 1.0,
        };
        let (mut discounts, mut ones) = (Discounts::new(self.gamma, horizon), Discounts::new(1.0, horizon));
        let mut padded = Vec::with_capacity(horizon + 1);
        let (mut errors, mut q) = (vec![0.0; horizon], vec![0.0; horizon]);
        move |rewards, values, out| {
            let steps = rewards.len();
            let trajectory = OffPolicy {
                rewards,
                discounts: discounts.of(steps),
                values: bootstrapped(values, &mut padded),
                ratios: ones.of(steps),
            };
            rule.advantages(&trajectory, &mut errors[..steps], &mut q[..steps], out)
        }
    }
}

/// `ĉ_t = λ [r_t + γ V̂_{t+1} − V̂_t] + (1 − λ) [G_t − V̂_t]`, without shaping.
///
/// Source: the doubly robust critic of MiRA, arXiv 2603.19685. Identities: `λ = 0` is GAE with `λ = 1`,
/// `λ = 1` is GAE with `λ = 0`. Known failure: an error of the critic stays in, in proportion to `λ`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DoublyRobust {
    /// Discount, in `[0, 1]`.
    pub gamma: f64,
    /// Weight of the temporal difference, in `[0, 1]`.
    pub lambda: f64,
    /// The values.
    pub critic: Critic,
}

impl ValueRule for DoublyRobust {
    fields_of_a_value_rule!();

    fn title(&self) -> String {
        format!("doubly-robust(gamma={},lambda={}", self.gamma, self.lambda)
    }

    fn rule(&self, _: usize) -> impl FnMut(&[f64], &[f64], &mut [f64]) -> Result<(), CreditError> + use<'_> {
        let rule = milepost_credit::DoublyRobust { gamma: self.gamma, lambda: self.lambda };
        move |rewards, values, out| rule.assign(rewards, rewards, values, 0.0, out)
    }
}

/// One discount for every step. Nothing follows the end, so it needs no 0 there: the bootstrap is 0.
struct Discounts(Vec<f64>);

impl Discounts {
    fn new(gamma: f64, horizon: usize) -> Self {
        Self(vec![gamma; horizon])
    }

    fn of(&mut self, steps: usize) -> &[f64] {
        &self.0[..steps]
    }
}

/// The values and the 0 after the end.
fn bootstrapped<'a>(values: &[f64], padded: &'a mut Vec<f64>) -> &'a [f64] {
    padded.clear();
    padded.extend_from_slice(values);
    padded.push(0.0);
    padded
}
