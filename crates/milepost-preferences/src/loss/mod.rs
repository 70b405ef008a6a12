//! Losses of comparisons, ties and rankings, with exact gradients.
//!
//! `Δ = r(a) − r(b)`. Only differences of rewards of one prompt are identified: every loss here is unchanged
//! by `r → r + c`, but for the centring term. The scale is identified only if labels are random.

mod pair;
mod ranking;
mod ties;

pub use pair::{PairLoss, PairReport, PairScores};
pub use ranking::RankingLoss;
pub use ties::{Comparison, TieModel};
