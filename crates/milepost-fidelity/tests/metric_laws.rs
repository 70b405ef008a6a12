//! Laws of the metrics, of exact truth, and of the protocol.

use std::sync::atomic::AtomicBool;

use milepost_fidelity::config::{EstimatorConfig, InstanceConfig, PolicyConfig, Scale, credit_bench};
use milepost_fidelity::estimators::{
    Contribution, Control, GroupRelative, HindsightModel, MonteCarlo, OutcomeKey, PotentialFunction,
    Predictor, Redistribution, Residual, ReturnBaseline, ReturnHindsight, Shaping, Start, TerminalValue,
};
use milepost_fidelity::metrics::{Assigned, RewardTable, Scorer, Scores, greedy_regret, potential_residual};
use milepost_fidelity::protocol::{
    Instance, Job, Metric, Options, Sampling, enumerate_trajectories, exact_gradient, run, run_jobs,
};
use milepost_fidelity::reference::exact_gae;
use milepost_fidelity::{
    Baseline, Batch, Context, Contrast, Credit, Estimate, FidelityError, Meter, Needs, Reading, Tape, Truth,
};
use milepost_microworlds::TaskConfig;
use milepost_microworlds::worlds::{
    BifurcationConfig, Combination, Decisive, DelayedEffectConfig, MemoryAliasConfig, RecoveryConfig, Sign,
    TurnsConfig, TwoWorldsConfig, VariableHorizonConfig,
};
use proptest::prelude::*;

fn solve(task: TaskConfig) -> Instance {
    InstanceConfig::from(task).build().expect("a small world")
}

/// Small worlds of many kinds.
fn worlds() -> impl Strategy<Value = Instance> {
    let combination = prop_oneof![
        Just(Combination::Lin),
        Just(Combination::And),
        Just(Combination::Or),
        Just(Combination::Xor)
    ];
    let chain = (2u32..6, 2u32..4, combination, 0.05..0.95f64, 0.0..0.5f64, any::<u64>(), 0.0..0.3f64)
        .prop_map(|(horizon, actions, combination, good_probability, repair, seed, bait)| {
            TaskConfig::Bifurcation(BifurcationConfig {
                horizon,
                decisive: Decisive::Random { count: 1 + seed as u32 % 2, seed },
                combination,
                good_probability,
                actions,
                repair,
                bait,
                ..BifurcationConfig::default()
            })
        });
    let stop = (0.1..0.9f64).prop_map(|stop_probability| {
        TaskConfig::VariableHorizon(VariableHorizonConfig {
            stop_probability,
            ..VariableHorizonConfig::default()
        })
    });
    let recovery = (0.0..1.0f64).prop_map(|recovery| TaskConfig::Recovery(RecoveryConfig { recovery }));
    let alias = Just(TaskConfig::MemoryAlias(MemoryAliasConfig { horizon: 4 }));
    prop_oneof![4 => chain, 1 => stop, 1 => recovery, 1 => alias].prop_map(solve)
}

fn sample(instance: &Instance, seed: u64, episodes: usize) -> Batch {
    Batch::sample(instance.world(), instance.policy(), Tape::new(seed), 0, episodes)
}

/// Scores of given credit, in batches of eight.
fn score(instance: &Instance, seed: u64, credit: impl Fn(&Batch, usize, u64) -> f64) -> Scores {
    let (world, policy, truth) = (instance.world(), instance.policy(), instance.truth());
    let mut scorer = Scorer::new(world, policy, truth, Contrast::Policy, None);
    for index in 0..20 {
        let batch = Batch::sample(world, policy, Tape::new(seed), index * 8, 8);
        let taken = (0..batch.steps()).map(|step| credit(&batch, step, index)).collect();
        scorer.push(&batch, &Assigned { taken, all: None, rewards: None, fallbacks: 0 });
    }
    scorer.finish()
}

