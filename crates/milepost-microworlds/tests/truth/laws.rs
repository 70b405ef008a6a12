//! What holds for every world.

use std::cell::Cell;
use std::collections::BTreeMap;

use milepost_core::{Environment, TaskSeed};
use milepost_eval::exact::{StateGraph, TabularPolicy, finite};
use milepost_microworlds::worlds::{BifurcationConfig, ShortcutConfig};
use milepost_microworlds::{Dynamics, Microworld, Table, TaskConfig};
use milepost_testkit::environment::{self, KeyScope, Options, SeedEffect};

use crate::exact::{close, legal, listed, solve, solve_under};
use crate::instances;

fn each(check: impl Fn(&TaskConfig, &Table)) {
    for task in instances::all() {
        let world = task.build().unwrap_or_else(|error| panic!("{}: {error}", task.label()));
        check(&task, &world);
    }
}

/// Whether chance has a say in every episode, whatever is done.
fn is_always_random(world: &Table) -> bool {
    fn from(world: &Table, state: u32, known: &mut BTreeMap<u32, bool>) -> bool {
        if let Some(answer) = known.get(&state) {
            return *answer;
        }
        // Going round in a circle leaves nothing to chance.
        known.insert(state, false);
        let mut random = !world.is_end(state);
        for action in legal(world, &state) {
            let row = world.row(state, action);
            random &= row.len() > 1 || from(world, row[0].next, known);
        }
        known.insert(state, random);
        random
    }
    let starts = world.starts();
    let known = &mut BTreeMap::new();
    starts.len() > 1 || world.distractor_bits() > 0 || from(world, starts[0].1, known)
}

#[test]
fn every_world_conforms_as_an_environment() {
    each(|_, world| {
        let seeds = if is_always_random(world) { SeedEffect::Varies } else { SeedEffect::None };
        // Distractor bits are seen, but are no part of the state.
        let keys = if world.distractor_bits() > 0 { KeyScope::Dynamics } else { KeyScope::Observation };
        let options = Options { seeds, keys, ..Options::default() };
        let coverage = environment::enumerable_conformance(&Microworld::new(world.clone()), &options);
        assert_eq!(coverage.endings, coverage.episodes, "{}: an episode did not end", world.name());
    });
}

/// A policy can only depend on what it sees. In the two worlds the behaviour knows what the log hides: that is
/// their point.
#[test]
fn the_reference_policy_depends_on_the_observation_alone() {
    each(|task, world| {
        if matches!(task, TaskConfig::TwoWorlds(_)) {
            return;
        }
        let mut known = BTreeMap::new();
        for state in (0..world.states() as u32).filter(|state| !world.is_end(*state)) {
            let mut policy = vec![0.0; world.actions()];
            world.reference_policy(&state, &mut policy);
            let first = known.entry(world.observation_key(&state)).or_insert_with(|| policy.clone());
            assert_eq!(policy, *first, "{}", task.label());
        }
    });
}

#[test]
fn looking_the_same_and_having_the_same_observation_key_are_one() {
    each(|task, world| {
        let mut seen = BTreeMap::new();
        for state in 0..world.states() as u32 {
            let mut features = vec![0.0; world.features()];
            world.observe(&state, &mut features);
            let bits: Vec<u32> = features.iter().map(|feature| feature.to_bits()).collect();
            let key = world.observation_key(&state);
            assert_eq!(*seen.entry(bits).or_insert(key), key, "{}: {features:?}", task.label());
        }
    });
}

/// `Var(R) = Var(V_0) + Σ E[A_t²] + Σ E[L_t²]`, and `Σ_a π A = 0`.
#[test]
fn return_variance_is_start_plus_skill_plus_luck() {
    each(|_, world| {
        let exact = solve(world);
        let steps = 0..world.horizon();
        let parts: f64 = steps.map(|step| exact.skill(step) + exact.luck(step)).sum();
        let variance = exact.return_variance();
        let found = exact.start_variance() + parts;
        assert!(
            (found - variance).abs() <= 1e-9 * variance.max(1.0),
            "{}: {found}, {variance}",
            world.name()
        );
        for node in exact.layers.iter().take(world.horizon() as usize).flat_map(|layer| layer.values()) {
            let total: f64 = legal(world, &node.state)
                .iter()
                .map(|action| node.policy[*action as usize] * node.advantage(*action))
                .sum();
            assert!(total.abs() < 1e-9, "{}: {total}", world.name());
        }
    });
}

