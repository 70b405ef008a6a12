use milepost_microworlds::TaskConfig;
use milepost_microworlds::worlds::{
    AmbiguousBanditConfig, BifurcationConfig, Combination, Decisive, DelayedEffectConfig, DelayedSumConfig,
    DiscountingChainConfig, KeyToDoorConfig, MemoryAliasConfig, OverlappingTreeConfig, RecoveryConfig,
    ShortcutConfig, TurnsConfig, UmbrellaConfig, VariableHorizonConfig,
};
use serde::{Deserialize, Serialize};

use super::{EstimatorConfig, InstanceConfig, PolicyConfig, SuiteConfig};
use crate::Sharing;
use crate::estimators::{
    Alone, Belief, Contribution, Control, Critic, CriticKind, EpisodeTerm, Gae, Gain, GiGpo, GroupRelative,
    HindsightModel, ImplicitPrm, InformationGain, Key, MonteCarlo, NoisyJudge, Normalization, Outcome,
    OutcomeKey, Predictor, PredictorKind, PrmModel, Redistribution, Residual, ReturnBaseline,
    ReturnHindsight, Start, TurnGae, TurnLoo,
};
use crate::reference::{exact_gae, published_gigpo, replacement, vine};

/// How much of the core grid is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// The four families of the first milestone, in seconds.
    Smoke,
    /// The core grid: one factor of the bifurcation chain changed at a time, and every family but the large ones.
    #[default]
    Small,
    /// The core grid with more seeds, and the large worlds.
    Full,
}

/// Arms of the core grid: controls, episode and step baselines, critics, branches, redistribution, hindsight,
/// judges.
#[must_use]
pub fn core_arms() -> Vec<EstimatorConfig> {
    let fitted =
        |episodes| -> Critic { CriticKind::MonteCarlo { key: Key::TimeAndObservation, episodes }.into() };
    let rudder = |predictor, residual| Redistribution { predictor, start: Start::Prediction, residual };
    let tabular = PredictorKind::Tabular { key: Key::TimeAndObservation, episodes: 500 };
    let by_observation = GiGpo {
        key: Key::Observation,
        episode: EpisodeTerm::On { normalization: Normalization::grpo() },
        step: Normalization::grpo(),
        omega: 1.0,
        gamma: 1.0,
        shrinkage: 0.0,
    };
    let mut arms: Vec<EstimatorConfig> = Control::ALL.map(EstimatorConfig::from).to_vec();
    arms.extend([
        Outcome {}.into(),
        MonteCarlo { gamma: 1.0, baseline: ReturnBaseline::LeaveOneOut }.into(),
        GroupRelative::rloo().into(),
        GroupRelative::grpo().into(),
        TurnLoo { alone: Alone::Raw }.into(),
        published_gigpo(true).into(),
        by_observation.into(),
        exact_gae(1.0).into(),
        exact_gae(0.95).into(),
        exact_gae(0.0).into(),
        Gae { gamma: 1.0, lambda: 0.95, critic: fitted(50) }.into(),
        Gae { gamma: 1.0, lambda: 0.95, critic: fitted(500) }.into(),
        vine(1).into(),
        vine(4).into(),
        replacement(1, true).into(),
        rudder(Predictor::exact(), Residual::None).into(),
        rudder(Predictor::from(tabular), Residual::Last).into(),
        ReturnHindsight::new(HindsightModel::Exact).into(),
        ReturnHindsight::new(HindsightModel::Counted { episodes: 500 }).into(),
        Contribution::new(OutcomeKey::Reward, HindsightModel::Exact).into(),
        NoisyJudge::with_noise(0.1).into(),
        NoisyJudge::with_noise(0.3).into(),
        InformationGain::new(Gain::Difference, Belief::Exact).into(),
        ImplicitPrm::new(1.0, PrmModel::Exact).into(),
    ]);
    arms
}

/// The built-in suite `credit-bench`.
#[must_use]
pub fn credit_bench(scale: Scale) -> SuiteConfig {
    let (name, seeds, batches, instances) = match scale {
        Scale::Smoke => ("credit-bench-smoke", 2, 20, first_milestone()),
        Scale::Small => ("credit-bench-small", 5, 60, [first_milestone(), grid(), later_families()].concat()),
        Scale::Full => (
            "credit-bench",
            10,
            200,
            [first_milestone(), grid(), later_families(), large_families()].concat(),
        ),
    };
    SuiteConfig {
        name: name.to_owned(),
        seeds,
        first_seed: 0,
        batches,
        baseline: Some("rloo".to_owned()),
        instances,
        arms: core_arms(),
    }
}

fn chain(change: impl FnOnce(&mut BifurcationConfig)) -> InstanceConfig {
    let mut config = BifurcationConfig::default();
    change(&mut config);
    TaskConfig::Bifurcation(config).into()
}

fn named(name: &str, instance: InstanceConfig) -> InstanceConfig {
    InstanceConfig { name: Some(name.to_owned()), ..instance }
}

/// One instance of each family of the first milestone.
fn first_milestone() -> Vec<InstanceConfig> {
    vec![
        chain(|_| {}),
        TaskConfig::DelayedEffect(DelayedEffectConfig::default()).into(),
        TaskConfig::Recovery(RecoveryConfig::default()).into(),
        TaskConfig::VariableHorizon(VariableHorizonConfig::default()).into(),
    ]
}

