use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::actions::{ActionTable, PlanAction};
use super::facts::{FactId, FactTable};
use super::ground::{self, Instance, NumberedRule};
use super::position::{fnv, mix};
use super::rows::Rows;
use super::{Limits, texts};
use crate::game::{Event, Game, GameError};
use crate::logic::{Action, Fact, Name, Variable};

/// A game by numbers: all that never changes while it is played.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) game: Game,
    pub(super) facts: FactTable,
    pub(super) actions: ActionTable,
    pub(super) instances: Vec<InstanceOrigin>,
    /// For each fact the instances that need it.
    users: Rows,
    fact_keys: Vec<u64>,
    pub(super) commands: Vec<String>,
    pub(super) command_of: Vec<u32>,
    /// For each command the instances that it names, in order.
    ways: Rows,
    pub(super) quests: Vec<CompiledQuest>,
    pub(super) events: Vec<CompiledEvent>,
    /// For each written action of a quest its texts; they follow the instances in [`ActionTable`].
    pub(super) quest_actions: Vec<Action>,
    /// Whether an instance may make an event unreachable.
    fateful: Vec<bool>,
    /// The facts that say what the recipe asks for.
    pub(super) ingredients: Vec<FactId>,
}

/// Where an instance comes from.
#[derive(Debug)]
pub(super) struct InstanceOrigin {
    /// The rule.
    pub(super) rule: Name,
    /// What its placeholders stand for.
    pub(super) bindings: Vec<(Name, u32)>,
}

/// A quest by numbers.
#[derive(Debug)]
pub(super) struct CompiledQuest {
    pub(super) win_events: Range<usize>,
    pub(super) fail_events: Range<usize>,
    pub(super) reward: i64,
    pub(super) optional: bool,
    pub(super) repeatable: bool,
}

impl CompiledQuest {
    /// Win events, then fail events.
    pub(super) const fn events(&self) -> Range<usize> {
        self.win_events.start..self.fail_events.end
    }

    /// Whether this event completes the quest rather than failing it.
    pub(super) const fn wins(&self, event: usize) -> bool {
        event < self.win_events.end
    }
}

/// An event by numbers.
#[derive(Debug)]
pub(super) struct CompiledEvent {
    pub(super) condition: Vec<FactId>,
    /// Its actions and its trigger; empty where it has no actions.
    pub(super) plan: Vec<PlanAction>,
}

impl Tables {
    /// Numbers a game. Also returns the facts that hold at the start.
    pub(super) fn new(game: Game, limits: Limits) -> Result<(Self, Vec<FactId>), GameError> {
        game.check()?;
        let mut facts = FactTable::new(entities(&game));
        let start: Vec<FactId> = game.facts.iter().filter_map(|fact| facts.insert_named(fact)).collect();
        let (rules, instances) = ground::ground(&game.knowledge, &mut facts, &start, limits)?;
        let (commands, command_of) = texts::commands(&game, &facts, &rules, &instances)?;
        let mut compiler =
            Compiler { game: &game, facts, actions: ActionTable::default(), quest_actions: Vec::new() };
        let instances = compiler.instances(&rules, &instances);
        let (quests, events) = compiler.quests();
        let Compiler { facts, actions, quest_actions, .. } = compiler;
        let needs = actions.all_needed().iter().take(instances.len()).zip(0_u32..);
        let pairs: Vec<(u32, u32)> =
            needs.flat_map(|(needed, instance)| needed.iter().map(move |fact| (*fact, instance))).collect();
        let by_command: Vec<(u32, u32)> = command_of.iter().copied().zip(0..).collect();
        let ids = 0..facts.len() as FactId;
        let tables = Self {
            users: Rows::from_pairs(facts.len(), &pairs),
            fact_keys: ids.clone().map(|id| mix(fnv(facts.fact(id).to_string().as_bytes()))).collect(),
            ways: Rows::from_pairs(commands.len(), &by_command),
            fateful: fateful(&actions, instances.len() as u32, &events),
            ingredients: ids.filter(|id| facts.predicate(*id).starts_with("ingredient_")).collect(),
            game,
            facts,
            actions,
            instances,
            commands,
            command_of,
            quests,
            events,
            quest_actions,
        };
        Ok((tables, start))
    }

    pub(super) fn instance_count(&self) -> usize {
        self.instances.len()
    }

    pub(super) fn instance(&self, instance: u32) -> &InstanceOrigin {
        &self.instances[instance as usize]
    }

    #[inline]
    pub(super) fn needs(&self, instance: u32) -> &[FactId] {
        self.actions.needed(self.actions.plan(instance))
    }

    #[inline]
    pub(super) fn users(&self, fact: FactId) -> &[u32] {
        self.users.row(fact)
    }

    #[inline]
    pub(super) fn fact_key(&self, fact: FactId) -> u64 {
        self.fact_keys[fact as usize]
    }

    #[inline]
    pub(super) fn command_of(&self, instance: u32) -> u32 {
        self.command_of[instance as usize]
    }

    #[inline]
    pub(super) fn ways(&self, command: u32) -> &[u32] {
        self.ways.row(command)
    }

