//! How arms are run and compared.
//!
//! Every arm of an instance sees the same episodes (the tape of the seed), credits them in batches of one
//! group, and is scored against exact truth. What is learned is fitted on episodes that are never scored. Runs
//! are pure functions of their [`Job`]: [`run_jobs`] gives the same bytes whatever the number of threads.

mod compare;
mod enumerate;
mod instance;
mod jobs;
mod metric;
mod run;
mod suite;
mod summary;

pub use compare::{Difference, Direction, Finding, compare};
pub use enumerate::{Enumeration, ExactGradient, Step, enumerate_trajectories, exact_gradient};
pub use instance::Instance;
pub use jobs::{Clock, Job, Options, Progress, run_jobs};
pub use metric::Metric;
pub use run::{FIRST_FITTED_EPISODE, GAIN_DIVERGENCE, Sampling, credit_batches, run};
pub use suite::{Failure, SuiteOutcome, run_suite};
pub use summary::{ArmSummary, MetricSummary, summarize};
