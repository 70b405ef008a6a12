//! Recorded missions: as text, as values, and as sets of objects.

use milepost_gridworld::language::Scene;
use milepost_gridworld::{Instruction, Sentence, Task};
use milepost_testkit::fixtures;

use crate::recording::{Record, TaskRecord};

/// Nothing in a text says that an instruction is strict.
fn lenient<O: Clone>(instruction: &Instruction<O>) -> Instruction<O> {
    match instruction.clone() {
        Instruction::Open { objects, .. } => Instruction::Open { objects, strict: false },
        Instruction::PickUp { objects, .. } => Instruction::PickUp { objects, strict: false },
        Instruction::PutNext { moved, beside, .. } => Instruction::PutNext { moved, beside, strict: false },
        Instruction::Sequence { first, second, order, .. } => {
            Instruction::sequence(lenient(&first), lenient(&second), order, false)
        }
        Instruction::Both(a, b) => Instruction::Both(Box::new(lenient(&a)), Box::new(lenient(&b))),
        other @ Instruction::GoTo(_) => other,
    }
}

#[test]
fn missions_parse_to_the_recorded_instructions_and_describe_the_recorded_objects_fixture() {
    let mut compared = 0;
    for file in ["gen", "traces"] {
        let records: Vec<Record> =
            fixtures::json_lines(&format!("parity/minigrid/{file}.jsonl.gz")).expect("the fixture");
        for (record, level) in records.iter().filter_map(|record| Some((record, record.level.as_ref()?))) {
            let TaskRecord::Babyai { instr } = &level.task else { continue };
            let name = format!("{} seed {}: {:?}", record.env, record.seed, level.mission);
            let sentence: Sentence = level.mission.parse().expect(&name);
            assert_eq!(sentence.to_string(), level.mission, "{name}");
            assert_eq!(sentence, lenient(&instr.sentence()), "{name}");
            assert_eq!(instr.sentence().to_string(), level.mission, "{name}");
            let mut blueprint = level.blueprint();
            if let Some((object, from)) = blueprint.carrying.take() {
                blueprint.grid.set(from.x.into(), from.y.into(), Some(object));
            }
            let room = level.room().expect("rooms");
            let scene =
                Scene { grid: &blueprint.grid, agent: blueprint.agent, direction: blueprint.direction, room };
            let (told, meant) = scene.resolve(&sentence).expect(&name);
            assert_eq!(
                (told, Task::Instruction(meant)),
                (sentence, Task::Instruction(lenient(&instr.instruction()))),
                "{name}"
            );
            compared += 1;
        }
    }
    assert!(compared > 0, "no mission was recorded");
}
