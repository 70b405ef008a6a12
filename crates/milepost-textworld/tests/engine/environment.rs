//! The games as environments.

use crate::recorded;
use std::io::Read;
use std::sync::Arc;

use milepost_core::{Budget, Ending, EnvError, Environment, TaskSeed};
use milepost_testkit::environment::{KeyScope, Options, SeedEffect, conformance};
use milepost_textworld::engine::{CommandGame, GameAction, Reply, TextGame, World};
use milepost_textworld::game::Game;

fn worlds() -> Vec<Arc<World>> {
    recorded::worlds().into_values().filter(|world| world.game().facts.len() < 80).collect()
}

#[test]
fn numbered_games_keep_the_laws_of_environments() {
    let mut endings = 0;
    for world in worlds() {
        let options = Options {
            tasks: (0..2).map(|index| TaskSeed::train(0, index)).collect(),
            max_steps: 60,
            seeds: SeedEffect::None,
            keys: KeyScope::Observation,
            ..Options::default()
        };
        endings += conformance(&CommandGame::new(world).with_max_steps(40), &options).endings;
    }
    assert!(endings > 0, "no walk ever ended");
}

#[test]
fn a_pool_draws_all_of_its_games() {
    let worlds = worlds();
    let mut pool = TextGame::pool(worlds.clone()).expect("there are games");
    let mut met = vec![false; worlds.len()];
    for index in 0..400 {
        pool.reset(TaskSeed::train(0, index)).expect("resets");
        let world = pool.session().expect("it was reset").world();
        met[worlds.iter().position(|known| Arc::ptr_eq(known, world)).expect("a game of the pool")] = true;
    }
    assert!(met.iter().all(|met| *met));
    assert!(TextGame::pool([]).is_none());
}

#[test]
fn texts_that_are_not_understood_are_counted_and_cost_a_step() {
    let mut game = TextGame::new(worlds().remove(0)).with_max_steps(3);
    let text = |text: &str| GameAction::Text(text.to_owned());
    assert!(matches!(game.step(&text("look")), Err(EnvError::NotReset { .. })));
    game.reset(TaskSeed::literal(0)).expect("resets");
    let key = game.state_key();
    assert_eq!(game.step(&text("xyzzy")).expect("a fault is no error").reward, 0.0);
    assert_eq!((game.reply(), game.not_done(), game.elapsed()), (Some(Reply::Invalid), 1, 1));
    assert_eq!(game.state_key(), key);
    game.step(&text(" look ")).expect("runs");
    assert!(matches!(game.reply(), Some(Reply::Done(_))));
    let outcome = game.step(&GameAction::Admissible(0)).expect("there is always a command");
    assert_eq!(outcome.ending, Some(Ending::Truncated(Budget::Steps)));
    assert_eq!(game.not_done(), 1);
    assert!(matches!(game.step(&text("look")), Err(EnvError::StepAfterEnd { .. })));
}

#[test]
fn places_beyond_the_admissible_commands_are_refused() {
    let mut game = TextGame::new(worlds().remove(0));
    game.reset(TaskSeed::literal(0)).expect("resets");
    let mut observation = game.new_observation();
    game.observe(&mut observation);
    let count = observation.commands.len();
    let error = game.step(&GameAction::Admissible(count as u32)).expect_err("there are not so many");
    assert!(matches!(error, EnvError::ActionOutOfRange { count: named, .. } if named == count));
    assert_eq!(game.elapsed(), 0);
}

#[test]
fn rewards_add_up_to_the_score() {
    for world in worlds() {
        let mut game = TextGame::new(world);
        game.reset(TaskSeed::literal(0)).expect("resets");
        let mut total = 0.0;
        while game.ending().is_none() {
            let session = game.session().expect("it was reset");
            let Some(next) = session.policy().and_then(|policy| policy.first().cloned()) else { break };
            total += game.step(&GameAction::Text(next)).expect("runs").reward;
        }
        let session = game.session().expect("it was reset");
        assert_eq!(total, session.score() as f64);
        assert!(game.ending().is_none_or(Ending::is_success));
    }
}

/// Made by TextWorld 1.7.0: `tw-treasure_hunter`, level 10, seed 1234.
const TREASURE_HUNTER: &[u8] = include_bytes!("../../benches/data/treasure-hunter-10.json.gz");

#[test]
fn stepping_and_observing_do_not_allocate() {
    let mut json = String::new();
    flate2::read::GzDecoder::new(TREASURE_HUNTER).read_to_string(&mut json).expect("a committed file");
    let world = World::new(Game::from_json(&json).expect("a game of TextWorld")).expect("a sound game");
    let mut game = TextGame::new(Arc::new(world));
    let mut observation = game.new_observation();
    game.reset(TaskSeed::literal(0)).expect("resets");
    game.observe(&mut observation);
    let mut walk = |steps: u32| {
        for turn in 0..steps {
            if game.ending().is_some() {
                game.reset(TaskSeed::literal(0)).expect("resets");
            } else {
                let place = turn.wrapping_mul(2_654_435_761) % observation.commands.len() as u32;
                game.step(&GameAction::Admissible(place)).expect("admissible");
            }
            game.observe(&mut observation);
        }
    };
    // The list of steps that plans have not followed yet reaches its full size.
    walk(1000);
    assert_eq!(allocation_counter::measure(|| walk(1000)).count_total, 0);
}
