//! Recorded games and traces of TextWorld.

use std::collections::BTreeMap;
use std::sync::Arc;

use milepost_testkit::fixtures;
use milepost_textworld::engine::World;
use milepost_textworld::game::{Entity, Event, Game, Quest};
use milepost_textworld::logic::{Action, Fact, KnowledgeBase, Variable};
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct RecordedKnowledge {
    pub(crate) id: String,
    pub(crate) logic: String,
}

#[derive(Deserialize)]
pub(crate) struct RecordedAction {
    pub(crate) name: String,
    pub(crate) pre: Vec<String>,
    pub(crate) post: Vec<String>,
    pub(crate) tmpl: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct RecordedEvent {
    pub(crate) cond: Vec<String>,
    pub(crate) actions: Vec<RecordedAction>,
    pub(crate) commands: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct RecordedQuest {
    pub(crate) reward: i64,
    pub(crate) optional: bool,
    pub(crate) repeatable: bool,
    pub(crate) desc: Option<String>,
    pub(crate) win: Vec<RecordedEvent>,
    pub(crate) fail: Vec<RecordedEvent>,
}

#[derive(Deserialize)]
pub(crate) struct RecordedGame {
    pub(crate) id: String,
    pub(crate) kb: String,
    pub(crate) vars: BTreeMap<String, String>,
    pub(crate) facts: Vec<String>,
    pub(crate) names: BTreeMap<String, Option<String>>,
    pub(crate) quests: Vec<RecordedQuest>,
    pub(crate) objective: Option<String>,
    pub(crate) max_score: Option<i64>,
    pub(crate) walkthrough: Option<Vec<String>>,
}

pub(crate) fn knowledge() -> BTreeMap<String, Arc<KnowledgeBase>> {
    let recorded: Vec<RecordedKnowledge> =
        fixtures::json_lines("parity/textworld/kb.jsonl.gz").expect("the fixture can be read");
    let parse = |text: &str| KnowledgeBase::parse(text).expect("recorded knowledge bases are sound");
    recorded.iter().map(|record| (record.id.clone(), Arc::new(parse(&record.logic)))).collect()
}

pub(crate) fn recorded_games() -> Vec<RecordedGame> {
    fixtures::json_lines("parity/textworld/games.jsonl.gz").expect("the fixture can be read")
}

/// The recorded games, built by hand as a user would.
pub(crate) fn games() -> BTreeMap<String, Game> {
    let knowledge = knowledge();
    recorded_games().into_iter().map(|game| (game.id.clone(), build(&knowledge, &game))).collect()
}

pub(crate) fn worlds() -> BTreeMap<String, Arc<World>> {
    let world = |game| Arc::new(World::new(game).expect("recorded games are sound"));
    games().into_iter().map(|(id, game)| (id, world(game))).collect()
}

pub(crate) fn build(knowledge: &BTreeMap<String, Arc<KnowledgeBase>>, recorded: &RecordedGame) -> Game {
    let kinds = &recorded.vars;
    let facts = |texts: &[String]| -> Vec<Fact> { texts.iter().map(|text| fact(kinds, text)).collect() };
    let action = |action: &RecordedAction| Action {
        name: action.name.as_str().into(),
        preconditions: facts(&action.pre),
        postconditions: facts(&action.post),
        command_template: action.tmpl.clone(),
        reverse_name: None,
        reverse_command_template: None,
    };
    let event = |event: &RecordedEvent| Event {
        condition: facts(&event.cond),
        actions: event.actions.iter().map(action).collect(),
        commands: event.commands.clone(),
    };
    let quest = |quest: &RecordedQuest| Quest {
        description: quest.desc.clone().unwrap_or_default(),
        reward: quest.reward,
        commands: Vec::new(),
        win_events: quest.win.iter().map(event).collect(),
        fail_events: quest.fail.iter().map(event).collect(),
        optional: quest.optional,
        repeatable: quest.repeatable,
    };
    let mut game = Game::new(Arc::clone(&knowledge[&recorded.kb]), facts(&recorded.facts));
    game.quests = recorded.quests.iter().map(quest).collect();
    for (id, name) in &recorded.names {
        let kind = kinds.get(id).unwrap_or(id);
        // An entity that no fact mentions has no recorded type, unless it is a constant.
        if game.knowledge.types.contains(kind) {
            game.entities.push(Entity::named(id.as_str(), kind.as_str(), name.as_deref()));
        }
    }
    game.objective = recorded.objective.clone().unwrap_or_default();
    game
}

/// `at(P,r_0)` with the recorded types.
pub(crate) fn fact(kinds: &BTreeMap<String, String>, text: &str) -> Fact {
    let (name, arguments) = text.strip_suffix(')').and_then(|t| t.split_once('(')).expect("a fact");
    let names = arguments.split(',').filter(|name| !name.is_empty());
    let kind = |name: &str| kinds.get(name).map_or(name.to_owned(), Clone::clone);
    Fact::new(name, names.map(|name| Variable::new(name, kind(name))))
}

/// FNV-1a, 64 bits, as recorded.
pub(crate) fn fnv(text: &str) -> String {
    let hash = text.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    format!("{hash:016x}")
}
