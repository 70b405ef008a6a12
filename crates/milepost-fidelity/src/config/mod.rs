//! What a suite is, as an experiment file writes it.

mod builtin;
mod estimators;
mod instance;
mod policy;
mod suite;

pub use builtin::{Scale, core_arms, credit_bench};
pub use estimators::EstimatorConfig;
pub use instance::InstanceConfig;
pub use policy::PolicyConfig;
pub use suite::SuiteConfig;
