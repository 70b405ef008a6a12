//! Fixture tests against SciPy, scikit-learn and torchmetrics: every section of `rank_metrics.json`.

use milepost_eval::calibration::{self, Norm};
use milepost_eval::classification::{self, Confusion};
use milepost_eval::{StatsError, correlation, value_order};
use milepost_testkit::golden::{Case, Golden, Section, array, numbers};

fn golden() -> Golden {
    Golden::read("rank_metrics.json").expect("the fixture exists")
}

fn input(case: &Case, name: &str) -> Vec<f64> {
    numbers(&case.inputs[name])
}

fn labels(case: &Case, name: &str) -> Vec<bool> {
    input(case, name).into_iter().map(|label| label != 0.0).collect()
}

/// `null` in the fixture stands for what is undefined here.
fn or_null(value: Result<f64, StatsError>) -> f64 {
    match value {
        Err(StatsError::Undefined { .. }) => f64::NAN,
        other => other.expect("valid input"),
    }
}

fn each(name: &str, run: impl Fn(&Case, &dyn Fn(&str, &[f64]))) {
    let golden = golden();
    let section: &Section = golden.section(name);
    assert!(!section.cases.is_empty());
    for case in &section.cases {
        run(case, &|output, got| {
            let want = numbers(&case.outputs[output]);
            section.tolerance.f64.check(&format!("{name} {} {output}", case.name), got, &want);
        });
    }
}

#[test]
fn correlations_match_the_fixture() {
    each("scipy_rank_correlation", |case, check| {
        let (x, y) = (input(case, "x"), input(case, "y"));
        check("spearman", &[or_null(correlation::spearman(&x, &y))]);
        check("kendall_tau_b", &[or_null(correlation::kendall_tau_b(&x, &y))]);
        check("kendall_tau_c", &[or_null(correlation::kendall_tau_c(&x, &y))]);
        check("pearson", &[or_null(correlation::pearson(&x, &y))]);
        check("somers_d_y_given_x", &[or_null(correlation::somers_d(&x, &y))]);
        check("ranks_x_average", &correlation::average_ranks(&x));
        check("ranks_y_average", &correlation::average_ranks(&y));
    });
}

#[test]
fn value_order_matches_the_fixture() {
    each("value_order_correlation", |case, check| {
        let values = input(case, "values_in_time_order");
        let reversed: Vec<f64> = values.iter().rev().copied().collect();
        let time: Vec<f64> = (0..values.len()).map(|t| t as f64).collect();
        check("voc_spearman", &[or_null(value_order::value_order_correlation(&values))]);
        check("voc_reversed_video", &[or_null(value_order::value_order_correlation(&reversed))]);
        check("voc_argsort_form", &[or_null(value_order::value_order_correlation_by_sorting(&values))]);
        check("kendall_tau_b", &[or_null(correlation::kendall_tau_b(&time, &values))]);
        check("monotone_fraction_ge", &[or_null(value_order::rising_share(&values))]);
        check("monotone_fraction_gt", &[or_null(value_order::strictly_rising_share(&values))]);
        check("isotonic_fit", &value_order::isotonic_fit(&values));
        check("isotonic_residual_mean_square", &[or_null(value_order::isotonic_residual(&values))]);
        check("pairwise_accuracy_ties_half", &[or_null(value_order::pairwise_accuracy(&values))]);
    });
}

#[test]
fn ranking_of_two_classes_matches_the_fixture() {
    each("sklearn_auc", |case, check| {
        let (labels, scores) = (labels(case, "labels"), input(case, "scores"));
        let roc = classification::roc(&labels, &scores).expect("both classes");
        let area = classification::auroc(&labels, &scores).expect("both classes");
        check("roc_auc", &[area]);
        check("mann_whitney_auc", &[area]);
        check(
            "average_precision",
            &[classification::average_precision(&labels, &scores).expect("both classes")],
        );
        check("fpr", &roc.false_positive);
        check("tpr", &roc.true_positive);
        check("thresholds", &roc.thresholds);
    });
}

#[test]
fn calibration_matches_the_fixture() {
    each("torchmetrics_calibration_error", |case, check| {
        let (p, labels) = (input(case, "probability_of_1"), labels(case, "labels"));
        for bins in [5, 10, 15] {
            for (name, norm) in [("l1", Norm::L1), ("l2", Norm::L2), ("max", Norm::Max)] {
                let binary = calibration::binary_calibration_error(&p, &labels, bins, norm).expect("valid");
                check(&format!("binary_{name}_{bins}"), &[binary]);
                let top = calibration::top_class_calibration_error(&p, &labels, bins, norm).expect("valid");
                check(&format!("top1_{name}_{bins}"), &[top]);
            }
        }
        check("brier", &[calibration::brier_score(&p, &labels).expect("valid")]);
        check("log_loss", &[or_null(calibration::log_loss(&p, &labels))]);
    });
}

#[test]
fn agreement_matches_the_fixture() {
    each("sklearn_agreement", |case, check| {
        let whole = |name: &str| input(case, name).into_iter().map(|label| label as i64).collect::<Vec<_>>();
        let confusion = Confusion::new(&whole("labels"), &whole("predictions")).expect("paired");
        check("cohen_kappa", &[or_null(confusion.cohen_kappa())]);
        check("quadratic_kappa", &[or_null(confusion.quadratic_kappa())]);
        check("macro_f1", &[confusion.macro_f1()]);
        check("micro_f1", &[confusion.micro_f1()]);
        check("matthews", &[confusion.matthews()]);
        let row =
            |name: &str| array(&case.inputs[name]).expect("an array").rows().next().expect("a row").to_vec();
        let (relevance, scores) = (row("relevance"), row("scores"));
        check("ndcg", &[or_null(classification::ndcg(&relevance, &scores, None))]);
        check("ndcg_at_3", &[or_null(classification::ndcg(&relevance, &scores, Some(3)))]);
    });
}
