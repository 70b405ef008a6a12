use super::recorded::ArmRecord;
use super::recorded::tests::seed;
use super::summary::{Summary, summarize};
use super::table;
use crate::config::{Request, Scale, load};

/// An arm whose seeds reach full success at these steps.
fn arm(name: &str, reached: &[u64]) -> ArmRecord {
    let curve = |at: u64| [(0, 0.0), (at - 1, 0.0), (at, 1.0), (1000, 1.0)];
    let seeds = reached.iter().enumerate().map(|(index, at)| seed(index as u64, &curve(*at))).collect();
    ArmRecord { name: name.into(), about: String::new(), seeds }
}

fn summary(metric: &str, scale: Scale, sparse: &[u64], shaped: &[u64]) -> Summary {
    let request = Request {
        experiment: "quickstart".into(),
        sets: vec![format!("metric.primary={metric}"), "budget.environment-steps=1000".into()],
        scale: Some(scale),
        ..Request::default()
    };
    let experiment = load(&request).expect("valid");
    summarize(&experiment, "hash", &[arm("sparse", sparse), arm("shaped", shaped)]).expect("finite")
}

const SLOW: [u64; 5] = [500, 520, 480, 510, 530];
const FAST: [u64; 5] = [300, 310, 290, 305, 320];

#[test]
fn an_arm_that_learns_sooner_reproduces_the_claim_by_either_direction_of_metric() {
    for metric in ["area-under-success", "steps-to-success"] {
        let summary = summary(metric, Scale::Small, &SLOW, &FAST);
        assert!(summary.sentence.contains("reproduced: advantage +"), "{metric}: {}", summary.sentence);
        let comparison = summary.arms[1].comparison.as_ref().expect("not the reference");
        assert_eq!((comparison.agreeing, comparison.pairs), (5, 5));
        assert_eq!(comparison.probability_of_improvement.value, 1.0);
        assert!(!summary.exploratory && summary.arms[0].comparison.is_none());
    }
}

#[test]
fn the_opposite_is_said_as_plainly() {
    let summary = summary("area-under-success", Scale::Small, &FAST, &SLOW);
    assert!(summary.sentence.contains("not reproduced"), "{}", summary.sentence);
}

#[test]
fn few_seeds_are_exploratory_and_smoke_runs_have_no_verdict() {
    let few = summary("area-under-success", Scale::Small, &SLOW[..3], &FAST[..3]);
    assert!(few.exploratory && few.sentence.contains("inconclusive (too few seeds)"), "{}", few.sentence);
    let smoke = summary("area-under-success", Scale::Smoke, &SLOW, &FAST);
    assert!(smoke.verdict.is_none() && smoke.sentence.starts_with("no verdict"));
}

#[test]
fn only_seeds_that_both_arms_finished_are_paired() {
    let summary = summary("steps-to-success", Scale::Small, &SLOW, &FAST[..2]);
    let comparison = summary.arms[1].comparison.as_ref().expect("two pairs");
    assert_eq!(comparison.pairs, 2);
    assert_eq!(comparison.paired_difference.value, f64::midpoint(300.0 - 500.0, 310.0 - 520.0));
    let none = super::summary::summarize(
        &load(&Request { experiment: "quickstart".into(), ..Request::default() }).expect("valid"),
        "hash",
        &[arm("sparse", &[]), arm("shaped", &FAST)],
    );
    assert!(none.expect("no statistics of nothing").sentence.contains("no finished seed in common"));
}

#[test]
fn the_table_has_a_line_for_each_arm_with_aligned_columns() {
    let table = table::render(&summary("area-under-success", Scale::Small, &SLOW, &FAST));
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(
        lines[1].starts_with("sparse  ") && lines[2].starts_with("shaped  ") && lines[2].ends_with("5/5")
    );
    assert_eq!(lines[0].chars().count(), lines[2].chars().count(), "{table}");
}
