//! The worlds that every law is checked on: all families by default, and each option away from it.

use milepost_microworlds::TaskConfig;
use milepost_microworlds::worlds::{
    Apples, BifurcationConfig, Combination, Decisive, DelayedEffectConfig, DelayedSumConfig, KeyToDoorConfig,
    MemoryAliasConfig, OverlappingTreeConfig, RecoveryConfig, ShortcutConfig, Sign, TwoWorldsConfig,
    UmbrellaConfig, VariableHorizonConfig,
};

pub(crate) fn all() -> Vec<TaskConfig> {
    let mut tasks = TaskConfig::all();
    tasks.extend(bifurcations());
    tasks.extend([
        TaskConfig::DelayedEffect(DelayedEffectConfig { distractor_actions: 3, ..Default::default() }),
        TaskConfig::DelayedEffect(DelayedEffectConfig { distractor_actions: 1, ..Default::default() }),
        TaskConfig::DelayedEffect(DelayedEffectConfig::hindsight_chain(0.5)),
        TaskConfig::Recovery(RecoveryConfig { recovery: 0.3 }),
        TaskConfig::Shortcut(ShortcutConfig { states: 8, jump: 0.0 }),
        TaskConfig::VariableHorizon(VariableHorizonConfig::eight_steps()),
        TaskConfig::VariableHorizon(VariableHorizonConfig::loop_alias()),
        TaskConfig::VariableHorizon(VariableHorizonConfig { stop_probability: 0.35, ..Default::default() }),
        TaskConfig::MemoryAlias(MemoryAliasConfig { horizon: 2 }),
        TaskConfig::KeyToDoor(KeyToDoorConfig { length: 103, ..Default::default() }),
        TaskConfig::KeyToDoor(KeyToDoorConfig {
            length: 9,
            apples: Apples::PerEpisode,
            ..Default::default()
        }),
        TaskConfig::KeyToDoor(KeyToDoorConfig {
            length: 3,
            door: false,
            treasure: -0.2,
            ..Default::default()
        }),
        TaskConfig::KeyToDoor(KeyToDoorConfig {
            length: 7,
            apples: Apples::Cells("lr.r".into()),
            ..Default::default()
        }),
        TaskConfig::Umbrella(UmbrellaConfig { length: 1, distractor_bits: 0 }),
        TaskConfig::Umbrella(UmbrellaConfig { length: 5, distractor_bits: 0 }),
        TaskConfig::DelayedSum(DelayedSumConfig { delayed: false, ..Default::default() }),
        TaskConfig::OverlappingTree(OverlappingTreeConfig { overlap: 3, offset: 7, ..Default::default() }),
        TaskConfig::OverlappingTree(OverlappingTreeConfig { overlap: 6, leaf: true, ..Default::default() }),
        TaskConfig::TwoWorlds(TwoWorldsConfig { sign: Sign::Minus }),
    ]);
    tasks
}

fn bifurcations() -> Vec<TaskConfig> {
    let base = BifurcationConfig::default;
    [
        BifurcationConfig { repair: 0.25, noise: 1.0, bait: 0.1, actions: 4, ..base() },
        BifurcationConfig { decisive: Decisive::Last(1), success_high: 1.0, success_low: 0.0, ..base() },
        BifurcationConfig {
            decisive: Decisive::Random { count: 4, seed: 3 },
            combination: Combination::Xor,
            good_probability: 0.9,
            repair: 0.25,
            ..base()
        },
        BifurcationConfig { decisive: Decisive::First(2), combination: Combination::And, ..base() },
        BifurcationConfig { decisive: Decisive::At(vec![6, 1]), combination: Combination::Or, ..base() },
        BifurcationConfig { horizon: 1, decisive: Decisive::First(1), ..base() },
    ]
    .map(TaskConfig::Bifurcation)
    .to_vec()
}
