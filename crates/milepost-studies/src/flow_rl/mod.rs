//! Reinforcement learning of a flow's denoising steps: which credit, which noise, at which cost?
//!
//! One study for all of it: an arm chooses the arena, the reward, the kernel, the scores of intermediate states and
//! the credit made of them. Sources: Flow-GRPO (arXiv 2505.05470), DanceGRPO (arXiv 2505.07818), DenseGRPO (arXiv
//! 2601.20218).

mod base;
mod config;
mod curve;
mod evaluate;
mod planted;
mod run;
#[cfg(test)]
mod tests;

pub use config::{Credit, FlowRl, Pretraining};
