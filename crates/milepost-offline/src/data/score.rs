use super::DataError;

/// `100 · (J − J_random) / (J_expert − J_random)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NormalizedScore {
    random: f64,
    expert: f64,
}

impl NormalizedScore {
    /// From the mean undiscounted returns of the two references. Undefined if they are equal or not finite.
    pub fn new(random: f64, expert: f64) -> Result<Self, DataError> {
        if random == expert || !random.is_finite() || !expert.is_finite() {
            return Err(DataError::Score { reference: random });
        }
        Ok(Self { random, expert })
    }

    /// The score of a mean return.
    #[must_use]
    pub fn of(&self, mean_return: f64) -> f64 {
        100.0 * (mean_return - self.random) / (self.expert - self.random)
    }
}
