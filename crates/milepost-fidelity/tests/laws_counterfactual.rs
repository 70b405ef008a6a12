//! Known answers and laws of the arms that branch, replace, look back or judge.
//!
//! The world is the bifurcation chain of 8 steps whose step 2 alone decides, success 0.8 against 0.2, two
//! actions, uniform policy: `A = ±0.3` at step 2 and 0 elsewhere.

use milepost_fidelity::estimators::{
    Belief, Contribution, Control, Gain, HindsightModel, ImplicitPrm, InformationGain, NoisyJudge,
    OutcomeKey, PairedBranches, PrefixTree, PrmModel, ReplaceStep, ReturnHindsight, Reuse, ShapleySteps,
    Tail, Vine, replica_noise_floor,
};
use milepost_fidelity::{
    Batch, Context, Contrast, Credit, CreditEstimator, LayeredWorld, Meter, Needs, NodePolicy, Restore,
    Sharing, Tape, Truth,
};
use milepost_microworlds::worlds::{Bifurcation, BifurcationConfig};

struct Bench {
    world: LayeredWorld,
    policy: NodePolicy,
    truth: Truth,
}

fn bench(config: BifurcationConfig) -> Bench {
    let law = Bifurcation::new(config).expect("a valid chain");
    let (world, _) = LayeredWorld::of(&law, 10_000).expect("a small world");
    let policy = NodePolicy::uniform(&world, Sharing::TimeAndState).expect("every action is legal");
    let truth = Truth::solve(&world, &policy).expect("solvable");
    Bench { world, policy, truth }
}

impl Bench {
    /// Credit of the taken actions of `count` episodes, and what it cost.
    fn run(&self, estimator: &mut dyn CreditEstimator, count: usize) -> (Batch, Vec<f64>, Meter) {
        let tape = Tape::new(7);
        let mut meter = Meter::default();
        let needs = estimator.needs();
        let fit = Batch::sample(&self.world, &self.policy, tape, 1 << 40, estimator.wants_episodes());
        let context = Context::new(&self.world, &self.truth, &self.policy, &fit, tape, needs);
        estimator.fit(&context, &mut meter).expect("can be fitted");
        let batch = Batch::sample(&self.world, &self.policy, tape, 0, count);
        let context = Context::new(&self.world, &self.truth, &self.policy, &batch, tape, needs);
        let estimate = estimator.estimate(&context, &mut meter).expect("can be estimated");
        let credit = match estimate.credit {
            Credit::Advantage(credit) | Credit::Reward { rewards: credit, .. } => credit,
            Credit::AllActions(all) => {
                let actions = self.world.actions();
                batch.actions.iter().enumerate().map(|(s, a)| all[s * actions + *a as usize]).collect()
            }
            Credit::Weight(_) => unreachable!("no arm here gives weights"),
        };
        (batch, credit, meter)
    }

    fn rmse(&self, estimator: &mut dyn CreditEstimator, count: usize) -> f64 {
        let (batch, credit, _) = self.run(estimator, count);
        let sum: f64 = (0..batch.steps())
            .map(|s| (credit[s] - self.truth.advantage(batch.nodes[s], batch.actions[s])).powi(2))
            .sum();
        (sum / batch.steps() as f64).sqrt()
    }
}

fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} where {expected} ± {tolerance} is expected");
}

#[test]
fn the_chain_has_its_closed_form_truth() {
    let bench = bench(BifurcationConfig::default());
    for node in bench.world.layer(2) {
        let mut both = [bench.truth.advantage(node as u32, 0), bench.truth.advantage(node as u32, 1)];
        both.sort_by(f64::total_cmp);
        close(both[0], -0.3, 1e-12);
        close(both[1], 0.3, 1e-12);
    }
    // χ = Δ² π_g (1 − π_g) / (p̄ (1 − p̄)) = 0.36.
    close(bench.truth.bifurcation_share(2).expect("returns vary"), 0.36, 1e-12);
    close(bench.truth.luck_share().expect("returns vary"), 0.64, 1e-12);
    close(bench.truth.variance(), 0.25, 1e-12);
}

