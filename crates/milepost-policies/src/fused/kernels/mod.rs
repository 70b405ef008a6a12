//! The arithmetic: plain loops over slices, compiled for several vector widths by [`crate::simd`].
#![allow(
    clippy::inline_always,
    reason = "a loop must be compiled inside each caller to get that caller's vectors"
)]

pub(super) mod attention;
pub(super) mod cached;
pub(super) mod linear;
pub(super) mod log_probs;
mod math;
pub(super) mod norm;
mod product;
pub(super) mod rotary;
pub(super) mod swiglu;
