//! Laws of citation rubrics and of the reward that C-GRPO makes of them.

mod common;

use common::laws::{apply_groups, close, close_within};
use milepost_credit::{
    CGrpo, Centre, CreditError, Evidence, Groups, Normalize, RubricGraph, RubricUse, Scale,
};
use proptest::prelude::*;

const EXACT: Normalize = Normalize { centre: Centre::Mean, scale: Scale::Std { ddof: 1, epsilon: 0.0 } };

/// A graph over 5 placeholders, and a judge's findings on it.
fn judged() -> impl Strategy<Value = (Vec<Vec<usize>>, Vec<bool>, Vec<bool>)> {
    let statement = prop::collection::btree_set(0..5_usize, 1..4).prop_map(|set| set.into_iter().collect());
    prop::collection::vec((statement, any::<bool>()), 0..7).prop_flat_map(|statements| {
        let (holds, supported): (Vec<Vec<usize>>, Vec<bool>) = statements.into_iter().unzip();
        (Just(holds), prop::collection::vec(prop::bool::weighted(0.8), 5), Just(supported))
    })
}

fn connected(holds: &[Vec<usize>], named: &[bool], supported: &[bool]) -> Vec<bool> {
    RubricGraph::new(holds.to_vec()).connected(Evidence { named, supported }).expect("fits")
}

/// Groups with outcomes of 0 or 1 and rubric scores of few kinds.
fn batch() -> impl Strategy<Value = (Groups, Vec<f64>, Vec<f64>)> {
    prop::collection::vec((0..3_u8, any::<bool>(), 0..5_u8), 1..16).prop_map(|members| {
        let keys: Vec<u8> = members.iter().map(|m| m.0).collect();
        let outcomes = members.iter().map(|m| f64::from(u8::from(m.1))).collect();
        let rubric = members.iter().map(|m| f64::from(m.2) / 4.0).collect();
        (Groups::from_keys(&keys), outcomes, rubric)
    })
}

fn rewards(rule: CGrpo, groups: &Groups, outcomes: &[f64], rubric: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; outcomes.len()];
    rule.rewards(groups, outcomes, rubric, &mut out).expect("valid");
    out
}

fn paper(alpha: f64) -> CGrpo {
    CGrpo { alpha, rubric: RubricUse::GroupMax }
}