    #[inline]
    pub(super) fn is_fateful(&self, instance: u32) -> bool {
        self.fateful[instance as usize]
    }
}

/// Every entity that the game's facts and quests mention, and the constants.
fn entities(game: &Game) -> BTreeSet<Variable> {
    let events = game.quests.iter().flat_map(|quest| quest.win_events.iter().chain(&quest.fail_events));
    let quests = events.flat_map(|event: &Event| {
        let actions = event.actions.iter().flat_map(|a| a.preconditions.iter().chain(&a.postconditions));
        event.condition.iter().chain(actions)
    });
    let mentioned = game.facts.iter().chain(quests).flat_map(|fact| &fact.arguments).cloned();
    mentioned.chain(game.knowledge.constants().into_values()).collect()
}

struct Compiler<'a> {
    game: &'a Game,
    facts: FactTable,
    actions: ActionTable,
    quest_actions: Vec<Action>,
}

impl Compiler<'_> {
    fn instances(&mut self, rules: &[NumberedRule<'_>], instances: &[Instance]) -> Vec<InstanceOrigin> {
        let mut origins = Vec::with_capacity(instances.len());
        for instance in instances {
            let rule = &rules[instance.rule as usize];
            let name = self.name(&rule.rule.name);
            self.actions.push(name, &instance.preconditions, &instance.postconditions);
            let placeholders = rule.placeholders.iter().map(|placeholder| placeholder.name.clone());
            let bindings = placeholders.zip(instance.bindings.iter().copied()).collect();
            origins.push(InstanceOrigin { rule: rule.rule.name.clone(), bindings });
        }
        origins
    }

    fn name(&mut self, name: &Name) -> u32 {
        let rules = &self.game.knowledge.rules;
        self.actions.name(name, &|name| rules.get(name)?.reverse.clone())
    }

    fn quests(&mut self) -> (Vec<CompiledQuest>, Vec<CompiledEvent>) {
        let mut events = Vec::new();
        let mut quests = Vec::new();
        for quest in &self.game.quests {
            let first = events.len();
            events.extend(quest.win_events.iter().map(|event| self.event(event)));
            let wins = events.len();
            events.extend(quest.fail_events.iter().map(|event| self.event(event)));
            quests.push(CompiledQuest {
                win_events: first..wins,
                fail_events: wins..events.len(),
                reward: quest.reward,
                optional: quest.optional,
                repeatable: quest.repeatable,
            });
        }
        (quests, events)
    }

    fn event(&mut self, event: &Event) -> CompiledEvent {
        let mut plan = Vec::new();
        if !event.actions.is_empty() {
            plan.extend(event.actions.iter().map(|action| self.action(action)));
            plan.push(self.action(&event.trigger()));
        }
        CompiledEvent { condition: self.fact_ids(&event.condition), plan }
    }

    fn action(&mut self, action: &Action) -> PlanAction {
        let (pre, post) = (self.fact_ids(&action.preconditions), self.fact_ids(&action.postconditions));
        let name = self.name(&action.name);
        self.quest_actions.push(action.clone());
        let number = self.actions.push(name, &pre, &post);
        self.actions.plan(number)
    }

    /// All entities are in the table, so no fact is lost.
    fn fact_ids(&mut self, facts: &[Fact]) -> Vec<FactId> {
        facts.iter().filter_map(|fact| self.facts.insert_named(fact)).collect()
    }
}

/// For each instance whether it may make an event unreachable: no rule undoes it, and it is part of a plan or
/// removes a fact that some plan may ever need.
///
/// What a plan may need grows: an action that removes something needed puts its opposite into the plan, with
/// the needs of that. This is the closure; it takes in more than any single course of a game.
fn fateful(actions: &ActionTable, instances: u32, events: &[CompiledEvent]) -> Vec<bool> {
    let mut wanted: BTreeSet<FactId> = BTreeSet::new();
    let mut planned: BTreeMap<u64, Vec<PlanAction>> = BTreeMap::new();
    for action in events.iter().flat_map(|event| &event.plan) {
        wanted.extend(actions.needed(*action));
        wanted.extend(actions.left(*action));
        planned.entry(action.digest()).or_default().push(*action);
    }
    let all: Vec<PlanAction> = (0..instances).map(|instance| actions.plan(instance)).collect();
    let removes = |action: PlanAction, wanted: &BTreeSet<FactId>| {
        actions.removed(action).iter().any(|fact| wanted.contains(fact))
    };
    loop {
        let before = wanted.len();
        for action in &all {
            if removes(*action, &wanted) {
                wanted.extend(actions.needed(*action));
                wanted.extend(actions.left(*action));
            }
        }
        if wanted.len() == before {
            break;
        }
    }
    let is_planned = |a: &PlanAction| planned.get(&a.digest()).is_some_and(|same| same.contains(a));
    all.iter()
        .zip(0..)
        .map(|(action, base)| {
            !actions.is_reversible(base) && (is_planned(action) || removes(*action, &wanted))
        })
        .collect()
}
