//! Tasks as experiment files name them.

use milepost_microworlds::worlds::{BifurcationConfig, Combination, Decisive};
use milepost_microworlds::{BuildError, Dynamics, LawError, Table, TaskConfig, WorldVisitor};

use crate::instances;

fn read(text: &str) -> Result<TaskConfig, toml::de::Error> {
    toml::from_str(text)
}

#[test]
fn a_task_is_read_by_name_with_defaults_for_what_is_left_out() {
    let text = "kind = 'bifurcation'\nhorizon = 32\ndecisive = { first = 2 }\ncombination = 'xor'";
    let expected = BifurcationConfig {
        horizon: 32,
        decisive: Decisive::First(2),
        combination: Combination::Xor,
        ..BifurcationConfig::default()
    };
    assert_eq!(read(text).expect("valid"), TaskConfig::Bifurcation(expected));
    let random = read("kind = 'turns'\ndecisive.random = { count = 2, seed = 5 }").expect("valid");
    assert_eq!(random.label(), r#"turns decisive={"random":{"count":2,"seed":5}}"#);
}

#[test]
fn unknown_parameters_and_families_are_refused() {
    let error = |text| read(text).expect_err("unknown").to_string();
    assert!(error("kind = 'umbrella'\nlenght = 3").contains("unknown field `lenght`, expected `length`"));
    assert!(error("kind = 'umbrela'").contains("unknown variant `umbrela`"));
    assert!(error("kind = 'key-to-door'\napples = { sown = 3 }").contains("unknown variant `sown`"));
}

#[test]
fn every_task_survives_being_written_and_read() {
    for task in instances::all() {
        let text = toml::to_string(&task).expect("can be written");
        assert_eq!(read(&text).expect("was written"), task, "{text}");
    }
}

#[test]
fn labels_name_what_differs_from_the_defaults() {
    let label = |text| read(text).expect("valid").label();
    assert_eq!(label("kind = 'bifurcation'"), "bifurcation");
    assert_eq!(label("kind = 'bifurcation'\nhorizon = 8\nactions = 4"), "bifurcation actions=4");
    let labels: Vec<String> = instances::all().iter().map(TaskConfig::label).collect();
    let distinct: std::collections::BTreeSet<&String> = labels.iter().collect();
    assert_eq!(distinct.len(), labels.len(), "{labels:?}");
}

#[test]
fn a_parameter_out_of_range_is_an_error_of_the_build() {
    let task = read("kind = 'recovery'\nrecovery = 1.5").expect("a number");
    let error = task.build().expect_err("no probability");
    assert!(matches!(error, BuildError::Parameter(_)));
    assert_eq!(error.to_string(), "recovery: `recovery` is 1.5, but must be a probability, from 0 to 1");
}

/// A visitor sees the world's own type; the table is the same world.
#[test]
fn a_visitor_meets_the_world_that_the_table_was_made_from() {
    struct Horizon;
    impl WorldVisitor for Horizon {
        type Output = (String, u32, Result<Table, LawError>);
        fn visit<D: Dynamics>(self, world: D) -> Self::Output {
            (world.name().to_owned(), world.horizon(), Table::compile(&world, 3))
        }
    }
    for task in TaskConfig::all() {
        let table = task.build().expect("defaults are valid");
        let (name, horizon, small) = task.visit(Horizon).expect("defaults are valid");
        assert_eq!((name.as_str(), horizon), (table.name(), table.horizon()));
        assert!(task.label() == name, "the name of a world is its kind: {name}");
        assert_eq!(small.is_err(), table.states() > 3, "{name}");
    }
}
