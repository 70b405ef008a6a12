//! Broken texts and files are typed errors that name the thing; none of them panics.

use std::io::Read;
use std::sync::LazyLock;

use milepost_textworld::engine::{Limits, World};
use milepost_textworld::game::{Event, Game, GameError, Quest};
use milepost_textworld::logic::{Fact, KnowledgeBase, LogicError, Variable};
use milepost_textworld::twl::KnowledgeError;
use proptest::prelude::*;
use serde_json::Value;

/// Made by TextWorld 1.7.0: `tw-treasure_hunter`, level 10, seed 1234.
static FILE: LazyLock<String> = LazyLock::new(|| {
    let mut json = String::new();
    let bytes: &[u8] = include_bytes!("../../benches/data/treasure-hunter-10.json.gz");
    flate2::read::GzDecoder::new(bytes).read_to_string(&mut json).expect("a committed file");
    json
});

fn file() -> Value {
    serde_json::from_str(&FILE).expect("a committed file")
}

fn game() -> Game {
    Game::from_json(&FILE).expect("a game of TextWorld")
}

/// The error of a file after `change`.
fn broken(change: impl FnOnce(&mut Value)) -> GameError {
    let mut file = file();
    change(&mut file);
    Game::from_json(&file.to_string()).expect_err("the file is broken")
}

fn knowledge_error(text: &str) -> KnowledgeError {
    KnowledgeBase::parse(text).expect_err("the text is broken")
}

#[test]
fn broken_files_say_what_is_wrong() {
    let says = |error: GameError, part: &str| assert!(error.to_string().contains(part), "{error}");
    says(Game::from_json("{").expect_err("not JSON"), "must be the .json that TextWorld saves");
    says(broken(|f| f["version"] = 2.into()), "has version 2");
    says(broken(|f| drop(f.as_object_mut().map(|o| o.remove("world")))), "missing field `world`");
    says(broken(|f| f["KB"]["logic"] = "typ r {}".into()), "line 1, column 1");
    says(broken(|f| f["world"][0]["arguments"][0]["type"] = "zzz".into()), "does not declare");
    says(broken(|f| f["world"][0]["arguments"][1]["type"] = "o".into()), "names of entities are unique");
    says(broken(|f| f["world"][0]["arguments"][0]["name"] = "Q".into()), "rename it");
    says(broken(|f| f["infos"][1] = f["infos"][0].clone()), "twice");
    says(broken(|f| f["infos"][0][0] = "other".into()), "files the entity");
    let quest = |f: &mut Value, key: &str, value: Value| f["quests"][0][key] = value;
    says(broken(|f| quest(f, "repeatable", true.into())), "only optional quests");
    says(
        broken(|f| {
            quest(f, "win_events", Vec::<Value>::new().into());
            quest(f, "fail_events", Vec::<Value>::new().into());
        }),
        "neither win nor fail events",
    );
    says(
        broken(|f| {
            let event = &mut f["quests"][0]["win_events"][0];
            event["actions"] = Vec::<Value>::new().into();
            event["condition"]["preconditions"] = Vec::<Value>::new().into();
        }),
        "win event 0 of quest 0 has neither condition nor actions",
    );
}

#[test]
fn broken_knowledge_says_what_is_wrong() {
    let logic = |text: &str| match knowledge_error(text) {
        KnowledgeError::Logic(error) => error,
        error => panic!("{error}"),
    };
    assert!(matches!(logic("type r { } type r { }"), LogicError::Duplicate { what: "type", .. }));
    assert!(matches!(logic("type a : b { } type b : a { }"), LogicError::TypeCycle { .. }));
    let unknown = logic("type room { predicates { at(rom); } }");
    assert!(unknown.to_string().contains("did you mean `room`?"), "{unknown}");
    let twice = "type r { rules { go :: at(r) -> at(r); go :: at(r) -> at(r); } }";
    assert!(matches!(logic(twice), LogicError::Duplicate { what: "rule", .. }));
    let kinds = "type r { rules { go :: at(x: r) -> at(x: s); } } type s { }";
    assert!(matches!(logic(kinds), LogicError::PlaceholderTypes { .. }));
    let cycle = "type r { predicates { a(r) = b(r); b(r) = a(r); } }";
    assert!(matches!(logic(cycle), LogicError::AliasCycle { .. }));
    let both = "type r { predicates { a(r); a(r) = b(r); } }";
    assert!(matches!(logic(both), LogicError::PredicateAndAlias { .. }));
    let reverse = "type r { rules { go :: at(r) -> at(r); } reverse_rules { go :: gone; } }";
    assert!(matches!(logic(reverse), LogicError::UnknownRule { .. }));
    let slot = r#"type r { rules { go :: at(r) -> at(r); } inform7 { commands { go :: "go {x}" :: ""; } } }"#;
    assert!(matches!(logic(slot), LogicError::UnknownSlot { .. }));
    let KnowledgeError::Syntax(error) = knowledge_error("type r {\n  rules { go : at(r) -> at(r); }\n}")
    else {
        panic!("one colon is missing")
    };
    assert_eq!((error.line, error.column, error.expected.as_str()), (2, 14, "::"));
}

