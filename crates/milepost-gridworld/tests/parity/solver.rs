//! The solver on recorded levels.

use milepost_core::Environment;
use milepost_gridworld::{Distance, DistanceOracle, Solver, Task, Unsolved};
use milepost_testkit::fixtures;

use crate::recording::Record;
use crate::report;

/// Every level is solved, or there is a reason: nothing to do, what is needed locked away, or no state in
/// which the task is achieved. (BabyAI has levels of the last two kinds. In OpenDoorsOrder…Debug, opening the
/// first door counts as toggling a wrong one for the second.)
#[test]
fn recorded_levels_are_solved_or_cannot_be_fixture() {
    let records: Vec<Record> = fixtures::json_lines("parity/minigrid/gen.jsonl.gz").expect("the fixture");
    let mut oracle = DistanceOracle::default();
    let (mut levels, mut solved, mut steps, mut impossible) = (0, 0, 0, 0);
    let mut missed = Vec::new();
    for record in &records {
        let Some(level) = &record.level else { continue };
        let world = level.world(&record.env);
        levels += 1;
        match Solver.demonstrate(&world) {
            Ok(demonstration) => {
                let mut again = world.clone();
                for action in &demonstration.actions {
                    again.step(action).expect("legal");
                }
                assert!(again.ending().is_some_and(milepost_core::Ending::is_success), "{}", record.env);
                solved += 1;
                steps += demonstration.actions.len();
            }
            Err(Unsolved::Pointless { .. }) => {
                assert_eq!(world.task(), Some(&Task::Free), "{}", record.env);
                impossible += 1;
            }
            Err(Unsolved::Hopeless { .. }) => impossible += 1,
            Err(_) if oracle.distance(&world) == Distance::Unreachable => impossible += 1,
            Err(error) => missed.push(format!("seed {} reset {}: {error}", record.seed, record.reset_index)),
        }
    }
    report(&format!(
        "{solved} of {levels} levels solved in {steps} steps, {impossible} cannot be: {missed:#?}"
    ));
    assert!(levels > 0, "no level was recorded");
    assert!(missed.len() * 500 <= levels, "{} of {levels} levels were missed: {missed:#?}", missed.len());
}
