//! Estimators as configurations write them, and how they are called in tables.

use std::collections::BTreeSet;

use crate::config::EstimatorConfig;

/// One of each, and of each kind of critic, predictor, key, weighting; all names differ.
const METHODS: &str = r#"[
    {"method": "outcome"},
    {"method": "monte-carlo", "gamma": 1.0, "baseline": {"kind": "none"}},
    {"method": "monte-carlo", "gamma": 1.0, "baseline": {"kind": "batch-mean"}},
    {"method": "monte-carlo", "gamma": 1.0, "baseline": {"kind": "leave-one-out"}},
    {"method": "monte-carlo", "gamma": 1.0, "baseline": {"kind": "critic", "critic": {"kind": "noisy", "sigma": 1.0}}},
    {"method": "group-relative", "normalization": {"kind": "leave-one-out"}},
    {"method": "group-relative", "normalization": {"kind": "mean"}},
    {"method": "group-relative", "normalization": {"kind": "standard", "ddof": 0, "epsilon": 0.0001}},
    {"method": "turn-loo", "alone": "raw"},
    {"method": "turn-loo", "alone": "zero"},
    {"method": "opo"},
    {"method": "optimal-token-baseline", "epsilon": 1e-8},
    {"method": "re-max"},
    {"method": "reinforce-plus-plus", "gamma": 1.0, "epsilon": 1e-8},
    {"method": "reinforce-plus-plus-baseline", "epsilon": 1e-8},
    {"method": "gi-gpo", "key": "observation", "episode": {"kind": "off"}, "step": {"kind": "mean"},
        "omega": 1.0, "gamma": 0.95, "shrinkage": 2.0},
    {"method": "hgpo", "key": "time-and-state", "episode": {"kind": "on", "normalization": {"kind": "mean"}},
        "step": {"kind": "mean"}, "omega": 1.0, "gamma": 0.95, "depth": 2, "alpha": 1.0},
    {"method": "mt-grpo", "tokens-per-turn": 4, "turn": 0, "lambda": 1.0, "normalization": {"kind": "mean"}},
    {"method": "gae", "gamma": 1.0, "lambda": 0.95, "critic": {"kind": "exact", "key": "time-and-state"}},
    {"method": "gae", "gamma": 1.0, "lambda": 0.95, "critic": {"kind": "exact", "key": "time-and-observation"}},
    {"method": "gae", "gamma": 1.0, "lambda": 0.95,
        "critic": {"kind": "monte-carlo", "key": "state", "episodes": 50}},
    {"method": "gae", "gamma": 1.0, "lambda": 0.95, "critic": {"kind": "td-lambda", "key": "observation",
        "episodes": 50, "lambda": 0.9, "step-size": 0.1, "sweeps": 2}},
    {"method": "gae", "gamma": 1.0, "lambda": 0.95, "critic": {"kind": "constant", "value": 0.5}},
    {"method": "n-step", "n": 3, "gamma": 1.0, "critic": {"kind": "constant", "value": 0.0}},
    {"method": "td-lambda", "gamma": 1.0, "lambda": 0.9, "critic": {"kind": "constant", "value": 0.0}},
    {"method": "v-trace", "gamma": 1.0, "lambda": 0.9, "clip-rho": 1.0, "clip-pg-rho": 1.0,
        "critic": {"kind": "constant", "value": 0.0}},
    {"method": "doubly-robust", "gamma": 1.0, "lambda": 0.9, "critic": {"kind": "constant", "value": 0.0}},
    {"method": "turn-gae", "tokens-per-turn": 4, "gamma": 1.0, "lambda": 0.9,
        "critic": {"kind": "constant", "value": 0.0}},
    {"method": "bi-level-gae", "tokens-per-turn": 4, "turn-gamma": 0.95, "turn-lambda": 0.9, "gamma": 1.0,
        "lambda": 0.9, "critic": {"kind": "constant", "value": 0.0}},
    {"method": "min-form", "gamma": 1.0, "critic": {"kind": "constant", "value": 0.0}},
    {"method": "redistribution", "predictor": {"kind": "exact"}, "start": "prediction", "residual": "none"},
    {"method": "redistribution", "predictor": {"kind": "exact"}, "start": "zero", "residual": "none"},
    {"method": "redistribution", "predictor": {"kind": "tabular", "key": "state", "episodes": 50},
        "start": "prediction", "residual": "last"},
    {"method": "redistribution", "predictor": {"kind": "linear", "key": "state", "episodes": 50, "ridge": 0.01},
        "start": "prediction", "residual": "uniform"},
    {"method": "redistribution", "predictor": {"kind": "recurrent", "key": "state", "episodes": 50, "hidden": 8,
        "epochs": 10, "step-size": 0.1}, "start": "prediction", "residual": "uniform"},
    {"method": "weighted", "statistic": "entropy", "weighting": {"kind": "proportional"}},
    {"method": "weighted", "statistic": "surprisal", "weighting": {"kind": "top", "fraction": 0.2}},
    {"method": "weighted", "statistic": "saliency", "weighting": {"kind": "amplify", "fraction": 0.2, "alpha": 0.5}}
]"#;

fn methods() -> Vec<EstimatorConfig> {
    serde_json::from_str(METHODS).expect("every method can be read")
}

#[test]
fn what_is_written_reads_back() {
    let methods = methods();
    let written = serde_json::to_string(&methods).expect("plain data");
    let again: Vec<EstimatorConfig> = serde_json::from_str(&written).expect("was just written");
    assert_eq!(methods, again);
}

#[test]
fn names_differ_wherever_parameters_do() {
    let methods = methods();
    let names: BTreeSet<String> = methods.iter().map(|method| method.build().name()).collect();
    assert_eq!(names.len(), methods.len());
    assert!(names.contains("gae(gamma=1,lambda=0.95,critic=exact)"), "{names:?}");
}

#[test]
fn a_setting_that_is_misspelt_is_refused() {
    for wrong in [
        r#"{"method": "n-step", "n": 3, "gama": 1.0, "critic": {"kind": "constant", "value": 0.0}}"#,
        r#"{"method": "n-step", "n": 3, "gamma": 1.0, "critic": {"kind": "constant", "value": 0.0, "key": "state"}}"#,
        r#"{"method": "turn-loo", "alone": "raw", "fallback": "raw"}"#,
        r#"{"method": "group-relative", "normalization": {"kind": "standard", "ddof": 0, "eps": 0.1}}"#,
    ] {
        assert!(serde_json::from_str::<EstimatorConfig>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn learned_parts_want_episodes_and_exact_ones_are_privileged() {
    for method in methods() {
        let estimator = method.build();
        let (name, needs) = (estimator.name(), estimator.needs());
        assert_eq!(needs.privileged, name.contains("exact") || name.contains("noisy"), "{name}");
        assert_eq!(estimator.wants_episodes() > 0, name.contains("n=50"), "{name}");
        assert_eq!(needs.branch, name == "remax", "{name}");
    }
}
