use proptest::prelude::*;

use super::*;
use crate::math::sigmoid;

fn all() -> Vec<TransformConfig> {
    use TransformConfig as T;
    let mut all =
        vec![T::Vanilla, T::Centered, T::Meanstd, T::Clip, T::Minmax, T::Ceil { ceiling: 0.3 }, T::Lsc];
    all.extend([T::Sigmoid { k: 1.0 }, T::TanhCentered, T::PolyCentered, T::Sgfc]);
    all.extend([1.0, 2.0, 3.0].map(|k| T::Par { k }));
    all
}

/// A transform that has seen `seen`.
fn built(config: &TransformConfig, seen: &[f64]) -> Box<dyn RewardTransform> {
    let mut transform = config.build().expect("valid");
    transform.observe(seen);
    transform
}

fn par(k: f64, raw: f64, references: &[f64]) -> f64 {
    let references = References::new(references.to_vec()).expect("finite");
    Preference::new(k).expect("positive").apply(raw, Some(&references)).expect("referenced")
}

fn scores(n: std::ops::Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-4.0..4.0f64, n)
}

/// Advantages of a group: mean off, divided by the standard deviation.
fn group_advantages(rewards: &[f64]) -> Vec<f64> {
    let statistics = RunningScores::of(rewards);
    let scale = if statistics.deviation() < 1e-12 { 1.0 } else { statistics.deviation() };
    rewards.iter().map(|reward| (reward - statistics.mean()) / scale).collect()
}

