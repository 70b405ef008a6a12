//! What every quest in tokens promises, whatever its family and size.

use milepost_core::{
    Demonstrator, Ending, Environment, Outcome, Purpose, Stream, StreamKey, TaskSeed, TokenEnvironment,
    TurnFault, Vocabulary,
};
use milepost_testkit::tokens::{ExpertPromise, Options, demonstrator_conformance};
use proptest::prelude::*;

use super::*;
use crate::generate::{CoinCollector, Cooking, Family, House, SizedQuest, TreasureHunter};

fn families() -> Vec<Family> {
    let quest = |rooms, objects, steps| Family::Quest(SizedQuest { rooms, objects, steps });
    let cooking = Cooking { ingredients: 2, rooms: 4, fetch: 2, ..Cooking::default() };
    vec![
        quest(2, 3, 4),
        quest(4, 6, 8),
        quest(8, 12, 4),
        Family::TreasureHunter(TreasureHunter { level: 10 }),
        Family::TreasureHunter(TreasureHunter { level: 24 }),
        Family::CoinCollector(CoinCollector { level: 105 }),
        Family::Cooking(Cooking::default()),
        Family::Cooking(cooking),
        Family::House(House::default()),
    ]
}

fn world(family: Family, rewards: RewardScheme) -> TextQuest {
    TextQuest::new(TextQuestConfig { family, rewards, ..TextQuestConfig::default() }).expect("known words")
}

fn started(family: Family, rewards: RewardScheme, seed: u64) -> TextQuest {
    let mut world = world(family, rewards);
    world.reset(TaskSeed::literal(seed)).expect("the family has such games");
    world
}

fn stream(seed: u64) -> Stream {
    Stream::new(StreamKey::new(seed, Purpose::named("quest test")))
}

/// Plays to the end; returns the rewards.
fn play(world: &mut TextQuest, mut turn: impl FnMut(&TextQuest) -> Vec<u32>) -> Vec<f64> {
    let mut rewards = Vec::new();
    while world.ending().is_none() {
        let turn = turn(world);
        rewards.push(world.step(&turn).expect("the episode is open").reward);
    }
    rewards
}

fn expert(world: &TextQuest) -> Vec<u32> {
    world.expert_turn().expect("the task can be achieved")
}

fn family() -> impl Strategy<Value = Family> {
    prop::sample::select(families())
}

const SCHEMES: [RewardScheme; 3] = [RewardScheme::Sparse, RewardScheme::Balanced, RewardScheme::Dense];

