//! Known answers of box pushing.

use milepost_core::{Environment, TaskSeed};
use milepost_eval::exact::{StateGraph, finite};
use milepost_microworlds::worlds::{BoxPushing, BoxPushingConfig, BoxPushingState};
use milepost_microworlds::{Dynamics, Microworld};

use crate::exact::listed;

fn worlds() -> Vec<BoxPushing> {
    let two = BoxPushingConfig { boxes: 2, levels: 2, seed: 5, ..BoxPushingConfig::default() };
    [BoxPushingConfig::default(), two].map(|config| BoxPushing::new(config).expect("solvable")).to_vec()
}

/// With exactly the steps that the solver counts the task can be done, with one fewer it cannot: backward induction of the
/// general solver says so in every state, and agrees on which states are lost.
#[test]
fn distances_are_those_of_the_general_solver() {
    for world in worlds() {
        for (_, start) in world.starts() {
            let mut environment = Microworld::new(world.clone());
            let mut seed = 0;
            while environment.state() != Some(&start) {
                environment.reset(TaskSeed::literal(seed)).expect("a level");
                seed += 1;
            }
            let graph = StateGraph::enumerate(&environment, 100_000).expect("small");
            let values =
                finite::optimal(graph.mdp(), graph.episode().expect("has a horizon")).expect("solvable");
            let horizon = world.horizon();
            let (mut lost, mut near) = (0, 0);
            for (index, state) in graph.states().iter().enumerate() {
                let steps = world.steps_to_go(state.state().expect("was reset"));
                lost += usize::from(steps.is_none());
                for left in 1..=horizon {
                    let solvable = values.value(horizon - left, index) == 1.0;
                    assert_eq!(solvable, steps.is_some_and(|steps| steps <= left), "{steps:?} of {left}");
                    near += usize::from(solvable);
                }
            }
            assert!(lost > 0 && near > 0, "{lost} states are lost");
        }
    }
}

#[test]
fn every_level_is_solved_by_its_solution_and_takes_as_long_as_asked() {
    for world in worlds() {
        for (_, start) in world.starts() {
            let solution = world.solution(&start).expect("levels can be solved");
            assert!((4..=15).contains(&solution.len()), "{} steps", solution.len());
            let (mut state, mut paid) = (start, 0.0);
            for (t, action) in solution.iter().enumerate() {
                let outcome = listed(&world, &state, *action)[0];
                assert_eq!(outcome.ending.is_some(), t + 1 == solution.len());
                (state, paid) = (outcome.next, paid + outcome.reward);
            }
            assert_eq!((paid, world.steps_to_go(&state)), (1.0, Some(0)));
        }
    }
}

/// In a room without walls inside, a box in a corner that is no target never leaves it.
#[test]
fn a_box_in_a_corner_is_lost() {
    let config = BoxPushingConfig { walls: 0, ..BoxPushingConfig::default() };
    let world = BoxPushing::new(config).expect("solvable");
    let corners = [7, 10, 25, 28];
    let mut cornered = 0;
    for (_, start) in world.starts() {
        for corner in corners {
            let state = BoxPushingState { boxes: [corner, corner], agent: 14, ..start };
            let mut plane = vec![0.0; world.features()];
            world.observe(&state, &mut plane);
            let is_target = plane[36 + usize::from(corner)] == 1.0;
            if !is_target {
                assert_eq!(world.steps_to_go(&state), None);
                cornered += 1;
            }
        }
    }
    assert!(cornered >= 12, "{cornered}");
}

/// Boxes are pushed, not pulled, one at a time, and not into walls.
#[test]
fn a_box_moves_only_when_pushed_into_a_free_cell() {
    let world = worlds().remove(1);
    let start = world.starts()[0].1;
    let step = |state: &BoxPushingState, action: u32| listed(&world, state, action)[0].next;
    let mut seen = vec![start];
    let mut number = 0;
    let mut pushes = 0;
    while number < seen.len() && seen.len() < 3000 {
        for action in 0..4 {
            let (before, after) = (seen[number], step(&seen[number], action));
            if world.steps_to_go(&before) == Some(0) {
                continue;
            }
            let moved = before.boxes.iter().filter(|cell| !after.boxes.contains(cell)).count();
            assert!(moved <= 1 && after.boxes[0] < after.boxes[1] && !after.boxes.contains(&after.agent));
            if moved == 1 {
                assert!(before.boxes.contains(&after.agent), "the agent stands where the box was");
                pushes += 1;
            }
            if !seen.contains(&after) {
                seen.push(after);
            }
        }
        number += 1;
    }
    assert!(pushes > 10, "{pushes}");
}

#[test]
fn parameters_without_a_level_are_refused() {
    let refusal = |config: BoxPushingConfig| BoxPushing::new(config).expect_err("impossible").to_string();
    let base = BoxPushingConfig::default;
    assert!(refusal(BoxPushingConfig { boxes: 3, ..base() }).contains("from 1 to 2"));
    assert!(refusal(BoxPushingConfig { size: 4, ..base() }).contains("from 5 to 10"));
    assert!(refusal(BoxPushingConfig { least_steps: 16, ..base() }).contains("from 1 to 15"));
    assert!(refusal(BoxPushingConfig { walls: 14, ..base() }).contains("from 0 to 13"));
}