#[test]
fn games_that_cannot_be_played_say_why() {
    let limit = Limits { instances: 5 };
    assert!(matches!(World::with_limits(game(), limit), Err(GameError::TooManyInstances { limit: 5, .. })));
    let mut unnamed = game();
    unnamed.entities.retain(|entity| entity.kind == "P");
    assert!(matches!(World::new(unnamed), Err(GameError::UnnamedEntity { .. })));
    let silent = KnowledgeBase::parse("type P { } type r { rules { wait :: at(P, r) -> at(P, r); } }");
    let here = Fact::new("at", [Variable::constant("P"), Variable::new("r_0", "r")]);
    let silent = Game::new(std::sync::Arc::new(silent.expect("sound")), vec![here.clone()]);
    assert!(matches!(World::new(silent), Err(GameError::NoCommand { .. })));
    let mut odd = game();
    odd.quests = vec![Quest {
        description: String::new(),
        reward: 1,
        commands: Vec::new(),
        win_events: vec![Event { condition: Vec::new(), actions: Vec::new(), commands: Vec::new() }],
        fail_events: Vec::new(),
        optional: false,
        repeatable: false,
    }];
    assert!(matches!(World::new(odd), Err(GameError::EmptyEvent { .. })));
}

/// Every value in a document, by path.
fn paths(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let children: Vec<(String, &Value)> = match value {
        Value::Array(items) => items.iter().enumerate().map(|(i, item)| (i.to_string(), item)).collect(),
        Value::Object(entries) => entries.iter().map(|(key, item)| (key.clone(), item)).collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        found.extend(paths(child).into_iter().map(|path| format!("/{key}{path}")));
    }
    found
}

fn replacement() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(Value::Bool(true)),
        any::<i64>().prop_map(Value::from),
        "[a-zA-Z_/(){}:;$&>' -]{0,12}".prop_map(Value::from),
        Just(Value::Array(Vec::new())),
        prop::sample::select(vec!["P", "I", "r", "o", "t", "r_0", "at", "{o}"]).prop_map(Value::from),
    ]
}

/// Loads a text and, if that can be, plays a little.
fn try_to_play(text: &str) {
    let Ok(game) = Game::from_json(text) else { return };
    let Ok(world) = World::with_limits(game, Limits { instances: 20_000 }) else { return };
    let mut session = milepost_textworld::engine::Session::new(std::sync::Arc::new(world));
    for turn in 0..4 {
        let _ = session.step_admissible(turn * 3 % session.admissible_count().max(1));
        let _ = (session.policy(), session.score(), session.is_done(), session.state_key());
        let _ = session.understand("take the key from the box");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn truncated_files_never_panic(end in any::<prop::sample::Index>()) {
        let end = end.index(FILE.len());
        if let Some(start) = FILE.get(..end) {
            prop_assert!(Game::from_json(start).is_err());
        }
    }

    #[test]
    fn files_with_other_values_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), replacement()), 1..4),
    ) {
        let mut file = file();
        for (place, value) in changes {
            let all = paths(&file);
            if let Some(old) = file.pointer_mut(&all[place.index(all.len())]) {
                *old = value;
            }
        }
        try_to_play(&file.to_string());
    }

    #[test]
    fn files_without_some_entries_never_panic(places in prop::collection::vec(any::<prop::sample::Index>(), 1..4)) {
        let mut file = file();
        for place in places {
            let all = paths(&file);
            let Some((parent, key)) = all[place.index(all.len())].rsplit_once('/') else { continue };
            match file.pointer_mut(parent) {
                Some(Value::Array(items)) => { key.parse().ok().map(|index: usize| items.remove(index)); }
                Some(Value::Object(entries)) => { entries.remove(key); }
                _ => {}
            }
        }
        try_to_play(&file.to_string());
    }

    #[test]
    fn knowledge_with_other_letters_never_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), "\\PC|[(){}:;$&>'#\"\n ]"), 1..5),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut letters: Vec<String> = game().knowledge.source.chars().map(String::from).collect();
        for (place, letter) in changes {
            let place = place.index(letters.len());
            letters[place] = letter;
        }
        let _ = KnowledgeBase::parse(&letters.concat());
        letters.truncate(cut.index(letters.len()));
        let _ = KnowledgeBase::parse(&letters.concat());
    }

    #[test]
    fn any_text_is_knowledge_or_an_error(text in "(type|rules|predicates|inform7|[a-z]{1,2}|[(){}:;$&>'#\" ,=-]){0,40}") {
        let _ = KnowledgeBase::parse(&text);
    }
}
