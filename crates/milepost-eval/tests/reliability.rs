//! Fixture tests against rliable and SciPy: every section of `reliability.json`.

use milepost_eval::aggregate::{self, Aggregate};
use milepost_eval::bootstrap::{Replicates, acceleration, jackknife, resample_at};
use milepost_eval::{Bootstrap, Interval, Scores};
use milepost_testkit::golden::{Array, Case, Golden, array, number, numbers};

fn golden() -> Golden {
    Golden::read("reliability.json").expect("the fixture exists")
}

fn input(case: &Case, name: &str) -> Array {
    array(&case.inputs[name]).expect("an array")
}

fn scores(case: &Case, name: &str) -> Scores {
    let Array { shape, data } = input(case, name);
    Scores::from_flat(shape[0], shape[1], data).expect("finite")
}

fn indices(data: &[f64]) -> Vec<usize> {
    data.iter().map(|index| *index as usize).collect()
}

const ORDER: [Aggregate; 4] =
    [Aggregate::Mean, Aggregate::Median, Aggregate::InterquartileMean, Aggregate::OptimalityGap(1.0)];

#[test]
fn aggregates_match_the_fixture() {
    let golden = golden();
    let section = golden.section("rliable_aggregates");
    let check = |case: &Case, name: &str, got: &[f64]| {
        section.tolerance.f64.check(&format!("{} {name}", case.name), got, &numbers(&case.outputs[name]));
    };
    assert!(!section.cases.is_empty());
    for case in &section.cases {
        let (scores, taus) = (scores(case, "scores"), input(case, "taus").data);
        check(case, "mean", &[aggregate::mean(&scores)]);
        check(case, "median", &[aggregate::median(&scores)]);
        check(case, "iqm", &[aggregate::interquartile_mean(&scores)]);
        let target = number(&case.inputs["optimality_gamma"]);
        check(case, "optimality_gap", &[aggregate::optimality_gap(&scores, target)]);
        check(case, "optimality_gap_gamma_0_5", &[aggregate::optimality_gap(&scores, 0.5)]);
        check(case, "profile_score_distribution", &aggregate::performance_profile(&scores, &taus));
        check(case, "profile_average_score_distribution", &aggregate::average_score_profile(&scores, &taus));
    }
}

#[test]
fn probability_of_improvement_matches_the_fixture() {
    let golden = golden();
    let section = golden.section("rliable_probability_of_improvement");
    assert!(!section.cases.is_empty());
    for case in &section.cases {
        let got = aggregate::probability_of_improvement(&scores(case, "x"), &scores(case, "y"));
        let want = numbers(&case.outputs["probability_of_improvement"]);
        section.tolerance.f64.check(&case.name, &[got.expect("same tasks")], &want);
    }
}

/// Column `j` of `[replicates, 4]`, or the interval of statistic `j` of `[2, 4]`.
fn column(values: &[f64], j: usize) -> Vec<f64> {
    values.iter().skip(j).step_by(4).copied().collect()
}

#[test]
fn stratified_bootstrap_with_recorded_indices_matches_the_fixture() {
    let golden = golden();
    let section = golden.section("rliable_stratified_bootstrap");
    assert!(!section.cases.is_empty());
    for case in &section.cases {
        assert_eq!(
            case.inputs["statistic_order"],
            serde_json::json!(["mean", "median", "iqm", "optimality_gap"])
        );
        let scores = scores(case, "scores");
        let (runs, tasks) = (input(case, "run_indices"), input(case, "task_indices"));
        let resamples: Vec<Scores> = runs
            .data
            .chunks(scores.runs() * scores.tasks())
            .zip(tasks.rows())
            .map(|(runs, tasks)| resample_at(&scores, &indices(runs), Some(&indices(tasks))).expect("fits"))
            .collect();
        assert_eq!(resamples.len(), runs.shape[0]);
        let output = |name: &str| array(&case.outputs[name]).expect("an array").data;
        for (j, statistic) in ORDER.into_iter().enumerate() {
            let check = |name: &str, got: &[f64]| {
                let what = format!("{} {statistic:?} {name}", case.name);
                section.tolerance.f64.check(&what, got, &column(&output(name), j));
            };
            let values: Vec<f64> = resamples.iter().map(|resample| statistic.of(resample)).collect();
            let point = statistic.of(&scores);
            check("statistics", &values);
            check("point", &[point]);
            let replicates = Replicates::new(values).expect("finite");
            let ends = |interval: Interval| [interval.low, interval.high];
            check("percentile_interval_0.95", &ends(replicates.percentile(0.95).expect("level")));
            check("percentile_interval_0.8", &ends(replicates.percentile(0.8).expect("level")));
            check("basic_interval_0.95", &ends(replicates.basic(point, 0.95).expect("level")));
            check("bc_interval_0.95", &ends(replicates.bias_corrected(point, 0.95).expect("both sides")));
        }
    }
}

#[test]
fn the_own_stream_gives_the_interval_of_the_fixture() {
    let golden = golden();
    let section = golden.section("rliable_interval_large");
    assert!(!section.cases.is_empty());
    for case in &section.cases {
        let replicates = number(&case.inputs["reps"]) as u32;
        let bootstrap = Bootstrap { replicates, ..Bootstrap::default() };
        let want = array(&case.outputs["interval"]).expect("an array").data;
        for (j, statistic) in ORDER.into_iter().enumerate() {
            let estimate = bootstrap.estimate(&scores(case, "scores"), |s| statistic.of(s)).expect("runs");
            let got = [estimate.interval.low, estimate.interval.high];
            section.tolerance.f64.check(&format!("{} {statistic:?}", case.name), &got, &column(&want, j));
        }
    }
}

fn sample_deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt()
}

#[test]
fn accelerated_intervals_match_the_fixture() {
    let golden = golden();
    let section = golden.section("scipy_bootstrap");
    assert!(!section.cases.is_empty());
    for case in &section.cases {
        let x = input(case, "x").data;
        let sample = Scores::single_task(&x).expect("finite");
        let statistic: fn(&Scores) -> f64 = match case.inputs["statistic"].as_str() {
            Some("mean") => aggregate::mean,
            Some("median") => |s| {
                let mut sorted = s.values().to_vec();
                sorted.sort_by(f64::total_cmp);
                milepost_eval::quantile_sorted(&sorted, 0.5)
            },
            Some("std_ddof1") => |s| sample_deviation(s.values()),
            other => panic!("an unknown statistic in the fixture: {other:?}"),
        };
        let check = |name: &str, got: &[f64]| {
            section.tolerance.f64.check(&format!("{} {name}", case.name), got, &numbers(&case.outputs[name]));
        };
        let values: Vec<f64> = input(case, "indices")
            .rows()
            .map(|row| statistic(&resample_at(&sample, &indices(row), None).expect("fits")))
            .collect();
        check("distribution", &values);
        let level = number(&case.inputs["confidence_level"]);
        let point = statistic(&sample);
        let replicates = Replicates::new(values).expect("finite");
        let a = acceleration(&jackknife(&sample, statistic).expect("runs"));
        check("point", &[point]);
        check("z0", &[replicates.bias(point).expect("both sides")]);
        check("acceleration", &[a]);
        let ends = |interval: Interval| [interval.low, interval.high];
        check(&format!("percentile_{level}"), &ends(replicates.percentile(level).expect("level")));
        check(&format!("basic_{level}"), &ends(replicates.basic(point, level).expect("level")));
        check(&format!("BCa_{level}"), &ends(replicates.accelerated(point, a, level).expect("both sides")));
    }
}
