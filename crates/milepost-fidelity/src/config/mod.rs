//! What a suite is, as an experiment file writes it.

mod estimators;
mod instance;
mod policy;
mod suite;

pub use estimators::EstimatorConfig;
pub use instance::InstanceConfig;
pub use policy::PolicyConfig;
pub use suite::SuiteConfig;
