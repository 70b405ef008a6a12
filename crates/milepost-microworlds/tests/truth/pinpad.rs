//! Known answers of the pinpad.

use milepost_core::Outcome;
use milepost_microworlds::worlds::{Pinpad, PinpadConfig, PinpadState};
use milepost_microworlds::{Dynamics, Transition};

use crate::exact::{listed, solve};

fn next(world: &Pinpad, state: &PinpadState, action: u32) -> Transition<PinpadState> {
    listed(world, state, action)[0]
}

/// The best policy that sees the progress needs exactly the steps of the breadth-first search: with one step less there is no
/// success, with exactly as many there is.
#[test]
fn the_shortest_way_is_what_induction_finds() {
    let base = PinpadConfig { layouts: 1, sequence: vec![0, 1, 2], ..PinpadConfig::default() };
    for seed in 0..4 {
        let world = Pinpad::new(PinpadConfig { seed, ..base.clone() }).expect("solvable");
        let steps = world.shortest(0).expect("kept layouts can be completed");
        let mut reached = vec![world.starts()[0].1];
        let mut successes = Vec::new();
        for step in 1..=steps {
            let mut later: Vec<PinpadState> = Vec::new();
            for transition in
                reached.iter().flat_map(|state| (0..4).map(|action| next(&world, state, action)))
            {
                match transition.ending {
                    Some(ending) if ending.is_success() => successes.push(step),
                    None if !later.contains(&transition.next) => later.push(transition.next),
                    _ => {}
                }
            }
            reached = later;
        }
        assert!(!successes.is_empty() && successes.iter().all(|step| *step == steps), "seed {seed}");
    }
}

/// Walking into a wall or the border never counts as entering; a wrong colour ends the episode with nothing.
#[test]
fn only_entering_a_colour_counts_and_a_wrong_one_is_the_end() {
    let world = Pinpad::new(PinpadConfig { sequence: vec![3], ..PinpadConfig::default() }).expect("solvable");
    let (mut failures, mut successes, mut stays) = (0, 0, 0);
    let mut known = vec![world.starts()[0].1];
    let mut number = 0;
    while number < known.len() {
        for action in 0..4 {
            let transition = next(&world, &known[number], action);
            match transition.ending {
                None => {
                    stays += usize::from(transition.next == known[number]);
                    assert_eq!((transition.reward, transition.next.done), (0.0, 0));
                    if !known.contains(&transition.next) {
                        known.push(transition.next);
                    }
                }
                Some(ending) if ending.is_success() => {
                    assert_eq!(transition.reward, 1.0);
                    successes += 1;
                }
                Some(ending) => {
                    assert_eq!(ending, milepost_core::Ending::Terminated(Outcome::Failure));
                    assert_eq!(transition.reward, 0.0);
                    failures += 1;
                }
            }
        }
        number += 1;
    }
    assert!(failures > 4 && successes > 0 && stays > 0, "{failures} {successes} {stays}");
}

/// A colour just completed may be entered again, the one before it may not.
#[test]
fn coming_back_to_the_colour_just_completed_changes_nothing() {
    let config =
        PinpadConfig { colors: 2, walls: 0, sequence: vec![0, 1], layouts: 1, ..PinpadConfig::default() };
    let world = Pinpad::new(config).expect("solvable");
    // Every cell next to pad 0, after it was completed: stepping on it again goes on.
    let mut entered = 0;
    for cell in 0..36 {
        for action in 0..4 {
            let fresh = PinpadState { cell, ..world.starts()[0].1 };
            let first = next(&world, &fresh, action);
            if first.next.done == 1 {
                let again = next(&world, &PinpadState { done: 1, ..fresh }, action);
                assert_eq!((again.next.done, again.ending), (1, None));
                entered += 1;
            }
        }
    }
    assert!(entered >= 2, "a pad can be entered from two sides at least");
}

/// Features are `size² (walls + colors + 1)`: 396 by default, 637 as published.
#[test]
fn observations_have_the_published_size_and_hide_the_progress() {
    let (default, published) = (PinpadConfig::default(), PinpadConfig::published());
    assert_eq!(Pinpad::new(default).expect("solvable").features(), 396);
    let world = Pinpad::new(PinpadConfig { layouts: 1, ..published }).expect("solvable");
    assert_eq!(world.features(), 637);
    let start = world.starts()[0].1;
    let later = PinpadState { done: 3, ..start };
    assert_eq!(world.observation_key(&start), world.observation_key(&later));
    assert_ne!(world.state_key(&start), world.state_key(&later));
    let mut seen = vec![0.0; world.features()];
    world.observe(&start, &mut seen);
    assert_eq!(seen.iter().sum::<f32>(), 13.0, "four walls, eight colours, the agent");
}

/// Acting at random completes the default sequence of eight colours less than once in a thousand episodes.
#[test]
fn random_actions_hardly_ever_complete_the_sequence() {
    let rate = solve(&Pinpad::new(PinpadConfig::default()).expect("solvable")).mean_return();
    assert!(rate > 0.0 && rate < 1e-3, "{rate}");
}

#[test]
fn parameters_without_a_layout_are_refused() {
    let refusal = |config: PinpadConfig| Pinpad::new(config).expect_err("impossible").to_string();
    let base = PinpadConfig::default;
    assert!(refusal(PinpadConfig { sequence: vec![8], ..base() }).contains("from 0 to 7"));
    assert!(refusal(PinpadConfig { sequence: vec![], ..base() }).contains("sequence"));
    assert!(refusal(PinpadConfig { sequence: vec![1, 1], ..base() }).contains("twice in a row"));
    assert!(refusal(PinpadConfig { horizon: 3, ..base() }).contains("in time"));
    assert!(refusal(PinpadConfig { size: 3, ..base() }).contains("walls"));
}