#[test]
fn all_families_conform() {
    for (index, family) in families().into_iter().enumerate() {
        let idle_commands = index % 2 == 0;
        let config = TextQuestConfig { family: family.clone(), idle_commands, ..TextQuestConfig::default() };
        let tasks = (0..4).map(TaskSeed::literal).collect();
        let options = Options { tasks, walks: 2, expert: ExpertPromise::FromTheStart, ..Options::default() };
        let met = demonstrator_conformance(&TextQuest::new(config).expect("known words"), &options);
        assert!(met.malformed > 0 && met.endings > 0, "{} {met:?}", family.label());
        assert_eq!(met.solved, options.tasks.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_expert_wins_in_exactly_the_steps_of_the_plan(family in family(), seed: u64) {
        let mut world = started(family, RewardScheme::Dense, seed);
        let rewards = play(&mut world, expert);
        prop_assert_eq!(world.ending(), Some(Ending::Terminated(Outcome::Success)));
        prop_assert_eq!(rewards.len(), world.plan_length());
    }

    #[test]
    fn intermediate_rewards_count_the_steps_of_the_plan(seed: u64) {
        let mut world = started(Family::default(), RewardScheme::Sparse, seed);
        prop_assert_eq!(world.winning_policy().expect("it can be won").len(), world.plan_length());
        let mut last = world.clone();
        while let Some(turn) = world.expert_turn() {
            world.step(&turn).expect("the episode is open");
            prop_assert_eq!(world.intermediate_reward(), 1);
            // A clone that has asked nothing so far says the same.
            last.step(&turn).expect("the episode is open");
            let fresh = last.clone();
            prop_assert_eq!(fresh.intermediate_reward(), 1);
        }
    }

    #[test]
    fn every_step_of_the_expert_is_paid_its_share(family in family(), seed: u64) {
        let mut world = started(family, RewardScheme::Dense, seed);
        let share = 1.0 / world.plan_length() as f64;
        for reward in play(&mut world, expert) {
            prop_assert_eq!(reward, share);
        }
    }

    #[test]
    fn rewards_of_a_won_episode_sum_to_one_and_of_others_to_less(
        family in family(), seed: u64, noise in prop::sample::select(vec![0.0, 0.2, 0.5, 1.0]),
    ) {
        for scheme in SCHEMES {
            let mut world = started(family.clone(), scheme, seed);
            let mut stream = stream(seed);
            let total: f64 = play(&mut world, |world| world.noisy_turn(noise, &mut stream)).iter().sum();
            if world.ending().is_some_and(Ending::is_success) {
                prop_assert!((total - 1.0).abs() < 1e-12, "{total}");
                prop_assert_eq!(world.steps_achieved(), world.plan_length());
            } else {
                prop_assert!((0.0..1.0).contains(&total), "{total}");
            }
        }
    }

    #[test]
    fn schemes_agree_on_everything_but_rewards(family in family(), seed: u64) {
        let trace = |scheme| {
            let mut world = started(family.clone(), scheme, seed);
            let mut stream = stream(seed);
            let mut seen = Vec::new();
            play(&mut world, |world| {
                let mut said = world.new_observation();
                world.observe(&mut said);
                seen.push((said, world.state_key()));
                world.noisy_turn(0.5, &mut stream)
            });
            (seen, world.ending())
        };
        prop_assert_eq!(trace(RewardScheme::Sparse), trace(RewardScheme::Dense));
        prop_assert_eq!(trace(RewardScheme::Sparse), trace(RewardScheme::Balanced));
    }
}

#[test]
fn undoing_and_redoing_a_step_pays_once() {
    let mut world = started(Family::default(), RewardScheme::Dense, 3);
    let mut say = |text: &str| {
        let mut turn = world.vocabulary().encode(text).expect("known words");
        turn.push(Vocabulary::END);
        world.step(&turn).expect("the episode is open").reward
    };
    assert_eq!(say("open crystal door"), 0.25);
    assert_eq!(say("close crystal door"), 0.0);
    assert_eq!(say("open crystal door"), 0.0);
    assert_eq!(say("go east"), 0.25);
    assert_eq!(say("go west"), 0.0);
    assert_eq!(say("go east"), 0.0);
    assert_eq!(say("take spoon"), 0.25);
}

#[test]
fn chance_hardly_ever_solves_a_quest_of_eight_steps() {
    let family = Family::Quest(SizedQuest { rooms: 4, objects: 6, steps: 8 });
    let mut stream = stream(0);
    let solved = (0..200).filter(|seed| {
        let mut world = started(family.clone(), RewardScheme::Sparse, *seed);
        play(&mut world, |world| world.random_turn(&mut stream));
        world.ending().is_some_and(Ending::is_success)
    });
    assert!(solved.count() < 10);
}

#[test]
fn all_sizes_of_a_family_share_their_words() {
    let words = |family| world(family, RewardScheme::Sparse).vocabulary().clone();
    let small = words(Family::default());
    assert_eq!(small, words(Family::Quest(SizedQuest { rooms: 8, objects: 12, steps: 4 })));
    let config = |family| TextQuestConfig { family, words: Words::All, ..TextQuestConfig::default() };
    let all = |family| TextQuest::new(config(family)).expect("known words").vocabulary().clone();
    let coin = all(Family::CoinCollector(CoinCollector::default()));
    assert_eq!(coin, all(Family::House(House::default())));
    assert!(coin.len() > words(Family::CoinCollector(CoinCollector::default())).len());
}

#[test]
fn turns_that_are_not_possible_are_answered() {
    let mut world = started(Family::default(), RewardScheme::Dense, 3);
    let cases = [
        ("insert golden teapot into dusty crate", Some(TurnFault::Refused), "nothing happens ."),
        ("unlock door with key", Some(TurnFault::Refused), "nothing happens ."),
        ("prepare meal", Some(TurnFault::Refused), "nothing happens ."),
        ("take", Some(TurnFault::Malformed), "not understood ."),
        ("kitchen", Some(TurnFault::Malformed), "not understood ."),
        ("take old old lamp", Some(TurnFault::Malformed), "not understood ."),
        ("look", None, ""),
    ];
    for (text, fault, answer) in cases {
        let mut turn = world.vocabulary().encode(text).expect("known words");
        turn.push(Vocabulary::END);
        let before = world.state_key();
        let outcome = world.step(&turn).expect("the episode is open");
        assert_eq!((outcome.reward, world.fault()), (0.0, fault), "{text}");
        assert_eq!(world.state_key(), before);
        let mut said = world.new_observation();
        world.observe(&mut said);
        assert!(world.text(&said).starts_with(answer), "{text}: {}", world.text(&said));
    }
    let unfinished = world.vocabulary().encode("look").expect("known words");
    world.step(&unfinished).expect("the episode is open");
    assert_eq!(world.fault(), Some(TurnFault::Malformed), "no end");
    assert_eq!(world.elapsed(), 8);
}

#[test]
fn configurations_are_read_by_name_and_unknown_keys_are_errors() {
    let text = r#"{ "family": { "kind": "quest", "rooms": 4, "objects": 6, "steps": 8 }, "rewards": "dense", "prompt": "walkthrough" }"#;
    let config: TextQuestConfig = serde_json::from_str(text).expect("a configuration");
    assert_eq!((config.family.label().as_str(), config.rewards), ("w4-o6-q8", RewardScheme::Dense));
    let again: TextQuestConfig =
        serde_json::from_str(&serde_json::to_string(&config).expect("can be written")).expect("and read");
    assert_eq!(again, config);
    for wrong in [r#"{ "reward": "dense" }"#, r#"{ "family": { "kind": "quest", "room": 4 } }"#] {
        let error = serde_json::from_str::<TextQuestConfig>(wrong).expect_err("no such key").to_string();
        assert!(error.contains("unknown field"), "{error}");
    }
}

#[test]
fn impossible_sizes_are_errors_of_the_reset() {
    let mut world = world(Family::Quest(SizedQuest { rooms: 1, objects: 1, steps: 9 }), RewardScheme::Sparse);
    let error = world.reset(TaskSeed::literal(0)).expect_err("no such quest").to_string();
    assert!(error.contains("w1-o1-q9") && error.contains("ask for fewer steps"), "{error}");
    assert_eq!(world.ending(), None);
    assert!(world.step(&vec![Vocabulary::END]).is_err());
}

#[test]
fn the_walkthrough_can_be_the_prompt() {
    let config = TextQuestConfig { prompt: Prompt::Walkthrough, ..TextQuestConfig::default() };
    let mut world = TextQuest::new(config).expect("known words");
    world.reset(TaskSeed::literal(3)).expect("the family has such games");
    let mut said = world.new_observation();
    world.observe(&mut said);
    let plan = "first open crystal door , then go east , then take spoon , then insert spoon into wardrobe .";
    assert!(world.text(&said).starts_with(plan), "{}", world.text(&said));
}

#[test]
fn a_noisy_expert_finds_back() {
    let family = Family::Quest(SizedQuest { rooms: 4, objects: 6, steps: 8 });
    let mut stream = stream(1);
    let config = TextQuestConfig { family, turns_per_step: 6.0, ..TextQuestConfig::default() };
    let mut world = TextQuest::new(config).expect("known words");
    let solved = (0..100).filter(|seed| {
        world.reset(TaskSeed::literal(*seed)).expect("the family has such games");
        play(&mut world, |world| world.noisy_turn(0.3, &mut stream));
        world.ending().is_some_and(Ending::is_success)
    });
    // Some noise cannot be put right: the food is eaten.
    assert!(solved.count() >= 90);
}
