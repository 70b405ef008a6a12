use serde::Serialize;

use crate::protocol::SuiteOutcome;

/// Something that a report on credit should state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ChecklistItem {
    /// What.
    pub item: &'static str,
    /// What it is here.
    pub answer: String,
}

/// The items of the survey arXiv 2604.09459 (as known from reading notes) and those of this benchmark.
pub(super) fn answers(outcome: &SuiteOutcome) -> Vec<ChecklistItem> {
    let (config, records) = (&outcome.config, &outcome.records);
    let item = |item, answer: String| ChecklistItem { item, answer };
    let has = |arm: &str| records.iter().any(|r| r.arm.starts_with(arm));
    let lengths: Vec<String> =
        outcome.facts.iter().map(|f| format!("{} {:.2} (of {})", f.name, f.mean_length, f.horizon)).collect();
    let nanoseconds: f64 = records
        .iter()
        .filter_map(|r| r.cost.nanoseconds_per_decision.map(|ns| ns * r.cost.decisions as f64))
        .sum();
    let total = |read: fn(&crate::Meter) -> u64| -> u64 {
        records.iter().map(|r| read(&r.cost.extra) + read(&r.cost.fit)).sum()
    };
    let refused = outcome.failures.len();
    let undefined: u64 = records.iter().flat_map(|r| r.counters.values()).sum();
    vec![
        item(
            "base policy",
            "the fixed policy of each instance, exact probabilities known; nothing is trained".into(),
        ),
        item("data", "episodes drawn on the policy from keyed streams; no filter".into()),
        item("credit granularity and method family", "on the card of each arm".into()),
        item("episode-level baseline", format!("RLOO {}, GRPO {}", yes(has("rloo")), yes(has("grpo")))),
        item(
            "equal compute",
            "arms share their episodes; environment steps beyond them are metered, the frontier compares at \
             matched steps"
                .into(),
        ),
        item(
            "benchmark and split",
            format!("{}; learned parts are fitted on episodes never scored", config.name),
        ),
        item(
            "metrics",
            "sample and cell level; gradient and identification families; see the metrics module".into(),
        ),
        item(
            "total compute",
            if nanoseconds > 0.0 {
                format!("{:.4} CPU hours measured by the caller", nanoseconds / 3.6e12)
            } else {
                "not measured: the caller gave no clock".into()
            },
        ),
        item("mean trajectory length", lengths.join("; ")),
        item(
            "seeds and variance",
            format!("{} seeds of {} batches; bootstrap intervals over seeds", config.seeds, config.batches),
        ),
        item("credit-only ablation", "nothing else differs between arms".into()),
        item(
            "credit-specific overhead",
            format!(
                "{} environment steps, {} restored states, {} resets, {} model evaluations, {} judge calls, {} \
                 fitted episodes",
                total(|m| m.environment_steps),
                total(|m| m.clones),
                total(|m| m.resets),
                total(|m| m.policy_evaluations),
                total(|m| m.judge_calls),
                total(|m| m.fitted_episodes),
            ),
        ),
        item("difficulty", "χ of each step and the luck share stand above each table".into()),
        item("epsilon, divisors, fallbacks", "in the names and fields of the arms".into()),
        item("undefined", format!("{undefined} coefficients or groups counted; {refused} runs refused")),
        item(
            "controls",
            ["exact", "zero", "noise", "shuffled", "negated"]
                .map(|control| format!("{control} {}", yes(has(control))))
                .join(", "),
        ),
    ]
}

const fn yes(holds: bool) -> &'static str {
    if holds { "yes" } else { "no" }
}
