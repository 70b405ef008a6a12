//! The loss of one token and its partial derivatives.

/// Where a ratio stands relative to the range of a surrogate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Side {
    /// Within the range, or there is none.
    #[default]
    Inside,
    /// Below it.
    Below,
    /// Above it.
    Above,
}

impl Side {
    /// Where `value` stands relative to `[low, high]`.
    pub(crate) fn of(value: f64, low: f64, high: f64) -> Self {
        if value < low {
            Self::Below
        } else if value > high {
            Self::Above
        } else {
            Self::Inside
        }
    }
}

/// `l(u, ℓ)` at one token; everything else is a constant.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct TokenLoss {
    /// The loss.
    pub loss: f64,
    /// `∂l/∂u`, `u` the log-ratio.
    pub by_log_ratio: f64,
    /// `∂l/∂ℓ` beside the path through `u`.
    pub by_log_prob: f64,
    /// The factor on the advantage: the ratio, or what stands for it.
    pub weight: f64,
    /// Where the ratio stands.
    pub side: Side,
    /// A second bound decided: the dual clip or a cap.
    pub capped: bool,
}

impl TokenLoss {
    /// Multiplies loss and derivatives by a constant.
    pub(crate) fn scale(&mut self, factor: f64) {
        self.loss *= factor;
        self.by_log_ratio *= factor;
        self.by_log_prob *= factor;
    }
}
