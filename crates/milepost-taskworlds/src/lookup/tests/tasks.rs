use std::collections::BTreeSet;

use milepost_core::TokenEnvironment;

use super::super::world::Task;
use super::super::{POPULAR, Query};
use super::*;

/// Every value of every relation in a task's world.
fn world_of(config: &LookupConfig, seed: u64) -> Vec<u32> {
    let task = Task::draw(config, TaskSeed::literal(seed));
    let queries = (0..config.entities)
        .flat_map(|entity| (0..config.relations).map(move |relation| Query { entity, relation }));
    queries.map(|query| task.fact(query).object).collect()
}

proptest! {
    #[test]
    fn the_chain_follows_its_relations_from_the_question_to_the_answer(config in configs(), seed: u64) {
        let world = started(config, seed);
        let oracle = world.oracle().expect("started");
        let mut at = oracle.entities()[0];
        for (hop, fact) in oracle.facts().enumerate() {
            prop_assert_eq!((fact.subject, fact.relation), (at, oracle.relations()[hop]));
            at = fact.object;
        }
        prop_assert_eq!(at, oracle.answer());
        let mut prompt = vec![milepost_core::Vocabulary::BEGIN];
        prompt.extend(world.words().name(oracle.entities()[0]));
        prompt.extend(oracle.relations().iter().map(|relation| world.words().relation(*relation)));
        prompt.push(super::super::Words::ASKED);
        prop_assert_eq!(said(&world), prompt);
    }

    #[test]
    fn worlds_are_drawn_by_task_or_once_for_all(config in configs(), a: u64, b: u64) {
        let fixed = LookupConfig { world: WorldScope::Fixed { seed: 5 }, shortcut: 0.0, ..config.clone() };
        prop_assert_eq!(world_of(&fixed, a), world_of(&fixed, b));
        let drawn = LookupConfig { world: WorldScope::PerGroup, shortcut: 0.0, ..config };
        prop_assert_eq!(world_of(&drawn, a), world_of(&drawn, a));
        // The chance that two worlds of at least 8 facts over at least 4 entities agree is below 2e-5.
        prop_assert_eq!(world_of(&drawn, a) == world_of(&drawn, b), a == b);
    }

    #[test]
    fn held_out_pairs_divide_the_chains(config in configs(), seed: u64) {
        let hops = config.hops.max(2);
        let turns = hops + 1;
        let base = LookupConfig { hops, turns, document_ids: 64, ..config };
        for (compositions, expected) in [(Compositions::Seen, false), (Compositions::Unseen, true)] {
            let world = started(LookupConfig { compositions, ..base.clone() }, seed);
            let chain = world.oracle().expect("started").relations().to_vec();
            let held_out = chain.windows(2).any(|pair| (pair[0] + pair[1]) % base.relations == 0);
            prop_assert_eq!(held_out, expected, "{:?}", chain);
        }
    }
}

#[test]
fn the_last_relation_is_constant_as_often_as_the_shortcut_says() {
    const TASKS: u64 = 2000;
    for p in [0.0, 0.4, 1.0] {
        let config = LookupConfig { shortcut: p, ..LookupConfig::default() };
        let (mut constant, mut popular) = (0, 0);
        for seed in 0..TASKS {
            let task = Task::draw(&config, TaskSeed::literal(seed));
            let last = task.chain[task.hops() - 1];
            let values: BTreeSet<u32> =
                (0..24).map(|entity| task.fact(Query { entity, relation: last }).object).collect();
            let is_constant = values == BTreeSet::from([POPULAR]);
            assert_eq!(is_constant, task.has_shortcut);
            constant += u64::from(is_constant);
            popular += u64::from(task.answer() == POPULAR);
        }
        // Five standard errors, and what one in 24 random answers adds.
        let error = 5.0 * (p * (1.0 - p) / TASKS as f64).sqrt();
        assert!((constant as f64 / TASKS as f64 - p).abs() <= error, "{constant}");
        let expected = p + (1.0 - p) / 24.0;
        assert!((popular as f64 / TASKS as f64 - expected).abs() <= error + 0.025, "{popular}");
    }
}