proptest! {
    #[test]
    fn the_order_of_statements_does_not_change_what_is_connected(
        (holds, named, supported) in judged(), turn in 0..7_usize,
    ) {
        let plain = connected(&holds, &named, &supported);
        let n = holds.len();
        let order: Vec<usize> = (0..n).map(|i| (i + turn) % n.max(1)).rev().collect();
        let shuffled: Vec<Vec<usize>> = order.iter().map(|&i| holds[i].clone()).collect();
        let moved: Vec<bool> = order.iter().map(|&i| supported[i]).collect();
        let found = connected(&shuffled, &named, &moved);
        for (place, &i) in order.iter().enumerate() {
            prop_assert_eq!(found[place], plain[i]);
        }
    }

    #[test]
    fn what_counts_is_the_smallest_set_that_is_closed_under_links_from_the_answer(
        (holds, named, supported) in judged(),
    ) {
        let found = connected(&holds, &named, &supported);
        let able: Vec<bool> = (0..holds.len())
            .map(|i| supported[i] && holds[i].iter().all(|&p| named[p]))
            .collect();
        // Closure by repeated sweeps over pairs of statements, as another algorithm.
        let mut closed: Vec<bool> = (0..holds.len()).map(|i| able[i] && holds[i].contains(&0)).collect();
        for _ in 0..holds.len() {
            for i in 0..holds.len() {
                let linked = (0..holds.len()).any(|j| closed[j] && holds[i].iter().any(|p| holds[j].contains(p)));
                closed[i] = closed[i] || (able[i] && linked);
            }
        }
        prop_assert_eq!(found, closed);
    }

    #[test]
    fn more_support_or_more_names_never_lower_the_score(
        (holds, named, supported) in judged(), at in 0..7_usize, name in 0..5_usize,
    ) {
        let score = |named: &[bool], supported: &[bool]| RubricGraph::score(&connected(&holds, named, supported));
        let before = score(&named, &supported);
        let mut more = supported.clone();
        if let Some(entry) = more.get_mut(at) {
            *entry = true;
        }
        prop_assert!(score(&named, &more) >= before);
        let mut known = named.clone();
        known[name] = true;
        prop_assert!(score(&known, &supported) >= before);
    }

    #[test]
    fn an_answer_that_is_not_named_connects_nothing((holds, mut named, supported) in judged()) {
        named[0] = false;
        prop_assert!(connected(&holds, &named, &supported).iter().all(|counts| !counts));
    }

    #[test]
    fn removing_a_link_of_a_chain_removes_exactly_what_lies_behind_it(hops in 1..6_usize, broken in 0..6_usize) {
        let chain = RubricGraph::chain(hops);
        let supported: Vec<bool> = (0..hops).map(|d| d != broken).collect();
        let evidence = Evidence { named: &vec![true; hops], supported: &supported };
        let found = chain.connected(evidence).expect("fits");
        prop_assert_eq!(found, (0..hops).map(|d| d < broken).collect::<Vec<_>>());
        // Without the connection only the link itself is missing.
        prop_assert_eq!(chain.supported(evidence).expect("fits"), supported);
    }

    #[test]
    fn connected_is_supported_and_supported_is_identified((holds, named, supported) in judged()) {
        let graph = RubricGraph::new(holds.clone());
        let evidence = Evidence { named: &named, supported: &supported };
        let (loose, strict) = (graph.supported(evidence).expect("fits"), graph.connected(evidence).expect("fits"));
        for i in 0..holds.len() {
            prop_assert!(!strict[i] || loose[i]);
            prop_assert_eq!(loose[i], supported[i] && holds[i].iter().all(|&p| named[p]));
        }
        prop_assert!((0.0..=1.0).contains(&RubricGraph::score(&strict)));
    }

    #[test]
    fn a_wrong_answer_earns_nothing_and_a_correct_one_more_than_any_wrong_one(
        (groups, outcomes, rubric) in batch(), alpha in 0.0..=1.0,
    ) {
        for rubric_use in [RubricUse::GroupMax, RubricUse::Unnormalised] {
            let found = rewards(CGrpo { alpha, rubric: rubric_use }, &groups, &outcomes, &rubric);
            for (reward, outcome) in found.iter().zip(&outcomes) {
                if *outcome == 0.0 {
                    prop_assert_eq!(*reward, 0.0);
                } else {
                    prop_assert!((1.0 - alpha..=1.0).contains(reward), "{} at {}", reward, alpha);
                }
            }
        }
    }

    #[test]
    fn the_best_cited_correct_answer_of_a_group_earns_exactly_one(
        (groups, outcomes, rubric) in batch(), alpha in 0.0..=1.0,
    ) {
        let found = rewards(paper(alpha), &groups, &outcomes, &rubric);
        for members in groups.iter() {
            let correct: Vec<usize> = members.iter().copied().filter(|&m| outcomes[m] > 0.0).collect();
            let best = correct.iter().map(|&m| rubric[m]).fold(0.0, f64::max);
            for m in correct.into_iter().filter(|_| best > 0.0) {
                prop_assert!(rubric[m] < best || found[m] == 1.0);
            }
        }
    }

    #[test]
    fn without_a_share_of_the_rubric_it_is_grpo((groups, outcomes, rubric) in batch()) {
        for rubric_use in [RubricUse::GroupMax, RubricUse::Unnormalised, RubricUse::Additive] {
            let found = rewards(CGrpo { alpha: 0.0, rubric: rubric_use }, &groups, &outcomes, &rubric);
            prop_assert_eq!(&found, &outcomes);
            let rule = Normalize::grpo();
            prop_assert_eq!(apply_groups(rule, &groups, &found), apply_groups(rule, &groups, &outcomes));
        }
    }

    #[test]
    fn equal_evidence_is_the_outcome_and_none_is_its_share(
        (groups, outcomes, _) in batch(), alpha in 0.0..0.99, level in 0.01..=1.0,
    ) {
        let equal = vec![level; outcomes.len()];
        prop_assert_eq!(rewards(paper(alpha), &groups, &outcomes, &equal), outcomes.clone());
        let none = vec![0.0; outcomes.len()];
        let found = rewards(paper(alpha), &groups, &outcomes, &none);
        let share: Vec<f64> = outcomes.iter().map(|outcome| outcome * (1.0 - alpha)).collect();
        prop_assert_eq!(&found, &share);
        close_within(&apply_groups(EXACT, &groups, &found), &apply_groups(EXACT, &groups, &outcomes), 1e-9)?;
    }

    #[test]
    fn scaling_the_rubric_of_all_members_changes_nothing(
        (groups, outcomes, rubric) in batch(), alpha in 0.0..=1.0, factor in 0.05..=1.0,
    ) {
        let scaled: Vec<f64> = rubric.iter().map(|score| score * factor).collect();
        close(
            &rewards(paper(alpha), &groups, &outcomes, &scaled),
            &rewards(paper(alpha), &groups, &outcomes, &rubric),
        )?;
    }

    #[test]
    fn only_the_additive_control_pays_for_evidence_under_a_wrong_answer(
        (groups, outcomes, rubric) in batch(), alpha in 0.01..=1.0,
    ) {
        let found = rewards(CGrpo { alpha, rubric: RubricUse::Additive }, &groups, &outcomes, &rubric);
        for ((reward, outcome), met) in found.iter().zip(&outcomes).zip(&rubric) {
            prop_assert!((reward - outcome - alpha * met).abs() < 1e-12);
        }
        // What wrong members cite does not reach the others.
        let silenced: Vec<f64> = rubric.iter().zip(&outcomes).map(|(met, outcome)| met * outcome).collect();
        prop_assert_eq!(
            rewards(paper(alpha), &groups, &outcomes, &silenced),
            rewards(paper(alpha), &groups, &outcomes, &rubric)
        );
    }
}

