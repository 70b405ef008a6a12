//! BabyAI's names and what they stand for.

use super::{BabyAi, Composition, Form, GoTo, Mission, Open, PickUp, PutNext, Rooms, SelectBy, Unlock, Verb};
use crate::object::Color;

const fn rooms(side: u8, columns: u8, rows: u8) -> Rooms {
    Rooms { side, columns, rows }
}

/// A step budget that follows from the instruction.
const fn level(rooms: Rooms, mission: Mission) -> BabyAi {
    BabyAi { rooms, mission, max_steps: None }
}

/// A step budget of its own.
const fn fixed(rooms: Rooms, mission: Mission, max_steps: u32) -> BabyAi {
    BabyAi { rooms, mission, max_steps: Some(max_steps) }
}

const fn red_ball(distractors: u8, grey: bool) -> GoTo {
    GoTo::RedBall { distractors, grey }
}

const fn go_to_seq(distractors: u8) -> Mission {
    Mission::Composed(Composition {
        distractors,
        locked_room_probability: 0.0,
        locations: false,
        unblocking: false,
        verbs: &[Verb::GoTo],
        ..Composition::BOSS
    })
}

const PICK_UP_LOC: Mission = Mission::Composed(Composition {
    distractors: 8,
    locked_room_probability: 0.0,
    unblocking: false,
    verbs: &[Verb::PickUp],
    forms: &[Form::Action],
    ..Composition::BOSS
});
const SYNTH_SEQ_PLAN: Composition = Composition { implicit_unlock: false, ..Composition::BOSS };
const SYNTH_LOC_PLAN: Composition = Composition { forms: &[Form::Action], ..SYNTH_SEQ_PLAN };
const SYNTH: Mission = Mission::Composed(Composition { locations: false, ..SYNTH_LOC_PLAN });
const SYNTH_LOC: Mission = Mission::Composed(SYNTH_LOC_PLAN);
const SYNTH_SEQ: Mission = Mission::Composed(SYNTH_SEQ_PLAN);
const MINI_BOSS: Mission =
    Mission::Composed(Composition { distractors: 7, locked_room_probability: 0.25, ..Composition::BOSS });
const BOSS: Mission = Mission::Composed(Composition::BOSS);
const BOSS_NO_UNLOCK: Mission =
    Mission::Composed(Composition { locked_room_probability: 0.0, ..SYNTH_SEQ_PLAN });

