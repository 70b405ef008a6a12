//! Known answers of the rooms: the oracle's distance and milestones against search and the general solver.

use std::collections::{BTreeMap, VecDeque};

use milepost_core::{Environment, Probe, TaskSeed};
use milepost_eval::exact::{StateGraph, discounted, finite};
use milepost_microworlds::worlds::{MilestoneRooms, MilestoneRoomsConfig, MilestoneRoomsState, RoomsProbe};
use milepost_microworlds::{Dynamics, Microworld};
use proptest::prelude::*;

use crate::exact::{close, legal, listed};

fn rooms(config: MilestoneRoomsConfig) -> MilestoneRooms {
    MilestoneRooms::new(config).expect("valid")
}

/// Every state that can be reached, by key, with the states before it.
fn reachable(world: &MilestoneRooms) -> BTreeMap<u64, (MilestoneRoomsState, Vec<MilestoneRoomsState>)> {
    let mut found = BTreeMap::from([(world.state_key(&world.start()), (world.start(), Vec::new()))]);
    let mut frontier = vec![world.start()];
    while let Some(state) = frontier.pop() {
        for outcome in legal(world, &state).into_iter().flat_map(|action| listed(world, &state, action)) {
            let entry = found.entry(world.state_key(&outcome.next)).or_insert_with(|| {
                if outcome.ending.is_none() {
                    frontier.push(outcome.next);
                }
                (outcome.next, Vec::new())
            });
            entry.1.push(state);
        }
    }
    found
}

/// Fewest steps to success of every state, by breadth-first search backwards from success.
fn searched(world: &MilestoneRooms) -> BTreeMap<u64, (MilestoneRoomsState, u32)> {
    let graph = reachable(world);
    let ends = graph.values().filter(|(state, _)| world.milestones(state) == world.milestone_count());
    let mut queue: VecDeque<(MilestoneRoomsState, u32)> = ends.map(|(state, _)| (*state, 0)).collect();
    let mut known = BTreeMap::new();
    while let Some((state, steps)) = queue.pop_front() {
        let key = world.state_key(&state);
        if let std::collections::btree_map::Entry::Vacant(entry) = known.entry(key) {
            entry.insert((state, steps));
            queue.extend(graph[&key].1.iter().map(|before| (*before, steps + 1)));
        }
    }
    assert_eq!(known.len(), graph.len(), "success can be reached from everywhere");
    known
}

/// Always one step nearer.
fn shortest(world: &MilestoneRooms) -> Vec<MilestoneRoomsState> {
    let mut path = vec![world.start()];
    while let left @ 1.. = world.remaining(&path[path.len() - 1]) {
        let here = path[path.len() - 1];
        let next = legal(world, &here).into_iter().map(|action| listed(world, &here, action)[0].next);
        path.extend(next.into_iter().find(|next| world.remaining(next) + 1 == left));
    }
    path
}

