//! Frozen lakes against value iteration written from the description of gymnasium's `FrozenLake-v1` alone: its letters, its
//! action order, a third for the meant direction and each side of it, and its step limits of 100 and 200.
//! Gymnasium counts actions left, down, right, up; [`Grid`] left, up, right, down, which no best value depends on.

use milepost_core::{Environment, TaskSeed};
use milepost_eval::exact::{StateGraph, finite};
use milepost_microworlds::Microworld;
use milepost_microworlds::worlds::{Grid, GridConfig, GridMap};

use crate::exact::close;

const FOUR: &str = "SFFF FHFH FFFH HFFG";
const EIGHT: &str = "SFFFFFFF FFFFFFFF FFFHFFFF FFFFFHFF FFFHFFFF FHHFFFHF FHFFHFHF FFFHFFFG";

/// The best probability to reach `G` within `steps`, by cell.
fn value_iteration(map: &str, slippery: bool, steps: u32) -> Vec<f64> {
    let rows: Vec<&[u8]> = map.split(' ').map(str::as_bytes).collect();
    let n = rows.len();
    let walk = |row: usize, column: usize, direction: usize| match direction % 4 {
        0 => (row, column.saturating_sub(1)),
        1 => ((row + 1).min(n - 1), column),
        2 => (row, (column + 1).min(n - 1)),
        _ => (row.saturating_sub(1), column),
    };
    let mut values = vec![0.0; n * n];
    for _ in 0..steps {
        let worth = |(row, column): (usize, usize)| match rows[row][column] {
            b'G' => 1.0,
            b'H' => 0.0,
            _ => values[row * n + column],
        };
        let backup = |cell: usize| {
            let (row, column) = (cell / n, cell % n);
            let q = |action: usize| {
                let to = |direction| worth(walk(row, column, direction));
                if slippery { (to(action + 3) + to(action) + to(action + 1)) / 3.0 } else { to(action) }
            };
            if matches!(rows[row][column], b'G' | b'H') { 0.0 } else { (0..4).map(q).fold(0.0, f64::max) }
        };
        values = (0..n * n).map(backup).collect();
    }
    values
}

#[test]
fn lakes_within_their_step_limits_are_worth_what_value_iteration_finds_in_every_cell() {
    for (map, letters, limit) in [(GridMap::FrozenLake4, FOUR, 100), (GridMap::FrozenLake8, EIGHT, 200)] {
        for slippery in [true, false] {
            let slip = (!slippery).then_some(0.0);
            let config = GridConfig { map: map.clone(), slip, ..GridConfig::default() };
            let mut environment = Microworld::new(Grid::new(config).expect("valid"));
            environment.reset(TaskSeed::literal(0)).expect("a start");
            let graph = StateGraph::enumerate(&environment, 100).expect("small");
            let episode = graph.episode().expect("has a step limit");
            let values = finite::optimal(graph.mdp(), episode).expect("solvable");
            for left in [1, 6, 13, 14, limit] {
                for (cell, expected) in (0..).zip(value_iteration(letters, slippery, left)) {
                    // Walled in by holes, one cell of the larger lake cannot be reached; ends are worth nothing.
                    let Ok(index) = graph.index_of(cell) else { continue };
                    close(values.value(limit - left, index), expected);
                }
            }
        }
    }
}

/// Without slipping the goal is six and fourteen moves away; with it, success is 14/17 = 0.8235 in the long run of the
/// smaller lake. The two limited values are measured, by this file's own iteration.
#[test]
fn a_step_limit_costs_success_only_on_slippery_ice() {
    let start = |map, slippery, steps| value_iteration(map, slippery, steps)[0];
    for (map, moves) in [(FOUR, 6), (EIGHT, 14)] {
        close(start(map, false, moves - 1), 0.0);
        close(start(map, false, moves), 1.0);
    }
    close(start(FOUR, true, 5000), 14.0 / 17.0);
    for (found, measured) in [(start(FOUR, true, 100), 0.744_190), (start(EIGHT, true, 200), 0.913_220)] {
        assert!((found - measured).abs() < 1e-6, "{found}, measured before {measured}");
    }
}
