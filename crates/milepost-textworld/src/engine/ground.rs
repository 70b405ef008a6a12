//! Every instance of a rule that can ever become possible, found once when a game is loaded.
//!
//! Entities are never made or lost, so the facts that can ever hold are finite. They are those that follow
//! from the first ones when rules only add (the delete relaxation of planning); an instance whose
//! preconditions are not all among them can never be applied. Facts enter one by one; each new one is
//! joined with those before it at every precondition that it fits, so no instance is searched for twice.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::Limits;
use super::facts::{FactId, FactTable, NumberedFact, SignatureId, VariableId};
use crate::game::GameError;
use crate::logic::{KnowledgeBase, Placeholder, Predicate, Rule, Signature};

/// A rule with numbers for its names.
pub(super) struct NumberedRule<'a> {
    pub(super) rule: &'a Rule,
    pub(super) placeholders: Vec<Placeholder>,
    /// What each placeholder stands for from the start: constants stand for themselves.
    fixed: Vec<Option<VariableId>>,
    preconditions: Vec<Condition>,
    postconditions: Vec<Condition>,
}

struct Condition {
    predicate: Predicate,
    /// The placeholders, by position in [`NumberedRule::placeholders`].
    arguments: Vec<usize>,
    /// The signatures that fit, in the order in which they are tried. Only for preconditions.
    signatures: Vec<SignatureId>,
}

/// An instance of a rule.
pub(super) struct Instance {
    /// The position of the rule in the order of the names.
    pub(super) rule: u32,
    /// What the placeholders stand for.
    pub(super) bindings: Box<[VariableId]>,
    /// Facts, in the order of the rule.
    pub(super) preconditions: Vec<FactId>,
    /// Facts, in the order of the rule.
    pub(super) postconditions: Vec<FactId>,
    /// Instances of one rule are tried in the order of this: for each precondition the signature's place
    /// and the fact's entities, then what all placeholders stand for.
    order: Vec<u32>,
}

/// The rules, and their possible instances in the order in which TextWorld lists valid actions.
pub(super) fn ground<'a>(
    knowledge: &'a KnowledgeBase,
    facts: &mut FactTable,
    start: &[FactId],
    limits: Limits,
) -> Result<(Vec<NumberedRule<'a>>, Vec<Instance>), GameError> {
    let rules = knowledge.rules.values().map(|rule| numbered(knowledge, facts, rule)).collect();
    let mut grounder = Grounder::new(knowledge, rules, facts, limits);
    for fact in start {
        grounder.entities.extend(&grounder.facts.numbered(*fact).arguments);
        grounder.reach(*fact);
    }
    for rule in 0..grounder.rules.len() as u32 {
        let mut partial = grounder.blank(rule);
        if partial.matched.is_empty() {
            grounder.complete(&mut partial)?;
        }
    }
    while let Some(fact) = grounder.open.pop() {
        grounder.join(fact)?;
    }
    let Grounder { rules, mut instances, .. } = grounder;
    instances.sort_by(|a, b| a.rule.cmp(&b.rule).then_with(|| a.order.cmp(&b.order)));
    Ok((rules, instances))
}

fn numbered<'a>(knowledge: &KnowledgeBase, facts: &mut FactTable, rule: &'a Rule) -> NumberedRule<'a> {
    let placeholders = rule.placeholders();
    let constants = knowledge.constants();
    let fixed = placeholders.iter().map(|p| constants.get(p).and_then(|v| facts.variable_id(v))).collect();
    let mut conditions = |conditions: &[Predicate], left: bool| {
        let convert = |predicate: &Predicate| {
            let position = |a: &Placeholder| placeholders.iter().position(|p| p == a);
            let kinds = predicate.signature().kinds;
            let tuples = if left { knowledge.types.tuple_subtypes(&kinds) } else { Vec::new() };
            let signature = |kinds| facts.signature(Signature { name: predicate.name.clone(), kinds });
            Condition {
                predicate: predicate.clone(),
                arguments: predicate.arguments.iter().filter_map(position).collect(),
                signatures: tuples.into_iter().map(signature).collect(),
            }
        };
        conditions.iter().map(convert).collect::<Vec<_>>()
    };
    let preconditions = conditions(&rule.preconditions, true);
    let postconditions = conditions(&rule.postconditions, false);
    NumberedRule { rule, placeholders, fixed, preconditions, postconditions }
}

