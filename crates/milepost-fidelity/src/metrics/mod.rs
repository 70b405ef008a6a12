//! How close credit is to truth.
//!
//! Every metric is a streaming accumulator over batches, so that a run needs no memory of its episodes:
//! [`Scorer`] feeds all of them at once, and [`Scores`] is what they found. A quantity that does not exist
//! (a rank correlation of constants, a ratio to zero) is `None` and counted, never 0.
//!
//! | family | question | where |
//! |---|---|---|
//! | identification | is `ĉ` the advantage, in value, sign and rank? | [`Closeness`], [`Cells`], [`SignAccuracy`], [`Ranks`], [`Leakage`] |
//! | localisation | does it point at the decisive step? | [`Localisation`] |
//! | gradient | does the policy gradient point the right way, and how noisy is it? | [`Gradients`] |
//! | policy invariance | would its reward have the same best policies? | [`Invariance`] |
//! | cost | what does it take? | [`Cost`] |

mod assigned;
mod cells;
mod centred;
mod closeness;
mod cost;
mod gain;
mod gradient;
mod invariance;
mod leakage;
mod localisation;
mod mean;
mod potential;
mod ranks;
mod scorer;
mod signs;
mod target;

pub use assigned::Assigned;
pub use cells::{CellScores, Cells};
pub use centred::{Centred, CentredScores};
pub use closeness::{Closeness, ClosenessScores};
pub use cost::Cost;
pub use gain::{gain_at_divergence, step_to_divergence};
pub use gradient::{GradientScores, Gradients};
pub use invariance::{Invariance, InvarianceScores, RewardTable, greedy_regret};
pub use leakage::{Leakage, LeakageScores};
pub use localisation::{Localisation, LocalisationScores};
pub(crate) use mean::ratio;
pub use mean::{Defined, DefinedMean};
pub use potential::potential_residual;
pub use ranks::{RankScores, Ranks};
pub use scorer::{Scorer, Scores};
pub use signs::{SignAccuracy, SignScores, Signs};
pub use target::{Target, Verdict};
