//! BabyAI's missions in rooms of any size.

use milepost_core::{Environment, TaskSeed};
use milepost_gridworld::levels::babyai::{
    BabyAi, Composition, Form, GoTo, Mission, Open, PickUp, PutNext, Rooms, SelectBy, Unlock, Verb,
};
use milepost_gridworld::{Color, Gridworld, Sentence, Solver, Task, Unsolved};
use proptest::prelude::*;

fn mission() -> impl Strategy<Value = Mission> {
    let count = 0u8..12;
    let flag = any::<bool>();
    prop_oneof![
        (count.clone(), flag)
            .prop_map(|(distractors, grey)| Mission::GoTo(GoTo::RedBall { distractors, grey })),
        count.clone().prop_map(|distractors| Mission::GoTo(GoTo::RedOrBlueBall { distractors })),
        Just(Mission::GoTo(GoTo::Object)),
        count.clone().prop_map(|objects| Mission::GoTo(GoTo::Local { objects })),
        (count.clone(), flag)
            .prop_map(|(objects, doors_open)| Mission::GoTo(GoTo::Maze { objects, doors_open })),
        Just(Mission::GoTo(GoTo::ImplicitUnlock)),
        Just(Mission::GoTo(GoTo::Door)),
        Just(Mission::GoTo(GoTo::ObjectOrDoor)),
        count.clone().prop_map(|distractors| Mission::Open(Open::Any { distractors })),
        Just(Mission::Open(Open::Red)),
        flag.prop_map(|strict| Mission::Open(Open::OneOfFour {
            select_by: Some(SelectBy::Location),
            strict
        })),
        Just(Mission::Open(Open::LeftThenRight { first: Some(Color::Red), second: None, strict: false })),
        count.clone().prop_map(|doors| Mission::Open(Open::InOrder { doors, strict: false })),
        count.clone().prop_map(|objects| Mission::PickUp(PickUp::Any { objects })),
        Just(Mission::PickUp(PickUp::Distinguished { strict: false })),
        Just(Mission::PickUp(PickUp::Above)),
        Just(Mission::PickUp(PickUp::Find)),
        Just(Mission::PickUp(PickUp::BehindLockedDoor)),
        Just(Mission::PickUp(PickUp::OnlyBall)),
        count.clone().prop_map(|objects| Mission::PutNext(PutNext::Local { objects })),
        (count.clone(), flag)
            .prop_map(|(objects, carrying)| Mission::PutNext(PutNext::Across { objects, carrying })),
        count.clone().prop_map(|objects| Mission::PutNext(PutNext::TwoAcross { objects })),
        Just(Mission::Unlock(Unlock::Any)),
        count.clone().prop_map(|distractors| Mission::Unlock(Unlock::Local { distractors })),
        Just(Mission::Unlock(Unlock::KeyInBox)),
        count.clone().prop_map(|distractors| Mission::Unlock(Unlock::PickUp { distractors })),
        Just(Mission::Unlock(Unlock::BlockedPickUp)),
        Just(Mission::Unlock(Unlock::ToUnlock)),
        Just(Mission::ActOnObjectOrDoor),
        (count, flag, flag, flag, flag).prop_map(
            |(distractors, locked, locations, unblocking, implicit_unlock)| {
                Mission::Composed(Composition {
                    distractors,
                    locked_room_probability: if locked { 0.5 } else { 0.0 },
                    locations,
                    unblocking,
                    implicit_unlock,
                    verbs: &Verb::ALL,
                    forms: &Form::ALL,
                })
            }
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Parameters make levels, or an error says why not; what the agent is told is what it is judged by.
    #[test]
    fn missions_make_sense_in_rooms_of_any_size(
        mission in mission(),
        side in 2u8..9,
        columns in 0u8..4,
        rows in 0u8..4,
        seed: u64,
    ) {
        let Ok(level) = BabyAi::new(Rooms { side, columns, rows }, mission) else { return Ok(()) };
        let mut world = Gridworld::new("rooms", Box::new(level));
        if let Err(error) = world.reset(TaskSeed::literal(seed)) {
            let message = error.to_string();
            prop_assert!(message.contains("none of") || message.contains("faces an object"), "{}", message);
            return Ok(());
        }
        prop_assert_eq!(world.extent(), level.extent());
        let told: Sentence = world.mission().parse().expect("a sentence");
        let Some(Task::Instruction(meant)) = world.task() else { panic!("an instruction") };
        prop_assert_eq!(told.journeys(), meant.journeys());
        let journey = u32::from(side).pow(2) * u32::from(columns) * u32::from(rows);
        prop_assert_eq!(world.settings().max_steps, told.journeys() * journey);
        let mut patient = world.with_max_steps(100_000).expect("a budget");
        patient.reset(TaskSeed::literal(seed)).expect("drawn before");
        prop_assert_eq!(patient.settings().max_steps, 100_000);
        match Solver.demonstrate(&patient) {
            Ok(demonstration) => prop_assert!(demonstration.total_reward > 0.0),
            Err(Unsolved::Hopeless { .. }) => {}
            // In rooms of a single cell there may be no place to put anything.
            Err(error) => prop_assert!(side == 3, "seed {}: {}\n{}", seed, error, patient.to_text()),
        }
    }
}