#[test]
fn relations_are_random_functions() {
    // Each of 24 values of one place of the corpus is drawn about as often over tasks.
    let mut counts = [0u32; 24];
    for seed in 0..4800 {
        let task = Task::draw(&LookupConfig::default(), TaskSeed::literal(seed));
        counts[task.fact(Query { entity: 3, relation: 1 }).object as usize] += 1;
    }
    // 200 expected with standard deviation 13.8; five of them.
    assert!(counts.iter().all(|count| count.abs_diff(200) <= 69), "{counts:?}");
}

#[test]
fn names_and_ids_have_words_of_their_own() {
    for name_len in [1, 2] {
        for entities in [2, 5, 24] {
            let world = built(LookupConfig { entities, name_len, ..LookupConfig::default() });
            let names: BTreeSet<Vec<u32>> =
                (0..entities).map(|entity| world.words().name(entity).collect()).collect();
            assert_eq!(names.len(), entities as usize);
            assert!(names.iter().flatten().all(|token| world.vocabulary().word(*token).is_some()));
        }
    }
    let sizes =
        [1, 2].map(|name_len| built(LookupConfig { name_len, ..LookupConfig::default() }).vocabulary().len());
    assert_eq!(sizes, [71, 57]);
}

#[test]
fn worlds_of_the_same_size_share_their_vocabulary() {
    let other = LookupConfig {
        hops: 4,
        turns: 8,
        thoughts: 0,
        via: true,
        citations: 3,
        shortcut: 0.4,
        retriever_noise: 0.0,
        ..LookupConfig::default()
    };
    assert_eq!(built(other).vocabulary(), LookupQa::default().vocabulary());
}

type Spoil = fn(&mut LookupConfig);

#[test]
fn bad_parameters_are_named() {
    let table: [(&str, Spoil); 12] = [
        ("entities", |c| c.entities = 1),
        ("relations", |c| c.relations = 0),
        ("hops", |c| c.hops = 5),
        ("name-len", |c| c.name_len = 3),
        ("retriever-noise", |c| c.retriever_noise = f64::NAN),
        ("top-k", |c| c.top_k = 0),
        ("turns", |c| c.turns = 2),
        ("shortcut", |c| c.shortcut = 1.5),
        ("shortcut", |c| (c.shortcut, c.world) = (0.4, WorldScope::Fixed { seed: 0 })),
        ("compositions", |c| (c.compositions, c.hops) = (Compositions::Seen, 1)),
        ("distractors", |c| (c.entities, c.relations, c.hops, c.distractors) = (2, 1, 1, 1)),
        ("document-ids", |c| (c.citations, c.document_ids) = (1, 7)),
    ];
    for (parameter, spoil) in table {
        let mut config = LookupConfig::default();
        spoil(&mut config);
        let error = LookupQa::new(config).expect_err(parameter);
        assert_eq!(error.parameter, parameter, "{error}");
    }
}

#[test]
fn parameters_are_read_by_their_kebab_names_and_unknown_ones_refused() {
    let text = r#"{"hops": 3, "retriever-noise": 0.1, "world": {"fixed": {"seed": 4}}, "outcome": "f1"}"#;
    let config: LookupConfig = serde_json::from_str(text).expect("known names");
    let expected = LookupConfig {
        hops: 3,
        retriever_noise: 0.1,
        world: WorldScope::Fixed { seed: 4 },
        outcome: OutcomeReward::F1,
        ..LookupConfig::default()
    };
    assert_eq!(config, expected);
    let error = serde_json::from_str::<LookupConfig>(r#"{"hop": 3}"#).expect_err("unknown");
    assert!(error.to_string().contains("hop"), "{error}");
    let written = serde_json::to_string(&expected).expect("plain values");
    assert_eq!(serde_json::from_str::<LookupConfig>(&written).expect("round trip"), expected);
}
