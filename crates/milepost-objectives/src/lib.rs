#![doc = include_str!("../README.md")]

mod check;
mod entropy;
mod error;
mod math;
mod policy;
pub mod profiles;
mod value;

pub use entropy::EntropyLoss;
pub use error::ObjectiveError;
pub use policy::{
    BinaryDivergence, Cispo, Clip, Dppo, Dro, GammaWeight, GeometricMean, KlBounds, KlCorrection, KlCov,
    KlTerm, LogRatio, Outside, PolicyObjective, PolicyReport, RatioUnit, Reduction, Regression, RowCount,
    Sapo, Surrogate, TokenBatch, Vespo, log_partition,
};
pub use value::{ValueBatch, ValueLoss, ValueReport};
