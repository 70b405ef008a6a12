use proptest::prelude::*;

use super::*;

const EXACT: G2rl =
    G2rl { lambda: 0.5, clip: 3.0, sign: SignMode::Text, range: NoveltyRange::Signed, epsilon: 0.0 };

type Group = (Vec<f64>, Vec<Vec<f64>>);

/// Rewards ±1 and features of length 3.
fn group() -> impl Strategy<Value = Group> {
    (2..7_usize).prop_flat_map(|n| {
        let reward = prop::sample::select(vec![-1.0, 1.0]);
        let feature = prop::collection::vec(prop_oneof![-2.0..-0.1, 0.1..2.0_f64], 3);
        (prop::collection::vec(reward, n), prop::collection::vec(feature, n))
    })
}

fn similarities(features: &[Vec<f64>]) -> Similarities {
    let features: Vec<Option<&[f64]>> = features.iter().map(|feature| Some(feature.as_slice())).collect();
    Similarities::of(&features).expect("one length")
}

fn novelty(rule: G2rl, rewards: &[f64], features: &[Vec<f64>]) -> Vec<f64> {
    let novelty = rule.novelty(rewards, &similarities(features)).expect("valid");
    novelty.into_iter().map(|novelty| novelty.expect("known")).collect()
}

fn shaped(rule: G2rl, (rewards, features): &Group) -> Vec<f64> {
    let novelty = rule.novelty(rewards, &similarities(features)).expect("valid");
    let mut out = vec![0.0; rewards.len()];
    rule.shape(rewards, &novelty, &mut out).expect("valid");
    out
}

fn close(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9)
}

proptest! {
    #[test]
    fn similarities_are_symmetric_with_a_diagonal_of_one((_, features) in group()) {
        let s = similarities(&features);
        for i in 0..features.len() {
            prop_assert_eq!(s.get(i, i), Some(1.0));
            for j in 0..features.len() {
                prop_assert_eq!(s.get(i, j), s.get(j, i));
                prop_assert!(s.get(i, j).is_some_and(|cosine| (-1.0..=1.0).contains(&cosine)));
            }
        }
    }

    #[test]
    fn novelty_lies_between_zero_and_one((rewards, features) in group()) {
        prop_assert!(novelty(EXACT, &rewards, &features).iter().all(|nu| (0.0..=1.0).contains(nu)));
    }

    /// With `S = 1` everywhere `1 − Σ w S² = 1 − Σ w`: it is 0 iff the weights sum to 1, up to `ε`.
    #[test]
    fn identical_responses_are_not_novel_and_keep_their_rewards((rewards, features) in group()) {
        let same = vec![features[0].clone(); rewards.len()];
        for rule in [EXACT, G2rl::default()] {
            prop_assert!(novelty(rule, &rewards, &same).iter().all(|nu| *nu < 1e-7));
            prop_assert_eq!(shaped(rule, &(rewards.clone(), same.clone())), rewards.clone());
        }
    }

    /// The only other response of a pair has weight 1: `ν = 1 − S²`.
    #[test]
    fn correct_references_count_e_squared_times_as_much(a in 0.1..3.0_f64, b in 0.1..3.0_f64) {
        let features = vec![vec![1.0, 0.0], vec![a.cos(), a.sin()], vec![b.cos(), b.sin()]];
        let nu = novelty(EXACT, &[1.0, 1.0, -1.0], &features)[0];
        let e2 = libm::exp(2.0);
        let expected = 1.0 - (e2 * a.cos().powi(2) + b.cos().powi(2)) / (e2 + 1.0);
        prop_assert!((nu - expected.max(0.0)).abs() < 1e-9);
        let pair = novelty(EXACT, &[1.0, -1.0], &features[..2]);
        prop_assert!(close(&pair, &[1.0 - a.cos().powi(2); 2]));
    }

    #[test]
    fn the_scale_and_the_sign_of_features_do_not_matter(
        (rewards, features) in group(), scale in 0.01..50.0_f64, flipped in 0..7_usize,
    ) {
        let mut other = features.clone();
        let at = flipped % features.len();
        other[at].iter_mut().for_each(|x| *x *= -scale);
        prop_assert!(close(&novelty(EXACT, &rewards, &features), &novelty(EXACT, &rewards, &other)));
    }

    #[test]
    fn rotating_the_feature_space_changes_nothing((rewards, features) in group(), angle in 0.0..6.0_f64) {
        let (c, s) = (angle.cos(), angle.sin());
        // Around the third axis, then around the first.
        let rotated: Vec<_> = features.iter().map(|x| {
            let (a, b) = (c * x[0] - s * x[1], s * x[0] + c * x[1]);
            vec![a, c * b - s * x[2], s * b + c * x[2]]
        }).collect();
        prop_assert!(close(&novelty(EXACT, &rewards, &features), &novelty(EXACT, &rewards, &rotated)));
    }

    #[test]
    fn permuting_a_group_permutes_its_rewards((rewards, features) in group(), turn in 0..7_usize) {
        let turn = turn % rewards.len();
        let mut expected = shaped(EXACT, &(rewards.clone(), features.clone()));
        expected.rotate_left(turn);
        let (mut rewards, mut features) = (rewards, features);
        rewards.rotate_left(turn);
        features.rotate_left(turn);
        prop_assert!(close(&shaped(EXACT, &(rewards, features)), &expected));
    }

    #[test]
    fn without_lambda_rewards_stay_as_they_are(group in group()) {
        for sign in [SignMode::Text, SignMode::Equation] {
            prop_assert_eq!(shaped(G2rl { lambda: 0.0, sign, ..EXACT }, &group), group.0.clone());
        }
    }

    #[test]
    fn shaped_rewards_stay_within_the_clip(group in group(), lambda in 0.0..9.0_f64) {
        for sign in [SignMode::Text, SignMode::Equation] {
            let rule = G2rl { lambda, sign, ..EXACT };
            prop_assert!(shaped(rule, &group).iter().all(|r| r.abs() <= 3.0));
        }
    }

    #[test]
    fn text_mode_keeps_signs_below_a_lambda_of_one(group in group(), lambda in 0.0..0.99_f64) {
        for (shaped, reward) in shaped(G2rl { lambda, ..EXACT }, &group).iter().zip(&group.0) {
            prop_assert!(shaped * reward > 0.0);
        }
    }

    #[test]
    fn equation_mode_adds_the_same_novelty_whatever_the_reward((rewards, features) in group()) {
        let rule = G2rl { sign: SignMode::Equation, ..EXACT };
        let nu = rule.novelty(&rewards, &similarities(&features)).expect("valid");
        let bars = rule.stretched(&nu);
        let shaped = shaped(rule, &(rewards.clone(), features));
        for ((shaped, reward), bar) in shaped.iter().zip(&rewards).zip(bars) {
            prop_assert!((shaped - reward - 0.5 * bar).abs() < 1e-12);
        }
    }

    #[test]
    fn stretched_novelties_reach_both_ends_of_their_range(nu in prop::collection::vec(0.0..1.0_f64, 2..8)) {
        prop_assume!(nu.iter().any(|x| (x - nu[0]).abs() > 1e-6));
        let nu: Vec<Option<f64>> = nu.into_iter().map(Some).collect();
        for (range, least) in [(NoveltyRange::Signed, -1.0), (NoveltyRange::Unit, 0.0)] {
            let bars = G2rl { range, ..EXACT }.stretched(&nu);
            prop_assert_eq!(bars.iter().copied().fold(f64::INFINITY, f64::min), least);
            prop_assert_eq!(bars.iter().copied().fold(f64::NEG_INFINITY, f64::max), 1.0);
        }
    }
}

