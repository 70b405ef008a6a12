//! Worlds in which states that differ look the same.

mod memory;
mod two_worlds;

pub use memory::{MemoryAlias, MemoryAliasConfig, MemoryAliasState};
pub use two_worlds::{Sign, TwoWorlds, TwoWorldsConfig, TwoWorldsState};