/// Something between truth and noise: a fixed function of the step.
fn wild(instance: &Instance, batch: &Batch, step: usize, index: u64) -> f64 {
    let noise = Tape::new(77).action(index, 5, step as u32) - 0.5;
    instance.truth().advantage(batch.nodes[step], batch.actions[step]) + noise
}

fn close(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * (1.0 + a.abs()),
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// Relative error of the exact mean gradient of an arm that credits episodes one by one.
fn exact_bias(instance: &Instance, arm: &EstimatorConfig) -> Option<f64> {
    let mut estimator = arm.build();
    let (world, policy, truth) = (instance.world(), instance.policy(), instance.truth());
    let none = Batch::default();
    let context = Context::new(world, truth, policy, &none, Tape::new(0), estimator.needs());
    estimator.fit(&context, &mut Meter::default()).expect("needs no episodes");
    exact_gradient(instance, estimator.as_mut(), 1, 200_000).expect("few trajectories").error
}

#[test]
fn return_hindsight_is_unbiased_where_every_action_can_earn_every_return_and_biased_where_it_tells_the_action()
 {
    let hindsight = ReturnHindsight::new(HindsightModel::Exact).into();
    let chain = |bait| {
        let decisive = Decisive::At(vec![0, 2]);
        let chain =
            BifurcationConfig { horizon: 4, decisive, good_probability: 0.3, bait, ..Default::default() };
        solve(TaskConfig::Bifurcation(chain))
    };
    assert!(exact_bias(&chain(0.0), &hindsight).expect("a gradient") < 1e-12);
    assert!(exact_bias(&chain(0.3), &hindsight).expect("a gradient") > 0.1);
}

proptest! {
    #[test]
    fn dynamic_programming_agrees_with_the_enumeration_of_all_trajectories(instance in worlds()) {
        let all = enumerate_trajectories(&instance, 200_000).expect("short episodes");
        let (world, policy, truth) = (instance.world(), instance.policy(), instance.truth());
        let total: f64 = all.probabilities.iter().sum();
        prop_assert!((total - 1.0).abs() < 1e-9);
        let (mut value, mut square) = (0.0, 0.0);
        let mut visits = vec![0.0; world.nodes()];
        let mut q = vec![(0.0, 0.0); world.nodes() * world.actions()];
        for (p, steps) in all.probabilities.iter().zip(&all.trajectories) {
            let mut later = 0.0;
            for (node, action, reward, _) in steps.iter().rev() {
                later += reward;
                visits[*node as usize] += p;
                let pair = &mut q[*node as usize * world.actions() + *action as usize];
                (pair.0, pair.1) = (pair.0 + p * later, pair.1 + p);
            }
            value += p * later;
            square += p * later * later;
        }
        prop_assert!((value - truth.value()).abs() < 1e-9);
        prop_assert!((square - value * value - truth.variance()).abs() < 1e-9);
        for node in 0..world.nodes() as u32 {
            prop_assert!((visits[node as usize] - truth.visits(node)).abs() < 1e-9);
            let mut mean = 0.0;
            for action in (0..world.actions() as u32).filter(|a| world.is_legal(node, *a)) {
                let (sum, mass) = q[node as usize * world.actions() + action as usize];
                if mass > 1e-12 {
                    prop_assert!((sum / mass - truth.q(node, action)).abs() < 1e-6);
                }
                mean += policy.probability(node, action) * truth.advantage(node, action);
            }
            prop_assert!(mean.abs() < 1e-12);
        }
    }

    #[test]
    fn the_return_is_its_expectation_plus_skill_plus_luck_on_every_trajectory(instance in worlds(), seed: u64) {
        let (truth, batch) = (instance.truth(), sample(&instance, seed, 20));
        for (range, total) in batch.ranges().zip(batch.returns()) {
            let (mut skill, mut luck) = (0.0, 0.0);
            for i in range.clone() {
                let (node, action) = (batch.nodes[i], batch.actions[i]);
                skill += truth.advantage(node, action);
                luck += batch.rewards[i] + truth.v(batch.next[i]) - truth.q(node, action);
            }
            prop_assert!((total - truth.v(batch.nodes[range.start]) - skill - luck).abs() < 1e-9);
        }
        if truth.variance() > 1e-12 {
            let shares = [truth.skill_share(), truth.luck_share(), truth.start_share()];
            prop_assert!((shares.into_iter().flatten().sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn the_exact_arm_has_no_error_and_the_exact_direction(instance in worlds(), seed: u64) {
        let found = score(&instance, seed, |batch, step, _| {
            instance.truth().advantage(batch.nodes[step], batch.actions[step])
        });
        prop_assert_eq!(found.closeness.rmse, Some(0.0));
        prop_assert_eq!(found.cells.bias_rms, Some(0.0));
        for perfect in [found.signs.overall.value, found.localisation.hit.value, found.ranks.pooled.value] {
            prop_assert!(perfect.is_none_or(|p| (p - 1.0).abs() < 1e-12));
        }
        let exact = exact_gradient(&instance, &mut Control::Exact, 1, 200_000).expect("few trajectories");
        prop_assert!(exact.error.is_none_or(|error| error < 1e-12));
        prop_assert!(exact.cosine.is_none_or(|cosine| (cosine - 1.0).abs() < 1e-12));
    }

    #[test]
    fn a_baseline_of_each_node_leaves_the_centred_error_and_the_mean_gradient(
        instance in worlds(), seed: u64, level in -3.0..3.0f64,
    ) {
        let baseline = |node: u32| level * (f64::from(node) + 1.0).sin();
        let plain = score(&instance, seed, |b, step, index| wild(&instance, b, step, index));
        let shifted =
            score(&instance, seed, |b, step, index| wild(&instance, b, step, index) + baseline(b.nodes[step]));
        prop_assert!(close(plain.centred.rmse, shifted.centred.rmse), "{:?} {:?}", plain.centred, shifted.centred);
        // The expected score is 0 in every node: checked on the exact mean, not on a sample.
        let (world, policy, truth) = (instance.world(), instance.policy(), instance.truth());
        let mut gradient = vec![0.0; policy.parameters()];
        for node in 0..world.nodes() as u32 {
            for action in (0..world.actions() as u32).filter(|a| world.is_legal(node, *a)) {
                let mass = truth.visits(node) * policy.probability(node, action);
                let credit = truth.advantage(node, action) + baseline(node);
                policy.add_score(node, action, mass * credit, &mut gradient);
            }
        }
        for (g, exact) in gradient.iter().zip(truth.gradient(world, policy)) {
            prop_assert!((g - exact).abs() < 1e-12);
        }
    }

    #[test]
    fn scaling_credit_leaves_rank_place_direction_and_the_scaled_error(
        instance in worlds(), seed: u64, scale in 0.01..100.0f64,
    ) {
        let plain = score(&instance, seed, |b, step, index| wild(&instance, b, step, index));
        let scaled = score(&instance, seed, |b, step, index| scale * wild(&instance, b, step, index));
        for (a, b) in [
            (plain.ranks.within_trajectory.value, scaled.ranks.within_trajectory.value),
            (plain.ranks.pooled.value, scaled.ranks.pooled.value),
            (plain.localisation.hit.value, scaled.localisation.hit.value),
            (plain.localisation.praise_hit.value, scaled.localisation.praise_hit.value),
            (plain.signs.overall.value, scaled.signs.overall.value),
            (plain.leakage.share, scaled.leakage.share),
            (plain.gradient.mean_cosine, scaled.gradient.mean_cosine),
            (plain.gradient.batch_cosine, scaled.gradient.batch_cosine),
            (plain.gradient.normalised_variance, scaled.gradient.normalised_variance),
            (plain.closeness.scaled_rmse, scaled.closeness.scaled_rmse),
        ] {
            prop_assert!(close(a, b), "{a:?} {b:?}");
        }
        prop_assert!(plain.closeness.scaled_rmse <= plain.closeness.rmse);
    }

    #[test]
    fn unbiased_estimators_enumerate_to_the_exact_gradient(instance in worlds()) {
        let plain = |baseline| MonteCarlo { gamma: 1.0, baseline };
        let single: Vec<EstimatorConfig> = vec![
            plain(ReturnBaseline::None).into(),
            exact_gae(1.0).into(),
            exact_gae(0.0).into(),
            Contribution::new(OutcomeKey::StateReward, HindsightModel::Exact).into(),
        ];
        for arm in single {
            let error = exact_bias(&instance, &arm);
            prop_assert!(error.is_none_or(|error| error < 1e-9), "{arm:?}: {error:?}");
        }
        let all = enumerate_trajectories(&instance, 200_000).expect("few trajectories").probabilities.len();
        if all <= 200 {
            let found = exact_gradient(&instance, &mut GroupRelative::rloo(), 2, 200_000).expect("few pairs");
            prop_assert!(found.error.is_none_or(|error| error < 1e-9), "{:?}", found.error);
        }
    }

    #[test]
    fn a_potential_has_no_residual_and_no_regret_and_a_bump_has_its_size(
        instance in worlds(), bump in 0.1..2.0f64, seed: u64,
    ) {
        let (world, truth) = (instance.world(), instance.truth());
        let potential = |node: u32| if node == milepost_fidelity::END {
            0.0
        } else {
            Tape::new(seed).action(u64::from(node), 1, 0) * 4.0 - 2.0
        };
        let extra: Vec<f64> =
            world.transitions().map(|(n, o)| potential(o.next) - potential(n)).collect();
        prop_assert!(potential_residual(world, &extra) < 1e-9);
        let table = RewardTable::from_fn(world, |node, action, which| {
            let o = world.outcomes(node, action)[which];
            o.reward + potential(o.next) - potential(node)
        });
        prop_assert!(greedy_regret(world, truth, &table).0 < 1e-9);
        // Two ways from one node to the end, one of them paid: no potential explains more than the mean.
        let ends: Vec<usize> = world.transitions().enumerate()
            .filter(|(_, (node, o))| o.next == milepost_fidelity::END && *node == world.nodes() as u32 - 1)
            .map(|(index, _)| index).collect();
        if ends.len() > 1 {
            let mut paid = extra;
            paid[ends[0]] += bump;
            let residual = potential_residual(world, &paid);
            prop_assert!((residual - bump / 2.0).abs() < 1e-9, "{residual}");
        }
    }

    #[test]
    fn the_gradient_that_is_reported_is_the_gradient_of_the_value(instance in worlds(), direction: u64) {
        let (world, policy, truth) = (instance.world(), instance.policy(), instance.truth());
        let gradient = truth.gradient(world, policy);
        let step: Vec<f64> =
            (0..gradient.len()).map(|i| Tape::new(direction).action(i as u64, 2, 0) - 0.5).collect();
        let value = |eta| Truth::solve(world, &policy.stepped(&step, eta)).expect("solvable").value();
        let h = 1e-5;
        let numeric = (value(h) - value(-h)) / (2.0 * h);
        let exact: f64 = gradient.iter().zip(&step).map(|(g, s)| g * s).sum();
        prop_assert!((numeric - exact).abs() < 1e-6 * (1.0 + exact.abs()), "{numeric} {exact}");
    }
}

fn records(threads: usize) -> Vec<milepost_fidelity::record::Record> {
    let instances = [
        solve(TaskConfig::Bifurcation(BifurcationConfig::default())),
        solve(TaskConfig::DelayedEffect(DelayedEffectConfig::default())),
    ];
    let arms = milepost_fidelity::config::core_arms();
    let jobs: Vec<Job<'_>> = instances
        .iter()
        .flat_map(|instance| arms.iter().map(move |arm| (instance, arm)))
        .map(|(instance, arm)| Job { instance, arm, sampling: Sampling { group: 4, batches: 5, seed: 3 } })
        .collect();
    let stop = AtomicBool::new(false);
    let options = Options { threads, clock: None, progress: &|_| {}, stop: &stop };
    run_jobs(&jobs, options).into_iter().map(|record| record.expect("runs")).collect()
}

#[test]
fn records_are_the_same_bits_whatever_the_number_of_threads() {
    let one = records(1);
    assert_eq!(one, records(2));
    assert_eq!(one, records(5));
}

#[test]
fn a_set_flag_interrupts_every_job() {
    let instance = solve(TaskConfig::Recovery(RecoveryConfig::default()));
    let sampling = Sampling { group: 4, batches: 5, seed: 3 };
    let found = run(&instance, &mut GroupRelative::rloo(), sampling, &AtomicBool::new(true));
    assert_eq!(found.map(|_| ()), Err(FidelityError::Interrupted));
}

#[test]
fn credit_that_is_not_finite_is_an_error_that_names_its_place() {
    let instance = solve(TaskConfig::Bifurcation(BifurcationConfig { horizon: 3, ..Default::default() }));
    let batch = sample(&instance, 9, 2);
    let (world, policy, truth) = (instance.world(), instance.policy(), instance.truth());
    let context = Context::new(world, truth, policy, &batch, Tape::new(9), Needs::default());
    let read = |credit: Credit| Assigned::read("broken", Estimate::from(credit), &context);
    let mut credit = vec![0.0; batch.steps()];
    assert!(matches!(read(Credit::Advantage(credit[1..].to_vec())), Err(FidelityError::Size { .. })));
    credit[4] = f64::INFINITY;
    let expected = FidelityError::NonFinite {
        estimator: "broken".into(),
        seed: 9,
        episode: 1,
        step: 1,
        value: f64::INFINITY,
    };
    assert_eq!(read(Credit::Advantage(credit)), Err(expected));
    let mut all = vec![0.0; batch.steps() * 2];
    let untaken = 1 - batch.actions[4] as usize;
    all[4 * 2 + untaken] = f64::NEG_INFINITY;
    assert!(matches!(
        read(Credit::AllActions(all)),
        Err(FidelityError::NonFinite { episode: 1, step: 1, .. })
    ));
}

#[test]
fn a_weight_of_one_is_the_leave_one_out_advantage_and_a_lone_episode_falls_back() {
    let instance = solve(TaskConfig::Bifurcation(BifurcationConfig::default()));
    let (world, policy, truth) = (instance.world(), instance.policy(), instance.truth());
    for (episodes, fallbacks) in [(6, 0), (1, 1)] {
        let batch = sample(&instance, 1, episodes);
        let context = Context::new(world, truth, policy, &batch, Tape::new(1), Needs::default());
        let ones = Estimate::from(Credit::Weight(vec![1.0; batch.steps()]));
        let read = Assigned::read("ones", ones, &context).expect("finite");
        assert_eq!(read.fallbacks, fallbacks);
        let returns = batch.returns();
        let total: f64 = returns.iter().sum();
        for (range, own) in batch.ranges().zip(&returns) {
            let others = if episodes > 1 { (total - own) / (episodes - 1) as f64 } else { 0.0 };
            assert!(range.into_iter().all(|i| (read.taken[i] - (own - others)).abs() < 1e-12));
        }
    }
}

#[test]
fn the_frontier_pays_for_branches_out_of_the_same_budget() {
    let instance = solve(TaskConfig::Bifurcation(BifurcationConfig::default()));
    let sampling = Sampling { group: 8, batches: 64, seed: 0 };
    let stop = AtomicBool::new(false);
    let cheap = run(&instance, &mut GroupRelative::rloo(), sampling, &stop).expect("runs");
    let dear = run(&instance, &mut milepost_fidelity::reference::vine(4), sampling, &stop).expect("runs");
    let batches = |record: &milepost_fidelity::record::Record| -> Vec<u64> {
        record.frontier.iter().map(|point| point.batches).collect()
    };
    assert_eq!(batches(&cheap), [4, 8, 16, 32, 64]);
    let factor = dear.cost.step_factor.expect("steps");
    for (point, paid) in dear.frontier.iter().zip(batches(&cheap)) {
        assert!((point.batches as f64 - paid as f64 / factor).abs() <= 1.0, "{point:?} {factor}");
    }
    // K·H(H − 1)/2 further steps an episode, and K·H once a batch for the shared start.
    assert_eq!(dear.cost.extra.environment_steps, 64 * (8 * 4 * 28 + 4 * 8));
}

#[test]
fn a_checkpoint_of_training_earns_more_than_the_reference() {
    let task = TaskConfig::Bifurcation(BifurcationConfig::default());
    let policy = PolicyConfig::Ascended { steps: 5, divergence: 0.02 };
    let trained = InstanceConfig { policy, ..InstanceConfig::from(task.clone()) }.build().expect("solvable");
    let before = solve(task).truth().value();
    let after = trained.truth().value();
    assert!(before + 0.05 < after && after < 0.8, "{before} {after}");
}

#[test]
fn built_in_suites_are_consistent_and_round_trip_as_text() {
    for scale in [Scale::Smoke, Scale::Small, Scale::Full] {
        let suite = credit_bench(scale);
        suite.check().expect("every name once");
        let text = serde_json::to_string(&suite).expect("serializes");
        let read: milepost_fidelity::config::SuiteConfig = serde_json::from_str(&text).expect("reads back");
        assert_eq!(read, suite);
        let wrong = text.replacen("\"seeds\"", "\"sedes\"", 1);
        assert!(serde_json::from_str::<milepost_fidelity::config::SuiteConfig>(&wrong).is_err());
    }
}

#[test]
fn a_metric_that_does_not_exist_is_none_and_not_zero() {
    let instance = solve(TaskConfig::Bifurcation(BifurcationConfig::default()));
    let sampling = Sampling { group: 4, batches: 3, seed: 0 };
    let record = run(&instance, &mut Control::Zero, sampling, &AtomicBool::new(false)).expect("runs");
    for metric in [Metric::Leakage, Metric::TauPooled, Metric::MeanCosine, Metric::NormalisedVariance] {
        assert_eq!(metric.of(&record), None, "{metric:?}");
    }
    assert_eq!(record.scores.gradient.zero_batches, 3);
    assert_eq!(Metric::BatchCosine.of(&record), Some(0.0));
}

#[test]
fn an_optimal_redistribution_returns_the_return_and_leaves_nothing_to_expect() {
    let instance = solve(TaskConfig::Bifurcation(BifurcationConfig::default()));
    let sampling = Sampling { group: 8, batches: 500, seed: 5 };
    let reward_of = |arm: EstimatorConfig| {
        let record = run(&instance, arm.build().as_mut(), sampling, &AtomicBool::new(false)).expect("runs");
        record.scores.invariance.expect("the arm gives a reward")
    };
    let redistributed = |residual| {
        let (predictor, start) = (Predictor::exact(), Start::Zero);
        reward_of(Redistribution { predictor, start, residual }.into())
    };
    let whole = redistributed(Residual::Last);
    assert!(whole.worst_return_error < 1e-12 && whole.worst_regret < 1e-9, "{whole:?}");
    let (bare, potential) = (PotentialFunction::Value, TerminalValue::Zero);
    let shaped = reward_of(Shaping { potential: bare, terminal: potential, bonus: 0.0 }.into());
    assert!(shaped.potential_residual < 1e-9 && shaped.worst_regret < 1e-9, "{shaped:?}");
    assert_eq!((shaped.unseen_share, shaped.history_rms), (0.0, Some(0.0)));
    // Of a mean over some hundred visits only the noise of luck is left, .4 / √250 a cell at most.
    let noise = 0.4 / 250f64.sqrt();
    assert!(redistributed(Residual::None).future_reward_rms.expect("cells") < noise);
    // A bonus for action 0 is no potential: two actions that lead to the same node differ by 1, half on each.
    let paid = reward_of(Shaping { potential: bare, terminal: potential, bonus: 1.0 }.into());
    assert!((paid.potential_residual - 0.5).abs() < 1e-9, "{paid:?}");
}

#[test]
fn the_credit_of_a_turn_is_the_sum_over_its_tokens() {
    let config = TurnsConfig { turns: 3, vocabulary: 4, ..TurnsConfig::default() };
    let length = config.tokens;
    let task = InstanceConfig { turn_length: Some(length), ..TaskConfig::Turns(config).into() };
    let instance = task.build().expect("a small world");
    let (truth, batch) = (instance.truth(), sample(&instance, 2, 50));
    for range in batch.ranges() {
        for turn in range.collect::<Vec<_>>().chunks(length as usize) {
            let (first, last) = (turn[0], turn[turn.len() - 1]);
            let tokens: f64 = turn.iter().map(|i| truth.advantage(batch.nodes[*i], batch.actions[*i])).sum();
            let paid: f64 = turn[..turn.len() - 1].iter().map(|i| batch.rewards[*i]).sum();
            let whole = paid + truth.q(batch.nodes[last], batch.actions[last]) - truth.v(batch.nodes[first]);
            assert!((tokens - whole).abs() < 1e-12);
        }
    }
    let sampling = Sampling { group: 8, batches: 30, seed: 0 };
    let record = run(&instance, &mut Control::Exact, sampling, &AtomicBool::new(false)).expect("runs");
    assert_eq!(Metric::TurnHit.of(&record), Some(1.0));
}

#[test]
fn the_logs_of_the_two_worlds_are_identical() {
    let log = |sign| {
        let instance = solve(TaskConfig::TwoWorlds(TwoWorldsConfig { sign }));
        let batch = sample(&instance, 4, 200);
        let seen: Vec<u32> = batch.nodes.iter().map(|n| instance.world().observation(*n)).collect();
        (seen, batch.actions, batch.rewards)
    };
    assert_eq!(log(Sign::Plus), log(Sign::Minus));
}

#[test]
fn a_reward_to_go_is_compared_with_those_alive_and_counts_the_steps_without() {
    let mut batch = Batch::default();
    let rewards = [[1.0, 2.0, 4.0].as_slice(), &[8.0]];
    let instance = solve(TaskConfig::Bifurcation(BifurcationConfig { horizon: 3, ..Default::default() }));
    for (id, rewards) in rewards.iter().enumerate() {
        batch.begin(id as u64);
        rewards.iter().for_each(|reward| batch.push(0, 0, *reward, milepost_fidelity::END));
    }
    let (world, policy, truth) = (instance.world(), instance.policy(), instance.truth());
    let context = Context::new(world, truth, policy, &batch, Tape::new(0), Needs::default());
    let read = |baseline| {
        let reading = Reading::ToGo { baseline };
        let credit = Credit::Reward { rewards: batch.rewards.clone(), reading };
        Assigned::read("to go", Estimate::from(credit), &context).expect("finite")
    };
    assert_eq!(read(Baseline::None).taken, [7.0, 6.0, 4.0, 8.0]);
    let relative = read(Baseline::LeaveOneOut);
    assert_eq!((relative.taken.as_slice(), relative.fallbacks), ([-1.0, 6.0, 4.0, 1.0].as_slice(), 2));
}
