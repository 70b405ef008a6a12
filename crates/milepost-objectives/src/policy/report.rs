//! What a policy objective tells about a batch.

use super::token_loss::{Side, TokenLoss};

/// Ratios outside the range of the surrogate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outside {
    /// Below the range.
    pub below: usize,
    /// Above it.
    pub above: usize,
}

impl Outside {
    fn count(&mut self, side: Side) {
        match side {
            Side::Inside => {}
            Side::Below => self.below += 1,
            Side::Above => self.above += 1,
        }
    }

    fn add(&mut self, other: Self) {
        self.below += other.below;
        self.above += other.above;
    }
}

/// The loss of a batch, and counts and sums over its policy tokens. Reports of micro-batches add up (`+=`) to
/// the report of their mini-batch; only then divide.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PolicyReport {
    /// What was minimised: policy loss plus `β` times divergence.
    pub loss: f64,
    /// The surrogate's part.
    pub policy_loss: f64,
    /// The divergence's part, `β` included.
    pub kl_loss: f64,
    /// Policy tokens.
    pub tokens: usize,
    /// Sequences with at least one.
    pub sequences: usize,
    /// Ratios outside the range where `A > 0`.
    pub positive: Outside,
    /// Where `A = 0`.
    pub zero: Outside,
    /// Where `A < 0`.
    pub negative: Outside,
    /// Tokens at which a second bound decided: the dual clip or a cap; the penalised tokens of
    /// [`KlCov`](crate::KlCov).
    pub capped: usize,
    /// Tokens whose log-ratio is at a bound of [`LogRatio`](crate::LogRatio).
    pub bounded: usize,
    /// `Σ (ℓ − ℓ_old)`.
    pub log_ratio_sum: f64,
    /// `Σ ∣ℓ − ℓ_old∣`.
    pub abs_log_ratio_sum: f64,
    /// `Σ (e^δ − 1 − δ)`, `δ = ℓ − ℓ_old` in ±20.
    pub k3_sum: f64,
    /// Sum of the factors on the advantages: ratios, or what stands for them.
    pub weight_sum: f64,
    /// Sum of the divergence estimates, without `β`.
    pub kl_sum: f64,
}

impl PolicyReport {
    /// Share of the tokens whose ratio is outside the range on the side to which their advantage pushes, so
    /// that a clip takes their gradient.
    #[must_use]
    pub fn clip_fraction(&self) -> f64 {
        self.mean((self.positive.above + self.negative.below) as f64)
    }

    /// Share of the tokens whose ratio is outside the range on either side.
    #[must_use]
    pub fn outside_fraction(&self) -> f64 {
        let all = [self.positive, self.zero, self.negative];
        self.mean(all.iter().map(|outside| outside.below + outside.above).sum::<usize>() as f64)
    }

    /// Share of the tokens at which a second bound decided, the dual clip for one.
    #[must_use]
    pub fn capped_fraction(&self) -> f64 {
        self.mean(self.capped as f64)
    }

    /// k1 estimate of `KL(π_old ‖ π)`: `mean(ℓ_old − ℓ)`; may be negative.
    #[must_use]
    pub fn approx_kl(&self) -> f64 {
        -self.mean(self.log_ratio_sum)
    }

    /// k3 estimate of `KL(π_old ‖ π)`: `mean(w − 1 − log w) ≥ 0`.
    #[must_use]
    pub fn approx_kl_k3(&self) -> f64 {
        self.mean(self.k3_sum)
    }

    /// Mean factor on the advantage.
    #[must_use]
    pub fn mean_weight(&self) -> f64 {
        self.mean(self.weight_sum)
    }

    /// Mean divergence estimate per token.
    #[must_use]
    pub fn mean_kl(&self) -> f64 {
        self.mean(self.kl_sum)
    }

    /// The numbers a run record keeps, with their usual names.
    #[must_use]
    pub fn metrics(&self) -> [(&'static str, f64); 8] {
        [
            ("loss", self.loss),
            ("policy_loss", self.policy_loss),
            ("kl_loss", self.kl_loss),
            ("clip_fraction", self.clip_fraction()),
            ("capped_fraction", self.capped_fraction()),
            ("approx_kl", self.approx_kl_k3()),
            ("mean_weight", self.mean_weight()),
            ("mean_kl", self.mean_kl()),
        ]
    }

    /// Takes in one token.
    pub(crate) fn count(&mut self, token: &TokenLoss, advantage: f64, log_ratio: f64, bounded: bool) {
        self.tokens += 1;
        if advantage > 0.0 {
            self.positive.count(token.side);
        } else if advantage < 0.0 {
            self.negative.count(token.side);
        } else {
            self.zero.count(token.side);
        }
        self.capped += usize::from(token.capped);
        self.bounded += usize::from(bounded);
        self.log_ratio_sum += log_ratio;
        self.abs_log_ratio_sum += log_ratio.abs();
        let delta = log_ratio.clamp(-20.0, 20.0);
        self.k3_sum += libm::expm1(delta) - delta;
        self.weight_sum += token.weight;
    }

    /// `sum` per token; 0 of nothing.
    fn mean(&self, sum: f64) -> f64 {
        if self.tokens == 0 { 0.0 } else { sum / self.tokens as f64 }
    }
}

impl std::ops::AddAssign for PolicyReport {
    fn add_assign(&mut self, other: Self) {
        self.loss += other.loss;
        self.policy_loss += other.policy_loss;
        self.kl_loss += other.kl_loss;
        self.tokens += other.tokens;
        self.sequences += other.sequences;
        self.positive.add(other.positive);
        self.zero.add(other.zero);
        self.negative.add(other.negative);
        self.capped += other.capped;
        self.bounded += other.bounded;
        self.log_ratio_sum += other.log_ratio_sum;
        self.abs_log_ratio_sum += other.abs_log_ratio_sum;
        self.k3_sum += other.k3_sum;
        self.weight_sum += other.weight_sum;
        self.kl_sum += other.kl_sum;
    }
}
