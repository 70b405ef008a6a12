//! Losses of learners that have only recorded transitions.

mod cql;
mod iql;
mod td;
mod td3_bc;

pub use cql::{
    ConservativeLoss, ConservativeReport, SampledActions, discrete_conservative_loss, double_q_values,
};
pub use iql::{AdvantageWeights, Expectile, weighted_cloning};
pub use td::{TdLoss, min_over_critics, td_targets};
pub use td3_bc::{TargetSmoothing, Td3Bc, Td3BcReport};
