//! The instances: R1, and worlds in which rules are known to fail.

use milepost_fidelity::Sharing;
use milepost_fidelity::config::InstanceConfig;
use milepost_microworlds::TaskConfig;
use milepost_microworlds::worlds::{
    BifurcationConfig, Combination, Decisive, DelayedSumConfig, MemoryAliasConfig, OverlappingTreeConfig,
    RecoveryConfig, ShortcutConfig, TurnsConfig, VariableHorizonConfig,
};

/// Names of the instances; what they are is in [`instance`].
pub(crate) const R1: &str = "R1";
pub(crate) const LONG: &str = "R1, H = 32";
pub(crate) const DISTRACTOR: &str = "distractor";
pub(crate) const SURE: &str = "sure outcome";
pub(crate) const SETTLED: &str = "settled";
pub(crate) const RARE: &str = "rare";
pub(crate) const AND: &str = "AND";
pub(crate) const XOR: &str = "XOR";
pub(crate) const RECOVERY: &str = "recovery";
pub(crate) const RAGGED: &str = "ragged";
pub(crate) const SUM: &str = "delayed sum";
pub(crate) const MEMORY: &str = "memory alias";
pub(crate) const SHORTCUT: &str = "shortcut";
pub(crate) const TREE: &str = "tree";
pub(crate) const TURNS: &str = "turns";

/// An instance with what it is, in words.
pub(crate) fn instance(name: &str) -> (&'static str, InstanceConfig) {
    let chain = |change: fn(&mut BifurcationConfig)| {
        let mut config = BifurcationConfig::default();
        change(&mut config);
        InstanceConfig::from(TaskConfig::Bifurcation(config))
    };
    let seen = |task: TaskConfig| InstanceConfig { sharing: Sharing::Observation, ..task.into() };
    match name {
        R1 => ("bifurcation chain, H = 8, decisive step 2, success 0.8 or 0.2, uniform", chain(|_| {})),
        LONG => ("R1 with 32 steps", chain(|c| c.horizon = 32)),
        DISTRACTOR => {
            ("R1 with a reward of ±1 on every step but the last, whatever is done", chain(|c| c.noise = 1.0))
        }
        SURE => ("R1 with success 1 or 0", chain(|c| (c.success_high, c.success_low) = (1.0, 0.0))),
        SETTLED => (
            "R1 with success 1 or 0 and a policy that decides well with 0.99",
            chain(|c| (c.success_high, c.success_low, c.good_probability) = (1.0, 0.0, 0.99)),
        ),
        RARE => (
            "R1 with 4 actions and a policy that decides well with 0.1",
            chain(|c| (c.actions, c.good_probability) = (4, 0.1)),
        ),
        AND => (
            "R1 with decisions at steps 2 and 5, both needed",
            chain(|c| (c.decisive, c.combination) = (Decisive::At(vec![2, 5]), Combination::And)),
        ),
        XOR => (
            "R1 with decisions at steps 2 and 5, exactly one must be good",
            chain(|c| (c.decisive, c.combination) = (Decisive::At(vec![2, 5]), Combination::Xor)),
        ),
        RECOVERY => (
            "two steps: a bad first one can be made up for",
            TaskConfig::Recovery(RecoveryConfig::default()).into(),
        ),
        RAGGED => (
            "variable horizon: stop when you like, lengths 1 to 5",
            TaskConfig::VariableHorizon(VariableHorizonConfig::default()).into(),
        ),
        SUM => (
            "delayed sum of 12 steps: what is owed at the end is not visible",
            seen(TaskConfig::DelayedSum(DelayedSumConfig { horizon: 12, ..DelayedSumConfig::default() })),
        ),
        MEMORY => (
            "the cue is visible at step 0 only, the last step decides whether it was remembered",
            seen(TaskConfig::MemoryAlias(MemoryAliasConfig::default())),
        ),
        SHORTCUT => {
            ("five states in a row, random jumps", TaskConfig::Shortcut(ShortcutConfig::default()).into())
        }
        TREE => (
            "tree of depth 4 and branching 6 without overlap: a state tells its whole past",
            TaskConfig::OverlappingTree(OverlappingTreeConfig {
                overlap: 0,
                ..OverlappingTreeConfig::default()
            })
            .into(),
        ),
        _ => (
            "three turns of four tokens over 4 symbols, one token decides",
            InstanceConfig {
                turn_length: Some(TurnsConfig::default().tokens),
                ..TaskConfig::Turns(TurnsConfig { turns: 3, vocabulary: 4, ..TurnsConfig::default() }).into()
            },
        ),
    }
}
