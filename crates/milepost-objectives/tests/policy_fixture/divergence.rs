//! Divergence terms of verl and OpenRLHF.

use milepost_credit::{Aggregation, KlEstimator, Rows};
use milepost_objectives::{
    KlBounds, KlCorrection, KlTerm, LogRatio, PolicyObjective, RatioUnit, Reduction, Surrogate, TokenBatch,
};
use milepost_testkit::golden::{Case, Section, numbers};

use crate::common::{expect, flag, list, word};

/// A divergence term alone, token by token: the policy's part is switched off by an advantage of 0.
fn check(section: &Section, case: &Case, kl: KlTerm) {
    let (log_probs, reference) = (list(case, "log_prob"), list(case, "ref_log_prob"));
    let old = case.inputs.get("old_log_prob").filter(|given| !given.is_null());
    let old = old.map_or_else(|| log_probs.clone(), numbers);
    let objective = PolicyObjective {
        surrogate: Surrogate::PolicyGradient {},
        ratio: LogRatio::unbounded(RatioUnit::Token),
        reduction: Reduction::new(Aggregation::TokenSum),
        kl: Some(kl),
    };
    let rows = Rows::ragged(&[1]);
    let (mut values, mut gradient) = (Vec::new(), vec![f64::NAN; log_probs.len()]);
    for (index, slot) in gradient.chunks_mut(1).enumerate() {
        let token = index..index + 1;
        let batch = TokenBatch::new(&rows, &log_probs[token.clone()], &old[token.clone()], &[0.0])
            .with_reference(&reference[token]);
        values.push(objective.evaluate(&batch, None, slot).expect("recorded input").loss);
    }
    expect(section.tolerance.f64, case, "kl", &values);
    expect(section.tolerance.f64, case, "grad_log_prob_of_sum", &gradient);
}

fn estimator(name: &str) -> KlEstimator {
    match name {
        "k1" | "kl" => KlEstimator::K1,
        "k2" | "mse" => KlEstimator::K2,
        "k3" | "low_var_kl" => KlEstimator::K3,
        "abs" => KlEstimator::Abs,
        other => panic!("no estimator is called {other}"),
    }
}

pub(crate) fn verl(section: &Section, case: &Case) {
    let kind = word(case, "kind");
    let name = kind.trim_end_matches('+');
    let kl = KlTerm::new(1.0, estimator(name), KlBounds::Verl);
    check(section, case, if name == kind { kl } else { kl.straight_through() });
}

pub(crate) fn openrlhf(section: &Section, case: &Case) {
    let kl = KlTerm::new(1.0, estimator(word(case, "kind")), KlBounds::Openrlhf);
    let weighted = flag(case, "unbiased_gradient");
    let correction = if weighted { KlCorrection::WeightedGradient } else { KlCorrection::None };
    check(section, case, kl.corrected(correction));
}
