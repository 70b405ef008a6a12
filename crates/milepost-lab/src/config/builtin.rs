//! The experiments that ship with Milepost.

/// Name and text of each built-in experiment that trains or scores credit.
const OWN: [(&str, &str); 28] = [
    ("quickstart", include_str!("../../experiments/quickstart.toml")),
    ("multi-turn-recipe", include_str!("../../experiments/multi-turn-recipe.toml")),
    ("multi-turn-budget", include_str!("../../experiments/multi-turn-budget.toml")),
    ("multi-turn-complexity", include_str!("../../experiments/multi-turn-complexity.toml")),
    ("multi-turn-transfer", include_str!("../../experiments/multi-turn-transfer.toml")),
    ("multi-turn-turns", include_str!("../../experiments/multi-turn-turns.toml")),
    ("sampler-budget", include_str!("../../experiments/sampler-budget.toml")),
    ("kepo", include_str!("../../experiments/kepo.toml")),
    ("verpo", include_str!("../../experiments/verpo.toml")),
    ("verpo-multi-turn", include_str!("../../experiments/verpo-multi-turn.toml")),
    ("verpo-minipy", include_str!("../../experiments/verpo-minipy.toml")),
    ("code-credit", include_str!("../../experiments/code-credit.toml")),
    ("urlvr-countdown", include_str!("../../experiments/urlvr-countdown.toml")),
    ("cleaner", include_str!("../../experiments/cleaner.toml")),
    ("carr", include_str!("../../experiments/carr.toml")),
    ("carr-shortcut", include_str!("../../experiments/carr-shortcut.toml")),
    ("carr-longer", include_str!("../../experiments/carr-longer.toml")),
    ("search-r2", include_str!("../../experiments/search-r2.toml")),
    ("unidoc-rl", include_str!("../../experiments/unidoc-rl.toml")),
    ("prime", include_str!("../../experiments/prime.toml")),
    ("oprl", include_str!("../../experiments/oprl.toml")),
    ("logigen", include_str!("../../experiments/logigen.toml")),
    ("agentic-credit", include_str!("../../experiments/agentic-credit.toml")),
    ("agentic-credit-quests", include_str!("../../experiments/agentic-credit-quests.toml")),
    ("igpo", include_str!("../../experiments/igpo.toml")),
    ("slate", include_str!("../../experiments/slate.toml")),
    ("slate-sweeps", include_str!("../../experiments/slate-sweeps.toml")),
    ("credit-bench", include_str!("../../experiments/credit-bench.toml")),
];

/// Name and text of each built-in experiment.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    OWN.into_iter().chain(milepost_studies::EXPERIMENTS)
}

/// The text of the built-in experiment called `name`.
#[must_use]
pub(super) fn builtin(name: &str) -> Option<&'static str> {
    all().find(|(builtin, _)| *builtin == name).map(|(_, text)| text)
}
