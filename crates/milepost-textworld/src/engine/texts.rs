//! The texts of commands.

use std::collections::BTreeMap;

use super::actions::PlanAction;
use super::facts::FactTable;
use super::ground::{Instance, NumberedRule};
use super::tables::Tables;
use crate::game::{Game, GameError};
use crate::logic::{self, Bindings, State, template};

/// Every command text once, sorted, and for each instance the place of its text.
pub(super) fn commands(
    game: &Game,
    facts: &FactTable,
    rules: &[NumberedRule<'_>],
    instances: &[Instance],
) -> Result<(Vec<String>, Vec<u32>), GameError> {
    let names = names(game);
    let mut texts = Vec::with_capacity(instances.len());
    for instance in instances {
        let rule = &rules[instance.rule as usize];
        let Some(command) = &rule.rule.command else {
            return Err(GameError::NoCommand { rule: rule.rule.name.to_string() });
        };
        let variable = |slot: &str| {
            let place = rule.placeholders.iter().position(|placeholder| placeholder.name == slot)?;
            Some(facts.variable(instance.bindings[place]).name.as_str())
        };
        texts.push(fill(command, &names, variable)?);
    }
    let mut commands = texts.clone();
    commands.sort();
    commands.dedup();
    let place = |text: &String| commands.partition_point(|command| command < text) as u32;
    let places = texts.iter().map(place).collect();
    Ok((commands, places))
}

/// What entities are called. TextWorld writes `None` for those without a name.
fn names(game: &Game) -> BTreeMap<&str, &str> {
    game.entities.iter().map(|e| (e.id.as_str(), e.name.as_deref().unwrap_or("None"))).collect()
}

/// Fills the slots of a template with the names of entities; `variable` says which entity a slot means.
fn fill<'a>(
    template: &str,
    names: &BTreeMap<&str, &str>,
    variable: impl Fn(&str) -> Option<&'a str>,
) -> Result<String, GameError> {
    template::fill(template, |slot, text| {
        let entity = variable(slot).unwrap_or(slot);
        let Some(name) = names.get(entity) else {
            let (command, entity) = (template.to_owned(), entity.to_owned());
            return Err(GameError::UnnamedEntity { command, entity });
        };
        text.push_str(name);
        Ok(())
    })
}

impl Tables {
    /// The command of an action of a plan: the recorded or the rule's text, for a turned-around action
    /// that of the rule that undoes it. `None` where no rule does.
    pub(super) fn text_of(&self, action: PlanAction) -> Option<String> {
        if let Some(base) = self.actions.written(action)
            && (base as usize) < self.instance_count()
        {
            return Some(self.commands[self.command_of(base) as usize].clone());
        }
        let (base, swapped) = action.base();
        let names = names(&self.game);
        if let Some(quest_action) = (base as usize).checked_sub(self.instance_count()) {
            let written = &self.quest_actions[quest_action];
            let template =
                if swapped { &written.reverse_command_template } else { &written.command_template };
            if let Some(template) = template.as_ref().filter(|_| action.is_written_name()) {
                return fill(template, &names, |_| None).ok();
            }
        }
        let rule = self.game.knowledge.rules.get(self.actions.name_of(action))?;
        let bindings = self.unify(rule, action).filter(|_| action.is_written_name())?;
        let slot = |slot: &str| bindings.iter().find(|(p, _)| p.name == slot).map(|(_, v)| v.name.as_str());
        fill(rule.command.as_ref()?, &names, slot).ok()
    }

    /// The bindings under which the rule is the action.
    fn unify(&self, rule: &logic::Rule, action: PlanAction) -> Option<Bindings> {
        let facts = |ids: &[u32]| -> State { ids.iter().map(|id| self.facts.fact(*id)).collect() };
        let (needed, left) = (facts(self.actions.needed(action)), facts(self.actions.left(action)));
        logic::matches(&self.game.knowledge, &needed, rule).into_iter().find(|bindings| {
            let is = |conditions: &[logic::Predicate], state: &State| {
                let found: Option<State> = conditions.iter().map(|c| c.instantiate(bindings)).collect();
                found.as_ref() == Some(state)
            };
            is(&rule.preconditions, &needed) && is(&rule.postconditions, &left)
        })
    }
}
