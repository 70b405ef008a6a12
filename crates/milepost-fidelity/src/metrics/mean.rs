use serde::{Deserialize, Serialize};

/// A mean over the cases in which a quantity exists.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Defined {
    sum: f64,
    cases: u64,
    undefined: u64,
}

/// The result of a [`Defined`] mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DefinedMean {
    /// The mean; `None` if the quantity existed nowhere.
    pub value: Option<f64>,
    /// Cases in which it existed.
    pub defined: u64,
    /// Cases in which it did not.
    pub undefined: u64,
}

impl Defined {
    /// Adds a case.
    pub fn push(&mut self, value: Option<f64>) {
        match value {
            Some(value) => {
                self.sum += value;
                self.cases += 1;
            }
            None => self.undefined += 1,
        }
    }

    /// The mean so far.
    pub fn finish(self) -> DefinedMean {
        let Self { sum, cases, undefined } = self;
        DefinedMean { value: ratio(sum, cases as f64), defined: cases, undefined }
    }
}

impl DefinedMean {
    /// Share of the cases in which the quantity did not exist; `None` if there was no case.
    pub fn undefined_share(&self) -> Option<f64> {
        ratio(self.undefined as f64, (self.defined + self.undefined) as f64)
    }
}

/// `numerator / denominator`; `None` if the denominator is 0.
pub(crate) fn ratio(numerator: f64, denominator: f64) -> Option<f64> {
    (denominator != 0.0).then(|| numerator / denominator)
}
