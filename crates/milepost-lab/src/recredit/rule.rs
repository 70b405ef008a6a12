//! Credit rules by name, with parameters.

use milepost_algorithms::MethodConfig;
use milepost_algorithms::config::{
    CentreConfig, CreditConfig, NormalizeConfig, ObjectiveConfig, Pool, SamplerConfig, ScaleConfig,
};
use milepost_core::nearest;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::{EXACT, RECORDED, RecreditError};
use crate::run;

/// The rules that have a name.
pub(crate) const NAMES: [&str; 17] = [
    "broadcast",
    "reward-to-go",
    "td",
    "gae",
    "monte-carlo",
    "n-step",
    "redistribution",
    "min-form",
    "reinforce",
    "grpo",
    "rloo",
    "turn-leave-one-out",
    "step-position",
    "gi-gpo",
    "hgpo",
    "prefix-tree",
    "opo",
];

/// Parameters that belong to the credit table, and the kinds that have them.
const CREDIT_KEYS: [(&str, &[&str]); 9] = [
    ("gamma", &["gae", "reward-to-go", "n-step", "turn-leave-one-out", "step-position", "gi-gpo", "hgpo"]),
    ("lambda", &["gae"]),
    ("n", &["n-step"]),
    ("residual", &["redistribution"]),
    ("alone", &["turn-leave-one-out"]),
    ("omega", &["gi-gpo", "hgpo"]),
    ("shrinkage", &["gi-gpo"]),
    ("depth", &["hgpo"]),
    ("alpha", &["hgpo"]),
];

/// Which rules are asked for.
#[derive(Debug, Clone, Default)]
pub struct RuleRequest {
    /// `NAME` or `NAME:key=value,…`.
    pub named: Vec<String>,
    /// Tables from a file: names and their settings.
    pub tables: Vec<(String, Table)>,
    /// `RULE.key=value`, where `RULE` is a name, or `rule` for every rule that has the key.
    pub sets: Vec<String>,
}

/// A rule as it stands in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RuleConfig {
    /// Which decision earned the reward.
    pub(crate) credit: CreditConfig,
    /// Relative to whom.
    #[serde(default = "unnormalised")]
    pub(crate) normalize: NormalizeConfig,
    /// Leave out groups whose returns are exactly equal.
    #[serde(default)]
    pub(crate) drop_zero_variance: bool,
}

const fn unnormalised() -> NormalizeConfig {
    NormalizeConfig { pool: Pool::None, centre: CentreConfig::None, scale: ScaleConfig::None }
}

/// A rule for one arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rule {
    /// What it is called in tables.
    pub(crate) label: String,
    /// What it does.
    pub(crate) config: RuleConfig,
}

impl RuleConfig {
    /// Whether it cannot do without learned values.
    pub(crate) const fn needs_values(&self) -> bool {
        self.credit.needs_values()
    }

    /// Whether it compares trajectories of one task.
    pub(crate) const fn needs_group(&self) -> bool {
        matches!(self.normalize.pool, Pool::Group) || self.credit.needs_group()
    }
}

/// A rule that is not complete yet: what an arm does not say is taken from the arm.
#[derive(Debug, Clone)]
struct Draft {
    label: String,
    /// The part of the label before parameters.
    name: String,
    table: Table,
}

impl RuleRequest {
    /// The rules for an arm. Discounts and trace decays that are not given are the arm's own. Without any
    /// request: every named rule that the arm's records allow.
    pub(crate) fn resolve(&self, method: &MethodConfig) -> Result<Vec<Rule>, RecreditError> {
        let mut drafts = Vec::new();
        for text in &self.named {
            drafts.push(named(text)?);
        }
        for (name, table) in &self.tables {
            drafts.push(Draft { label: name.clone(), name: name.clone(), table: table.clone() });
        }
        let critic = has_critic(method);
        if drafts.is_empty() {
            for name in NAMES {
                let draft = named(name)?;
                if critic || !matches!(kind(&draft.table), Some("gae" | "n-step" | "redistribution")) {
                    drafts.push(draft);
                }
            }
        }
        for set in &self.sets {
            apply_set(&mut drafts, set)?;
        }
        let mut rules: Vec<Rule> = Vec::with_capacity(drafts.len());
        for draft in drafts {
            if [RECORDED, EXACT].contains(&draft.label.as_str())
                || rules.iter().any(|rule| rule.label == draft.label)
            {
                let reason = "the name is taken; every rule needs one of its own".to_owned();
                return Err(RecreditError::Rule { rule: draft.label, reason });
            }
            rules.push(complete(draft, method)?);
        }
        Ok(rules)
    }
}

/// Whether an arm learned values.
pub(super) fn has_critic(method: &MethodConfig) -> bool {
    method.objective.value_coefficient > 0.0
}

