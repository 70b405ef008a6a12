use milepost_core::{
    Budget, Demonstrator, Ending, EnvError, Environment, Outcome, TaskSeed, TokenEnvironment, TurnFault,
};
use proptest::prelude::*;

use super::{any_action, stream};
use crate::pages::measure::Format;
use crate::pages::{
    ActionSpace, PageAction, PageConfig, PageEncoder, PageGold, PageProbe, PageQa, PageText, PageWorld, Phase,
};
use milepost_core::{Encoder, Probe};

fn started(config: PageConfig, seed: u64) -> PageQa {
    let mut world = PageQa::new(config).expect("valid");
    world.reset(TaskSeed::literal(seed)).expect("resets");
    world
}

fn started_text(config: PageConfig, seed: u64) -> PageText {
    let mut world = PageText::new(config).expect("valid");
    world.reset(TaskSeed::literal(seed)).expect("resets");
    world
}

fn said(world: &PageText) -> String {
    let mut tokens = Vec::new();
    world.observe(&mut tokens);
    world.vocabulary().decode(&tokens)
}

fn follow(world: &mut PageText) -> Option<Ending> {
    while let Some(turn) = world.expert_turn() {
        world.step(&turn).expect("the episode runs");
    }
    world.ending()
}

#[test]
fn what_is_not_there_breaks_the_format() {
    let mut first = started(PageConfig::default(), 1);
    let outcome = first.step(&PageAction::Select { slot: 0 }).expect("a fault, not an error");
    assert_eq!(outcome.ending, Some(Ending::Malformed));
    let gold = PageGold::of(&first).expect("started");
    assert_eq!(gold.measures.format, Format::Broken);

    let mut second = started(PageConfig::default(), 1);
    second.step(&PageAction::Search { entity: 0, relation: 0 }).expect("possible");
    let crop = PageAction::Crop { x0: 0, y0: 0, x1: 3, y1: 3 };
    assert_eq!(second.step(&crop).expect("a fault").ending, Some(Ending::Malformed));

    let flat = PageConfig { actions: ActionSpace::WithoutCrop, ..PageConfig::default() };
    let mut third = started(flat, 1);
    third.step(&PageAction::Search { entity: 0, relation: 0 }).expect("possible");
    third.step(&PageAction::Select { slot: 0 }).expect("possible");
    assert_eq!(third.step(&crop).expect("a fault").ending, Some(Ending::Malformed));
}

#[test]
fn categories_out_of_range_are_errors() {
    let mut world = started(PageConfig::default(), 1);
    let actions = [
        PageAction::Search { entity: 16, relation: 0 },
        PageAction::Search { entity: 0, relation: 6 },
        PageAction::Select { slot: 5 },
        PageAction::Crop { x0: 0, y0: 0, x1: 16, y1: 3 },
        PageAction::Answer { value: 12 },
    ];
    for action in actions {
        let error = world.step(&action).expect_err("out of range");
        assert!(matches!(error, EnvError::ActionOutOfRange { .. }), "{error}");
        assert_eq!(world.elapsed(), 0);
    }
}

#[test]
fn a_guess_without_a_search_succeeds_but_its_format_is_broken() {
    let mut world = started(PageConfig::default(), 5);
    let value = world.episode().expect("started").oracle().answer;
    let outcome = world.step(&PageAction::Answer { value }).expect("possible");
    assert_eq!((outcome.reward, outcome.ending), (1.0, Some(Ending::Terminated(Outcome::Success))));
    let gold = PageGold::of(&world).expect("started");
    assert!(gold.correct && gold.measures.format == Format::Broken);
}

#[test]
fn the_last_turn_truncates() {
    let mut world = started(PageConfig { max_turns: 2, ..PageConfig::default() }, 5);
    let search = PageAction::Search { entity: 0, relation: 0 };
    assert_eq!(world.step(&search).expect("possible").ending, None);
    assert_eq!(world.step(&search).expect("possible").ending, Some(Ending::Truncated(Budget::Steps)));
}

#[test]
fn the_dialogue_reads_as_documented() {
    let config = PageConfig { retriever_noise: 0.0, large_print: 0.0, ..PageConfig::default() };
    let mut world = started_text(config, 3);
    let heard: Vec<String> = std::iter::from_fn(|| {
        let said = said(&world);
        let turn = world.expert_turn()?;
        world.step(&turn).expect("the episode runs");
        Some(format!("{said} > {}", world.vocabulary().decode(&turn)))
    })
    .collect();
    assert_eq!(
        heard,
        [
            "<begin> question e0 r5 > search e0 r5 <end>",
            "list p21 e0 p2 e0 p7 e0 p41 e0 p0 e12 > select n0 <end>",
            "page e0 cell n2 n4 n5 n5 r4 ? cell n12 n8 n15 n9 r3 ? cell n0 n10 n3 n11 r5 ? > crop n0 n10 n3 n11 <end>",
            "crop r5 v10 > answer v10 <end>",
        ]
    );
    assert_eq!(said(&world), "over");
}