struct Grounder<'a, 'f> {
    knowledge: &'a KnowledgeBase,
    rules: Vec<NumberedRule<'a>>,
    facts: &'f mut FactTable,
    /// What the facts at the start mention.
    entities: BTreeSet<VariableId>,
    limit: usize,
    /// Facts that were reached but not joined yet.
    open: Vec<FactId>,
    reached: HashSet<FactId>,
    /// The joined facts by signature, and by signature, position and entity.
    by_signature: HashMap<SignatureId, Vec<FactId>>,
    by_argument: HashMap<(SignatureId, u32, VariableId), Vec<FactId>>,
    /// The preconditions (rule, position) that a signature fits.
    wanted: HashMap<SignatureId, Vec<(u32, usize)>>,
    found: HashSet<(u32, Box<[VariableId]>)>,
    instances: Vec<Instance>,
}

/// A partial instance during the search.
struct Partial {
    rule: u32,
    bindings: Vec<Option<VariableId>>,
    matched: Vec<Option<FactId>>,
}

impl Partial {
    fn unbind(&mut self, placeholders: &[usize]) {
        for placeholder in placeholders {
            self.bindings[*placeholder] = None;
        }
    }
}

impl<'a, 'f> Grounder<'a, 'f> {
    fn new(
        knowledge: &'a KnowledgeBase,
        rules: Vec<NumberedRule<'a>>,
        facts: &'f mut FactTable,
        limits: Limits,
    ) -> Self {
        let mut wanted: HashMap<SignatureId, Vec<(u32, usize)>> = HashMap::new();
        for (index, rule) in rules.iter().enumerate() {
            for (position, condition) in rule.preconditions.iter().enumerate() {
                for signature in &condition.signatures {
                    wanted.entry(*signature).or_default().push((index as u32, position));
                }
            }
        }
        Self {
            knowledge,
            rules,
            facts,
            entities: BTreeSet::new(),
            limit: limits.instances,
            open: Vec::new(),
            reached: HashSet::new(),
            by_signature: HashMap::new(),
            by_argument: HashMap::new(),
            wanted,
            found: HashSet::new(),
            instances: Vec::new(),
        }
    }

    /// The start of a search for instances of a rule.
    fn blank(&self, rule: u32) -> Partial {
        let numbered = &self.rules[rule as usize];
        let matched = vec![None; numbered.preconditions.len()];
        Partial { rule, bindings: numbered.fixed.clone(), matched }
    }

    fn reach(&mut self, fact: FactId) {
        if self.reached.insert(fact) {
            self.open.push(fact);
        }
    }

    /// Finds the instances that need `fact` and otherwise only facts that were joined before.
    fn join(&mut self, fact: FactId) -> Result<(), GameError> {
        let NumberedFact { signature, arguments } = self.facts.numbered(fact).clone();
        self.by_signature.entry(signature).or_default().push(fact);
        for (position, variable) in arguments.iter().enumerate() {
            self.by_argument.entry((signature, position as u32, *variable)).or_default().push(fact);
        }
        for (rule, position) in self.wanted.get(&signature).cloned().unwrap_or_default() {
            let mut partial = self.blank(rule);
            if self.bind(&mut partial, position, fact).is_some() {
                self.complete(&mut partial)?;
            }
        }
        Ok(())
    }

    /// Matches a precondition with a fact. Returns the placeholders that this bound; `None`, and no
    /// change, where the fact does not fit.
    fn bind(&self, partial: &mut Partial, position: usize, fact: FactId) -> Option<Vec<usize>> {
        let condition = &self.rules[partial.rule as usize].preconditions[position];
        let mut bound = Vec::new();
        for (placeholder, variable) in condition.arguments.iter().zip(&self.facts.numbered(fact).arguments) {
            let fits = match partial.bindings[*placeholder] {
                Some(known) => known == *variable,
                // Two placeholders never stand for the same entity, and none for an unmentioned constant.
                None => !partial.bindings.contains(&Some(*variable)) && !self.is_constant(*variable),
            };
            if !fits {
                partial.unbind(&bound);
                return None;
            }
            if partial.bindings[*placeholder].is_none() {
                partial.bindings[*placeholder] = Some(*variable);
                bound.push(*placeholder);
            }
        }
        partial.matched[position] = Some(fact);
        Some(bound)
    }