proptest! {
    #[test]
    fn par_lies_between_zero_and_one(raw in -30.0..30.0f64, references in scores(1..6), k in 0.2..1.0f64) {
        let reward = par(k, raw, &references);
        prop_assert!(0.0 < reward && reward < 1.0);
    }

    #[test]
    fn par_rises_with_the_score_and_falls_with_each_reference(
        raw in -4.0..4.0f64, step in 0.01..2.0f64, references in scores(1..6), which in 0usize..6,
    ) {
        prop_assert!(par(1.0, raw + step, &references) > par(1.0, raw, &references));
        let mut better = references.clone();
        better[which % references.len()] += step;
        prop_assert!(par(1.0, raw, &better) < par(1.0, raw, &references));
    }

    #[test]
    fn the_centred_transforms_ignore_a_constant_added_to_a_prompt(raw in -4.0..4.0f64, references in scores(1..6), shift in -9.0..9.0f64) {
        use TransformConfig as T;
        let moved: Vec<f64> = references.iter().map(|r| r + shift).collect();
        let [plain, moved] = [references, moved].map(|r| References::new(r).expect("finite"));
        for config in [T::Centered, T::TanhCentered, T::PolyCentered, T::Sgfc, T::Lsc, T::Par { k: 1.0 }] {
            let transform = config.build().expect("valid");
            let [a, b] = [(raw, &plain), (raw + shift, &moved)].map(|(r, refs)| transform.apply(r, Some(refs)).expect("ok"));
            prop_assert!((a - b).abs() < 1e-9, "{config:?}");
        }
    }

    #[test]
    fn par_swaps_symmetrically_and_is_one_half_at_the_reference(raw in -20.0..20.0f64, reference in -20.0..20.0f64) {
        prop_assert!((par(1.0, raw, &[reference]) + par(1.0, reference, &[raw]) - 1.0).abs() < 1e-12);
        prop_assert_eq!(par(1.0, raw, &[raw]), 0.5);
    }

    #[test]
    fn the_slope_of_par_is_at_most_k_over_four_and_its_variance_is_bounded(
        raw in scores(2..20), references in scores(1..6), k in 0.5..3.0f64,
    ) {
        let refs = References::new(references.clone()).expect("finite");
        let transform = Preference::new(k).expect("positive");
        for r in &raw {
            prop_assert!(transform.slope(*r, Some(&refs)).expect("referenced") <= k / 4.0 + 1e-15);
        }
        let rewards: Vec<f64> = raw.iter().map(|r| par(k, *r, &references)).collect();
        let variance = |values: &[f64]| RunningScores::of(values).deviation().powi(2);
        prop_assert!(variance(&rewards) <= k * k / 16.0 * variance(&raw) + 1e-12);
        prop_assert!(variance(&rewards) <= 0.25);
    }

    #[test]
    fn every_transform_keeps_the_order_of_a_prompt(raw in scores(2..12), references in scores(1..6), seen in scores(2..12)) {
        let references = References::new(references).expect("finite");
        for config in all() {
            let transform = built(&config, &seen);
            let mut sorted = raw.clone();
            sorted.sort_by(f64::total_cmp);
            let rewards: Vec<f64> = sorted.iter().map(|r| transform.apply(*r, Some(&references)).expect("ok")).collect();
            // The quintic fit is not monotone near its ends; it is the one transform that may swap answers.
            if config != TransformConfig::PolyCentered {
                prop_assert!(rewards.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12), "{config:?}");
            }
        }
    }

    #[test]
    fn best_of_n_is_the_same_under_vanilla_and_par(raw in scores(1..12), references in scores(1..6)) {
        let best = |values: &[f64]| (0..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best });
        let rewards: Vec<f64> = raw.iter().map(|r| par(1.0, *r, &references)).collect();
        prop_assert_eq!(best(&raw), best(&rewards));
    }

    #[test]
    fn affine_transforms_are_invisible_to_group_normalisation_and_par_is_not(
        raw in scores(3..10), references in scores(1..6), seen in scores(2..12),
    ) {
        use TransformConfig as T;
        let statistics = RunningScores::of(&raw);
        prop_assume!(statistics.deviation() > 0.5 && RunningScores::of(&seen).deviation() > 0.1);
        let references = References::new(references).expect("finite");
        let plain = group_advantages(&raw);
        let gap = |config: T| {
            let transform = built(&config, &seen);
            let rewards: Vec<f64> = raw.iter().map(|r| transform.apply(*r, Some(&references)).expect("ok")).collect();
            group_advantages(&rewards).iter().zip(&plain).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
        };
        for config in [T::Vanilla, T::Centered, T::Meanstd, T::Minmax] {
            prop_assert!(gap(config) < 1e-9, "{config:?}");
        }
        let par = gap(T::Par { k: 1.0 });
        prop_assert!(par > 1e-9);
    }

    #[test]
    fn the_slope_is_the_central_difference(raw in -4.0..4.0f64, references in scores(1..6), seen in scores(2..12)) {
        let refs = References::new(references.clone()).expect("finite");
        for config in all() {
            let transform = built(&config, &seen);
            let at = |r| transform.apply(r, Some(&refs)).expect("ok");
            // Kinks have measure zero; a step beside one is left out.
            let kinks = match config {
                TransformConfig::Clip => {
                    let s = RunningScores::of(&seen);
                    vec![s.mean() - s.deviation(), s.mean() + s.deviation()]
                }
                TransformConfig::Ceil { ceiling } => vec![ceiling],
                TransformConfig::PolyCentered => references.iter().flat_map(|r| [r - 5.0, r + 5.0]).collect(),
                _ => Vec::new(),
            };
            if kinks.iter().any(|kink| (raw - kink).abs() < 1e-4) {
                continue;
            }
            let want = (at(raw + 1e-5) - at(raw - 1e-5)) / 2e-5;
            let slope = transform.slope(raw, Some(&refs)).expect("ok");
            prop_assert!((slope - want).abs() < 1e-6 * (1.0 + slope.abs()), "{config:?}: {slope} {want}");
        }
    }

    #[test]
    fn a_flat_par_is_the_mean_centred_score_and_a_steep_one_the_share_beaten(raw in -4.0..4.0f64, references in scores(1..6)) {
        let centred = references.iter().map(|r| raw - r).sum::<f64>() / references.len() as f64;
        let k = 1e-4;
        prop_assert!(((par(k, raw, &references) - 0.5) * 4.0 / k - centred).abs() < 1e-4);
        prop_assume!(references.iter().all(|r| (r - raw).abs() > 1e-3));
        let beaten = references.iter().filter(|r| raw > **r).count() as f64 / references.len() as f64;
        prop_assert!((par(1e5, raw, &references) - beaten).abs() < 1e-12);
    }

    #[test]
    fn training_statistics_do_not_depend_on_how_the_stream_is_cut(scores in scores(2..20), cut in 0usize..20, probe in -4.0..4.0f64) {
        use TransformConfig as T;
        let cut = cut.min(scores.len());
        for config in [T::Meanstd, T::Clip, T::Minmax] {
            let whole = built(&config, &scores);
            let mut parts = built(&config, &scores[..cut]);
            parts.observe(&scores[cut..]);
            let [a, b] = [whole, parts].map(|t| t.apply(probe, None).expect("seen"));
            prop_assert!((a - b).abs() < 1e-9 * (1.0 + a.abs()), "{config:?}");
        }
    }

    #[test]
    fn evaluation_learns_nothing_and_a_restored_shaper_goes_on_bit_for_bit(
        first in scores(1..9), second in scores(1..9), probe in scores(1..9), references in scores(1..4),
    ) {
        let references = References::new(references).expect("finite");
        let raw = |values: &[f64]| -> Vec<RawScore<'_>> {
            values.iter().map(|score| RawScore { score: *score, tokens: 3, references: Some(&references) }).collect()
        };
        for config in all() {
            let mut shaper = RewardShaper::new(&config, None).expect("valid");
            shaper.train(&raw(&first)).expect("trains");
            let before = shaper.state();
            shaper.evaluate(&raw(&probe)).expect("evaluates");
            prop_assert_eq!(shaper.state(), before);
            let text = serde_json::to_string(&before).expect("written");
            let mut resumed = RewardShaper::new(&config, None).expect("valid");
            resumed.restore(serde_json::from_str(&text).expect("read")).expect("same kind");
            prop_assert_eq!(shaper.train(&raw(&second)).expect("trains"), resumed.train(&raw(&second)).expect("trains"));
        }
    }

    #[test]
    fn the_length_penalty_comes_before_the_transform(raw in -3.0..3.0f64, reference in -3.0..3.0f64, tokens in 0usize..30) {
        let references = References::new(vec![reference]).expect("finite");
        let penalty = LengthPenalty { threshold: 10, per_token: 0.1 };
        let mut shaper = RewardShaper::new(&TransformConfig::Par { k: 1.0 }, Some(penalty)).expect("valid");
        let shaped = shaper.train(&[RawScore { score: raw, tokens, references: Some(&references) }]).expect("trains");
        let paid = 0.1 * tokens.saturating_sub(10) as f64;
        prop_assert_eq!(shaped.rewards, vec![Some(sigmoid(raw - paid - reference))]);
    }
}

