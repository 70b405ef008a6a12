use super::*;
use crate::{
    CleanPrediction, CompletionSteps, CreditRule, DriftHook, Gain, OdeCompletion, ScoreTable, StateScorer,
    Step, StepKernel, StepLaw, Terminal, complete, rows::host,
};
use milepost_core::Cost;
use milepost_microworlds::flows::FlowReward;
use proptest::prelude::*;

fn reward(x: &[f64], prompt: Option<usize>) -> f64 {
    FlowReward::TwoScale.value(FlowArena::Ring2d, x, prompt.unwrap_or_default())
}

fn table(rollout: &Rollout, steps: CompletionSteps) -> ScoreTable {
    let (velocity, schedule) = (field(FlowArena::Ring2d), linear(rollout.steps()));
    OdeCompletion { velocity: &velocity, schedule: &schedule, steps, reward: &reward }
        .table(rollout, &mut CostLedger::unlimited())
        .expect("finite")
}

fn bits(rollout: &Rollout) -> Vec<u32> {
    rollout.states.iter().flat_map(|x| host(x.clone()).expect("read")).map(f32::to_bits).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn gains_telescope_for_any_number_of_completion_steps(seed: u64, n in 1usize..12) {
        let rollout = roll(&field(FlowArena::Ring2d), &Kernel::FlowSde { a: 0.7 }, 8, seed).expect("finite");
        for steps in [CompletionSteps::Remaining, CompletionSteps::Fixed(n)] {
            let table = table(&rollout, steps);
            let gain = Gain.credit(&table);
            for row in 0..6 {
                let total: f64 = (0..8).filter_map(|k| gain.get(k, row)).sum();
                let ends = table.get(8, row).expect("scored") - table.get(0, row).expect("scored");
                prop_assert!((total - ends).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn without_noise_every_completion_is_the_sample_and_no_step_gains(seed: u64) {
        let velocity = field(FlowArena::Ring2d);
        let rollout = roll(&velocity, &Kernel::TableSde { psi: vec![0.0; 7] }, 8, seed).expect("finite");
        prop_assert_eq!(bits(&rollout), bits(&roll(&velocity, &Kernel::Ode, 8, seed).expect("finite")));
        prop_assert!(rollout.log_probs.iter().all(Option::is_none));
        let gain = Gain.credit(&table(&rollout, CompletionSteps::Remaining));
        prop_assert!((0..8).all(|k| gain.step(k).iter().all(|g| *g == Some(0.0))));
    }

    #[test]
    fn noise_at_one_step_is_credited_to_that_step_alone(seed: u64, noisy in 0usize..7) {
        let mut psi = vec![0.0; 7];
        psi[noisy] = 0.8;
        let rollout = roll(&field(FlowArena::Ring2d), &Kernel::TableSde { psi }, 8, seed).expect("finite");
        let gain = Gain.credit(&table(&rollout, CompletionSteps::Remaining));
        for k in (0..8).filter(|k| *k != noisy) {
            prop_assert!(gain.step(k).iter().all(|g| *g == Some(0.0)), "step {}", k);
        }
        prop_assert!(gain.mass().is_none_or(|mass| mass[noisy] == 1.0));
    }

    #[test]
    fn the_same_inputs_give_the_same_bits(seed: u64) {
        let kernel = Kernel::Cps { a: 0.5 };
        let rollouts = [0, 1].map(|_| roll(&field(FlowArena::Ring2d), &kernel, 6, seed).expect("finite"));
        prop_assert_eq!(bits(&rollouts[0]), bits(&rollouts[1]));
        let tables = rollouts.map(|rollout| table(&rollout, CompletionSteps::Fixed(2)));
        for k in 0..=6 {
            for row in 0..6 {
                prop_assert_eq!(tables[0].get(k, row).map(f64::to_bits), tables[1].get(k, row).map(f64::to_bits));
            }
        }
    }
}

#[test]
fn equal_noise_ids_start_at_equal_points() {
    let start = noise(5).start(&[7, 7, 8], 2, &Device::flex());
    let rows = crate::rows::host_rows(start).expect("read");
    assert_eq!(rows[0], rows[1]);
    assert_ne!(rows[0], rows[2]);
    let other = NoiseSource { evaluation: true, ..noise(5) }.start(&[7], 2, &Device::flex());
    assert_ne!(crate::rows::host_rows(other).expect("read")[0], rows[0]);
}

#[test]
fn the_sampler_follows_the_data_law_with_many_steps() {
    let (velocity, schedule) = (field(FlowArena::Ring2d), linear(60));
    let ids: Vec<u64> = (0..3000).collect();
    let start = noise(1).start(&ids, 2, &Device::flex());
    let prompts = Prompts::new(vec![Some(3); 3000]);
    let ledger = &mut CostLedger::unlimited();
    let ends = complete(&velocity, schedule.sigmas(), start, &prompts, ledger).expect("no budget");
    let points = crate::rows::host_rows(ends).expect("read");
    let right = points.iter().filter(|x| FlowArena::Ring2d.nearest(x).0 == 3).count() as f64 / 3000.0;
    assert!((right - 0.3).abs() < 0.03, "{right}");
    assert!(FlowArena::Ring2d.summary(&points).expect("points").precision > 0.97);
}

#[test]
fn a_budget_stops_a_roll_out_before_it_is_exceeded() {
    let (velocity, schedule, kernel) = (field(FlowArena::Ring2d), linear(5), Kernel::Ode);
    let behaviour = Behaviour {
        kernel: &kernel,
        schedule: &schedule,
        hook: None,
        reduce: Reduce::Sum,
        form: Form::Gaussian,
    };
    let ids: Vec<u64> = (0..6).collect();
    let start = noise(1).start(&ids, 2, &Device::flex());
    let mut ledger = CostLedger::unlimited().with_budget(Cost::NetworkCalls, 20);
    let result = behaviour.rollout(&velocity, Version(0), start, ids, &groups(), &noise(1), &mut ledger);
    assert!(matches!(result, Err(FlowError::Budget(_))));
    assert_eq!(ledger.spent(Cost::NetworkCalls), 18);
}

#[test]
fn a_velocity_that_diverges_is_named_not_clamped() {
    let blows = Written {
        dimension: 2,
        f: |x: &[f64], sigma: f64| vec![if sigma < 0.5 { f64::INFINITY } else { x[0] }; 2],
    };
    let error = roll(&blows, &Kernel::DanceSde { eta: 0.3 }, 10, 0).expect_err("diverged");
    assert_eq!(error, FlowError::NonFinite { row: 0, step: 6 });
}

#[test]
fn a_bad_reward_of_a_sample_is_an_error_and_of_a_completion_a_missing_score() {
    let velocity = field(FlowArena::Ring2d);
    let rollout = roll(&velocity, &Kernel::FlowSde { a: 0.7 }, 5, 2).expect("finite");
    let nan = |_: &[f64], _: Option<usize>| f64::NAN;
    let ledger = &mut CostLedger::unlimited();
    let error = Terminal { reward: &nan, steps: 5 }.table(&rollout, ledger).expect_err("not finite");
    assert!(matches!(error, FlowError::Reward { row: 0, prompt: Some(1), .. }), "{error}");
    let blows = Written {
        dimension: 2,
        f: |_: &[f64], sigma: f64| vec![if sigma == 0.6 { f64::NAN } else { 0.0 }; 2],
    };
    let schedule = linear(5);
    let scorer = CleanPrediction { velocity: &blows, schedule: &schedule, reward: &reward };
    let table = scorer.table(&rollout, ledger).expect("completions may fail");
    assert!((0..=5).all(|k| table.get(k, 0).is_none() == (k == 2)));
    assert_eq!(table.missing(), 6);
}

#[test]
fn one_completion_step_is_the_clean_prediction() {
    let velocity = field(FlowArena::Ring2d);
    let rollout = roll(&velocity, &Kernel::FlowSde { a: 0.7 }, 5, 2).expect("finite");
    let schedule = linear(5);
    let clean = CleanPrediction { velocity: &velocity, schedule: &schedule, reward: &reward }
        .table(&rollout, &mut CostLedger::unlimited())
        .expect("finite");
    let one = table(&rollout, CompletionSteps::Fixed(1));
    for k in 0..=5 {
        for row in 0..6 {
            let (a, b) = (clean.get(k, row).expect("scored"), one.get(k, row).expect("scored"));
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
    }
}

#[test]
fn completions_on_the_grid_cost_a_triangle_of_evaluations() {
    let velocity = field(FlowArena::Ring2d);
    let rollout = roll(&velocity, &Kernel::FlowSde { a: 0.7 }, 10, 2).expect("finite");
    let schedule = linear(10);
    for (steps, each) in
        [(CompletionSteps::Remaining, 55), (CompletionSteps::Fixed(1), 10), (CompletionSteps::Fixed(2), 19)]
    {
        let mut ledger = CostLedger::unlimited();
        let scorer = OdeCompletion { velocity: &velocity, schedule: &schedule, steps, reward: &reward };
        scorer.table(&rollout, &mut ledger).expect("finite");
        assert_eq!(ledger.spent(Cost::NetworkCalls), 6 * each);
        assert_eq!(ledger.spent(Cost::RewardCalls), 6 * 11);
    }
}

#[test]
fn a_guided_roll_out_says_so_and_keeps_the_log_probability_of_the_guided_law() {
    struct Push;
    impl DriftHook for Push {
        fn shift(&self, x: Tensor<2>, _: &Step, _: &Prompts) -> Tensor<2> {
            x.zeros_like().add_scalar(0.25)
        }
    }
    let (velocity, schedule, kernel) = (field(FlowArena::Ring2d), linear(5), Kernel::DanceSde { eta: 0.3 });
    let plain = roll(&velocity, &kernel, 5, 4).expect("finite");
    let behaviour = Behaviour {
        kernel: &kernel,
        schedule: &schedule,
        hook: Some(&Push),
        reduce: Reduce::Sum,
        form: Form::Gaussian,
    };
    let start = plain.states[0].clone();
    let ledger = &mut CostLedger::unlimited();
    let guided = behaviour
        .rollout(&velocity, Version(3), start, plain.noise_ids.clone(), &groups(), &noise(4), ledger)
        .expect("finite");
    assert!(guided.source.guided && !plain.source.guided);
    // The same noise around another mean: the same density under its own law, another under the policy's.
    let log_prob = |rollout: &Rollout| host(rollout.log_probs[0].clone().expect("a density")).expect("read");
    for (a, b) in log_prob(&plain).iter().zip(log_prob(&guided)) {
        assert!((a - b).abs() < 1e-3);
    }
    let v = velocity.velocity(plain.states[0].clone(), &PerRow::All(1.0), &groups().row_prompts());
    let StepLaw::Gaussian { mean, std } = kernel.law(plain.states[0].clone(), v, &schedule.step(0)) else {
        panic!("noise was asked for")
    };
    let policy = StepLaw::Gaussian { mean, std };
    let under_policy =
        host(policy.log_prob(guided.states[1].clone(), Reduce::Sum, Form::Gaussian).expect("a density"));
    assert!(under_policy.expect("read").iter().zip(log_prob(&guided)).any(|(a, b)| (a - b).abs() > 0.1));
}
