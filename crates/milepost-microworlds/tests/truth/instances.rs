//! The worlds that every law is checked on: all families by default, and each option away from it.

use milepost_microworlds::TaskConfig;
use milepost_microworlds::worlds::{
    Apples, BifurcationConfig, BoxPushingConfig, ChainConfig, Combination, Decisive, DelayedEffectConfig,
    DelayedSumConfig, DoubleLoopConfig, GridConfig, GridMap, InsertReward, InterleavingConfig, KeySource,
    KeyToDoorConfig, MemoryAliasConfig, MilestoneRoomsConfig, OverlappingTreeConfig, PinpadConfig,
    RandomWalkConfig, RecoveryConfig, RiskyInsertConfig, RiverSwimConfig, ShortcutConfig, Sign,
    TerminalPotential, TurnsConfig, TwoStateConfig, TwoWorldsConfig, UmbrellaConfig, VariableHorizonConfig,
};

pub(crate) fn all() -> Vec<TaskConfig> {
    let mut tasks = TaskConfig::all();
    // The published size takes a while to solve, see `interleaving`; its smaller siblings follow the same law.
    tasks.retain(|task| !matches!(task, TaskConfig::Interleaving(_)));
    tasks.extend(bifurcations());
    tasks.extend(turns());
    tasks.extend(maps());
    tasks.extend(classics());
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
        TaskConfig::MilestoneRooms(MilestoneRoomsConfig {
            size: 4,
            doors: 0,
            slip: 0.2,
            horizon: 12,
            ..Default::default()
        }),
        TaskConfig::MilestoneRooms(MilestoneRoomsConfig {
            size: 6,
            doors: 2,
            layout: 3,
            ..Default::default()
        }),
        TaskConfig::Umbrella(UmbrellaConfig { length: 1, distractor_bits: 0 }),
        TaskConfig::Umbrella(UmbrellaConfig { length: 5, distractor_bits: 0 }),
        TaskConfig::DelayedSum(DelayedSumConfig { delayed: false, ..Default::default() }),
        TaskConfig::OverlappingTree(OverlappingTreeConfig { overlap: 3, offset: 7, ..Default::default() }),
        TaskConfig::OverlappingTree(OverlappingTreeConfig { overlap: 6, leaf: true, ..Default::default() }),
        TaskConfig::Interleaving(InterleavingConfig {
            contexts: 3,
            parallel: 2,
            length: 6,
            ..Default::default()
        }),
        TaskConfig::Interleaving(InterleavingConfig {
            contexts: 2,
            parallel: 1,
            objects: 1,
            death: 0.0,
            length: 5,
            ..Default::default()
        }),
        TaskConfig::TwoWorlds(TwoWorldsConfig { sign: Sign::Minus }),
    ]);
    tasks
}

fn classics() -> Vec<TaskConfig> {
    vec![
        TaskConfig::RandomWalk(RandomWalkConfig { reach: 3, ..RandomWalkConfig::nineteen() }),
        TaskConfig::RandomWalk(RandomWalkConfig { states: 2, horizon: 6, ..Default::default() }),
        TaskConfig::Chain(ChainConfig { slip: 0.0, states: 3, horizon: 6, ..Default::default() }),
        TaskConfig::RiverSwim(RiverSwimConfig {
            states: 2,
            forward: 0.5,
            back: 0.5,
            horizon: 5,
            ..Default::default()
        }),
        TaskConfig::DoubleLoop(DoubleLoopConfig { length: 2, horizon: 6, ..Default::default() }),
        TaskConfig::TwoState(TwoStateConfig { stay: 1.0, horizon: 6, ..Default::default() }),
    ]
}

fn maps() -> Vec<TaskConfig> {
    let maps = [
        GridMap::Attribution11,
        GridMap::FrozenLake4,
        GridMap::RussellNorvig,
        GridMap::CliffWalking,
        GridMap::SuttonBarto,
        GridMap::Rows(vec!["S.X".into(), ".#G".into(), "CCS".into()]),
    ];
    let mut tasks = maps.map(|map| TaskConfig::Grid(GridConfig { map, ..Default::default() })).to_vec();
    tasks.extend([
        TaskConfig::RiskyInsert(RiskyInsertConfig {
            insert: 0.3,
            reward: InsertReward::Shaped,
            terminal_potential: TerminalPotential::Zero,
            horizon: 6,
            ..Default::default()
        }),
        TaskConfig::RiskyInsert(RiskyInsertConfig {
            reward: InsertReward::Absolute,
            slip: 0,
            ..Default::default()
        }),
        TaskConfig::Pinpad(PinpadConfig {
            size: 4,
            colors: 3,
            sequence: vec![2, 0, 2],
            horizon: 20,
            ..Default::default()
        }),
        TaskConfig::BoxPushing(BoxPushingConfig {
            size: 5,
            walls: 0,
            least_steps: 2,
            horizon: 6,
            levels: 2,
            ..Default::default()
        }),
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

fn turns() -> Vec<TaskConfig> {
    let base = || TurnsConfig { turns: 4, tokens: 3, vocabulary: 3, ..TurnsConfig::default() };
    [
        TurnsConfig {
            decisive: Decisive::At(vec![1, 3]),
            key_source: KeySource::Reply,
            combination: Combination::And,
            key_probability: Some(0.6),
            key_token: 1,
            format_penalty: 0.2,
            ..base()
        },
        TurnsConfig {
            decisive: Decisive::First(1),
            key_source: KeySource::Reply,
            salient: Some(1),
            echo: vec![2, 3],
            routine_probability: Some(0.9),
            ..base()
        },
        TurnsConfig { decisive: Decisive::Last(2), combination: Combination::Xor, key_token: 0, ..base() },
        TurnsConfig { turns: 2, tokens: 2, key_token: 1, decisive: Decisive::Last(1), ..base() },
    ]
    .map(TaskConfig::Turns)
    .to_vec()
}