#[test]
fn statements_without_the_answer_that_nothing_links_to_it_never_count() {
    // 0–1 is supported; 2–3 and 3–4 are too, but hang in the air; 5 is a placeholder of no statement.
    let holds = vec![vec![0, 1], vec![2, 3], vec![3, 4], vec![1, 2]];
    let named = [true; 6];
    assert_eq!(connected(&holds, &named, &[true, true, true, false]), [true, false, false, false]);
    assert_eq!(connected(&holds, &named, &[true; 4]), [true; 4]);
    // A placeholder that the judge left out has no value.
    assert_eq!(connected(&holds, &named[..3], &[true; 4]), [true, false, false, true]);
}

#[test]
fn without_statements_the_rubric_is_worth_nothing() {
    let none = RubricGraph::chain(0);
    assert!(none.is_empty());
    let found = none.connected(Evidence { named: &[true], supported: &[] }).expect("fits");
    assert_eq!(RubricGraph::score(&found), 0.0);
}

#[test]
fn the_report_counts_correct_members_and_groups_without_evidence() {
    let groups = Groups::from_sizes(&[3, 2, 1]);
    let (outcomes, rubric) = ([1.0, 1.0, 0.0, 1.0, 0.0, 0.0], [0.5, 0.25, 1.0, 0.0, 1.0, 0.0]);
    let mut out = [0.0; 6];
    let report = CGrpo::default().rewards(&groups, &outcomes, &rubric, &mut out).expect("valid");
    assert_eq!((report.correct, report.without_evidence), (3, 1));
    close(&out, &[1.0, 0.85, 0.0, 0.7, 0.0, 0.0]).expect("by hand");
    let code = CGrpo { rubric: RubricUse::Unnormalised, ..CGrpo::default() };
    close(&rewards(code, &groups, &outcomes, &rubric), &[0.85, 0.775, 0.0, 0.7, 0.0, 0.0]).expect("by hand");
}

#[test]
fn numbers_outside_the_unit_interval_are_named() {
    let groups = Groups::from_sizes(&[2]);
    let refused = |rule: CGrpo, outcomes: &[f64], rubric: &[f64]| {
        rule.rewards(&groups, outcomes, rubric, &mut [0.0; 2]).expect_err("refused")
    };
    let rule = CGrpo::default();
    for (error, name) in [
        (refused(paper(1.5), &[0.0, 1.0], &[0.0, 1.0]), "alpha"),
        (refused(rule, &[0.0, 2.0], &[0.0, 1.0]), "outcomes"),
        (refused(rule, &[0.0, 1.0], &[0.0, f64::NAN]), "rubric"),
    ] {
        assert!(
            matches!(error, CreditError::InvalidParameter { name: found, .. } if found == name),
            "{error}"
        );
    }
    assert!(matches!(refused(rule, &[1.0], &[1.0, 1.0]), CreditError::LengthMismatch { .. }));
    let evidence = Evidence { named: &[true], supported: &[true, true] };
    assert!(RubricGraph::chain(1).connected(evidence).is_err());
}
