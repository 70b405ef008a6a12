use milepost_core::Stream;
use serde::{Deserialize, Serialize};

use super::{Answer, Biases, Oracle, Query};
use crate::math::sigmoid;
use crate::{Label, PreferenceError, error};

/// How a teacher chooses between two utilities.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Rationality {
    /// The larger utility wins; equal ones are a tie.
    #[default]
    Exact,
    /// The first wins with probability `σ(β (U₁ − U₂))`.
    Boltzmann {
        /// `β ≥ 0`; a coin at 0.
        beta: f64,
    },
}

/// B-Pref's synthetic teacher (Lee et al. 2021), in the order of its released code:
///
/// 1. *skip* if `max(R₁, R₂) ≤ skip`, `R = Σ r_t`;
/// 2. mark *equal* if `|R₁ − R₂| < equal`;
/// 3. *utility* `U = Σ_t γ^{H−t} r_t`, `t = 1..H`, not normalised: late steps weigh more;
/// 4. *choose*: [`Rationality`];
/// 5. *mistake*: turn the label round with probability `mistake`;
/// 6. what was marked equal is a tie whatever came after.
///
/// [`Biases`] change the utility in step 3 and the probability in step 5. Two numbers are drawn for every question
/// whatever its answer, so that teachers who differ in one setting see the same luck.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Teacher {
    /// The threshold of step 1; left out, nothing is skipped.
    pub skip: Option<f64>,
    /// The threshold of step 2; 0 marks nothing. Default 0.
    pub equal: f64,
    /// `γ` of step 3, in `(0, 1]`. Default 1.
    pub myopia: f64,
    /// Step 4.
    pub rationality: Rationality,
    /// The probability of step 5. Default 0.
    pub mistake: f64,
    /// What B-Pref does not have.
    pub biases: Biases,
}

impl Default for Teacher {
    /// The oracle: always right.
    fn default() -> Self {
        Self {
            skip: None,
            equal: 0.0,
            myopia: 1.0,
            rationality: Rationality::Exact,
            mistake: 0.0,
            biases: Biases::default(),
        }
    }
}

impl Teacher {
    /// The six teachers of B-Pref by name, with its parameters. `threshold` is that of skipping and of "equal":
    /// [`adaptive_threshold`](super::adaptive_threshold) of 0.1.
    #[must_use]
    pub fn suite(threshold: f64) -> [(&'static str, Self); 6] {
        let oracle = Self::default;
        [
            ("oracle", oracle()),
            ("noisy", Self { rationality: Rationality::Boltzmann { beta: 1.0 }, ..oracle() }),
            ("mistake", Self { mistake: 0.1, ..oracle() }),
            ("skip", Self { skip: Some(threshold), ..oracle() }),
            ("equal", Self { equal: threshold, ..oracle() }),
            ("myopic", Self { myopia: 0.9, ..oracle() }),
        ]
    }

    /// Refuses parameters outside of their domain.
    pub fn validate(&self) -> Result<(), PreferenceError> {
        error::finite("skip", &self.skip.into_iter().collect::<Vec<_>>())?;
        error::not_negative("equal", self.equal)?;
        let myopia = self.myopia > 0.0 && self.myopia <= 1.0;
        error::parameter("myopia", self.myopia, myopia, "in (0, 1]")?;
        if let Rationality::Boltzmann { beta } = self.rationality {
            error::not_negative("beta", beta)?;
        }
        error::probability("mistake", self.mistake)?;
        self.biases.validate()
    }

    /// `Σ_t γ^{H−t} r_t` of the steps that are seen.
    fn utility(&self, rewards: &[f64]) -> f64 {
        let seen = self.biases.seen(rewards);
        let value = seen.iter().fold(0.0, |sum, reward| self.myopia * sum + reward);
        value + self.biases.length * rewards.len() as f64
    }

    fn choose(&self, difference: f64, luck: f64) -> Label {
        match self.rationality {
            Rationality::Exact if difference == 0.0 => Label::TIE,
            Rationality::Exact => Label::Soft(f64::from(u8::from(difference > 0.0))),
            Rationality::Boltzmann { beta } => {
                Label::Soft(f64::from(u8::from(luck < sigmoid(beta * difference))))
            }
        }
    }
}

impl Oracle for Teacher {
    fn answer(&self, query: &Query<'_>, stream: &mut Stream) -> Result<Answer, PreferenceError> {
        self.validate()?;
        let (luck, slip) = (stream.uniform(), stream.uniform());
        let mut tastes = [Vec::new(), Vec::new()];
        for (taste, segment) in tastes.iter_mut().zip([query.first, query.second]) {
            error::not_empty("a segment", segment.rewards)?;
            error::finite("the rewards of a segment", segment.rewards)?;
            *taste = self.biases.taste(&segment, query.asked)?;
        }
        let [first, second] = tastes;
        let returns = [&first, &second].map(|rewards| rewards.iter().sum::<f64>());
        if self.skip.is_some_and(|threshold| returns[0].max(returns[1]) <= threshold) {
            return Ok(Answer { label: Label::Skip, mistaken: false });
        }
        let equal = (returns[0] - returns[1]).abs() < self.equal;
        let difference = self.biases.position + self.utility(&first) - self.utility(&second);
        let chosen = self.choose(difference, luck);
        let mistaken = !equal && slip < self.biases.mistake(query, self.mistake);
        let label = match (equal, mistaken) {
            (true, _) => Label::TIE,
            (false, true) => chosen.swapped(),
            (false, false) => chosen,
        };
        Ok(Answer { label, mistaken })
    }
}
