use super::*;
use crate::fixture::{KeyFeatures, batch, channel, fragment};
use milepost_core::{CutReason, Ending};
use milepost_testkit::golden::{Golden, array, number, numbers};
use proptest::prelude::*;

const CUT: Ending = Ending::Cut(CutReason::SegmentFull);

fn config() -> RndConfig {
    RndConfig {
        target_hidden: vec![8],
        predictor_hidden: vec![8, 8],
        outputs: 4,
        minibatch: 8,
        share: 1.0,
        learning_rate: 1e-2,
        ..RndConfig::default()
    }
}

fn rnd(config: RndConfig, run_seed: u64) -> Rnd<u64> {
    Rnd::new(config, run_seed, &Device::flex(), Arc::new(KeyFeatures), 1).expect("valid settings")
}

/// A walk of 20 states in one slot, in two fragments.
fn walk(start: u64) -> Batch<u64> {
    let keys: Vec<u64> = (0..=20).map(|i| start + i * i % 7).collect();
    batch([fragment(0, 0, &keys[..=9], CUT), fragment(0, 9, &keys[9..], CUT)])
}

fn scored(scorer: &mut Rnd<u64>, start: u64) -> Vec<f64> {
    let mut batch = walk(start);
    scorer.score(&mut batch).expect("scores");
    let bonuses = channel(&batch, "rnd").into_iter().flatten().collect();
    scorer.learn(&batch).expect("learns");
    bonuses
}

#[test]
fn fixture_reward_filter() {
    let golden = Golden::read("intrinsic.json").expect("fixture");
    let section = golden.section("rnd_reward_filter");
    for case in &section.cases {
        let errors = array(&case.inputs["errors_by_rollout"]).expect("an array");
        let [_, steps, slots] = errors.shape[..] else { panic!("three axes") };
        let mut filter = ForwardFilter::new(number(&case.inputs["gamma_int"]), slots);
        let mut returns = RunningMeanStd::new(1);
        let after = case.outputs["after_each_rollout"].as_array().expect("a list");
        for (rollout, want) in errors.data.chunks(steps * slots).zip(after) {
            let filtered: Vec<f64> =
                rollout.iter().enumerate().map(|(i, e)| filter.push(i % slots, *e)).collect();
            returns.update(&filtered);
            let deviation = returns.deviation(0.0).next().expect("one column");
            let bonus: Vec<f64> = rollout.iter().map(|e| e / deviation).collect();
            let tolerance = section.tolerance.f64;
            tolerance.check("filtered", &filtered, &numbers(&want["filtered_returns"]));
            let key = want.as_object().expect("an object").keys().find(|k| k.contains("bonus"));
            tolerance.check("bonus", &bonus, &numbers(&want[key.expect("a bonus").as_str()]));
        }
    }
}

#[test]
fn the_bonus_is_the_error_over_the_deviation_of_its_filtered_sum() {
    let mut scorer = rnd(config(), 1);
    let mut batch = walk(3);
    let report = scorer.score(&mut batch).expect("scores");
    let features = scorer.features(arrivals(&batch));
    let errors = scorer.errors(&features).expect("finite");
    let mut sum = 0.0;
    let sums: Vec<f64> = errors
        .iter()
        .map(|e| {
            sum = 0.99 * sum + e;
            sum
        })
        .collect();
    let mut returns = RunningMeanStd::new(1);
    returns.update(&sums);
    let deviation = returns.variance()[0].sqrt();
    assert!((report.metrics["return_deviation"] - deviation).abs() < 1e-12);
    for (bonus, error) in channel(&batch, "rnd").into_iter().zip(errors) {
        assert!((bonus.expect("known") - error / deviation).abs() < 1e-12);
    }
}

#[test]
fn a_predictor_equal_to_the_target_pays_nothing() {
    let mut scorer = rnd(RndConfig { predictor_hidden: vec![8], ..config() }, 2);
    scorer.predictor =
        model_from_bytes(scorer.predictor.clone(), &model_to_bytes(&scorer.target).expect("saves"))
            .expect("the same shape");
    assert_eq!(scored(&mut scorer, 0), [0.0; 20]);
}

