#![doc = include_str!("../README.md")]

// Vocabulary.
mod check;
mod error;
pub mod group;
pub mod layout;
pub mod placement;
pub mod turns;

// Relative to whom?
pub mod batch_scale;
pub mod gdpo;
pub mod normalize;
pub mod whiten;

// Returns and critics.
pub mod bi_level_gae;
pub mod doubly_robust;
pub mod gae;
pub mod lambda_returns;
pub mod n_step;
pub mod reward_to_go;
pub mod turn_gae;
pub mod v_trace;

// Groups of trajectories and of turns.
mod anchor;
pub mod gigpo;
pub mod gpg;
pub mod hgpo;
pub mod mt_grpo;
pub mod opo;
pub mod optimal_token_baseline;
pub mod pass_at_k;
pub mod reinforce_pp;
pub mod remax;

// Counterfactuals and redistribution.
pub mod branch;
pub mod cocoa;
pub mod hindsight;
pub mod min_form;
pub mod prefix_tree;
pub mod redistribution;
pub mod shapley;

// From advantages to a loss.
pub mod aggregate;
pub mod dynamic_sampling;
pub mod filter;
pub mod kl;

pub use aggregate::{Aggregation, BatchTotals};
pub use batch_scale::scale_by_batch;
pub use bi_level_gae::BiLevelGae;
pub use branch::{contrast_advantages, vine_advantages};
pub use cocoa::{contribution_coefficient, contribution_credit};
pub use doubly_robust::DoublyRobust;
pub use dynamic_sampling::{DynamicSampling, Progress, SamplingExhausted};
pub use error::CreditError;
pub use filter::{GroupFilter, Overlong};
pub use gae::{Gae, StepEnd};
pub use gdpo::{Channel, normalize_then_sum, sum_channels};
pub use gigpo::{GiGpo, StepGroupsReport, TurnBatch};
pub use gpg::gpg_advantages;
pub use group::{Groups, GroupsReport, Pooling, Singleton};
pub use hgpo::Hgpo;
pub use hindsight::{return_hindsight, state_hindsight_coefficient};
pub use kl::{AdaptiveKl, Kl, KlEstimator, subtract_kl};
pub use lambda_returns::{Lambda, lambda_returns, td_lambda_errors};
pub use layout::Rows;
pub use min_form::min_form;
pub use mt_grpo::{MtGrpo, RewardedTurnBatch};
pub use n_step::n_step_returns;
pub use normalize::{Centre, Normalize, PoolReport, Scale};
pub use opo::opo_advantages;
pub use optimal_token_baseline::{PositionIndex, TokenBatch, optimal_token_baseline};
pub use pass_at_k::pass_at_k_advantages;
pub use prefix_tree::prefix_tree_advantages;
pub use redistribution::{Residual, redistribute};
pub use reinforce_pp::{reinforce_pp, reinforce_pp_baseline};
pub use remax::remax_advantages;
pub use reward_to_go::{reward_to_go, reward_to_go_masked};
pub use shapley::{leave_one_out_values, shapley_from_permutations, shapley_values};
pub use turn_gae::TurnGae;
pub use turns::TurnTokens;
pub use v_trace::{OffPolicy, VTrace, importance_corrected_errors};
pub use whiten::{Whitening, whiten, whiten_with};
