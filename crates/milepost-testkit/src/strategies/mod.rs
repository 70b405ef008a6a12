//! Property-test strategies for what this crate's suites need: numbers, masks, ragged batches for credit
//! rules, and recorded trajectories. All of them shrink: shorter, fewer, towards 0.
//!
//! Numbers come from a grid of quarters, so that ties are common and sums are exact; a rule that is only
//! right for numbers without ties does not pass. `extreme` numbers are finite but so large that sums overflow.

mod cases;
mod numbers;
mod recorded;

pub use cases::{CaseShape, credit_case};
pub use numbers::{dense, equal, extreme, numbers, policy_mask, sparse};
pub use recorded::{BatchShape, batch, channel, ending, trajectory};