fn named(text: &str) -> Result<Draft, RecreditError> {
    let (name, parameters) = text.split_once(':').unwrap_or((text, ""));
    let refuse = |reason: String| RecreditError::Rule { rule: text.to_owned(), reason };
    let credit = |kind: &str| Table::from_iter([("kind".to_owned(), Value::from(kind))]);
    let (credit, normalize, drop) = match name {
        "broadcast" => (credit("broadcast"), unnormalised(), false),
        "reward-to-go" => (credit("reward-to-go"), unnormalised(), false),
        "gae" => (credit("gae"), unnormalised(), false),
        "td" | "monte-carlo" => {
            let mut table = credit("gae");
            table.insert("lambda".into(), Value::from(if name == "td" { 0.0 } else { 1.0 }));
            (table, unnormalised(), false)
        }
        "reinforce" => {
            let normalize =
                NormalizeConfig { pool: Pool::Batch, centre: CentreConfig::Mean, ..unnormalised() };
            (credit("reward-to-go"), normalize, false)
        }
        "n-step" => {
            let mut table = credit("n-step");
            table.insert("n".into(), Value::from(4));
            (table, unnormalised(), false)
        }
        "redistribution" | "min-form" | "turn-leave-one-out" | "prefix-tree" | "opo" => {
            (credit(name), unnormalised(), false)
        }
        "gi-gpo" | "hgpo" => {
            let mut table = credit(name);
            table.insert("omega".into(), Value::from(1.0));
            if name == "hgpo" {
                table.insert("depth".into(), Value::from(2));
                table.insert("alpha".into(), Value::from(1.0));
            }
            (table, NormalizeConfig::grpo(), false)
        }
        "step-position" => (credit(name), NormalizeConfig::grpo(), false),
        "grpo" => (credit("broadcast"), NormalizeConfig::grpo(), true),
        "rloo" => (credit("broadcast"), NormalizeConfig::rloo(), true),
        _ => {
            let near = nearest(name, NAMES).map_or_else(
                || format!("there are: {}", NAMES.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(refuse(format!(
                "no rule has this name; {near} A file given with --rules can define more"
            )));
        }
    };
    let mut table = Table::new();
    table.insert("credit".into(), Value::Table(credit));
    let normalize = Value::try_from(normalize).map_err(|error| refuse(error.to_string()))?;
    table.insert("normalize".into(), normalize);
    table.insert("drop-zero-variance".into(), Value::from(drop));
    for parameter in parameters.split(',').filter(|parameter| !parameter.is_empty()) {
        let (key, value) =
            parameter.split_once('=').ok_or_else(|| refuse(format!("write `{parameter}` as key=value")))?;
        insert(&mut table, key, parse(value)).map_err(refuse)?;
    }
    Ok(Draft { label: text.to_owned(), name: name.to_owned(), table })
}

/// The rules of a file: one table for each, named as the rule.
pub(crate) fn read_file(path: &str) -> Result<Vec<(String, Table)>, RecreditError> {
    let refuse = |reason: String| RecreditError::File { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
    let file: Table = text.parse().map_err(|error: toml::de::Error| refuse(error.to_string()))?;
    file.into_iter()
        .map(|(name, value)| match value {
            Value::Table(table) => Ok((name, table)),
            other => Err(refuse(format!("`{name}` is a {}; write a table [{name}]", other.type_str()))),
        })
        .collect()
}

fn apply_set(drafts: &mut [Draft], set: &str) -> Result<(), RecreditError> {
    let refuse = |reason: String| RecreditError::Rule { rule: set.to_owned(), reason };
    let (path, value) = set
        .split_once('=')
        .ok_or_else(|| refuse("write it as RULE.key=value, for example rule.gamma=0.9".into()))?;
    let (name, key) = path
        .split_once('.')
        .ok_or_else(|| refuse("write it as RULE.key=value, for example rule.gamma=0.9".into()))?;
    let mut used = false;
    for draft in drafts.iter_mut() {
        let all = name == "rule" && accepts(&draft.table, key);
        if all || name == draft.name || name == draft.label {
            insert(&mut draft.table, key, parse(value)).map_err(refuse)?;
            used = true;
        }
    }
    if used {
        return Ok(());
    }
    let names: Vec<&str> = drafts.iter().map(|draft| draft.name.as_str()).collect();
    Err(refuse(format!("no chosen rule reads it; the rules are: {}", names.join(", "))))
}

fn kind(table: &Table) -> Option<&str> {
    table.get("credit")?.get("kind")?.as_str()
}

/// Whether a rule has a parameter. Those that are not of the credit table are everybody's, and checked later.
fn accepts(table: &Table, key: &str) -> bool {
    CREDIT_KEYS
        .iter()
        .find(|(name, _)| *name == key)
        .is_none_or(|(_, kinds)| kind(table).is_some_and(|kind| kinds.contains(&kind)))
}

/// Sets a key: those of [`CREDIT_KEYS`] are of the credit table, others are dotted paths.
fn insert(table: &mut Table, key: &str, value: Value) -> Result<(), String> {
    let of_credit = CREDIT_KEYS.iter().any(|(name, _)| *name == key);
    let key = if of_credit { format!("credit.{key}") } else { key.to_owned() };
    let mut parts: Vec<&str> = key.split('.').collect();
    let last = parts.pop().unwrap_or_default();
    let mut at = table;
    for part in parts {
        let next = at.entry(part).or_insert_with(|| Value::Table(Table::new()));
        at = next.as_table_mut().ok_or_else(|| format!("`{part}` of `{key}` is no table"))?;
    }
    at.insert(last.to_owned(), value);
    Ok(())
}

/// A TOML value; what is none is a string.
fn parse(text: &str) -> Value {
    let parsed: Result<Table, _> = format!("value = {text}").parse();
    parsed.ok().and_then(|mut table| table.remove("value")).unwrap_or_else(|| Value::from(text))
}

fn complete(draft: Draft, method: &MethodConfig) -> Result<Rule, RecreditError> {
    let Draft { label, mut table, .. } = draft;
    let own = run::discount(method);
    let decay = if let CreditConfig::Gae { lambda, .. } = method.credit { lambda } else { 0.95 };
    let defaults = [("gamma", own), ("lambda", decay)];
    let wanted: Vec<_> = defaults.into_iter().filter(|(key, _)| accepts(&table, key)).collect();
    if let Some(credit) = table.get_mut("credit").and_then(Value::as_table_mut) {
        for (key, value) in wanted {
            credit.entry(key).or_insert_with(|| Value::from(value));
        }
    }
    let refuse = |reason: String| RecreditError::Rule { rule: label.clone(), reason };
    let config: RuleConfig =
        table.try_into().map_err(|error: toml::de::Error| refuse(error.message().trim().to_owned()))?;
    // The rules of a method hold here too; the rest of this one is of no account.
    let method = MethodConfig {
        credit: config.credit.clone(),
        normalize: config.normalize,
        drop_zero_variance: config.drop_zero_variance,
        sampler: SamplerConfig::Groups { tasks: 1, group_size: 2 },
        objective: ObjectiveConfig { value_coefficient: 1.0, ..MethodConfig::grpo().objective },
        ..MethodConfig::grpo()
    };
    method.validate().map_err(|error| refuse(error.to_string()))?;
    Ok(Rule { label, config })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(named: &[&str], sets: &[&str]) -> Result<Vec<Rule>, RecreditError> {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
        let request = RuleRequest { named: words(named), tables: Vec::new(), sets: words(sets) };
        request.resolve(&MethodConfig::ppo())
    }

    #[test]
    fn every_name_is_a_rule_and_takes_what_is_not_given_from_the_arm() {
        for name in NAMES {
            assert_eq!(resolve(&[name], &[]).expect(name)[0].label, name);
        }
        let rules = resolve(&["gae", "td", "gae:lambda=0.5,gamma=0.9"], &["rule.gamma=0.8"]).expect("valid");
        let credits: Vec<_> = rules.iter().map(|rule| rule.config.credit.clone()).collect();
        assert_eq!(
            credits,
            [0.95, 0.0, 0.5].map(|lambda| CreditConfig::Gae { gamma: 0.8, lambda }),
            "a setting for all rules comes last"
        );
        let rules = resolve(&["gae", "broadcast"], &["gae.lambda=0.25"]).expect("valid");
        assert_eq!(rules[0].config.credit, CreditConfig::Gae { gamma: 0.99, lambda: 0.25 });
        assert_eq!(resolve(&[], &[]).expect("the default").len(), NAMES.len());
        let without = RuleRequest::default().resolve(&MethodConfig::grpo()).expect("no critic");
        assert!(without.iter().all(|rule| !rule.config.needs_values()), "{without:?}");
    }

    #[test]
    fn what_is_wrong_with_a_rule_is_said() {
        for (named, sets, part) in [
            (&["gea"][..], &[][..], "did you mean `gae`?"),
            (&["gae:lambda"], &[], "key=value"),
            (&["gae:lambda=1.5"], &[], "must lie in [0, 1]"),
            (&["gae:lamda=0.5"], &[], "lamda"),
            (&["gae:credit.lamda=0.5"], &[], "lamda"),
            (&["gae", "gae"], &[], "taken"),
            (&["broadcast"], &["rule.gamma=0.5"], "no chosen rule reads it"),
            (&["broadcast"], &["gae.gamma=0.5"], "the rules are: broadcast"),
            (&["gae"], &["gamma"], "RULE.key=value"),
            (&["gae:normalize.pool=group"], &[], "broadcast"),
        ] {
            let message = resolve(named, sets).expect_err(part).to_string();
            assert!(message.contains(part), "{named:?} {sets:?}: {message}");
        }
    }
}
