//! Fixture tests of reward distances: every section of `reward_distances.json`.

use milepost_eval::StatsError;
use milepost_eval::correlation::weighted_pearson;
use milepost_eval::reward_distance::{self as distance, Reference, SampledReward};
use milepost_testkit::golden::{Case, Golden, array, number, numbers};

fn input(case: &Case, name: &str) -> Vec<f64> {
    numbers(&case.inputs[name])
}

/// `null` in the fixture stands for what is undefined here.
fn or_null(value: Result<f64, StatsError>) -> f64 {
    match value {
        Err(StatsError::Undefined { .. }) => f64::NAN,
        other => other.expect("valid input"),
    }
}

/// Runs every case of a section. `check` skips outputs that a case does not record and counts the others.
fn each(name: &str, run: impl Fn(&Case, &dyn Fn(&str, &[f64]))) {
    let golden = Golden::read("reward_distances.json").expect("the fixture exists");
    let section = golden.section(name);
    assert!(!section.cases.is_empty());
    for case in &section.cases {
        let checked = std::cell::RefCell::new(Vec::new());
        run(case, &|output, got| {
            if let Some(want) = case.outputs.get(output) {
                let what = format!("{name} {} {output}", case.name);
                section.tolerance.f64.check(&what, got, &numbers(want));
                checked.borrow_mut().push(output.to_owned());
            }
        });
        let left: Vec<_> = case.outputs.keys().filter(|key| !checked.borrow().contains(key)).collect();
        assert!(left.is_empty(), "{name} {}: outputs not checked: {left:?}", case.name);
    }
}

#[test]
fn tabular_distances_match_the_fixture() {
    each("tabular", |case, check| {
        let (x, y) = (input(case, "R1"), input(case, "R2"));
        let (states, actions) = (input(case, "state_dist"), input(case, "action_dist"));
        let discount = number(&case.inputs["gamma"]);
        let reference = Reference { discount, states: &states, actions: &actions };
        let coverage = case.inputs.get("coverage").and_then(array).map(|a| a.data);
        let coverage = coverage.as_deref();
        let transitions = input(case, "transitions_T");
        let canonical = |r: &[f64]| distance::canonical(r, reference).expect("sizes");
        let aware =
            |r: &[f64]| distance::dynamics_aware_canonical(r, &transitions, reference).expect("sizes");
        check("canonical_R1", &canonical(&x));
        check("canonical_R2", &canonical(&y));
        check("dard_R1", &aware(&x));
        check("dard_R2", &aware(&y));
        let epic = or_null(distance::epic(&x, &y, reference, coverage));
        check("epic", &[epic]);
        let rho = if epic.is_nan() {
            f64::NAN
        } else {
            weighted_pearson(&canonical(&x), &canonical(&y), coverage).expect("varies")
        };
        check("pearson_of_canonical", &[rho]);
        check("dard", &[or_null(distance::dard(&x, &y, &transitions, reference))]);
        check("dard_pearson", &[or_null(weighted_pearson(&aware(&x), &aware(&y), Some(&transitions)))]);
        check("pearson_distance_raw", &[or_null(distance::pearson_distance(&x, &y, coverage))]);
        check("spearman_distance_raw", &[or_null(distance::spearman_distance(&x, &y))]);
        for (name, p) in [("l1", 1.0), ("l2", 2.0)] {
            check(&format!("direct_{name}"), &[distance::direct(&x, &y, coverage, p).expect("sizes")]);
            let normalised = distance::normalised(&x, &y, reference, coverage, p).expect("sizes");
            check(&format!("canonical_normalised_{name}"), &[normalised]);
        }
    });
}

#[test]
fn sampled_distances_match_the_fixture() {
    each("sample_based", |case, check| {
        let discount = number(&case.inputs["gamma"]);
        let canonical = |name: &str| {
            let table = |what: &str| input(case, &format!("{name}_{what}"));
            let (batch, from_states) = (table("reward_on_batch"), table("table_from_s"));
            let (from_next, from_samples) = (table("table_from_next"), table("table_from_samples"));
            let reward = SampledReward {
                batch: &batch,
                from_states: &from_states,
                from_next: &from_next,
                from_samples: &from_samples,
            };
            distance::canonical_from_samples(reward, discount).expect("sizes")
        };
        let base = canonical("base");
        check("base_canonical", &base);
        for name in ["shaped", "other", "scaled"] {
            let other = canonical(name);
            check(&format!("{name}_canonical"), &other);
            let epic = distance::pearson_distance(&base, &other, None).expect("varies");
            check(&format!("epic_base_{name}"), &[epic]);
        }
    });
}

#[test]
fn distances_of_episode_returns_match_the_fixture() {
    each("episode_returns", |case, check| {
        let discount = number(&case.inputs["gamma"]);
        let table = |name: &str| array(&case.inputs[name]).expect("an array");
        let (mask, terminated) = (table("mask"), table("terminated").data);
        let lengths: Vec<usize> = mask.rows().map(|row| row.iter().filter(|m| **m != 0.0).count()).collect();
        let returns = |name: &str| -> Vec<f64> {
            let rewards = table(name);
            rewards
                .rows()
                .zip(&lengths)
                .map(|(row, n)| distance::discounted_return(&row[..*n], discount))
                .collect()
        };
        let (one, two) = (returns("rewards1"), returns("rewards2"));
        let width = mask.shape[1];
        let potentials = table("potential");
        let shaping: Vec<Vec<f64>> = potentials
            .rows()
            .zip(&lengths)
            .zip(&terminated)
            .map(|((row, n), end)| distance::shaping(&row[..=*n], discount, *end != 0.0))
            .collect();
        let shaped: Vec<f64> =
            one.iter().zip(&shaping).map(|(r, f)| r + distance::discounted_return(f, discount)).collect();
        let padded: Vec<f64> = shaping
            .iter()
            .flat_map(|row| row.iter().copied().chain(std::iter::repeat(0.0)).take(width))
            .collect();
        check("returns1", &one);
        check("returns2", &two);
        check("shaping_rewards", &padded);
        check("returns1_shaped", &shaped);
        check("erc_pearson_distance", &[or_null(distance::pearson_distance(&one, &two, None))]);
        check("erc_shaped", &[or_null(distance::pearson_distance(&one, &shaped, None))]);
        check("erc_spearman_distance", &[or_null(distance::spearman_distance(&one, &two))]);
    });
}

#[test]
fn shaping_of_single_transitions_matches_the_fixture() {
    each("imitation_shaped_reward", |case, check| {
        let discount = number(&case.inputs["gamma"]);
        let (before, after) = (input(case, "potential_s"), input(case, "potential_next"));
        let shaped: Vec<f64> = input(case, "reward")
            .iter()
            .zip(input(case, "done"))
            .enumerate()
            .map(|(i, (reward, done))| {
                reward + distance::shaping(&[before[i], after[i]], discount, done != 0.0)[0]
            })
            .collect();
        check("shaped_reward", &shaped);
    });
}
