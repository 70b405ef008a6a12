//! Objectives of the policy-gradient family.

mod batch;
mod kl_term;
mod log_ratio;
mod objective;
mod reduction;
mod report;
mod surrogates;
mod token_loss;

pub use batch::TokenBatch;
pub use kl_term::{KlBounds, KlCorrection, KlEstimatorNames, KlTerm};
pub use log_ratio::{LogRatio, RatioUnit};
pub use objective::PolicyObjective;
pub use reduction::{Reduction, RowCount};
pub use report::{Outside, PolicyReport};
pub use surrogates::{
    BinaryDivergence, Cispo, Clip, Dppo, Dro, GammaWeight, GeometricMean, KlCov, Regression, Sapo, Surrogate,
    Vespo, log_partition,
};