/// The bifurcation chain with one factor changed at a time, and variants of the other three.
fn grid() -> Vec<InstanceConfig> {
    let mut grid: Vec<InstanceConfig> = [2, 4, 16, 32]
        .into_iter()
        .map(|horizon| chain(|c| (c.horizon, c.decisive) = (horizon, Decisive::At(vec![2.min(horizon - 1)]))))
        .collect();
    grid.extend([
        chain(|c| c.decisive = Decisive::First(1)),
        chain(|c| c.decisive = Decisive::Last(1)),
        chain(|c| c.decisive = Decisive::Random { count: 1, seed: 1 }),
        chain(|c| c.decisive = Decisive::At(vec![2, 5])),
        chain(|c| c.decisive = Decisive::At(vec![1, 3, 5, 7])),
        chain(|c| (c.success_high, c.success_low) = (1.0, 0.0)),
        chain(|c| (c.success_high, c.success_low) = (0.55, 0.45)),
        chain(|c| c.actions = 4),
        chain(|c| c.repair = 0.25),
        chain(|c| c.noise = 1.0),
        chain(|c| c.bait = 0.1),
    ]);
    let two = || Decisive::At(vec![2, 5]);
    for combination in [Combination::And, Combination::Or, Combination::Xor] {
        grid.push(chain(|c| (c.decisive, c.combination) = (two(), combination)));
    }
    for good in [0.1, 0.9, 0.99] {
        grid.push(chain(|c| c.good_probability = good));
    }
    for group in [2, 4, 32, 128] {
        let name = format!("bifurcation, groups of {group}");
        grid.push(InstanceConfig { group, ..named(&name, chain(|_| {})) });
    }
    let policy = PolicyConfig::Ascended { steps: 5, divergence: 0.05 };
    grid.push(InstanceConfig { policy, ..named("bifurcation, mid-training", chain(|_| {})) });
    for horizon in [2, 32] {
        let effect = DelayedEffectConfig { horizon, ..DelayedEffectConfig::default() };
        grid.push(TaskConfig::DelayedEffect(effect).into());
    }
    grid.push(named(
        "hindsight chain",
        TaskConfig::DelayedEffect(DelayedEffectConfig::hindsight_chain(1.0)).into(),
    ));
    grid.push(TaskConfig::Recovery(RecoveryConfig { recovery: 0.5 }).into());
    grid.push(TaskConfig::Shortcut(ShortcutConfig::default()).into());
    grid.push(TaskConfig::AmbiguousBandit(AmbiguousBanditConfig::default()).into());
    for stop_probability in [0.35, 0.65] {
        let stop = VariableHorizonConfig { stop_probability, ..VariableHorizonConfig::default() };
        grid.push(TaskConfig::VariableHorizon(stop).into());
    }
    grid.push(named(
        "variable horizon, eight steps",
        TaskConfig::VariableHorizon(VariableHorizonConfig::eight_steps()).into(),
    ));
    grid
}

/// Families T5 to T8 and the smaller ones of T9 to T11.
fn later_families() -> Vec<InstanceConfig> {
    let seen = |task: TaskConfig| InstanceConfig { sharing: Sharing::Observation, ..task.into() };
    let discounted =
        |gamma| -> EstimatorConfig { MonteCarlo { gamma, baseline: ReturnBaseline::LeaveOneOut }.into() };
    let tree = |overlap| {
        TaskConfig::OverlappingTree(OverlappingTreeConfig { overlap, ..OverlappingTreeConfig::default() })
    };
    vec![
        TaskConfig::KeyToDoor(KeyToDoorConfig::default()).into(),
        TaskConfig::Umbrella(UmbrellaConfig::default()).into(),
        InstanceConfig {
            arms: vec![discounted(0.9), discounted(0.99)],
            ..TaskConfig::DiscountingChain(DiscountingChainConfig::default()).into()
        },
        seen(TaskConfig::MemoryAlias(MemoryAliasConfig::default())),
        named("loop alias", seen(TaskConfig::VariableHorizon(VariableHorizonConfig::loop_alias()))),
        tree(3).into(),
        tree(6).into(),
        turns(TurnsConfig { turns: 3, vocabulary: 4, ..TurnsConfig::default() }),
    ]
}

/// Worlds of many states or steps.
fn large_families() -> Vec<InstanceConfig> {
    let mut large: Vec<InstanceConfig> = [43, 63, 83, 103]
        .into_iter()
        .map(|length| TaskConfig::KeyToDoor(KeyToDoorConfig { length, ..KeyToDoorConfig::default() }).into())
        .collect();
    large.extend(
        [5, 10, 50].into_iter().map(|length| {
            TaskConfig::Umbrella(UmbrellaConfig { length, ..UmbrellaConfig::default() }).into()
        }),
    );
    large.push(TaskConfig::OverlappingTree(OverlappingTreeConfig::default()).into());
    large
        .push(TaskConfig::DelayedSum(DelayedSumConfig { horizon: 20, ..DelayedSumConfig::default() }).into());
    large.push(turns(TurnsConfig::default()));
    let many = named("bifurcation, groups of 500", chain(|_| {}));
    large.push(InstanceConfig { group: 500, batches: Some(20), ..many });
    large
}

/// A world of turns, with arms that know them.
fn turns(config: TurnsConfig) -> InstanceConfig {
    let tokens = config.tokens;
    let by_turn =
        TurnGae { tokens_per_turn: tokens as usize, gamma: 1.0, lambda: 1.0, critic: Critic::exact() };
    InstanceConfig {
        turn_length: Some(tokens),
        arms: vec![by_turn.into()],
        ..TaskConfig::Turns(config).into()
    }
}