#[test]
fn a_degenerate_box_is_refused_and_counts() {
    let mut world = started_text(PageConfig::default(), 3);
    let question = world.episode().expect("started").world().question();
    for action in [
        PageAction::search(question),
        PageAction::Select { slot: 0 },
        PageAction::Crop { x0: 5, y0: 5, x1: 4, y1: 9 },
    ] {
        let turn = world.write(action);
        world.step(&turn).expect("the episode runs");
    }
    assert_eq!(world.fault(), Some(TurnFault::Refused));
    assert_eq!(said(&world), "crop blank");
    let viewed = world.episode().expect("started").log().viewed();
    assert_eq!(viewed[0].boxes.len(), 1);
    assert!(viewed[0].boxes[0].is_degenerate());
}

#[test]
fn the_expert_measures_full_marks_without_noise() {
    for seed in 0..50 {
        let mut world = started_text(PageConfig { retriever_noise: 0.0, ..PageConfig::default() }, seed);
        assert_eq!(follow(&mut world), Some(Ending::Terminated(Outcome::Success)));
        let gold = PageGold::of(&world).expect("started");
        let recorded = PageProbe::ALL.map(|mut probe| probe.read(&world));
        assert_eq!(recorded, [1.0; 5], "seed {seed}");
        assert_eq!(gold.turns, 3 + gold.needed.cropped);
        assert_eq!((gold.needless.cropped, gold.needed.selected), (0, gold.needed.cropped));
    }
}

#[test]
fn without_crops_the_expert_speaks_only_in_large_print() {
    let config = PageConfig { actions: ActionSpace::WithoutCrop, ..PageConfig::default() };
    for seed in 0..50 {
        let mut world = started_text(config.clone(), seed);
        let large = !world.episode().expect("started").oracle().gold[0].needs_crop;
        assert_eq!(world.expert_turn().is_some(), large);
        assert_eq!(follow(&mut world).is_some_and(Ending::is_success), large);
    }
}

#[test]
fn the_encoder_writes_every_part() {
    let mut world = started(PageConfig::default(), 3);
    let encoder = PageEncoder::new(world.config());
    let question = world.episode().expect("started").world().question();
    world.step(&PageAction::search(question)).expect("possible");
    world.step(&PageAction::Select { slot: 0 }).expect("possible");
    let mut observation = world.new_observation();
    world.observe(&mut observation);
    let mut features = vec![9.0; encoder.len()];
    encoder.encode(&observation, 0, &mut features);
    assert_eq!(encoder.len(), 16 + 6 + 5 * 9 + 2 * 192 + 5);
    assert!(features.iter().all(|x| (0.0..=1.0).contains(x)));
    assert_eq!(features[question.entity as usize], 1.0);
    assert_eq!(features[encoder.len() - Phase::COUNT + Phase::Opened as usize], 1.0);
    assert!(observation.view.iter().any(|x| *x > 0.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn both_faces_play_the_same_episodes(seed: u64, luck: u64) {
        let mut numbers = started(PageConfig::default(), seed);
        let mut text = started_text(PageConfig::default(), seed);
        let mut stream = stream(luck);
        while numbers.ending().is_none() {
            let action = any_action(&mut stream);
            let turn = text.write(action);
            let (one, other) = (numbers.step(&action).expect("runs"), text.step(&turn).expect("runs"));
            prop_assert_eq!(one, other);
            prop_assert_eq!(numbers.state_key(), text.state_key());
            prop_assert_eq!(PageGold::of(&numbers), PageGold::of(&text));
        }
    }

    #[test]
    fn the_full_view_and_the_tokens_of_a_page_hide_the_same_values(seed: u64) {
        let mut world = started_text(PageConfig { retriever_noise: 0.0, ..PageConfig::default() }, seed);
        for _ in 0..2 {
            let turn = world.expert_turn().expect("nothing is lost yet");
            world.step(&turn).expect("runs");
        }
        let needs_crop = world.episode().expect("started").oracle().gold[0].needs_crop;
        prop_assert_eq!(said(&world).matches('?').count(), if needs_crop { 3 } else { 0 });
    }
}
