//! Recorded game files: the loader against what TextWorld itself says of them.

use crate::recorded;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use milepost_testkit::fixtures;
use milepost_textworld::engine::{Reply, Session, World};
use milepost_textworld::game::{Event, Game};
use milepost_textworld::logic::{Fact, KnowledgeBase};

const RAW: &str = "parity/textworld/raw";

/// The complete game files by the id of their game.
fn files() -> BTreeMap<String, String> {
    let folder = fixtures::root().join(RAW);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let names = entries.map(|entry| entry.expect("listed").file_name().into_string().expect("a plain name"));
    let games = names.filter_map(|name| name.strip_suffix(".json.gz").map(str::to_owned));
    let text = |id: &String| fixtures::text(&format!("{RAW}/{id}.json.gz")).expect("the fixture can be read");
    games.map(|id| (id.clone(), text(&id))).collect()
}

fn load(id: &str, text: &str) -> Game {
    Game::from_json(text).unwrap_or_else(|error| panic!("{id}: {error}"))
}

fn sorted(facts: &[Fact]) -> BTreeSet<&Fact> {
    facts.iter().collect()
}

/// Everything that games.jsonl.gz records of an event.
fn same_event(found: &Event, expected: &Event) {
    assert_eq!(found.condition, expected.condition);
    assert_eq!(found.commands, expected.commands);
    assert_eq!(found.actions.len(), expected.actions.len());
    for (found, expected) in found.actions.iter().zip(&expected.actions) {
        assert_eq!(found.name, expected.name);
        assert_eq!(found.preconditions, expected.preconditions);
        assert_eq!(found.postconditions, expected.postconditions);
        assert_eq!(found.command_template, expected.command_template);
    }
}

#[test]
fn fixture_game_files_load_and_agree_with_the_record() {
    let knowledge = recorded::knowledge();
    let recorded: BTreeMap<_, _> =
        recorded::recorded_games().into_iter().map(|game| (game.id.clone(), game)).collect();
    let files = files();
    assert!(!files.is_empty());
    for (id, text) in &files {
        let found = load(id, text);
        let record = &recorded[id];
        let expected = recorded::build(&knowledge, record);
        assert_eq!(sorted(&found.facts), sorted(&expected.facts), "{id}");
        // The text differs in white space only.
        let parsed = |game: &Game| KnowledgeBase { source: String::new(), ..(*game.knowledge).clone() };
        assert!(parsed(&found) == parsed(&expected), "{id}: another knowledge base");
        assert_eq!(found.objective, expected.objective, "{id}");
        assert_eq!(found.max_score(), record.max_score, "{id}");
        let walkthrough = found.walkthrough().map(|w| w.into_iter().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(walkthrough, record.walkthrough, "{id}");
        let names: BTreeMap<_, _> =
            found.entities.iter().map(|entity| (entity.id.to_string(), entity.name.clone())).collect();
        assert_eq!(names, record.names, "{id}");
        assert_eq!(found.quests.len(), expected.quests.len(), "{id}");
        for (found, expected) in found.quests.iter().zip(&expected.quests) {
            let plain = |q: &milepost_textworld::game::Quest| {
                (q.reward, q.optional, q.repeatable, q.description.clone(), q.win_events.len())
            };
            assert_eq!(plain(found), plain(expected), "{id}");
            let events = |quest: &milepost_textworld::game::Quest| {
                quest.win_events.iter().chain(&quest.fail_events).cloned().collect::<Vec<_>>()
            };
            let (found, expected) = (events(found), events(expected));
            assert_eq!(found.len(), expected.len(), "{id}");
            found.iter().zip(&expected).for_each(|(found, expected)| same_event(found, expected));
        }
    }
}

#[test]
fn fixture_game_files_survive_being_saved() {
    for (id, text) in files() {
        let game = load(&id, &text);
        assert_eq!(load(&id, &game.to_json()), game, "{id}");
    }
}

#[test]
fn fixture_walkthroughs_of_game_files_win() {
    for (id, text) in files() {
        let game = load(&id, &text);
        let Some(walkthrough) =
            game.walkthrough().map(|w| w.into_iter().map(str::to_owned).collect::<Vec<_>>())
        else {
            continue;
        };
        let mut session = Session::new(Arc::new(World::new(game).unwrap_or_else(|e| panic!("{id}: {e}"))));
        for command in &walkthrough {
            assert!(matches!(session.step(command), Reply::Done(_)), "{id}: {command}");
        }
        assert!(session.is_won(), "{id}");
        assert_eq!(Some(session.score()), session.world().game().max_score(), "{id}");
    }
}