fn configs() -> impl Strategy<Value = MilestoneRoomsConfig> {
    (0..4u32, 0..5u32, any::<u64>()).prop_map(|(doors, more, layout)| MilestoneRoomsConfig {
        size: 2 * doors + 2 + more,
        doors,
        layout,
        ..Default::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_oracle_distance_is_breadth_first_search(config in configs()) {
        let world = rooms(config);
        for (state, steps) in searched(&world).values() {
            prop_assert_eq!(world.remaining(state), *steps, "{:?} of {:?}", state, world.floor());
        }
    }

    #[test]
    fn milestones_are_passed_one_by_one_on_the_shortest_way(config in configs()) {
        let world = rooms(config);
        let path = shortest(&world);
        let passed: Vec<u32> = path.iter().map(|state| world.milestones(state)).collect();
        prop_assert!(passed.windows(2).all(|pair| pair[1] == pair[0] || pair[1] == pair[0] + 1), "{:?}", passed);
        prop_assert_eq!((passed[0], passed[passed.len() - 1]), (0, world.milestone_count()));
        let potentials: Vec<f64> = path.iter().map(|state| world.potential(state)).collect();
        prop_assert!(potentials.is_sorted_by(|a, b| a < b));
        prop_assert_eq!((potentials[0], potentials[potentials.len() - 1]), (0.0, 1.0));
    }

    /// Only reaching the target can be undone, by walking away from it.
    #[test]
    fn no_step_undoes_more_than_reaching_the_target(config in configs()) {
        let world = rooms(config);
        for (state, before) in reachable(&world).values() {
            for from in before {
                let (now, then) = (world.milestones(state), world.milestones(from));
                let left = then + 1 == world.milestone_count() && now + 1 == then && state.at != from.at;
                prop_assert!(now >= then || left, "{:?} after {:?}", state, from);
                prop_assert!((0.0..=1.0).contains(&world.potential(state)));
            }
        }
    }
}

/// A step takes a geometric number of tries, so `V(s) = (γ(1−q) / (1−γq))^d* / γ`: the reward comes with step `d*`.
#[test]
fn the_best_value_is_a_power_of_the_oracle_distance() {
    let (slip, discount) = (0.25, 0.97);
    for doors in 0..3 {
        let world = rooms(MilestoneRoomsConfig { doors, slip, layout: 5, ..Default::default() });
        let mut environment = Microworld::new(world.clone());
        environment.reset(TaskSeed::literal(0)).expect("one start");
        let graph = StateGraph::enumerate(&environment, 1_000).expect("small");
        let values = discounted::optimal(graph.mdp(), discount).expect("solvable");
        let factor = discount * (1.0 - slip) / (1.0 - discount * slip);
        for (state, steps) in searched(&world).values().filter(|(_, steps)| *steps > 0) {
            let index = graph.index_of(world.state_key(state)).expect("reachable");
            let expected = factor.powi(*steps as i32) / discount;
            assert!((values.values()[index] - expected).abs() < 1e-10, "{doors} doors, {state:?}");
        }
    }
}

/// `P(Bin(H, 1−q) ≥ d*)` for the best policy, at a horizon of `d*` and a half more.
#[test]
fn success_within_the_horizon_is_a_binomial_tail() {
    let slip = 0.3_f64;
    for doors in 0..3 {
        let config = MilestoneRoomsConfig { size: 8, doors, slip, layout: 1, ..Default::default() };
        let whole = rooms(config.clone());
        let steps = whole.remaining(&whole.start());
        let horizon = steps * 3 / 2;
        let world = rooms(MilestoneRoomsConfig { horizon, ..config });
        let mut environment = Microworld::new(world.clone());
        environment.reset(TaskSeed::literal(0)).expect("one start");
        let graph = StateGraph::enumerate(&environment, 1_000).expect("small");
        let values = finite::optimal(graph.mdp(), graph.episode().expect("a horizon")).expect("solvable");
        let start = graph.index_of(world.state_key(&world.start())).expect("the start");
        // Probability of each number of steps that worked.
        let mut odds = vec![1.0];
        for _ in 0..horizon {
            let worked = odds.iter().map(|p| p * (1.0 - slip));
            let mut next: Vec<f64> = odds.iter().map(|p| p * slip).chain([0.0]).collect();
            next[1..].iter_mut().zip(worked).for_each(|(p, worked)| *p += worked);
            odds = next;
        }
        let tail: f64 = odds[steps as usize..].iter().sum();
        close(values.value(0, start), tail);
        assert!(tail > 0.1 && tail < 0.9, "{doors} doors: {tail} is neither sure nor hopeless");
    }
}

/// At one size, the mean of `d*(s₀)` over layouts 0 to 999 is 6.33, 16.48 and 25.04 with 2, 4 and 6 milestones
/// (measured; without doors the mean over all layouts is `2 · 2.625 · 64/63 + 1 = 6.33`).
#[test]
fn more_milestones_at_one_size_are_a_longer_way() {
    let mean = |doors| {
        let steps = (0..1000).map(|layout| {
            let world = rooms(MilestoneRoomsConfig { doors, layout, ..Default::default() });
            world.remaining(&world.start())
        });
        f64::from(steps.sum::<u32>()) / 1000.0
    };
    for (doors, expected) in [(0, 6.330), (1, 16.477), (2, 25.041)] {
        let found: f64 = mean(doors);
        assert!((found - expected).abs() < 1e-9, "{doors} doors: {found}");
    }
}

#[test]
fn probes_read_what_the_oracle_knows() {
    let world = rooms(MilestoneRoomsConfig { slip: 0.0, ..Default::default() });
    let mut environment = Microworld::new(world.clone());
    let mut probes = [RoomsProbe::Milestones, RoomsProbe::Remaining, RoomsProbe::Potential];
    let names: Vec<&str> = probes.iter().map(Probe::<Microworld<MilestoneRooms>>::name).collect();
    assert_eq!(names, ["milestones", "remaining", "potential"]);
    assert_eq!(probes.each_mut().map(|probe| probe.read(&environment)), [0.0; 3], "before the first reset");
    environment.reset(TaskSeed::literal(0)).expect("one start");
    for state in shortest(&world) {
        if state != world.start() {
            let here = *environment.state().expect("was reset");
            let action =
                (0..5).find(|action| listed(&world, &here, *action)[0].next == state).expect("a way");
            environment.step(&action).expect("running");
        }
        let expected = [
            f64::from(world.milestones(&state)),
            f64::from(world.remaining(&state)),
            world.potential(&state),
        ];
        assert_eq!(probes.each_mut().map(|probe| probe.read(&environment)), expected);
    }
    assert!(environment.ending().is_some_and(milepost_core::Ending::is_success));
}

#[test]
fn rooms_that_cannot_be_are_refused_by_name() {
    let error = |config| MilestoneRooms::new(config).expect_err("out of range").to_string();
    let base = MilestoneRoomsConfig::default;
    assert_eq!(
        error(MilestoneRoomsConfig { doors: 4, ..base() }),
        "milestone-rooms: `size` is 8, but must be from 10 to 64"
    );
    assert!(error(MilestoneRoomsConfig { doors: 32, ..base() }).contains("`doors` is 32"));
    assert!(error(MilestoneRoomsConfig { slip: 1.0, ..base() }).contains("`slip` is 1"));
    assert!(error(MilestoneRoomsConfig { slip: f64::NAN, ..base() }).contains("`slip` is NaN"));
    assert!(error(MilestoneRoomsConfig { horizon: 0, ..base() }).contains("`horizon` is 0"));
}