// Root mean squared errors that follow from the variances of the chain: 0.25 before the decision, 0.16 after.
#[test]
fn errors_of_branching_arms_are_what_their_variances_give() {
    let bench = bench(BifurcationConfig::default());
    let vine = |k| Vine { continuations: k, reuse: Reuse::None, restore: Restore::Full };
    // Σ_t Var/8 with Var = .5, .5, .41, .32 five times, each over K but for the luck of the last step.
    let expected = |k: f64| ((0.5 + 0.5 + 0.41 + 0.32 * 4.0 + 0.16) / k / 8.0 + 0.16 / 8.0_f64).sqrt();
    for (k, tolerance) in [(1, 0.01), (4, 0.006), (16, 0.005)] {
        close(bench.rmse(&mut vine(k), 4000), expected(f64::from(k)), tolerance);
    }
    let mut paired = PairedBranches { continuations: 4, reuse: Reuse::None, restore: Restore::Full };
    // Σ_t Var Q̂ + Var V̂: .5, .5, .16 + .25, .32 five times.
    let variance = (0.5 + 0.5 + 0.41 + 0.32 * 5.0) / 4.0 / 8.0;
    close(bench.rmse(&mut paired, 4000), f64::sqrt(variance), 0.006);
    let mut replace =
        ReplaceStep { samples: 4, alternative: Contrast::Policy, tail: Tail::Resample, shared_noise: false };
    // Before the decision the recorded return and each replacement have variance .25; the decision itself fixes
    // the recorded one's at .16.
    let variance = (2.0 * (0.25 + 0.0625) + 0.16 + 0.0625 + 5.0 * (0.16 + 0.04)) / 8.0;
    close(bench.rmse(&mut replace, 4000), f64::sqrt(variance), 0.01);
    let mut coupled = ReplaceStep { samples: 1, shared_noise: true, ..replace };
    // ±1 with probability .3 at the decision, else 0.
    close(bench.rmse(&mut coupled, 4000), f64::sqrt(0.21 / 8.0), 0.006);
}

#[test]
fn branch_meters_equal_their_closed_forms() {
    let bench = bench(BifurcationConfig::default());
    let (h, episodes, k) = (8, 5, 3);
    let (k64, n) = (u64::from(k), episodes as u64);
    let vine = |reuse| Vine { continuations: k, reuse, restore: Restore::Full };
    let (_, _, meter) = bench.run(&mut vine(Reuse::None), episodes);
    assert_eq!(meter.environment_steps, n * k64 * (h * (h - 1) / 2 + h));
    let (_, _, meter) = bench.run(&mut vine(Reuse::Start), episodes);
    assert_eq!(meter.environment_steps, n * k64 * h * (h - 1) / 2 + k64 * h);
    let mut replace =
        ReplaceStep { samples: k, alternative: Contrast::Policy, tail: Tail::Resample, shared_noise: false };
    assert_eq!(bench.run(&mut replace, episodes).2.environment_steps, n * k64 * h * (h + 1) / 2);
}

#[test]
fn hindsight_arms_have_their_closed_form_errors_and_no_leakage() {
    let bench = bench(BifurcationConfig::default());
    let mut hca = ReturnHindsight::new(HindsightModel::Exact);
    // (1 − .5/.8)·1 with probability .8 after good, (1 − .5/.2)·1 with probability .2 after bad.
    let variance = f64::midpoint(0.375_f64.powi(2) * 0.16, 1.5_f64.powi(2) * 0.16) / 8.0;
    close(bench.rmse(&mut hca, 8000), variance.sqrt(), 0.006);
    let mut cocoa = Contribution::new(OutcomeKey::Reward, HindsightModel::Exact);
    close(bench.rmse(&mut cocoa, 8000), (0.09_f64 / 8.0).sqrt(), 0.004);
    for estimator in [&mut hca as &mut dyn CreditEstimator, &mut cocoa] {
        let (batch, credit, _) = bench.run(estimator, 200);
        for (s, credit) in credit.iter().enumerate() {
            if bench.world.time(batch.nodes[s]) != 2 {
                close(*credit, 0.0, 1e-12);
            }
        }
    }
}

#[test]
fn counted_hindsight_approaches_the_exact_one() {
    let bench = bench(BifurcationConfig::default());
    let mut errors = Vec::new();
    for episodes in [50, 5000] {
        let model = HindsightModel::Counted { episodes };
        let hca = bench.rmse(&mut ReturnHindsight::new(model), 2000);
        let cocoa = bench.rmse(&mut Contribution::new(OutcomeKey::Reward, model), 2000);
        errors.push((hca, cocoa));
    }
    assert!(errors[1].0 < errors[0].0 && errors[1].1 < errors[0].1, "{errors:?}");
    close(errors[1].0, 0.155, 0.02);
    close(errors[1].1, 0.106, 0.02);
}

