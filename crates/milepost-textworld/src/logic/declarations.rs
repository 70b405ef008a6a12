use std::collections::BTreeMap;

use super::{
    Alias, KnowledgeBase, LogicError, Name, Placeholder, Predicate, Rule, Signature, Types, template,
};

/// A knowledge base as it is written, before aliases are expanded and names are checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Declarations {
    /// Types with their parents.
    pub types: Vec<(Name, Vec<Name>)>,
    /// Predicates.
    pub predicates: Vec<Signature>,
    /// Aliases.
    pub aliases: Vec<Alias>,
    /// Rules, with neither command nor reverse.
    pub rules: Vec<Rule>,
    /// Pairs of rules that undo each other.
    pub reverse_rules: Vec<(Name, Name)>,
    /// Constraints: rules that end in `fail()`.
    pub constraints: Vec<Rule>,
    /// Command templates of rules.
    pub commands: Vec<(Name, String)>,
}

type Aliases = BTreeMap<Signature, Alias>;

impl Declarations {
    /// Checks the declarations and expands the aliases. `source` is the text they come from.
    pub fn build(self, source: String) -> Result<KnowledgeBase, LogicError> {
        let types = Types::new(self.types)?;
        let mut predicates = self.predicates;
        predicates.sort();
        if let Some(pair) = predicates.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(LogicError::Duplicate { what: "predicate", name: pair[0].to_string() });
        }
        for signature in &predicates {
            for kind in &signature.kinds {
                types.known(kind, || format!("predicate `{signature}`"))?;
            }
        }
        let aliases = expanded(&unique("alias", self.aliases, |alias| alias.pattern.signature())?)?;
        for (signature, alias) in &aliases {
            check_placeholders(&types, signature, std::iter::once(&alias.pattern).chain(&alias.replacement))?;
            if predicates.binary_search(signature).is_ok() {
                return Err(LogicError::PredicateAndAlias { signature: signature.to_string() });
            }
        }
        let mut rules = normalized("rule", &types, &aliases, self.rules)?;
        for (name, command) in
            unique("command of rule", self.commands, |(rule, _)| rule.clone())?.into_values()
        {
            // TextWorld keeps commands of rules that do not exist and never uses them.
            if let Some(rule) = rules.get_mut(&name) {
                rule.command = Some(checked_command(rule, command)?);
            }
        }
        for (name, reverse) in both_ways(self.reverse_rules)? {
            if rules.contains_key(&name) {
                known_rule(&rules, &reverse, || format!("the reverse of `{name}`"))?;
            }
            if let Some(rule) = rules.get_mut(&name) {
                rule.reverse = Some(reverse);
            }
        }
        let constraints = normalized("constraint", &types, &aliases, self.constraints)?;
        let aliases = aliases.into_values().collect();
        Ok(KnowledgeBase { types, predicates, aliases, rules, constraints, source })
    }
}

fn unique<K: Ord + ToString, V>(
    what: &'static str,
    items: Vec<V>,
    key: impl Fn(&V) -> K,
) -> Result<BTreeMap<K, V>, LogicError> {
    let mut map = BTreeMap::new();
    for item in items {
        let key = key(&item);
        let name = key.to_string();
        if map.insert(key, item).is_some() {
            return Err(LogicError::Duplicate { what, name });
        }
    }
    Ok(map)
}

/// The aliases with replacements that hold no alias.
fn expanded(aliases: &Aliases) -> Result<Aliases, LogicError> {
    let expand = |alias: &Alias| {
        let mut open = vec![alias.pattern.signature()];
        let replacement = expand_all(aliases, &alias.replacement, &mut open)?;
        Ok(Alias { pattern: alias.pattern.clone(), replacement })
    };
    aliases.iter().map(|(signature, alias)| Ok((signature.clone(), expand(alias)?))).collect()
}

fn expand_all(
    aliases: &Aliases,
    conditions: &[Predicate],
    open: &mut Vec<Signature>,
) -> Result<Vec<Predicate>, LogicError> {
    let mut result = Vec::new();
    for condition in conditions {
        let signature = condition.signature();
        if open.contains(&signature) {
            return Err(LogicError::AliasCycle { alias: signature.to_string() });
        }
        match aliases.get(&signature) {
            None => result.push(condition.clone()),
            Some(alias) => {
                open.push(signature);
                result.extend(expand_all(aliases, &alias.expand(condition), open)?);
                open.pop();
            }
        }
    }
    Ok(result)
}

/// Rules by name, their aliases expanded.
fn normalized(
    what: &'static str,
    types: &Types,
    aliases: &Aliases,
    rules: Vec<Rule>,
) -> Result<BTreeMap<Name, Rule>, LogicError> {
    let mut rules = unique(what, rules, |rule| rule.name.clone())?;
    for rule in rules.values_mut() {
        for side in [&mut rule.preconditions, &mut rule.postconditions] {
            *side = expand_all(aliases, side, &mut Vec::new())?;
        }
        check_placeholders(types, &rule.name, rule.preconditions.iter().chain(&rule.postconditions))?;
    }
    Ok(rules)
}

/// Every placeholder has one type, and that exists.
fn check_placeholders<'a>(
    types: &Types,
    place: &impl ToString,
    conditions: impl Iterator<Item = &'a Predicate>,
) -> Result<(), LogicError> {
    let mut kinds: BTreeMap<&Name, &Placeholder> = BTreeMap::new();
    for placeholder in conditions.flat_map(|condition| &condition.arguments) {
        types.known(&placeholder.kind, || format!("`{}`", place.to_string()))?;
        let first = kinds.entry(&placeholder.name).or_insert(placeholder);
        if first.kind != placeholder.kind {
            return Err(LogicError::PlaceholderTypes {
                place: place.to_string(),
                placeholder: placeholder.name.to_string(),
                first: first.kind.to_string(),
                second: placeholder.kind.to_string(),
            });
        }
    }
    Ok(())
}

fn checked_command(rule: &Rule, command: String) -> Result<String, LogicError> {
    let placeholders = rule.placeholders();
    let stray = template::slots(&command).find(|slot| placeholders.iter().all(|p| p.name != *slot));
    match stray.map(str::to_owned) {
        None => Ok(command),
        Some(slot) => Err(LogicError::UnknownSlot { rule: rule.name.to_string(), command, slot }),
    }
}

/// Each rule with the one that undoes it: a declared pair goes both ways.
fn both_ways(pairs: Vec<(Name, Name)>) -> Result<BTreeMap<Name, Name>, LogicError> {
    let mut reverses = BTreeMap::new();
    for (rule, reverse) in pairs {
        for name in [&rule, &reverse] {
            if reverses.contains_key(name) {
                return Err(LogicError::Duplicate { what: "reverse of rule", name: name.to_string() });
            }
        }
        reverses.insert(rule.clone(), reverse.clone());
        reverses.insert(reverse, rule);
    }
    Ok(reverses)
}

fn known_rule(
    rules: &BTreeMap<Name, Rule>,
    name: &Name,
    place: impl FnOnce() -> String,
) -> Result<(), LogicError> {
    if rules.contains_key(name) {
        return Ok(());
    }
    let nearest = milepost_core::nearest(name, rules.keys().map(Name::as_str)).map(str::to_owned);
    Err(LogicError::UnknownRule { name: name.to_string(), place: place(), nearest })
}
