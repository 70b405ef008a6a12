//! Tasks on a database that enforces rules, made so that each can be verified.
//!
//! Rules become triggers that reject calls or act after them; first states stand near the rules' boundaries; goals are
//! found by exploring forward with legal calls, so they can be reached; success is exact equivalence of states. After
//! LOGIGEN ([arXiv 2603.00540](https://arxiv.org/abs/2603.00540)): the roles are the paper's, the database, the rules,
//! the search and the dense score are ours.
//!
//! What the policy sees is apart by type from [`RuleDbOracle`], from which rewards may be computed, and from
//! [`RuleDbGold`], which evaluation believes.

mod after;
mod architect;
mod backward;
mod before;
mod call;
mod canonical;
mod config;
mod design;
mod difference;
mod environment;
mod episode;
mod explore;
mod oracle;
mod rules;
mod search;
mod speech;
mod synthesis;
mod tables;
mod task;
#[cfg(test)]
mod tests;
mod triggers;
mod violation;
mod wish;
mod words;

pub use architect::{Inconsistency, consistency, not_contradictory};
pub use before::capacity;
pub use call::{Call, Role};
pub use canonical::{canonical, canonical_key, equivalent, exact_key};
pub use config::{Generator, RuleDbConfig};
pub use design::keeps_invariants;
pub use difference::{Agreement, Atom, Difference, Table, state_rewards};
pub use environment::RuleDb;
pub use oracle::{RuleDbGold, RuleDbOracle, RuleDbProbe};
pub use rules::{RuleBook, RuleKind, RuleSet};
pub use search::{Limits, Scope, Search, plan, reachable};
pub use synthesis::{Flaw, SynthesisError, synthesise};
pub use tables::{Database, ITEMS, Item, LARGEST, ORDERS, Order, Status, Tier, USERS, User};
pub use task::RuleDbTask;
pub use triggers::{Effect, execute, replay, violations};
pub use violation::{Field, RuleId, Violation};
pub use wish::{Order as WishOrder, Wish, carry_out};