#[test]
fn uncentred_transforms_do_feel_a_constant() {
    use TransformConfig as T;
    let references = References::new(vec![0.0]).expect("finite");
    let moved = References::new(vec![1.0]).expect("finite");
    for config in [T::Vanilla, T::Sigmoid { k: 1.0 }, T::Ceil { ceiling: 9.0 }] {
        let transform = config.build().expect("valid");
        assert_ne!(transform.apply(0.5, Some(&references)), transform.apply(1.5, Some(&moved)), "{config:?}");
    }
}

#[test]
fn extreme_scores_are_exact_bounds_and_never_nan() {
    let references = References::new(vec![0.0, 1.0]).expect("finite");
    for config in all() {
        let transform = built(&config, &[-1.0, 0.5, 2.0]);
        for raw in [-1e4, -50.0, 0.0, 50.0, 1e4] {
            let reward = transform.apply(raw, Some(&references)).expect("ok");
            assert!(reward.is_finite(), "{config:?} at {raw}: {reward}");
        }
    }
    assert_eq!((par(1.0, -1e4, &[0.0]), par(1.0, 1e4, &[0.0])), (0.0, 1.0));
}

#[test]
fn missing_references_are_an_error_where_they_are_needed_and_never_a_fallback() {
    for config in all() {
        let transform = built(&config, &[0.0, 1.0]);
        let refused = matches!(transform.apply(0.5, None), Err(PreferenceError::NoReferences { .. }));
        assert_eq!(refused, transform.needs_references(), "{config:?}");
    }
    assert!(References::new(Vec::new()).is_err() && References::new(vec![f64::NAN]).is_err());
    serde_json::from_str::<References>("[]").expect_err("no references");
}