#[test]
fn beliefs_and_implicit_rewards_have_their_closed_forms() {
    let bench = bench(BifurcationConfig::default());
    let at_two = |estimator: &mut dyn CreditEstimator| {
        let (batch, credit, _) = bench.run(estimator, 64);
        let mut seen: Vec<f64> = (0..batch.steps())
            .filter(|s| bench.world.time(batch.nodes[*s]) == 2)
            .map(|s| credit[s])
            .collect();
        seen.sort_by(f64::total_cmp);
        (seen[0], seen[seen.len() - 1])
    };
    let (low, high) = at_two(&mut InformationGain::new(Gain::LogRatio, Belief::Exact));
    close(low, (0.2_f64 / 0.5).ln(), 1e-12);
    close(high, (0.8_f64 / 0.5).ln(), 1e-12);
    let (low, high) = at_two(&mut InformationGain::new(Gain::Difference, Belief::Exact));
    close(low, -0.3, 1e-12);
    close(high, 0.3, 1e-12);
    for beta in [0.1_f64, 10.0] {
        let phi = |p: f64| beta * (p * (1.0 / beta).exp() + 1.0 - p).ln();
        let (low, high) = at_two(&mut ImplicitPrm::new(beta, PrmModel::Exact));
        close(low, phi(0.2) - phi(0.5), 1e-12);
        close(high, phi(0.8) - phi(0.5), 1e-12);
    }
    // A fitted model separates the two actions of the step that decides.
    let learned = PrmModel::Learned { episodes: 2000, passes: 400, rate: 8.0 };
    let (low, high) = at_two(&mut ImplicitPrm::new(1.0, learned));
    assert!(low < -0.2 && high > 0.2, "{low} {high}");
}

#[test]
fn two_replicas_agree_where_nothing_is_hidden() {
    let bench = bench(BifurcationConfig::default());
    let tape = Tape::new(3);
    let batch = Batch::sample(&bench.world, &bench.policy, tape, 0, 20);
    let needs = Needs { branch: true, ..Needs::default() };
    let context = Context::new(&bench.world, &bench.truth, &bench.policy, &batch, tape, needs);
    for restore in [Restore::Full, Restore::Refeed] {
        let floor =
            replica_noise_floor(&context, restore, &mut Meter::default()).expect("branches are allowed");
        assert_eq!(floor, Some(0.0));
    }
}

#[test]
fn what_was_not_declared_is_refused() {
    let bench = bench(BifurcationConfig::default());
    let batch = Batch::sample(&bench.world, &bench.policy, Tape::new(1), 0, 2);
    let tape = Tape::new(1);
    let context = Context::new(&bench.world, &bench.truth, &bench.policy, &batch, tape, Needs::default());
    let mut vine = Vine { continuations: 1, reuse: Reuse::None, restore: Restore::Full };
    let refused = vine.estimate(&context, &mut Meter::default()).expect_err("the world was not declared");
    assert!(refused.to_string().contains("the world"), "{refused}");
    let refused = Control::Exact.estimate(&context, &mut Meter::default()).expect_err("nor was the truth");
    assert!(refused.to_string().contains("exact truth"), "{refused}");
}

#[test]
fn a_judge_without_faults_is_the_oracle_and_its_noise_has_the_stated_size() {
    let bench = bench(BifurcationConfig::default());
    assert_eq!(bench.rmse(&mut NoisyJudge::default(), 100), 0.0);
    close(bench.rmse(&mut NoisyJudge::with_noise(0.3), 4000), 0.3, 0.005);
    let mut shared = NoisyJudge::with_noise(1.0);
    shared.shared = 1.0;
    let (batch, credit, _) = bench.run(&mut shared, 10);
    for range in batch.ranges() {
        let first = credit[range.start];
        for s in range.filter(|s| bench.world.time(batch.nodes[*s]) != 2) {
            close(credit[s], first, 1e-12);
        }
    }
}

#[test]
fn shapley_values_sum_to_what_the_recorded_actions_add() {
    let bench = bench(BifurcationConfig::default());
    let (batch, exact, _) = bench.run(&mut ShapleySteps { default_action: 1, permutations: None }, 50);
    let (_, sampled, _) = bench.run(&mut ShapleySteps { default_action: 1, permutations: Some(3) }, 50);
    for range in batch.ranges() {
        let (a, b): (f64, f64) = (exact[range.clone()].iter().sum(), sampled[range.clone()].iter().sum());
        close(a, b, 1e-12);
        // Only the step that decides has a share.
        for s in range.filter(|s| bench.world.time(batch.nodes[*s]) != 2) {
            close(exact[s], 0.0, 1e-12);
        }
    }
}

#[test]
fn prefix_trees_telescope_to_the_return_over_the_group_mean() {
    let bench = bench(BifurcationConfig::default());
    let (batch, credit, _) = bench.run(&mut PrefixTree {}, 16);
    let returns = batch.returns();
    let mean = returns.iter().sum::<f64>() / 16.0;
    for (range, outcome) in batch.ranges().zip(&returns) {
        close(credit[range].iter().sum(), outcome - mean, 1e-12);
    }
}
