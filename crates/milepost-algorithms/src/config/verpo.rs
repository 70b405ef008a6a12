use milepost_credit::{Density, Normalize, TestWeighting, VeRpo};
use serde::{Deserialize, Serialize};

/// VeRPO as an experiment file writes it ([`VeRpo`]; arXiv 2601.03525). The paper does not state its constants: the
/// defaults are ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct VeRpoConfig {
    /// `α`: how much more a rarely passed test weighs. Default 2.
    pub alpha: f64,
    /// Whether tests that are alike share their weight. Without, this is the first version's difficulty alone.
    pub density: bool,
    /// `σ` of the density over pass rates. Default 0.1.
    pub sigma: f64,
    /// `δ`, added to the density. Default 1e-6.
    pub delta: f64,
    /// Whether weights are divided by their sum. Default no.
    pub normalise: bool,
    /// Weight of the trajectory's part; 1 in the paper.
    pub eta: f64,
    /// `β`: weight of the turn's part. Default 1.
    pub beta: f64,
    /// `γ`: discount of success for each turn that a trajectory has. Default 0.95.
    pub gamma: f64,
    /// The record that holds how many tests there are.
    pub tests: String,
    /// The prefix of the records that hold which were passed, 32 at a time.
    pub passed: String,
}

impl Default for VeRpoConfig {
    fn default() -> Self {
        Self {
            alpha: 2.0,
            density: true,
            sigma: 0.1,
            delta: 1e-6,
            normalise: false,
            eta: 1.0,
            beta: 1.0,
            gamma: 0.95,
            tests: "code-tests".to_owned(),
            passed: "code-passed".to_owned(),
        }
    }
}

impl VeRpoConfig {
    /// The rule, its parts made relative by `normalize`.
    #[must_use]
    pub fn rule(&self, normalize: Normalize) -> VeRpo {
        let density = self.density.then_some(Density { sigma: self.sigma, delta: self.delta });
        let weighting = TestWeighting { alpha: self.alpha, density, normalise: self.normalise };
        VeRpo { weighting, eta: self.eta, beta: self.beta, gamma: self.gamma, normalize }
    }
}