#[test]
fn statistics_that_were_never_seen_are_an_error_and_degenerate_ones_are_defined() {
    use TransformConfig as T;
    for config in [T::Meanstd, T::Clip, T::Minmax] {
        let empty = config.build().expect("valid");
        assert!(matches!(empty.apply(0.0, None), Err(PreferenceError::NoStatistics { .. })), "{config:?}");
    }
    assert_eq!(built(&T::Meanstd, &[2.0]).apply(2.0, None), Ok(0.0));
    assert_eq!(built(&T::Minmax, &[2.0, 2.0]).apply(2.0, None), Ok(0.5));
    assert_eq!(built(&T::Clip, &[2.0]).apply(9.0, None), Ok(2.0));
}

#[test]
fn bad_scores_are_rejected_and_counted_and_do_not_spoil_the_statistics() {
    let score = |score| RawScore { score, tokens: 1, references: None };
    let mut shaper = RewardShaper::new(&TransformConfig::Meanstd, None).expect("valid");
    let shaped =
        shaper.train(&[score(1.0), score(f64::NAN), score(3.0), score(f64::INFINITY)]).expect("trains");
    assert_eq!((shaped.rewards, shaped.rejected), (vec![Some(-1.0), None, Some(1.0), None], 2));
    assert_eq!(shaper.state().statistics.map(|s| s.count()), Some(2));
}

#[test]
fn saturation_begins_fifteen_above_or_below_a_single_reference() {
    let references = References::new(vec![1.0]).expect("finite");
    let saturated = |score| {
        let shaper = RewardShaper::new(&TransformConfig::Par { k: 1.0 }, None).expect("valid");
        let raw = RawScore { score, tokens: 1, references: Some(&references) };
        shaper.evaluate(&[raw]).expect("evaluates").saturated
    };
    assert_eq!([15.99, 16.01, -13.99, -14.01].map(saturated), [0, 1, 0, 1]);
}

#[test]
fn a_state_of_another_kind_is_refused() {
    let meanstd = RewardShaper::new(&TransformConfig::Meanstd, None).expect("valid").state();
    RewardShaper::new(&TransformConfig::Vanilla, None)
        .expect("valid")
        .restore(meanstd)
        .expect_err("other kind");
}

#[test]
fn configurations_are_read_by_name_and_bad_ones_refused() {
    for config in all() {
        let text = serde_json::to_string(&config).expect("written");
        assert_eq!(serde_json::from_str::<TransformConfig>(&text).expect("read"), config);
        let name = config.build().expect("valid").name();
        assert!(text.contains(name), "{text} does not hold {name}");
    }
    assert_eq!(
        serde_json::from_str::<TransformConfig>(r#"{"kind":"par"}"#).expect("read"),
        TransformConfig::Par { k: 1.0 }
    );
    serde_json::from_str::<TransformConfig>(r#"{"kind":"par","steepness":2}"#).expect_err("unknown key");
    assert!(TransformConfig::Par { k: 0.0 }.build().is_err());
    assert!(TransformConfig::Ceil { ceiling: f64::NAN }.build().is_err());
}
