use crate::position::Position;

/// The objects that a description matched at the start, by the cells they were in.
pub type ObjectSet = Vec<Position>;

/// A BabyAI instruction. Descriptions ("a red ball") are resolved: a set of objects, fixed at the start.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Instruction {
    /// Face one of the objects.
    GoTo(ObjectSet),
    /// Open one of the doors.
    Open {
        /// The doors.
        objects: ObjectSet,
        /// Whether toggling another door is failure.
        strict: bool,
    },
    /// Pick up one of the objects.
    PickUp {
        /// The objects.
        objects: ObjectSet,
        /// Whether picking up another is failure.
        strict: bool,
    },
    /// Drop one object beside another (sharing an edge).
    PutNext {
        /// What to drop.
        moved: ObjectSet,
        /// Beside what.
        beside: ObjectSet,
        /// Whether picking up anything is failure.
        strict: bool,
    },
    /// One after the other. BabyAI's "before" and "after" differ only in which is named first.
    Sequence {
        /// What must succeed first.
        first: Box<Instruction>,
        /// What must succeed then, perhaps in the same step.
        second: Box<Instruction>,
        /// Whether success of the second before the first is failure.
        strict: bool,
    },
    /// Both, in any order. A failure of either is not a failure of both.
    Both(Box<Instruction>, Box<Instruction>),
}
