#![doc = include_str!("../README.md")]

// Vocabulary.
mod check;
mod error;
mod group;
mod layout;
mod placement;
mod turns;

// Relative to whom?
mod batch_scale;
mod gdpo;
mod normalize;
mod whiten;

// Returns and critics.
mod bi_level_gae;
mod doubly_robust;
mod gae;
mod lambda_returns;
mod n_step;
mod reward_to_go;
mod turn_gae;
mod v_trace;

// Groups of trajectories and of turns.
mod anchor;
mod carr;
mod gigpo;
mod gpg;
mod hgpo;
mod igpo;
mod implicit_steps;
mod interner;
mod mt_grpo;
mod opo;
mod optimal_token_baseline;
mod pass_at_k;
mod prime;
mod reinforce_pp;
mod remax;
mod step_position;
mod turn_loo;
mod verpo;

// Counterfactuals and redistribution.
mod branch;
mod cocoa;
mod hindsight;
mod min_form;
mod owen;
mod prefix_tree;
mod redistribution;
mod reweighting;
mod shapley;

// Rewards without labels, and exploration.
mod g2rl;
mod intrinsic;
mod majority;
mod sharpening;

// From advantages to a loss.
mod aggregate;
mod dynamic_sampling;
mod filter;
mod kl;

pub use aggregate::{Aggregation, BatchTotals};
pub use batch_scale::scale_by_batch;
pub use bi_level_gae::BiLevelGae;
pub use branch::{contrast_advantages, vine_advantages};
pub use carr::{CGrpo, CGrpoReport, Evidence, RubricGraph, RubricUse};
pub use cocoa::{contribution_coefficient, contribution_credit};
pub use doubly_robust::DoublyRobust;
pub use dynamic_sampling::{DynamicSampling, Progress, SamplingExhausted};
pub use error::CreditError;
pub use filter::{GroupFilter, Overlong, PerplexityBand, keep_finished};
pub use g2rl::{G2rl, LEAST_FEATURE_NORM, NoveltyRange, SignMode, Similarities, ngram_novelty};
pub use gae::{Gae, StepEnd};
pub use gdpo::{Channel, normalize_then_sum, sum_channels};
pub use gigpo::{GiGpo, StepGroupsReport, TurnBatch};
pub use gpg::gpg_advantages;
pub use group::{Groups, GroupsReport, Pooling, Singleton};
pub use hgpo::Hgpo;
pub use hindsight::{return_hindsight, state_hindsight_coefficient};
pub use igpo::{BeliefBasis, GainBatch, GainPools, Igpo, IgpoReport, LOG_PROB_FLOOR, answer_belief};
pub use implicit_steps::{ImplicitSteps, ImplicitStepsReport, StepBatch, StepCompat, StepCredit};
pub use intrinsic::{CrossEntropyTarget, IntrinsicReward, LEAST_LOG_PROBABILITY, least_for_missing};
pub use kl::{AdaptiveKl, Kl, KlEstimator, subtract_kl};
pub use lambda_returns::{Lambda, lambda_returns, td_lambda_errors};
pub use layout::Rows;
pub use majority::{AllDistinct, Ballot, MajorityRule, Unparsable, majority_vote, reward_accuracy};
pub use min_form::min_form;
pub use mt_grpo::{MtGrpo, RewardedTurnBatch};
pub use n_step::n_step_returns;
pub use normalize::{Centre, Normalize, PoolReport, Scale};
pub use opo::opo_advantages;
pub use optimal_token_baseline::{PositionIndex, TokenBatch, optimal_token_baseline};
pub use owen::owen_values;
pub use pass_at_k::pass_at_k_advantages;
pub use placement::{broadcast_turns, move_to_policy};
pub use prefix_tree::prefix_tree_advantages;
pub use prime::{Prime, PrimeReport, ProcessBaseline, ProcessBatch};
pub use redistribution::{Residual, redistribute};
pub use reinforce_pp::{reinforce_pp, reinforce_pp_baseline};
pub use remax::remax_advantages;
pub use reward_to_go::{reward_to_go, reward_to_go_masked};
pub use reweighting::{Reweighting, entropy, saliency, surprisal};
pub use shapley::{MAX_EXACT_PLAYERS, leave_one_out_values, shapley_from_permutations, shapley_values};
pub use sharpening::{kl_optimum, sharpened};
pub use step_position::step_position_advantages;
pub use turn_gae::TurnGae;
pub use turn_loo::turn_loo_advantages;
pub use turns::TurnTokens;
pub use v_trace::{OffPolicy, VTrace, importance_corrected_errors};
pub use verpo::{Density, PassMatrix, TestWeighting, VeRpo, VeRpoReport};
pub use whiten::{Whitening, whiten, whiten_with};
