//! An objective in a file.

use milepost_credit::Aggregation;
use milepost_objectives::profiles::{openrlhf, plain, trl, verl};
use milepost_objectives::{
    BinaryDivergence, BradleyTerry, Divergence, KlCorrection, MarginLoss, PolicyObjective, PreferenceLoss,
    PreferenceObjective,
};

#[test]
fn every_profile_survives_a_round_trip() {
    let mode = Aggregation::SeqMeanTokenSumNorm { constant: 64.0 };
    for objective in [
        plain::reinforce(),
        plain::ppo(),
        plain::gspo(),
        plain::mira(0.1),
        verl::vanilla(0.2, 0.28, 3.0, mode),
        verl::cispo(0.2, 0.28, Aggregation::TokenSum),
        verl::sapo(1.0, 1.05),
        verl::geo_mean(0.4, 0.4),
        verl::dro(0.1, mode),
        verl::dppo(BinaryDivergence::Kl, 0.05, 0.05, 20.0, mode),
        verl::kl_cov(0.002, 1.0, mode),
        trl::vespo().with_kl(trl::kl(0.04).corrected(KlCorrection::Ratio).straight_through()),
        trl::with_delta(trl::dapo(0.2, 0.28), 1.5),
        openrlhf::gspo(3e-4, 4e-4),
    ] {
        let text = serde_json::to_string(&objective).expect("serializes");
        let back: PolicyObjective = serde_json::from_str(&text).expect("parses");
        assert_eq!(back, objective, "{text}");
    }
}

#[test]
fn names_are_kebab_case_and_optional_parts_may_be_left_out() {
    let text = r#"{
        "surrogate": { "kind": "clip", "low": 0.2, "high": 0.28, "dual": 3.0 },
        "ratio": { "unit": "sequence-mean-per-token", "upper": 10.0 },
        "reduction": {
            "aggregation": { "kind": "seq-mean-token-mean" }, "rows": "non-empty", "count-epsilon": 1e-8
        },
        "kl": {
            "coefficient": 0.001, "estimator": "k3", "bounds": "verl", "straight-through": true, "correction": "none"
        }
    }"#;
    let objective: PolicyObjective = serde_json::from_str(text).expect("parses");
    assert_eq!(objective.reduction, verl::gspo(3e-4, 4e-4, Aggregation::SeqMeanTokenMean).reduction);
    assert!(objective.kl.expect("given").straight_through);

    let text =
        r#"{ "loss": { "kind": "margin", "loss": { "kind": "logistic", "smoothing": 0.1 } }, "beta": 0.1 }"#;
    let objective: PreferenceObjective = serde_json::from_str(text).expect("parses");
    assert_eq!(objective.loss, PreferenceLoss::conservative_dpo(0.1));
}

#[test]
fn unknown_keys_are_errors_at_every_level() {
    let refused = |edit: fn(&mut serde_json::Value)| {
        let mut value = serde_json::to_value(plain::reinforce().with_kl(trl::kl(0.1))).expect("serializes");
        edit(&mut value);
        let error = serde_json::from_value::<PolicyObjective>(value).expect_err("an unknown key");
        assert!(error.to_string().contains("unknown field `typo`"), "{error}");
    };
    refused(|value| value["typo"] = 1.into());
    refused(|value| value["surrogate"]["typo"] = 1.into());
    refused(|value| value["ratio"]["typo"] = 1.into());
    refused(|value| value["reduction"]["typo"] = 1.into());
    refused(|value| value["reduction"]["aggregation"]["typo"] = 1.into());
    refused(|value| value["kl"]["typo"] = 1.into());
    refused(|value| {
        value["surrogate"] = serde_json::json!({ "kind": "clip", "low": 0.2, "high": 0.2, "typo": 1 });
    });

    for text in [
        r#"{ "loss": { "kind": "nca", "typo": 1 }, "beta": 0.1 }"#,
        r#"{ "loss": { "kind": "margin", "loss": { "kind": "hinge", "typo": 1 } }, "beta": 0.1 }"#,
    ] {
        let error = serde_json::from_str::<PreferenceObjective>(text).expect_err("an unknown key");
        assert!(error.to_string().contains("unknown field `typo`"), "{error}");
    }
    assert!(serde_json::from_str::<BradleyTerry>(r#"{ "typo": 1 }"#).is_err());
    assert!(serde_json::from_str::<Divergence>(r#"{ "kind": "reverse-kl", "typo": 1 }"#).is_err());
    assert!(serde_json::from_str::<MarginLoss>(r#"{ "kind": "sigmoid" }"#).is_err());
}
