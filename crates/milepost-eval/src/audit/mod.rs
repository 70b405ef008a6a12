//! Audit of a reward in a world that can be solved: what would an agent do that maximises it?
//!
//! A [`RewardPair`] is one world with two rewards on the same transitions: the *gold* reward, which says
//! what is wanted, and the *audited* one, which an agent would be paid. All results are exact, by dynamic
//! programming over every reachable state, except [`returns`], which plays seeded episodes.
//!
//! | question | function | answer |
//! |---|---|---|
//! | how dense is it? | [`density`] | share of transitions, and of steps under a policy, that pay |
//! | does it change what is best? | [`invariance`] | states whose optimal actions change, regret in gold |
//! | how far is it from shaping? | [`potential_residual`] | `min_Φ max abs(r' − r − (γΦ(s') − Φ(s)))` |
//! | can it be farmed? | [`cycles`] | the never-ending cycle of highest mean reward |
//! | how different is it? | [`distances`], [`returns`] | EPIC, DARD, direct, correlation of returns |
//! | does its best agent hover? | [`hover`] | share of steps, and of reward, spent on revisits |
//!
//! ```
//! use milepost_core::RewardLaw;
//! use milepost_eval::audit::{self, RewardPair, Setting};
//! use milepost_eval::exact::{MdpBuilder, Transition};
//! // One state: action 0 waits, action 1 finishes the task for a reward of 1.
//! let mut world = MdpBuilder::new(2);
//! let certain = |next, reward| [Transition { next, probability: 1.0, reward: RewardLaw::constant(reward) }];
//! world.action(certain(Some(0), 0.0))?;
//! world.action(certain(None, 1.0))?;
//! let gold = world.finish()?;
//! // The audited reward also pays 0.2 for waiting.
//! let audited = gold.with_rewards(vec![RewardLaw::constant(0.2), RewardLaw::constant(1.0)])?;
//! let pair = RewardPair::new(gold, audited, vec![1.0], vec![false, true])?;
//! let setting = Setting::budget(100, 1.0);
//! // Best is to wait 99 times and to finish at the last moment.
//! let hover = audit::hover(&pair, setting)?;
//! assert_eq!(hover.steps, 99.0 / 100.0);
//! assert_eq!(audit::cycles(&pair).certain.expect("waiting pays").mean, 0.2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cycle;
mod density;
mod distance;
mod error;
mod extension;
mod hover;
mod invariance;
mod mean_cycle;
mod pair;
mod plan;
mod residual;
mod returns;
#[cfg(test)]
mod tests;

pub use cycle::{Cycle, Cycles, cycles};
pub use density::{Density, density};
pub use distance::{Distances, distances};
pub use error::AuditError;
pub use extension::Extension;
pub use hover::{Hover, hover};
pub use invariance::{Agreement, Invariance, invariance};
pub use pair::{RewardPair, Setting, Solution};
pub use residual::{PotentialResidual, potential_residual};
pub use returns::{ReturnAgreement, returns};