/// The solver of milepost-eval, from each start, gives the same values and advantages.
#[test]
fn the_general_solver_agrees() {
    each(|task, world| {
        let exact = solve(world);
        let prototype = Microworld::new(world.clone());
        let mut seeds = 0;
        for (_, start) in world.starts() {
            let mut environment = prototype.clone();
            while environment.state() != Some(&start) {
                environment.reset(TaskSeed::literal(seeds)).expect("a start is listed");
                seeds += 1;
                assert!(seeds < 20_000, "{}: start {start} never comes up", task.label());
            }
            let graph = StateGraph::enumerate(&environment, Table::CAP).expect("within the cap");
            let mut rows = Vec::new();
            for state in graph.states() {
                let mut row = vec![0.0; world.actions()];
                world.reference_policy(state.state().expect("was reset"), &mut row);
                rows.extend(row);
            }
            let policy = TabularPolicy::new(graph.mdp(), rows).expect("a distribution");
            let episode = graph.episode().expect("has a horizon");
            let values = finite::evaluate(graph.mdp(), &policy, episode).expect("solvable");
            // Only what this start can reach is in the graph.
            for (step, layer) in exact.layers.iter().enumerate().take(world.horizon() as usize) {
                for (key, node) in layer {
                    let Ok(index) = graph.index_of(*key) else { continue };
                    close(values.value(step as u32, index), node.value);
                    for action in legal(world, &node.state) {
                        close(values.advantage(step as u32, index, action as usize), node.advantage(action));
                    }
                }
            }
        }
    });
}

/// All action sequences and outcomes, one after the other, give the value that induction gives.
#[test]
fn induction_is_brute_force_enumeration_on_short_horizons() {
    fn brute(world: &Table, state: u32, left: u32) -> f64 {
        let mut policy = vec![0.0; world.actions()];
        world.reference_policy(&state, &mut policy);
        let worth = |action: &u32| {
            let outcomes = listed(world, &state, *action).into_iter();
            let worth = outcomes.map(|outcome| {
                let goes_on = outcome.ending.is_none() && left > 1;
                let future = if goes_on { brute(world, outcome.next, left - 1) } else { 0.0 };
                outcome.probability * (outcome.reward + future)
            });
            policy[*action as usize] * worth.sum::<f64>()
        };
        legal(world, &state).iter().map(worth).sum()
    }
    let checked = Cell::new(0);
    each(|_, world| {
        let widest = (0..world.states() as u32)
            .map(|state| {
                (0..world.actions() as u32).map(|action| world.row(state, action).len()).sum::<usize>()
            })
            .max();
        let paths = (widest.unwrap_or(0) as f64).powi(world.horizon() as i32);
        if world.horizon() <= 6 && paths <= 1e6 {
            let starts = world.starts().into_iter();
            let found: f64 = starts.map(|(p, start)| p * brute(world, start, world.horizon())).sum();
            close(found, solve(world).mean_return());
            checked.set(checked.get() + 1);
        }
    });
    assert!(checked.get() >= 15, "only {} worlds are small enough", checked.get());
}

/// Compiling keeps the law: the compiled world compiled again is the same.
#[test]
fn compiling_a_compiled_world_changes_nothing() {
    each(|task, world| {
        let again = Table::compile(world, Table::CAP).expect("the same size");
        assert_eq!(again.states(), world.states(), "{}", task.label());
        close(solve(&again).mean_return(), solve(world).mean_return());
        for step in 0..world.horizon() {
            assert_eq!(again.turn_of(step), world.turn_of(step), "{}", task.label());
        }
        assert!(world.endings().all(|ending| !ending.bootstraps()));
    });
}

/// Actions that make success likelier succeed in a superset of the luck: the coupling that shared noise needs.
#[test]
fn shared_luck_is_monotone_in_the_odds_of_success() {
    let world = TaskConfig::Bifurcation(BifurcationConfig::default()).build().expect("defaults are valid");
    let prototype = Microworld::new(world);
    let (mut better, mut worse) = (0, 0);
    for seed in 0..200 {
        let result = |choice: u32| {
            let mut environment = prototype.clone();
            environment.reset(TaskSeed::literal(seed)).expect("resets");
            (0..8).map(|_| environment.step(&choice).expect("legal").reward).sum::<f64>()
        };
        let (good, bad) = (result(0), result(1));
        assert!(good >= bad, "seed {seed}: the good decision lost with luck that the bad one won with");
        better += i32::from(good > bad);
        worse += i32::from(good == 0.0);
    }
    // 0.8 − 0.2 and 0.2 of 200; five standard deviations are 35 and 29.
    assert!((85..=155).contains(&better) && (11..=69).contains(&worse), "{better}, {worse}");
}

#[test]
fn the_uniform_policy_is_the_reference_where_no_other_is_named() {
    let world = TaskConfig::Shortcut(ShortcutConfig::default()).build().expect("defaults are valid");
    let uniform = solve_under(&world, |state, into| {
        milepost_microworlds::uniform_over_legal(&world, state, into);
    });
    close(uniform.mean_return(), solve(&world).mean_return());
}
