//! What does optimising a proxy do to the gold score?
//!
//! `d = √KL(π ‖ π_init)` measures how far a policy was optimised (Gao et al. 2022, arXiv 2210.10760). Typically the
//! gold score rises with `d`, peaks and falls, while the proxy goes on rising.

mod best_of_n;
mod curve;
mod fit;
mod hacking;

pub use best_of_n::best_of_n;
pub use curve::{OveroptimizationCurve, OveroptimizationPoint, Summary};
pub use fit::{GaoFit, GaoForm};
pub use hacking::{Hacking, HackingRule};
