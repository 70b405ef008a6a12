//! Discrete diffusion over tokens: masked (absorbing) and uniform.

mod denoiser;
mod law;
mod loss;
mod noise;
mod tokens;
mod uniform;

pub use denoiser::{Denoiser, DenoiserMlp, DenoiserMlpConfig, ExactDenoiser, subs};
pub use law::{Ancestral, TokenLaw, fill};
pub use loss::{antithetic_times, mask_tokens, nelbo};
pub use noise::LogLinear;
pub use tokens::Tokens;
pub use uniform::UniformDiffusion;