    fn is_constant(&self, variable: VariableId) -> bool {
        crate::logic::is_constant(&self.facts.variable(variable).kind)
    }

    fn complete(&mut self, partial: &mut Partial) -> Result<(), GameError> {
        let Some((position, candidates)) = self.next(partial) else { return self.free(partial) };
        for fact in candidates {
            if let Some(bound) = self.bind(partial, position, fact) {
                self.complete(partial)?;
                partial.matched[position] = None;
                partial.unbind(&bound);
            }
        }
        Ok(())
    }

    /// The open precondition with the fewest candidates, and these.
    fn next(&self, partial: &Partial) -> Option<(usize, Vec<FactId>)> {
        let conditions = &self.rules[partial.rule as usize].preconditions;
        let open = (0..conditions.len()).filter(|position| partial.matched[*position].is_none());
        let (position, lists) = open
            .map(|position| (position, self.candidates(&conditions[position], &partial.bindings)))
            .min_by_key(|(_, lists)| lists.iter().map(|list| list.len()).sum::<usize>())?;
        Some((position, lists.concat()))
    }

    /// For each signature that fits the shortest list of facts that agree with a bound placeholder.
    fn candidates(&self, condition: &Condition, bindings: &[Option<VariableId>]) -> Vec<&[FactId]> {
        let of_signature = |signature: &SignatureId| {
            let all = self.by_signature.get(signature)?.as_slice();
            let bound = condition.arguments.iter().enumerate().filter_map(|(position, placeholder)| {
                let key = (*signature, position as u32, bindings[*placeholder]?);
                Some(self.by_argument.get(&key).map_or(&[][..], Vec::as_slice))
            });
            Some(bound.chain(std::iter::once(all)).min_by_key(|list| list.len()).unwrap_or(all))
        };
        condition.signatures.iter().filter_map(of_signature).filter(|list| !list.is_empty()).collect()
    }

    /// Lets placeholders that no precondition mentions stand for any entity that is not used yet.
    fn free(&mut self, partial: &mut Partial) -> Result<(), GameError> {
        let unbound = partial.bindings.iter().position(Option::is_none);
        let Some(unbound) = unbound else { return self.add(partial) };
        let kind = self.rules[partial.rule as usize].placeholders[unbound].kind.clone();
        for entity in self.entities.clone() {
            let fits = self.knowledge.types.is_a(&self.facts.variable(entity).kind, &kind)
                && !self.is_constant(entity)
                && !partial.bindings.contains(&Some(entity));
            if fits {
                partial.bindings[unbound] = Some(entity);
                self.free(partial)?;
                partial.bindings[unbound] = None;
            }
        }
        Ok(())
    }

    fn add(&mut self, partial: &Partial) -> Result<(), GameError> {
        let rule = &self.rules[partial.rule as usize];
        let Some(bindings) = partial.bindings.iter().copied().collect::<Option<Box<[_]>>>() else {
            return Ok(());
        };
        if !self.found.insert((partial.rule, bindings.clone())) {
            return Ok(());
        }
        if self.instances.len() == self.limit {
            let rule = rule.rule.name.to_string();
            return Err(GameError::TooManyInstances { limit: self.limit, rule });
        }
        let preconditions: Vec<FactId> = partial.matched.iter().flatten().copied().collect();
        let mut order = Vec::new();
        for (condition, fact) in rule.preconditions.iter().zip(&preconditions) {
            let fact = self.facts.numbered(*fact);
            let place = condition.signatures.iter().position(|s| *s == fact.signature);
            order.extend(place.map(|place| place as u32));
            order.extend(&fact.arguments);
        }
        order.extend(&bindings);
        let mut postconditions = Vec::with_capacity(rule.postconditions.len());
        for condition in &rule.postconditions {
            let arguments: Box<[_]> = condition.arguments.iter().map(|p| bindings[*p]).collect();
            let kinds = arguments.iter().map(|v| self.facts.variable(*v).kind.clone()).collect();
            let signature = self.facts.signature(Signature { name: condition.predicate.name.clone(), kinds });
            postconditions.push(self.facts.insert(NumberedFact { signature, arguments }));
        }
        for fact in &postconditions {
            self.reach(*fact);
        }
        self.instances.push(Instance { rule: partial.rule, bindings, preconditions, postconditions, order });
        Ok(())
    }
}
