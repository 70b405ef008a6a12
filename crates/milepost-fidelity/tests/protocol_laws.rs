//! Laws of the protocol: threads, interruption, refusal, budgets, fallbacks, suites, and known answers of rewards,
//! turns and logs.

mod common;

use std::sync::atomic::AtomicBool;

use common::{sample, solve};
use milepost_eval::Bootstrap;
use milepost_fidelity::config::{
    EstimatorConfig, InstanceConfig, PolicyConfig, Scale, SuiteConfig, credit_bench,
};
use milepost_fidelity::estimators::{
    Control, GroupRelative, MonteCarlo, NoisyJudge, PotentialFunction, Predictor, Redistribution, Residual,
    ReturnBaseline, Shaping, Start, TerminalValue,
};
use milepost_fidelity::metrics::Assigned;
use milepost_fidelity::protocol::{
    Finding, Job, Metric, Options, Sampling, SuiteOutcome, run, run_jobs, run_suite,
};
use milepost_fidelity::report::Report;
use milepost_fidelity::{Baseline, Batch, Context, Credit, Estimate, FidelityError, Needs, Reading, Tape};
use milepost_microworlds::TaskConfig;
use milepost_microworlds::worlds::{
    BifurcationConfig, DelayedEffectConfig, RecoveryConfig, Sign, TurnsConfig, TwoWorldsConfig,
};

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
        let read: SuiteConfig = serde_json::from_str(&text).expect("reads back");
        assert_eq!(read, suite);
        let wrong = text.replacen("\"seeds\"", "\"sedes\"", 1);
        assert!(serde_json::from_str::<SuiteConfig>(&wrong).is_err());
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

fn small_suite(arms: Vec<EstimatorConfig>) -> SuiteConfig {
    SuiteConfig {
        name: "two arms".into(),
        seeds: 3,
        first_seed: 0,
        batches: 10,
        baseline: Some("rloo".into()),
        instances: vec![TaskConfig::Bifurcation(BifurcationConfig::default()).into()],
        arms,
    }
}

fn outcome(suite: &SuiteConfig) -> SuiteOutcome {
    let stop = AtomicBool::new(false);
    run_suite(suite, Options { threads: 2, clock: None, progress: &|_| {}, stop: &stop })
        .expect("a valid suite")
}

#[test]
fn a_report_declares_ties_shows_published_numbers_and_lists_what_was_refused() {
    let same = MonteCarlo { gamma: 1.0, baseline: ReturnBaseline::LeaveOneOut };
    let refused = NoisyJudge::with_noise(-1.0);
    let suite =
        small_suite(vec![GroupRelative::rloo().into(), same.into(), refused.into(), Control::Exact.into()]);
    let found = outcome(&suite);
    assert_eq!((found.records.len(), found.failures.len()), (9, 3), "{:?}", found.failures);
    let text = serde_json::to_string(&found).expect("serializes");
    assert_eq!(serde_json::from_str::<SuiteOutcome>(&text).expect("reads back"), found);

    let report = Report::new(&found, Vec::new(), &Bootstrap { replicates: 200, ..Bootstrap::default() });
    let report = report.expect("three seeds");
    let row = |arm: &str| report.tables[0].rows.iter().find(|row| row.summary.arm == arm).expect("was run");
    let sides = |arm: &str, metric: Metric| {
        row(arm).differences.iter().find(|d| d.metric == metric).expect("compared").outcome
    };
    let same = "monte-carlo(gamma=1,baseline=leave-one-out)";
    assert_eq!(sides(same, Metric::Rmse), Finding::Tie);
    assert_eq!(sides("exact", Metric::Rmse), Finding::Better);
    assert!(row("rloo").reference.iter().any(|v| v.metric == Metric::Rmse && v.published == 0.52));
    let shown = report.text();
    for expected in ["t=2 0.360", "published: RMSE 0.52", "Not run:", "CA-ID cards:", "luck 0.6400"] {
        assert!(shown.contains(expected), "{expected} is missing from\n{shown}");
    }
}

#[test]
fn a_suite_with_a_name_twice_or_an_unknown_baseline_is_refused() {
    let rloo = || EstimatorConfig::from(GroupRelative::rloo());
    let twice = small_suite(vec![rloo(), rloo()]).check();
    assert_eq!(twice, Err(FidelityError::Twice { what: "arm", name: "rloo".into() }));
    let unknown = small_suite(vec![Control::Exact.into()]).check();
    assert_eq!(unknown, Err(FidelityError::Unknown { what: "baseline", name: "rloo".into() }));
}

#[test]
fn an_action_that_no_world_has_is_illegal_everywhere() {
    let instance = solve(TaskConfig::Bifurcation(BifurcationConfig::default()));
    let world = instance.world();
    assert!((0..world.nodes() as u32).all(|node| !world.is_legal(node, world.actions() as u32)));
    assert!(!world.is_legal(0, u32::MAX));
}