#[test]
fn only_the_predictor_learns_and_known_states_lose_their_bonus() {
    let mut scorer = rnd(config(), 3);
    let before = model_to_bytes(&scorer.target).expect("saves");
    let mut loss = Vec::new();
    for _ in 0..150 {
        let mut batch = walk(0);
        scorer.score(&mut batch).expect("scores");
        loss.push(scorer.learn(&batch).expect("learns").metrics["loss"]);
    }
    assert_eq!(model_to_bytes(&scorer.target).expect("saves"), before);
    assert!(loss[149] < 0.05 * loss[0], "{} {}", loss[0], loss[149]);
}

#[test]
fn the_share_says_how_many_states_are_trained_on() {
    let mut scorer = rnd(RndConfig { share: 0.25, epochs: 3, ..config() }, 4);
    let mut batch = walk(0);
    scorer.score(&mut batch).expect("scores");
    assert_eq!(scorer.learn(&batch).expect("learns").counters["trained_states"], 15);
}

#[test]
fn an_empty_batch_is_scored_and_learnt_from() {
    let mut scorer = rnd(config(), 5);
    let mut empty = batch([]);
    scorer.score(&mut empty).expect("nothing to score");
    assert_eq!(scorer.learn(&empty).expect("nothing to learn").counters.len(), 0);
}

#[test]
fn bad_features_and_bad_settings_are_typed_errors() {
    struct Broken;
    impl Encoder<u64> for Broken {
        fn len(&self) -> usize {
            1
        }
        fn encode(&self, _: &u64, _: u64, out: &mut [f32]) {
            out[0] = f32::NAN;
        }
    }
    let mut scorer = Rnd::new(config(), 0, &Device::flex(), Arc::new(Broken), 1).expect("valid settings");
    let error = scorer.score(&mut walk(0)).expect_err("not a number");
    assert!(matches!(error, ScoreError::NonFinite { what: "a feature", .. }), "{error}");
    for bad in [
        RndConfig { share: 0.0, ..config() },
        RndConfig { gamma: 1.0, ..config() },
        RndConfig { minibatch: 0, ..config() },
        RndConfig { target_hidden: vec![0], ..config() },
    ] {
        assert!(matches!(bad.check(), Err(ScoreError::Setting { .. })), "{bad:?}");
    }
}

#[test]
fn a_diverged_predictor_is_a_typed_error() {
    let mut scorer = rnd(RndConfig { learning_rate: 1e30, ..config() }, 6);
    let mut outcome = Ok(());
    for _ in 0..10 {
        let mut batch = walk(0);
        outcome = scorer.score(&mut batch).and_then(|_| scorer.learn(&batch)).map(|_| ());
        if outcome.is_err() {
            break;
        }
    }
    assert!(matches!(outcome, Err(ScoreError::NonFinite { .. })), "{outcome:?}");
}

#[test]
fn a_state_of_another_shape_is_refused() {
    let saved = rnd(config(), 7).state().expect("saves");
    let mut other = rnd(RndConfig { outputs: 5, ..config() }, 7);
    let before = other.state().expect("saves");
    assert!(matches!(other.restore(&saved), Err(ScoreError::State { .. })));
    assert!(matches!(other.restore(&saved[..saved.len() - 1]), Err(ScoreError::State { .. })));
    assert_eq!(other.state().expect("saves"), before, "a refused state changes nothing");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn a_restored_scorer_goes_on_bit_for_bit(seed: u64, rounds in 0u64..3) {
        let mut saved = rnd(config(), seed);
        for round in 0..rounds {
            scored(&mut saved, round);
        }
        let mut restored = rnd(config(), seed);
        restored.restore(&saved.state().expect("saves")).expect("restores");
        for round in 0..2 {
            prop_assert_eq!(scored(&mut saved, round + 5), scored(&mut restored, round + 5));
        }
        prop_assert_eq!(saved.state().expect("saves"), restored.state().expect("saves"));
    }

    #[test]
    fn scaling_all_errors_leaves_the_bonus_unchanged(scale in 1.0..100.0f64) {
        // The prior's weight of 1e-4 is all that is left of a unit; errors of size 1 drown it.
        let errors: Vec<f64> = (0..200).map(|i| 1.0 + f64::from(i * i % 13)).collect();
        let bonus = |scale: f64| {
            let (mut filter, mut returns) = (ForwardFilter::new(0.99, 1), RunningMeanStd::new(1));
            let sums: Vec<f64> = errors.iter().map(|e| filter.push(0, scale * e)).collect();
            returns.update(&sums);
            scale / returns.deviation(0.0).next().expect("one column")
        };
        prop_assert!((bonus(scale) / bonus(1.0) - 1.0).abs() < 1e-5);
    }
}
