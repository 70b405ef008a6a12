//! Known answers of the textbooks' gridworlds.

use milepost_core::{Environment, TaskSeed};
use milepost_eval::exact::{StateGraph, discounted, finite};
use milepost_microworlds::worlds::{Grid, GridConfig, GridMap};
use milepost_microworlds::{Dynamics, Microworld};

use crate::exact::{close, solve};

fn grid(map: GridMap) -> GridConfig {
    GridConfig { map, ..GridConfig::default() }
}

fn graph(config: GridConfig) -> (Grid, StateGraph<Microworld<Grid>>) {
    let world = Grid::new(config).expect("valid");
    let mut environment = Microworld::new(world.clone());
    environment.reset(TaskSeed::literal(0)).expect("a start");
    let graph = StateGraph::enumerate(&environment, 10_000).expect("small");
    (world, graph)
}

/// The best value of each of these cells, undiscounted, with `horizon` steps to go.
fn best(config: GridConfig, horizon: u32, cells: &[(u32, u32)]) -> Vec<f64> {
    let (world, graph) = graph(GridConfig { horizon: Some(horizon), ..config });
    let values = finite::optimal(graph.mdp(), graph.episode().expect("has a horizon")).expect("solvable");
    let index = |(row, column)| graph.index_of(u64::from(world.cell(row, column))).expect("reachable");
    cells.iter().map(|cell| values.value(0, index(*cell))).collect()
}

/// Figure 17.3 of *Artificial Intelligence: A Modern Approach*, to the printed three digits.
#[test]
fn the_four_by_three_world_has_its_printed_utilities() {
    let printed = [
        ((0, 0), 0.812),
        ((0, 1), 0.868),
        ((0, 2), 0.918),
        ((1, 0), 0.762),
        ((1, 2), 0.660),
        ((2, 0), 0.705),
        ((2, 1), 0.655),
        ((2, 2), 0.611),
        ((2, 3), 0.388),
    ];
    let cells: Vec<(u32, u32)> = printed.iter().map(|(cell, _)| *cell).collect();
    let found = best(grid(GridMap::RussellNorvig), 1000, &cells);
    for ((cell, value), found) in printed.into_iter().zip(found) {
        // The book prints utilities of states, which differ from ours by nothing but rounding.
        assert!((found - value).abs() < 6e-4, "{cell:?}: {found}, printed {value}");
    }
}

/// Without a discount the best policy on the slippery 4 by 4 lake succeeds with probability 14/17; with γ = 0.99 its value is
/// 0.5420 and that of the 8 by 8 lake 0.4146 (widely published results of value iteration).
#[test]
fn frozen_lakes_are_worth_what_value_iteration_finds() {
    close(best(grid(GridMap::FrozenLake4), 5000, &[(0, 0)])[0], 14.0 / 17.0);
    for (map, value) in [(GridMap::FrozenLake4, 0.5420), (GridMap::FrozenLake8, 0.4146)] {
        let (_, graph) = graph(grid(map));
        let found = discounted::optimal(graph.mdp(), 0.99).expect("solvable").values()[0];
        assert!((found - value).abs() < 5e-5, "{found}");
    }
}

/// The edge of the cliff: thirteen steps.
#[test]
fn the_best_way_along_the_cliff_costs_thirteen() {
    close(best(grid(GridMap::CliffWalking), 100, &[(3, 0)])[0], -13.0);
    let world = Grid::new(grid(GridMap::CliffWalking)).expect("valid");
    let mut fall = Vec::new();
    world.outcomes(&world.cell(3, 0), Grid::RIGHT, &mut fall);
    assert_eq!(
        (fall.len(), fall[0].reward, fall[0].next, fall[0].ending),
        (1, -100.0, world.cell(3, 0), None)
    );
}

/// Figure 4.1 of *Reinforcement Learning*: the uniform policy's values, exact integers.
#[test]
fn the_uniform_policy_on_the_four_by_four_gridworld_has_its_printed_values() {
    let config = GridConfig { horizon: Some(1000), ..grid(GridMap::SuttonBarto) };
    let world = Grid::new(config).expect("valid");
    let exact = solve(&world);
    let printed = [[0, -14, -20, -22], [-14, -18, -20, -20], [-20, -20, -18, -14], [-22, -20, -14, 0]];
    for (row, values) in (0..).zip(printed) {
        for (column, value) in (0..).zip(values).filter(|(_, value)| *value != 0) {
            close(exact.node(0, &world.cell(row, column)).value, f64::from(value));
        }
    }
}

/// By hand: the moves from each start to the nearest goal, around the obstacles.
#[test]
fn the_attribution_grids_are_worth_their_distances() {
    // Every step but the last costs 0.1, the last pays 1.
    let after = |moves: i32| 1.0 - 0.1 * f64::from(moves - 1);
    let found = best(grid(GridMap::Attribution7), 30, &[(2, 4), (2, 0), (6, 2)]);
    close(found[0], after(4));
    close(found[1], after(8));
    close(found[2], after(6));
    let found = best(grid(GridMap::Attribution11), 30, &[(2, 0), (6, 2)]);
    close(found[0], after(2));
    close(found[1], after(6));
}

#[test]
fn slips_go_to_the_sides_and_the_same_cell_is_listed_once() {
    let map = GridMap::Rows(vec!["S.".into(), ".G".into()]);
    let world = Grid::new(GridConfig { slip: Some(0.2), ..grid(map) }).expect("valid");
    let mut outcomes = Vec::new();
    world.outcomes(&0, Grid::LEFT, &mut outcomes);
    let mut listed: Vec<(u32, f64)> =
        outcomes.iter().map(|outcome| (outcome.next, outcome.probability)).collect();
    listed.sort_by_key(|(cell, _)| *cell);
    // Left and up both stay.
    assert_eq!(listed.len(), 2);
    close(listed[0].1, 0.9);
    close(listed[1].1, 0.1);
    outcomes.clear();
    world.outcomes(&1, Grid::DOWN, &mut outcomes);
    assert_eq!((outcomes[0].next, outcomes[0].ending.is_some()), (3, true), "success is listed first");
}

#[test]
fn maps_that_cannot_be_walked_are_refused() {
    let refusal = |rows: &[&str]| {
        let map = GridMap::Rows(rows.iter().map(|row| (*row).to_owned()).collect());
        Grid::new(grid(map)).expect_err("no map").to_string()
    };
    assert!(refusal(&["S.", "G"]).contains("rows of one length"));
    assert!(refusal(&["..", ".G"]).contains("a start"));
    assert!(refusal(&["S?"]).contains("`map` is ?"));
    assert!(refusal(&[]).contains("rows of one length"));
}
