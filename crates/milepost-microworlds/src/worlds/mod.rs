//! The worlds, by the question that each isolates.

mod aliasing;
mod bifurcation;
mod classic;
mod decisive;
mod delayed_effect;
mod delayed_sum;
mod discounting_chain;
mod grid;
mod interleaving;
mod key_to_door;
mod milestone_rooms;
mod overlapping_tree;
mod pinpad;
mod push;
mod recovery;
mod risky_insert;
mod turns;
mod umbrella;
mod variable_horizon;

pub use aliasing::{
    MemoryAlias, MemoryAliasConfig, MemoryAliasState, Sign, TwoWorlds, TwoWorldsConfig, TwoWorldsState,
};
pub use bifurcation::{Bifurcation, BifurcationConfig, BifurcationState};
pub use classic::{
    Chain, ChainConfig, Classic, ClassicLaw, DoubleLoop, DoubleLoopConfig, RandomWalk, RandomWalkConfig,
    RiverSwim, RiverSwimConfig, TwoState, TwoStateConfig,
};
pub use decisive::{Combination, Decisive};
pub use delayed_effect::{DelayedEffect, DelayedEffectConfig, DelayedEffectState};
pub use delayed_sum::{DelayedSum, DelayedSumConfig, DelayedSumState};
pub use discounting_chain::{DiscountingChain, DiscountingChainConfig, DiscountingChainState};
pub use grid::{Grid, GridConfig, GridMap};
pub use interleaving::{Interleaving, InterleavingConfig, InterleavingState, Room};
pub use key_to_door::{Apples, Cell, KeyToDoor, KeyToDoorConfig, KeyToDoorState};
pub use milestone_rooms::{
    Floor, MilestoneRooms, MilestoneRoomsConfig, MilestoneRoomsState, RoomsProbe, Spot,
};
pub use overlapping_tree::{OverlappingTree, OverlappingTreeConfig, OverlappingTreeState};
pub use pinpad::{Pinpad, PinpadConfig, PinpadState};
pub use push::{BoxPushing, BoxPushingConfig, BoxPushingState};
pub use recovery::{
    AmbiguousBandit, AmbiguousBanditConfig, Recovery, RecoveryConfig, RecoveryState, Shortcut, ShortcutConfig,
};
pub use risky_insert::{InsertReward, RiskyInsert, RiskyInsertConfig, TerminalPotential};
pub use turns::{KeySource, Turns, TurnsConfig, TurnsState};
pub use umbrella::{Umbrella, UmbrellaConfig, UmbrellaState};
pub use variable_horizon::{VariableHorizon, VariableHorizonConfig, VariableHorizonState};

use milepost_core::Outcome;

/// Success or failure.
const fn verdict(success: bool) -> Outcome {
    if success { Outcome::Success } else { Outcome::Failure }
}

/// Two-point noise of standard deviation `sigma` around 0, the larger value first; no noise if it is 0.
fn two_point(sigma: f64) -> impl Iterator<Item = (f64, f64)> {
    let noisy = sigma > 0.0;
    let first = if noisy { (0.5, sigma) } else { (1.0, 0.0) };
    std::iter::once(first).chain(noisy.then_some((0.5, -sigma)))
}

/// True with probability `p`, true first; outcomes of probability 0 are left out.
fn coin(p: f64) -> impl Iterator<Item = (f64, bool)> {
    [(p, true), (1.0 - p, false)].into_iter().filter(|(probability, _)| *probability > 0.0)
}