/// In alphabetical order.
pub(in crate::levels) const REGISTER: &[(&str, BabyAi)] = &[
    ("BabyAI-ActionObjDoor-v0", level(rooms(7, 3, 3), Mission::ActOnObjectOrDoor)),
    ("BabyAI-BlockedUnlockPickup-v0", fixed(rooms(6, 2, 1), Mission::Unlock(Unlock::BlockedPickUp), 576)),
    ("BabyAI-BossLevel-v0", level(rooms(8, 3, 3), BOSS)),
    ("BabyAI-BossLevelNoUnlock-v0", level(rooms(8, 3, 3), BOSS_NO_UNLOCK)),
    ("BabyAI-FindObjS5-v0", fixed(rooms(5, 3, 3), Mission::PickUp(PickUp::Find), 500)),
    ("BabyAI-FindObjS6-v0", fixed(rooms(6, 3, 3), Mission::PickUp(PickUp::Find), 720)),
    ("BabyAI-FindObjS7-v0", fixed(rooms(7, 3, 3), Mission::PickUp(PickUp::Find), 980)),
    ("BabyAI-GoTo-v0", level(rooms(8, 3, 3), Mission::GoTo(GoTo::Maze { objects: 18, doors_open: false }))),
    ("BabyAI-GoToDoor-v0", level(rooms(7, 3, 3), Mission::GoTo(GoTo::Door))),
    ("BabyAI-GoToImpUnlock-v0", level(rooms(8, 3, 3), Mission::GoTo(GoTo::ImplicitUnlock))),
    ("BabyAI-GoToLocal-v0", level(rooms(8, 1, 1), Mission::GoTo(GoTo::Local { objects: 8 }))),
    ("BabyAI-GoToLocalS5N2-v0", level(rooms(5, 1, 1), Mission::GoTo(GoTo::Local { objects: 2 }))),
    ("BabyAI-GoToLocalS6N2-v0", level(rooms(6, 1, 1), Mission::GoTo(GoTo::Local { objects: 2 }))),
    ("BabyAI-GoToLocalS6N3-v0", level(rooms(6, 1, 1), Mission::GoTo(GoTo::Local { objects: 3 }))),
    ("BabyAI-GoToLocalS6N4-v0", level(rooms(6, 1, 1), Mission::GoTo(GoTo::Local { objects: 4 }))),
    ("BabyAI-GoToLocalS7N4-v0", level(rooms(7, 1, 1), Mission::GoTo(GoTo::Local { objects: 4 }))),
    ("BabyAI-GoToLocalS7N5-v0", level(rooms(7, 1, 1), Mission::GoTo(GoTo::Local { objects: 5 }))),
    ("BabyAI-GoToLocalS8N2-v0", level(rooms(8, 1, 1), Mission::GoTo(GoTo::Local { objects: 2 }))),
    ("BabyAI-GoToLocalS8N3-v0", level(rooms(8, 1, 1), Mission::GoTo(GoTo::Local { objects: 3 }))),
    ("BabyAI-GoToLocalS8N4-v0", level(rooms(8, 1, 1), Mission::GoTo(GoTo::Local { objects: 4 }))),
    ("BabyAI-GoToLocalS8N5-v0", level(rooms(8, 1, 1), Mission::GoTo(GoTo::Local { objects: 5 }))),
    ("BabyAI-GoToLocalS8N6-v0", level(rooms(8, 1, 1), Mission::GoTo(GoTo::Local { objects: 6 }))),
    ("BabyAI-GoToLocalS8N7-v0", level(rooms(8, 1, 1), Mission::GoTo(GoTo::Local { objects: 7 }))),
    ("BabyAI-GoToObj-v0", level(rooms(8, 1, 1), Mission::GoTo(GoTo::Object))),
    ("BabyAI-GoToObjDoor-v0", level(rooms(8, 3, 3), Mission::GoTo(GoTo::ObjectOrDoor))),
    (
        "BabyAI-GoToObjMaze-v0",
        level(rooms(8, 3, 3), Mission::GoTo(GoTo::Maze { objects: 1, doors_open: false })),
    ),
    (
        "BabyAI-GoToObjMazeOpen-v0",
        level(rooms(8, 3, 3), Mission::GoTo(GoTo::Maze { objects: 1, doors_open: true })),
    ),
    (
        "BabyAI-GoToObjMazeS4-v0",
        level(rooms(4, 3, 3), Mission::GoTo(GoTo::Maze { objects: 1, doors_open: false })),
    ),
    (
        "BabyAI-GoToObjMazeS4R2-v0",
        level(rooms(4, 2, 2), Mission::GoTo(GoTo::Maze { objects: 1, doors_open: false })),
    ),
    (
        "BabyAI-GoToObjMazeS5-v0",
        level(rooms(5, 3, 3), Mission::GoTo(GoTo::Maze { objects: 1, doors_open: false })),
    ),
    (
        "BabyAI-GoToObjMazeS6-v0",
        level(rooms(6, 3, 3), Mission::GoTo(GoTo::Maze { objects: 1, doors_open: false })),
    ),
    (
        "BabyAI-GoToObjMazeS7-v0",
        level(rooms(7, 3, 3), Mission::GoTo(GoTo::Maze { objects: 1, doors_open: false })),
    ),
    ("BabyAI-GoToObjS4-v0", level(rooms(4, 1, 1), Mission::GoTo(GoTo::Object))),
    ("BabyAI-GoToObjS6-v1", level(rooms(6, 1, 1), Mission::GoTo(GoTo::Object))),
    (
        "BabyAI-GoToOpen-v0",
        level(rooms(8, 3, 3), Mission::GoTo(GoTo::Maze { objects: 18, doors_open: true })),
    ),
    ("BabyAI-GoToRedBall-v0", level(rooms(8, 1, 1), Mission::GoTo(red_ball(7, false)))),
    ("BabyAI-GoToRedBallGrey-v0", level(rooms(8, 1, 1), Mission::GoTo(red_ball(7, true)))),
    ("BabyAI-GoToRedBallNoDists-v0", level(rooms(8, 1, 1), Mission::GoTo(red_ball(0, false)))),
    (
        "BabyAI-GoToRedBlueBall-v0",
        level(rooms(8, 1, 1), Mission::GoTo(GoTo::RedOrBlueBall { distractors: 7 })),
    ),
    ("BabyAI-GoToSeq-v0", level(rooms(8, 3, 3), go_to_seq(18))),
    ("BabyAI-GoToSeqS5R2-v0", level(rooms(5, 2, 2), go_to_seq(4))),
    ("BabyAI-KeyCorridor-v0", fixed(rooms(6, 3, 3), Mission::PickUp(PickUp::BehindLockedDoor), 1080)),
    ("BabyAI-KeyCorridorS3R1-v0", fixed(rooms(3, 3, 1), Mission::PickUp(PickUp::BehindLockedDoor), 270)),
    ("BabyAI-KeyCorridorS3R2-v0", fixed(rooms(3, 3, 2), Mission::PickUp(PickUp::BehindLockedDoor), 270)),
    ("BabyAI-KeyCorridorS3R3-v0", fixed(rooms(3, 3, 3), Mission::PickUp(PickUp::BehindLockedDoor), 270)),
    ("BabyAI-KeyCorridorS4R3-v0", fixed(rooms(4, 3, 3), Mission::PickUp(PickUp::BehindLockedDoor), 480)),
    ("BabyAI-KeyCorridorS5R3-v0", fixed(rooms(5, 3, 3), Mission::PickUp(PickUp::BehindLockedDoor), 750)),
    ("BabyAI-KeyCorridorS6R3-v0", fixed(rooms(6, 3, 3), Mission::PickUp(PickUp::BehindLockedDoor), 1080)),
    ("BabyAI-KeyInBox-v0", level(rooms(8, 3, 3), Mission::Unlock(Unlock::KeyInBox))),
    ("BabyAI-MiniBossLevel-v0", level(rooms(5, 2, 2), MINI_BOSS)),
    (
        "BabyAI-MoveTwoAcrossS5N2-v0",
        fixed(rooms(5, 2, 1), Mission::PutNext(PutNext::TwoAcross { objects: 2 }), 400),
    ),
    (
        "BabyAI-MoveTwoAcrossS8N9-v0",
        fixed(rooms(8, 2, 1), Mission::PutNext(PutNext::TwoAcross { objects: 9 }), 1024),
    ),
    ("BabyAI-OneRoomS12-v0", level(rooms(12, 1, 1), Mission::PickUp(PickUp::OnlyBall))),
    ("BabyAI-OneRoomS16-v0", level(rooms(16, 1, 1), Mission::PickUp(PickUp::OnlyBall))),
    ("BabyAI-OneRoomS20-v0", level(rooms(20, 1, 1), Mission::PickUp(PickUp::OnlyBall))),
    ("BabyAI-OneRoomS8-v0", level(rooms(8, 1, 1), Mission::PickUp(PickUp::OnlyBall))),
    ("BabyAI-Open-v0", level(rooms(8, 3, 3), Mission::Open(Open::Any { distractors: 18 }))),
    (
        "BabyAI-OpenDoor-v0",
        level(rooms(8, 3, 3), Mission::Open(Open::OneOfFour { select_by: None, strict: false })),
    ),
    (
        "BabyAI-OpenDoorColor-v0",
        level(
            rooms(8, 3, 3),
            Mission::Open(Open::OneOfFour { select_by: Some(SelectBy::Color), strict: false }),
        ),
    ),
    (
        "BabyAI-OpenDoorDebug-v0",
        level(rooms(8, 3, 3), Mission::Open(Open::OneOfFour { select_by: None, strict: true })),
    ),
    (
        "BabyAI-OpenDoorLoc-v0",
        level(
            rooms(8, 3, 3),
            Mission::Open(Open::OneOfFour { select_by: Some(SelectBy::Location), strict: false }),
        ),
    ),
    (
        "BabyAI-OpenDoorsOrderN2-v0",
        fixed(rooms(6, 3, 3), Mission::Open(Open::InOrder { doors: 2, strict: false }), 720),
    ),
    (
        "BabyAI-OpenDoorsOrderN2Debug-v0",
        fixed(rooms(6, 3, 3), Mission::Open(Open::InOrder { doors: 2, strict: true }), 720),
    ),
    (
        "BabyAI-OpenDoorsOrderN4-v0",
        fixed(rooms(6, 3, 3), Mission::Open(Open::InOrder { doors: 4, strict: false }), 720),
    ),
    (
        "BabyAI-OpenDoorsOrderN4Debug-v0",
        fixed(rooms(6, 3, 3), Mission::Open(Open::InOrder { doors: 4, strict: true }), 720),
    ),
    (
        "BabyAI-OpenRedBlueDoors-v0",
        fixed(
            rooms(6, 3, 3),
            Mission::Open(Open::LeftThenRight {
                first: Some(Color::Red),
                second: Some(Color::Blue),
                strict: false,
            }),
            720,
        ),
    ),
    (
        "BabyAI-OpenRedBlueDoorsDebug-v0",
        fixed(
            rooms(6, 3, 3),
            Mission::Open(Open::LeftThenRight {
                first: Some(Color::Red),
                second: Some(Color::Blue),
                strict: true,
            }),
            720,
        ),
    ),
    ("BabyAI-OpenRedDoor-v0", level(rooms(5, 2, 1), Mission::Open(Open::Red))),
    (
        "BabyAI-OpenTwoDoors-v0",
        fixed(
            rooms(6, 3, 3),
            Mission::Open(Open::LeftThenRight { first: None, second: None, strict: false }),
            720,
        ),
    ),
    ("BabyAI-Pickup-v0", level(rooms(8, 3, 3), Mission::PickUp(PickUp::Any { objects: 18 }))),
    ("BabyAI-PickupAbove-v0", fixed(rooms(6, 3, 3), Mission::PickUp(PickUp::Above), 288)),
    ("BabyAI-PickupDist-v0", level(rooms(7, 1, 1), Mission::PickUp(PickUp::Distinguished { strict: false }))),
    (
        "BabyAI-PickupDistDebug-v0",
        level(rooms(7, 1, 1), Mission::PickUp(PickUp::Distinguished { strict: true })),
    ),
    ("BabyAI-PickupLoc-v0", level(rooms(8, 1, 1), PICK_UP_LOC)),
    ("BabyAI-PutNextLocal-v0", level(rooms(8, 1, 1), Mission::PutNext(PutNext::Local { objects: 8 }))),
    ("BabyAI-PutNextLocalS5N3-v0", level(rooms(5, 1, 1), Mission::PutNext(PutNext::Local { objects: 3 }))),
    ("BabyAI-PutNextLocalS6N4-v0", level(rooms(6, 1, 1), Mission::PutNext(PutNext::Local { objects: 4 }))),
    (
        "BabyAI-PutNextS4N1-v0",
        fixed(rooms(4, 2, 1), Mission::PutNext(PutNext::Across { objects: 1, carrying: false }), 128),
    ),
    (
        "BabyAI-PutNextS5N1-v0",
        fixed(rooms(5, 2, 1), Mission::PutNext(PutNext::Across { objects: 1, carrying: false }), 200),
    ),
    (
        "BabyAI-PutNextS5N2-v0",
        fixed(rooms(5, 2, 1), Mission::PutNext(PutNext::Across { objects: 2, carrying: false }), 200),
    ),
    (
        "BabyAI-PutNextS5N2Carrying-v0",
        fixed(rooms(5, 2, 1), Mission::PutNext(PutNext::Across { objects: 2, carrying: true }), 200),
    ),
    (
        "BabyAI-PutNextS6N3-v0",
        fixed(rooms(6, 2, 1), Mission::PutNext(PutNext::Across { objects: 3, carrying: false }), 288),
    ),
    (
        "BabyAI-PutNextS6N3Carrying-v0",
        fixed(rooms(6, 2, 1), Mission::PutNext(PutNext::Across { objects: 3, carrying: true }), 288),
    ),
    (
        "BabyAI-PutNextS7N4-v0",
        fixed(rooms(7, 2, 1), Mission::PutNext(PutNext::Across { objects: 4, carrying: false }), 392),
    ),
    (
        "BabyAI-PutNextS7N4Carrying-v0",
        fixed(rooms(7, 2, 1), Mission::PutNext(PutNext::Across { objects: 4, carrying: true }), 392),
    ),
    ("BabyAI-Synth-v0", level(rooms(8, 3, 3), SYNTH)),
    ("BabyAI-SynthLoc-v0", level(rooms(8, 3, 3), SYNTH_LOC)),
    ("BabyAI-SynthS5R2-v0", level(rooms(5, 3, 2), SYNTH)),
    ("BabyAI-SynthSeq-v0", level(rooms(8, 3, 3), SYNTH_SEQ)),
    ("BabyAI-UnblockPickup-v0", level(rooms(8, 3, 3), Mission::PickUp(PickUp::Blocked { objects: 20 }))),
    ("BabyAI-Unlock-v0", level(rooms(8, 3, 3), Mission::Unlock(Unlock::Any))),
    ("BabyAI-UnlockLocal-v0", level(rooms(8, 3, 3), Mission::Unlock(Unlock::Local { distractors: 0 }))),
    ("BabyAI-UnlockLocalDist-v0", level(rooms(8, 3, 3), Mission::Unlock(Unlock::Local { distractors: 3 }))),
    ("BabyAI-UnlockPickup-v0", level(rooms(6, 2, 1), Mission::Unlock(Unlock::PickUp { distractors: 0 }))),
    ("BabyAI-UnlockPickupDist-v0", level(rooms(6, 2, 1), Mission::Unlock(Unlock::PickUp { distractors: 4 }))),
    ("BabyAI-UnlockToUnlock-v0", fixed(rooms(6, 3, 1), Mission::Unlock(Unlock::ToUnlock), 1080)),
];
