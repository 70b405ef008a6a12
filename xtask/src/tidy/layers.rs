use std::collections::BTreeSet;

use super::graph::{Edges, Graph};

/// The environments.
const ENVIRONMENTS: [&str; 5] = [
    "milepost-gridworld",
    "milepost-microworlds",
    "milepost-textworld",
    "milepost-taskworlds",
    "milepost-codeexec",
];

/// Every package without a tensor library, `xtask` included.
pub(crate) const BURN_FREE: [&str; 19] = [
    "milepost-core",
    "milepost-credit",
    "milepost-objectives",
    "milepost-preferences",
    "milepost-eval",
    "milepost-fidelity",
    "milepost-gridworld",
    "milepost-microworlds",
    "milepost-textworld",
    "milepost-taskworlds",
    "milepost-codeexec",
    "milepost-sampling",
    "milepost-population",
    "milepost-progress",
    "milepost-endpoint",
    "milepost-jail",
    "milepost-sheet",
    "milepost-testkit",
    "xtask",
];

/// The packages above the environments, from the bottom up.
const UPPER: [&str; 9] = [
    "milepost-policies",
    "milepost-rewards",
    "milepost-flow",
    "milepost-offline",
    "milepost-algorithms",
    "milepost-studies",
    "milepost-lab",
    "milepost",
    "milepost-benches",
];

/// What trains, and so must know neither gold nor a particular environment.
const TRAINING: [&str; 9] = [
    "milepost-sampling",
    "milepost-population",
    "milepost-progress",
    "milepost-preferences",
    "milepost-policies",
    "milepost-rewards",
    "milepost-flow",
    "milepost-offline",
    "milepost-algorithms",
];

/// Something that packages must not know.
struct Rule<'a> {
    packages: &'a [&'a str],
    edges: Edges,
    forbidden: &'a [&'a str],
    reason: &'a str,
}

const RULES: [Rule; 6] = [
    Rule {
        packages: &BURN_FREE,
        edges: Edges::All,
        forbidden: &["burn"],
        reason: "it works on plain slices and builds in seconds",
    },
    Rule {
        packages: &["milepost-credit", "milepost-objectives"],
        edges: Edges::Normal,
        forbidden: &["milepost-core"],
        reason: "credit is a pure function of signals; any recorded trajectory can be credited again",
    },
    Rule {
        packages: &ENVIRONMENTS,
        edges: Edges::All,
        forbidden: &[
            "milepost-rewards",
            "milepost-policies",
            "milepost-credit",
            "milepost-sampling",
            "milepost-algorithms",
        ],
        reason: "environments know no rewards beyond their own, and no policies",
    },
    Rule {
        packages: &TRAINING,
        edges: Edges::Normal,
        forbidden: &["milepost-eval", "milepost-fidelity"],
        reason: "gold must not reach training",
    },
    Rule {
        packages: &TRAINING,
        edges: Edges::Normal,
        forbidden: &ENVIRONMENTS,
        reason: "the loop works with every environment",
    },
    Rule {
        packages: &["xtask"],
        edges: Edges::All,
        forbidden: &["milepost-core", "milepost-lab", "clap", "toml"],
        reason: "chores build in seconds",
    },
];

/// Dependencies that only some packages may name themselves.
const RESERVED: [(&[&str], &[&str], &str); 4] = [
    (&["libc"], &["milepost-jail"], "only the jail talks to the kernel"),
    (&["ureq"], &["milepost-endpoint"], "only endpoints touch the network"),
    (
        &["clap", "ctrlc", "indicatif", "minijinja", "toml"],
        &["milepost-lab"],
        "only the lab touches files and the terminal",
    ),
    (&["burn-flex", "burn-wgpu"], &["milepost-policies"], "only policies choose a device"),
];

/// Findings about who depends on whom.
pub(crate) fn check(graph: &Graph) -> Vec<String> {
    let mut findings = Vec::new();
    let placed: BTreeSet<&str> = BURN_FREE.into_iter().chain(UPPER).collect();
    for member in graph.members().iter().filter(|name| !placed.contains(name.as_str())) {
        findings
            .push(format!("{member} has no place in the layers; give it one in xtask/src/tidy/layers.rs"));
    }
    for rule in &RULES {
        for package in rule.packages {
            for target in rule.forbidden {
                if let Some(path) = graph.path(package, target, rule.edges) {
                    findings.push(format!(
                        "{package} must not know {target}: {} ({})",
                        rule.reason,
                        path.join(" → ")
                    ));
                }
            }
        }
    }
    for package in graph.members() {
        for target in graph.direct(package, Edges::Normal) {
            for (reserved, owners, reason) in RESERVED {
                if reserved.contains(&target) && !owners.contains(&package.as_str()) {
                    findings.push(format!("{package} must not depend on {target}: {reason}"));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(members: &[(&str, &[&str], &[&str])]) -> Vec<String> {
        check(&Graph::of(members))
    }

    #[test]
    fn the_layers_as_drawn_are_accepted() {
        let drawn: [(&str, &[&str], &[&str]); 5] = [
            ("milepost-core", &["serde"], &["proptest"]),
            ("milepost-gridworld", &["milepost-core"], &["milepost-testkit"]),
            ("milepost-testkit", &["milepost-core"], &[]),
            ("milepost-policies", &["milepost-core", "burn", "burn-flex"], &["milepost-gridworld"]),
            ("milepost-lab", &["milepost-policies", "milepost-eval", "clap"], &[]),
        ];
        assert_eq!(findings(&drawn), [""; 0]);
    }

    #[test]
    fn a_tensor_library_below_the_policies_is_found_through_any_chain() {
        let found = findings(&[("milepost-core", &["helper"], &[]), ("milepost-gridworld", &[], &["burn"])]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("milepost-gridworld → burn"));
        let mut graph: Vec<(&str, &[&str], &[&str])> = vec![("milepost-core", &["milepost-eval"], &[])];
        graph.push(("milepost-eval", &["burn"], &[]));
        assert!(findings(&graph).iter().any(|f| f.contains("milepost-core → milepost-eval → burn")));
    }

    #[test]
    fn gold_cannot_reach_training() {
        let found = findings(&[("milepost-algorithms", &["milepost-eval"], &[])]);
        assert!(found.len() == 1 && found[0].contains("gold"), "{found:?}");
    }

    #[test]
    fn credit_may_use_core_in_tests_only() {
        assert_eq!(findings(&[("milepost-credit", &[], &["milepost-core"])]), [""; 0]);
        assert_eq!(findings(&[("milepost-credit", &["milepost-core"], &[])]).len(), 1);
    }

    #[test]
    fn the_terminal_and_the_device_have_one_owner() {
        let found = findings(&[("milepost-rewards", &["clap", "burn-flex"], &[]), ("xtask", &["clap"], &[])]);
        assert_eq!(found.len(), 4, "{found:?}");
    }

    #[test]
    fn a_new_crate_needs_a_place() {
        assert!(findings(&[("milepost-new", &[], &[])])[0].contains("no place"));
    }
}
