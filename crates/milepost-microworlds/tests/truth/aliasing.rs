//! Known answers of the worlds in which different states look the same.

use milepost_core::{Environment, TaskSeed};
use milepost_microworlds::worlds::{
    MemoryAlias, MemoryAliasConfig, MemoryAliasState, Sign, TwoWorlds, TwoWorldsConfig, TwoWorldsState,
};
use milepost_microworlds::{Dynamics, Microworld};

use crate::exact::{close, solve};

/// By hand, uniform policy: ±½ in each state of the last step, 0 on average over what looks the same, and nothing
/// before.
#[test]
fn the_decision_from_memory_cancels_over_what_looks_the_same() {
    let world = MemoryAlias::new(MemoryAliasConfig::default()).expect("valid");
    let exact = solve(&world);
    for step in 0..7 {
        close(exact.skill(step), 0.0);
    }
    let ends = [0, 1].map(|cue| MemoryAliasState { step: 7, cue });
    assert_eq!(world.observation_key(&ends[0]), world.observation_key(&ends[1]));
    for action in [0, 1] {
        let advantages = ends.map(|state| exact.advantage(7, &state, action));
        close(advantages[action as usize], 0.5);
        close(advantages[1 - action as usize], -0.5);
        let average: f64 = ends.iter().zip(advantages).map(|(s, a)| exact.node(7, s).visits * a).sum();
        close(average, 0.0);
    }
}

fn world(sign: Sign) -> TwoWorlds {
    TwoWorlds::new(TwoWorldsConfig { sign }).expect("valid")
}

/// `E[R₁ − R₀]` is +½ in one world and −½ in the other (derived by hand).
#[test]
fn the_effect_has_opposite_signs_in_the_two_worlds() {
    for (sign, effect) in [(Sign::Plus, 0.5), (Sign::Minus, -0.5)] {
        let exact = solve(&world(sign));
        let hidden = [0, 1].map(|hidden| TwoWorldsState { hidden, over: false });
        let found: f64 = hidden.iter().map(|s| exact.node(0, s)).map(|n| n.visits * (n.q[1] - n.q[0])).sum();
        close(found, effect);
    }
}

/// What is seen, done and paid under the behaviour is the same in both, seed by seed.
#[test]
fn the_logs_of_the_two_worlds_are_identical() {
    let log = |sign, seed| {
        let mut environment = Microworld::new(world(sign));
        environment.reset(TaskSeed::literal(seed)).expect("resets");
        let mut first = environment.new_observation();
        environment.observe(&mut first);
        let mut policy = [0.0; 2];
        environment.dynamics().reference_policy(environment.state().expect("was reset"), &mut policy);
        let action = u32::from(policy[1] == 1.0);
        let outcome = environment.step(&action).expect("legal");
        let mut last = environment.new_observation();
        environment.observe(&mut last);
        (first, action, outcome, last)
    };
    let plus: Vec<_> = (0..64).map(|seed| log(Sign::Plus, seed)).collect();
    let minus: Vec<_> = (0..64).map(|seed| log(Sign::Minus, seed)).collect();
    assert_eq!(plus, minus);
    assert!(plus.iter().any(|log| log.1 == 0) && plus.iter().any(|log| log.1 == 1));
    assert!(plus.iter().all(|log| log.2.reward == 1.0 && log.0 == plus[0].0));
}
