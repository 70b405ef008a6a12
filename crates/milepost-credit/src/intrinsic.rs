//! Rewards that a policy gives itself: four of them under one formula.

use crate::{CreditError, check};

/// What `ln 0` counts as: log-probabilities below are raised to it.
pub const LEAST_LOG_PROBABILITY: f64 = -20.0;

/// The distribution `q` that the policy's `π` is held against at each position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CrossEntropyTarget {
    /// The policy itself: the cross entropy is its entropy.
    Policy,
    /// All tokens alike.
    Uniform,
    /// The token that was drawn.
    Drawn,
}

/// An intrinsic reward of a response, `r = ψ((σ/|I|) Σ_{i∈I} H(q_i, π_i))`, where `i` ranges over the positions of the
/// response and `H(q, π) = −Σ_v q(v) ln π(v)` in nats.
///
/// | constant | `q` | `σ` | `1/|I|` | `ψ` | equals |
/// |---|---|---|---|---|---|
/// | [`TOKEN_ENTROPY`](Self::TOKEN_ENTROPY) | `π` | − | yes | identity | minus the mean entropy, in `[−ln V, 0]` |
/// | [`SELF_CERTAINTY`](Self::SELF_CERTAINTY) | uniform | + | yes | identity | mean `KL(U‖π) + ln V` |
/// | [`TRAJECTORY_ENTROPY`](Self::TRAJECTORY_ENTROPY) | drawn token | − | yes | identity | mean `ln π(y_t)`, at most 0 |
/// | [`PROBABILITY`](Self::PROBABILITY) | drawn token | − | no | exp | `Π_t π(y_t)`, in `(0, 1]` |
///
/// The fifth intrinsic reward, the vote of a group, is [`crate::majority_vote`].
///
/// Source: "How far can unsupervised RLVR scale LLM training?", arXiv 2603.08660. Identity: all sharpen the policy
/// that gives them ([`crate::kl_optimum`]). Known failures: confident errors are paid like confident truths, so
/// accuracy rises and then falls; the probability of short responses is higher, so length collapses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IntrinsicReward {
    /// `q`.
    pub target: CrossEntropyTarget,
    /// `σ`, 1 or −1.
    pub sign: f64,
    /// Whether the sum is divided by the number of positions.
    pub mean: bool,
    /// Whether `ψ` is the exponential function; else the identity.
    pub exponential: bool,
}

impl IntrinsicReward {
    /// Minus the mean entropy of the next-token distributions.
    pub const TOKEN_ENTROPY: Self =
        Self { target: CrossEntropyTarget::Policy, sign: -1.0, mean: true, exponential: false };
    /// How far the next-token distributions are from uniform, by the divergence that minds the unlikely tokens.
    pub const SELF_CERTAINTY: Self =
        Self { target: CrossEntropyTarget::Uniform, sign: 1.0, mean: true, exponential: false };
    /// The mean log-probability of the response's tokens.
    pub const TRAJECTORY_ENTROPY: Self =
        Self { target: CrossEntropyTarget::Drawn, sign: -1.0, mean: true, exponential: false };
    /// The probability of the response.
    pub const PROBABILITY: Self =
        Self { target: CrossEntropyTarget::Drawn, sign: -1.0, mean: false, exponential: true };

    /// `H(q, π)` at one position. `log_probs` are those of the tokens that could be drawn, `[V]`, and `drawn` is the
    /// place among them of the one that was; each is raised to [`LEAST_LOG_PROBABILITY`] at least.
    ///
    /// # Errors
    /// No token, a NaN or positive infinity, `drawn` out of range.
    pub fn cross_entropy(self, log_probs: &[f64], drawn: usize) -> Result<f64, CreditError> {
        check::non_empty("log_probs", log_probs)?;
        if let Some(index) = log_probs.iter().position(|p| p.is_nan() || *p == f64::INFINITY) {
            return Err(CreditError::NotFinite { what: "log_probs", index, value: log_probs[index] });
        }
        let len = log_probs.len();
        let taken = log_probs.get(drawn).ok_or(CreditError::IndexOutOfRange {
            what: "drawn",
            position: 0,
            index: drawn,
            len,
        })?;
        let clamped = |p: f64| p.max(LEAST_LOG_PROBABILITY);
        Ok(match self.target {
            CrossEntropyTarget::Policy => -log_probs.iter().map(|p| libm::exp(*p) * clamped(*p)).sum::<f64>(),
            CrossEntropyTarget::Uniform => -log_probs.iter().map(|p| clamped(*p)).sum::<f64>() / len as f64,
            CrossEntropyTarget::Drawn => -clamped(*taken),
        })
    }

    /// `ψ((σ/|I|) Σ H)` of a response's cross entropies; `None` for a response without tokens, whose reward is up to
    /// its group ([`least_for_missing`]).
    #[must_use]
    pub fn reward(self, cross_entropies: &[f64]) -> Option<f64> {
        if cross_entropies.is_empty() {
            return None;
        }
        let sum: f64 = cross_entropies.iter().sum();
        let inner = self.sign * if self.mean { sum / cross_entropies.len() as f64 } else { sum };
        Some(if self.exponential { libm::exp(inner) } else { inner })
    }
}

