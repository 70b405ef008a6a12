use std::collections::BTreeSet;

use milepost_core::{
    DiscreteEnvironment, Encoder, Ending, Environment, Purpose, Stream, StreamKey, TaskSeed,
};
use milepost_testkit::environment::{Options, conformance};
use proptest::prelude::*;

use super::task::happening;
use super::*;
use crate::engine::{ActionId, World};
use crate::generate::House;

fn started(config: QuestHouseConfig, seed: u64) -> QuestHouse {
    let mut house = QuestHouse::new(config);
    house.reset(TaskSeed::literal(seed)).expect("a house");
    house
}

fn legal(house: &QuestHouse) -> Vec<u32> {
    (0..house.action_count() as u32).filter(|action| house.is_legal(*action)).collect()
}

/// Plays to the end; returns the captions, that of the start first.
fn play(house: &mut QuestHouse, mut choose: impl FnMut(&QuestHouse) -> u32) -> Vec<CaptionId> {
    let mut captions = vec![house.caption()];
    while house.ending().is_none() {
        let action = choose(house);
        house.step(&action).expect("legal");
        captions.push(house.caption());
    }
    captions
}

fn stream(seed: u64) -> Stream {
    Stream::new(StreamKey::new(seed, Purpose::named("house test")))
}

#[test]
fn the_house_conforms() {
    for config in
        [QuestHouseConfig::default(), QuestHouseConfig { rooms: 6, max_steps: 40, paraphrases: true }]
    {
        let met = conformance(&QuestHouse::new(config), &Options::default());
        assert!(met.endings > 0, "{met:?}");
    }
}

#[test]
fn there_are_about_150_captions_and_all_surface_forms_differ() {
    let captions = Captions::new();
    assert_eq!(captions.len(), 147);
    let texts: BTreeSet<&str> = captions
        .iter()
        .skip(1)
        .flat_map(|c| captions.surfaces(c))
        .map(|s| captions.surface_text(s))
        .collect();
    assert_eq!(texts.len(), captions.surface_count() - 5, "but for the start, which has one form");
    for caption in captions.iter() {
        assert_eq!(
            captions.text(caption),
            captions.surface_text(captions.surfaces(caption).next().expect("five"))
        );
        assert!(captions.surfaces(caption).all(|surface| captions.caption_of(surface) == caption));
    }
}

#[test]
fn subgoals_are_those_of_the_quest() {
    let captions = Captions::new();
    let oracle = SubgoalOracle::new(&captions);
    let found =
        |text: &str| captions.iter().find(|caption| captions.text(*caption) == text).expect("a caption");
    for subgoal in [
        "you take the brass key .",
        "you take the brass key from the shelf .",
        "you unlock the brass box with the brass key .",
        "you open the brass box .",
        "you take the potato from the brass box .",
        "you fry the potato .",
        "you put the potato on the table .",
    ] {
        assert!(oracle.describes_subgoal(found(subgoal)), "{subgoal}");
    }
    for other in [
        "you take the iron key .",
        "you open the cabinet .",
        "you put the potato on the desk .",
        "the potato is burned .",
    ] {
        assert!(!oracle.describes_subgoal(found(other)), "{other}");
    }
    let count = captions.iter().filter(|caption| oracle.describes_subgoal(*caption)).count();
    assert!(count < captions.len() / 5, "{count} of {}", captions.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_action_of_a_house_has_a_number_and_a_caption(rooms in 6usize..=8, seed: u64) {
        let world = World::new(House { rooms }.generate(TaskSeed::literal(seed)).expect("a house")).expect("a game");
        let house = started(QuestHouseConfig { rooms, ..QuestHouseConfig::default() }, seed);
        let known: BTreeSet<&str> = (0..house.action_count() as u32).filter_map(|action| house.command(action)).collect();
        let mut met = BTreeSet::new();
        for action in (0..world.action_count() as u32).map(ActionId) {
            let (added, removed) = world.effects_of(action).expect("an action");
            if added.is_empty() && removed.is_empty() {
                continue;
            }
            let command = world.command(world.command_of_action(action).expect("named")).expect("a command");
            prop_assert!(known.contains(command), "{command}");
            prop_assert!(house.captions().find(&happening(&world, action)).is_some(), "{command}");
            met.insert(command);
        }
        // Only a direction may be missing.
        prop_assert!(known.difference(&met).all(|command| command.starts_with("go ")));
    }

    #[test]
    fn the_expert_delivers_and_passes_every_subgoal(seed: u64, paraphrases: bool) {
        let mut house = started(QuestHouseConfig { paraphrases, max_steps: 60, ..QuestHouseConfig::default() }, seed);
        let captions = play(&mut house, |house| house.expert_action().expect("the plan wins"));
        prop_assert!(house.ending().is_some_and(Ending::is_success));
        let oracle = SubgoalOracle::new(house.captions());
        let subgoals = captions.iter().filter(|caption| oracle.describes_subgoal(**caption)).count();
        prop_assert_eq!(subgoals, 6);
    }

    #[test]
    fn words_vary_only_where_paraphrases_are_asked_for(seed: u64) {
        let run = |paraphrases| {
            let config = QuestHouseConfig { paraphrases, max_steps: 60, ..QuestHouseConfig::default() };
            let (mut house, mut stream) = (started(config, seed), stream(seed));
            let mut surfaces = Vec::new();
            let captions = play(&mut house, |house| {
                surfaces.push(house.surface());
                let legal = legal(house);
                legal[stream.below(legal.len() as u64) as usize]
            });
            (captions, surfaces)
        };
        let (plain, varied) = (run(false), run(true));
        prop_assert_eq!(plain.0, varied.0);
        prop_assert!(plain.1.iter().all(|surface| surface.0 % 5 == 0));
        prop_assert!(varied.1.iter().any(|surface| surface.0 % 5 != 0));
    }

    #[test]
    fn observations_are_bits_and_one_room_is_on(seed: u64, rooms in 6usize..=8) {
        let config = QuestHouseConfig { rooms, max_steps: 40, ..QuestHouseConfig::default() };
        let (mut house, mut stream) = (started(config, seed), stream(seed));
        let mut seen = house.new_observation();
        let mut out = vec![0.0; HouseEncoder.len()];
        play(&mut house, |house| {
            house.observe(&mut seen);
            HouseEncoder.encode(&seen, 0, &mut out);
            assert_eq!(out, seen.features);
            assert!(seen.features.iter().all(|bit| *bit == 0.0 || *bit == 1.0));
            assert_eq!(seen.features[..8].iter().sum::<f32>(), 1.0);
            let exits = legal(house).iter().filter(|a| house.command(**a).is_some_and(|c| c.starts_with("go "))).count();
            let (exits_at, doors_at) = (HouseEncoder::FEATURES - 10, HouseEncoder::FEATURES - 6);
            let open: f32 = (0..4).map(|way| seen.features[exits_at + way] - seen.features[doors_at + way]).sum();
            assert_eq!(open, exits as f32, "exits that no closed door is in");
            let legal = legal(house);
            legal[stream.below(legal.len() as u64) as usize]
        });
    }
}

#[test]
fn chance_never_delivers() {
    let mut stream = stream(0);
    let solved = (0..30).filter(|seed| {
        let mut house = started(QuestHouseConfig::default(), *seed);
        play(&mut house, |house| {
            let legal = legal(house);
            legal[stream.below(legal.len() as u64) as usize]
        });
        house.ending().is_some_and(Ending::is_success)
    });
    assert_eq!(solved.count(), 0);
}
