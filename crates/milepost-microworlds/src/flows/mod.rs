//! Toy data laws for flow and diffusion models, whose exact answers are known.
//!
//! - [`Mixture`]: a mixture of isotropic Gaussians under the interpolant `x_σ = (1−σ)·x₀ + σ·ε`, with exact
//!   density, score and velocity at every noise level;
//! - [`FlowArena`]: two arenas made of such mixtures, with prompts and rewards;
//! - [`MarkovChain`]: sequences whose posterior under masking is exact, by forward–backward.

mod arena;
mod markov;
mod mixture;
mod reward;

pub use arena::{ArenaSummary, FlowArena};
pub use markov::{MarkovChain, MarkovError};
pub use mixture::{Mixture, MixtureError};
pub use reward::FlowReward;