/// Two alike and one apart: unlike under GRPO, groups in which all are right, or all are wrong, still teach.
#[test]
fn groups_of_one_verdict_still_teach() {
    let features = vec![vec![1.0, 0.0], vec![1.0, 0.1], vec![0.0, 1.0]];
    let right = shaped(EXACT, &(vec![1.0; 3], features.clone()));
    assert!(right[2] > right[0] && right[2] == 1.5, "{right:?}");
    let wrong = shaped(EXACT, &(vec![-1.0; 3], features));
    assert!(wrong[2] < wrong[0] && wrong[2] == -1.5, "the nearest to the others is least bad: {wrong:?}");
}

#[test]
fn responses_without_a_direction_keep_their_rewards_and_are_no_reference() {
    let known: [&[f64]; 2] = [&[1.0, 0.0], &[0.6, 0.8]];
    for odd in [None, Some(&[0.0, 1e-7][..]), Some(&[f64::NAN, 1.0])] {
        let s = Similarities::of(&[Some(known[0]), odd, Some(known[1])]).expect("one length");
        let nu = EXACT.novelty(&[1.0, -1.0, 1.0], &s).expect("valid");
        assert_eq!(nu[1], None);
        assert!((nu[0].expect("known") - 0.64).abs() < 1e-12, "{nu:?}");
        let mut out = [0.0; 3];
        EXACT.shape(&[1.0, -1.0, 1.0], &nu, &mut out).expect("valid");
        assert_eq!(out[1], -1.0);
        assert_eq!(s.pairs().count(), 1);
    }
}

#[test]
fn a_response_alone_keeps_its_reward() {
    let s = Similarities::of(&[Some(&[1.0, 2.0])]).expect("one length");
    assert_eq!(EXACT.novelty(&[1.0], &s), Ok(vec![None]));
    let mut out = [0.0];
    EXACT.shape(&[1.0], &[None], &mut out).expect("valid");
    assert_eq!(out, [1.0]);
}

#[test]
fn texts_are_novel_by_their_ngrams() {
    let novelty = ngram_novelty(&[&[1, 2, 3], &[1, 2, 3], &[4, 5, 6], &[7]], 2);
    assert_eq!(novelty, [Some(0.5), Some(0.5), Some(1.0), None]);
    assert_eq!(ngram_novelty(&[&[1, 2]], 2), [None]);
}

#[test]
fn bad_arguments_are_named() {
    let s = Similarities::of(&[Some(&[1.0]), Some(&[2.0])]).expect("one length");
    let refused = |rule: G2rl, rewards: &[f64]| {
        let nu = rule.novelty(rewards, &s)?;
        rule.shape(rewards, &nu, &mut vec![0.0; rewards.len()])
    };
    let parameter = |result| match result {
        Err(CreditError::InvalidParameter { name, .. }) => name,
        other => panic!("{other:?}"),
    };
    assert_eq!(parameter(refused(G2rl { lambda: -1.0, ..EXACT }, &[1.0; 2])), "lambda");
    assert_eq!(parameter(refused(G2rl { clip: 0.0, ..EXACT }, &[1.0; 2])), "clip");
    assert_eq!(parameter(refused(G2rl { epsilon: -1.0, ..EXACT }, &[1.0; 2])), "epsilon");
    assert!(matches!(refused(EXACT, &[1.0]), Err(CreditError::LengthMismatch { what: "rewards", .. })));
    assert!(matches!(refused(EXACT, &[1.0, f64::NAN]), Err(CreditError::NotFinite { what: "rewards", .. })));
    let ragged = Similarities::of(&[Some(&[1.0]), Some(&[1.0, 2.0])]);
    assert!(matches!(ragged, Err(CreditError::LengthMismatch { what: "features", .. })));
}
