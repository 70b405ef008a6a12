use serde::{Deserialize, Serialize};

use super::Verdict;
use super::mean::ratio;

/// Advantages below this have no sign worth finding.
const SIGNED: f64 = 1e-8;
/// Credit below this is 0: it takes no side, which is a miss.
const ZERO: f64 = 1e-12;

/// Whether credit finds the sign of the advantage.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Signs {
    overall: Tally,
    success: Tally,
    failure: Tally,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Tally {
    right: u64,
    scored: u64,
    excluded: u64,
}

/// Sign accuracy with its counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SignAccuracy {
    /// Share of the scored steps whose credit has the sign of the advantage; credit 0 is a miss.
    pub value: Option<f64>,
    /// Steps with `|A| ≥ 1e−8`.
    pub scored: u64,
    /// Steps without a sign.
    pub excluded: u64,
}

/// What [`Signs`] found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SignScores {
    /// Over all steps.
    pub overall: SignAccuracy,
    /// Over the steps of episodes with `R > V(n_0)`.
    pub success: SignAccuracy,
    /// Over the steps of episodes with `R < V(n_0)`.
    pub failure: SignAccuracy,
}

/// Whether credit has the sign of the truth; `None` if the truth has none.
pub(crate) fn agrees(credit: f64, truth: f64) -> Option<bool> {
    (truth.abs() >= SIGNED).then(|| credit.abs() > ZERO && (credit > 0.0) == (truth > 0.0))
}

impl Tally {
    const fn push(&mut self, agrees: Option<bool>) {
        match agrees {
            Some(right) => {
                self.scored += 1;
                self.right += right as u64;
            }
            None => self.excluded += 1,
        }
    }

    fn finish(self) -> SignAccuracy {
        let value = ratio(self.right as f64, self.scored as f64);
        SignAccuracy { value, scored: self.scored, excluded: self.excluded }
    }
}

impl Signs {
    /// Adds a step of an episode that went as `verdict` says.
    pub fn push(&mut self, credit: f64, truth: f64, verdict: Verdict) {
        let agrees = agrees(credit, truth);
        self.overall.push(agrees);
        match verdict {
            Verdict::Success => self.success.push(agrees),
            Verdict::Failure => self.failure.push(agrees),
            Verdict::Even => {}
        }
    }

    /// The scores so far.
    pub fn finish(self) -> SignScores {
        SignScores {
            overall: self.overall.finish(),
            success: self.success.finish(),
            failure: self.failure.finish(),
        }
    }
}