/// Gives the members of a group that have no reward (responses without tokens) the least of those that have one.
/// Returns how many there were. A group in which nobody has a reward stays without.
pub fn least_for_missing(rewards: &mut [Option<f64>]) -> usize {
    let least = rewards.iter().flatten().copied().reduce(f64::min);
    let missing = rewards.iter_mut().filter(|reward| reward.is_none());
    missing.map(|reward| *reward = least).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [IntrinsicReward; 4] = [
        IntrinsicReward::TOKEN_ENTROPY,
        IntrinsicReward::SELF_CERTAINTY,
        IntrinsicReward::TRAJECTORY_ENTROPY,
        IntrinsicReward::PROBABILITY,
    ];

    fn log_softmax(logits: &[f64]) -> Vec<f64> {
        let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logits.iter().map(|x| libm::exp(x - most)).sum();
        logits.iter().map(|x| x - most - libm::log(sum)).collect()
    }

    /// Responses: for each position the logits over five tokens and the one drawn.
    fn response() -> impl Strategy<Value = Vec<(Vec<f64>, usize)>> {
        prop::collection::vec((prop::collection::vec(-4.0..4.0, 5), 0..5_usize), 1..8)
    }

    fn unified(reward: IntrinsicReward, response: &[(Vec<f64>, usize)]) -> f64 {
        let entropies: Vec<f64> = response
            .iter()
            .map(|(logits, drawn)| reward.cross_entropy(&log_softmax(logits), *drawn).expect("valid"))
            .collect();
        reward.reward(&entropies).expect("not empty")
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * (1.0 + a.abs())
    }

    proptest! {
        #[test]
        fn the_formula_reproduces_each_special_case(response in response()) {
            let n = response.len() as f64;
            let (mut entropy, mut divergence, mut likelihood) = (0.0, 0.0, 0.0);
            for (logits, drawn) in &response {
                let p: Vec<f64> = log_softmax(logits).iter().map(|x| libm::exp(*x)).collect();
                entropy -= p.iter().map(|p| p * libm::log(*p)).sum::<f64>() / n;
                divergence += p.iter().map(|p| 0.2 * libm::log(0.2 / p)).sum::<f64>() / n;
                likelihood += libm::log(p[*drawn]);
            }
            prop_assert!(close(unified(IntrinsicReward::TOKEN_ENTROPY, &response), -entropy));
            prop_assert!(close(unified(IntrinsicReward::SELF_CERTAINTY, &response), divergence + libm::log(5.0)));
            prop_assert!(close(unified(IntrinsicReward::TRAJECTORY_ENTROPY, &response), likelihood / n));
            prop_assert!(close(unified(IntrinsicReward::PROBABILITY, &response), libm::exp(likelihood)));
        }

        #[test]
        fn rewards_keep_their_ranges(response in response()) {
            let token = unified(IntrinsicReward::TOKEN_ENTROPY, &response);
            prop_assert!((-libm::log(5.0) - 1e-9..=1e-9).contains(&token));
            let trajectory = unified(IntrinsicReward::TRAJECTORY_ENTROPY, &response);
            prop_assert!(trajectory <= 0.0);
            let probability = unified(IntrinsicReward::PROBABILITY, &response);
            prop_assert!(probability > 0.0 && probability <= 1.0);
            prop_assert!(close(probability, libm::exp(trajectory * response.len() as f64)));
            prop_assert!(unified(IntrinsicReward::SELF_CERTAINTY, &response) >= libm::log(5.0) - 1e-9);
        }

        #[test]
        fn renaming_the_other_tokens_changes_nothing(response in response(), shift in 0..5_usize) {
            let mut renamed = response.clone();
            for (logits, drawn) in &mut renamed {
                logits.rotate_left(shift);
                *drawn = (*drawn + 5 - shift) % 5;
            }
            for reward in ALL {
                prop_assert!(close(unified(reward, &response), unified(reward, &renamed)));
            }
        }
    }

    #[test]
    fn impossible_tokens_count_as_minus_twenty() {
        let certain = [0.0, f64::NEG_INFINITY];
        let at = |reward: IntrinsicReward, drawn| reward.cross_entropy(&certain, drawn).expect("valid");
        assert_eq!(at(IntrinsicReward::TOKEN_ENTROPY, 0), 0.0);
        assert_eq!(at(IntrinsicReward::SELF_CERTAINTY, 0), 10.0);
        assert_eq!(at(IntrinsicReward::PROBABILITY, 1), 20.0);
    }

    #[test]
    fn a_response_without_tokens_gets_the_least_of_its_group() {
        assert_eq!(IntrinsicReward::PROBABILITY.reward(&[]), None);
        let mut group = [Some(2.0), None, Some(-1.0)];
        assert_eq!(least_for_missing(&mut group), 1);
        assert_eq!(group, [Some(2.0), Some(-1.0), Some(-1.0)]);
        let mut nobody = [None, None];
        assert_eq!(least_for_missing(&mut nobody), 2);
        assert_eq!(nobody, [None, None]);
    }

    #[test]
    fn bad_distributions_are_refused_by_name() {
        let reward = IntrinsicReward::TOKEN_ENTROPY;
        assert!(matches!(reward.cross_entropy(&[], 0), Err(CreditError::Empty { what: "log_probs" })));
        let nan = reward.cross_entropy(&[-0.1, f64::NAN], 0);
        assert!(matches!(nan, Err(CreditError::NotFinite { what: "log_probs", index: 1, .. })));
        let out = reward.cross_entropy(&[0.0], 3);
        assert!(matches!(out, Err(CreditError::IndexOutOfRange { what: "drawn", index: 3, len: 1, .. })));
    }
}
