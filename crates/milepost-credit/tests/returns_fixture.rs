//! λ-returns, n-step returns and V-trace against recorded rlax.

mod common;

use common::{list, scalar};
use milepost_credit::{
    Lambda, OffPolicy, VTrace, importance_corrected_errors, lambda_returns, n_step_returns, td_lambda_errors,
};
use milepost_testkit::golden::{Case, Golden, numbers};

/// The decay of a case: a number or a list.
fn decay(case: &Case) -> Vec<f64> {
    list(case, "lambda")
}

fn lambda(decay: &[f64], steps: usize) -> Lambda<'_> {
    if decay.len() == 1 && steps != 1 { Lambda::Constant(decay[0]) } else { Lambda::PerStep(decay) }
}

#[test]
fn fixture_rlax_returns() {
    let golden = Golden::read("gae.json").expect("golden file");
    let section = golden.section("rlax_returns");
    let tolerance = section.tolerance.f64;
    for case in &section.cases {
        let (rewards, discounts, values) =
            (list(case, "r_t"), list(case, "discount_t"), list(case, "values"));
        let decay = decay(case);
        let lambda = lambda(&decay, rewards.len());
        let mut out = vec![0.0; rewards.len()];
        let check = |name: &str, out: &[f64]| {
            tolerance.check(&format!("{} {name}", case.name), out, &numbers(&case.outputs[name]));
        };
        lambda_returns(&rewards, &discounts, &values[1..], lambda, &mut out).expect("recorded input");
        check("lambda_returns", &out);
        let one = Lambda::Constant(1.0);
        lambda_returns(&rewards, &discounts, &values[1..], one, &mut out).expect("recorded input");
        check("discounted_returns", &out);
        td_lambda_errors(&rewards, &discounts, &values, lambda, &mut out).expect("recorded input");
        check("truncated_generalized_advantage_estimation", &out);
        for n in list(case, "n_steps") {
            n_step_returns(&rewards, &discounts, &values[1..], n as usize, &mut out).expect("recorded input");
            check(&format!("n_step_bootstrapped_returns_n{n}"), &out);
        }
    }
}

#[test]
fn fixture_rlax_vtrace() {
    let golden = Golden::read("gae.json").expect("golden file");
    let section = golden.section("rlax_vtrace");
    let tolerance = section.tolerance.f64;
    for case in &section.cases {
        let (rewards, discounts) = (list(case, "r_t"), list(case, "discount_t"));
        let (values, ratios) = (list(case, "values"), list(case, "rho_tm1"));
        let trajectory =
            OffPolicy { rewards: &rewards, discounts: &discounts, values: &values, ratios: &ratios };
        let decay = decay(case);
        let lambda = lambda(&decay, rewards.len());
        let plain = VTrace {
            lambda,
            clip_rho: scalar(case, "clip_rho_threshold"),
            clip_pg_rho: scalar(case, "clip_pg_rho_threshold"),
            leak: 1.0,
        };
        let check = |name: &str, out: &[f64]| {
            tolerance.check(&format!("{} {name}", case.name), out, &numbers(&case.outputs[name]));
        };
        let (mut errors, mut q, mut advantages) =
            (vec![0.0; rewards.len()], vec![0.0; rewards.len()], vec![0.0; rewards.len()]);
        plain.errors(&trajectory, &mut errors).expect("recorded input");
        check("vtrace_errors", &errors);
        plain.advantages(&trajectory, &mut errors, &mut q, &mut advantages).expect("recorded input");
        check("td_error_errors", &errors);
        check("q_estimate", &q);
        check("pg_advantage", &advantages);
        importance_corrected_errors(&trajectory, lambda, &mut errors).expect("recorded input");
        check("importance_corrected_td_errors", &errors);
        let leaky = VTrace { leak: scalar(case, "leaky_alpha"), ..plain };
        leaky.errors(&trajectory, &mut errors).expect("recorded input");
        check("leaky_vtrace_errors", &errors);
    }
}
