use crate::position::Position;

/// The objects that a description matched at the start, by the cells they were in.
pub type ObjectSet = Vec<Position>;

/// A BabyAI instruction, over what it calls its objects by.
///
/// `Instruction` is what an episode is judged by: each description ("a red ball") is resolved to a set of
/// objects, fixed at the start. [`crate::Sentence`], an `Instruction<Description>`, is what the agent is told.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Instruction<Objects = ObjectSet> {
    /// Face one of the objects.
    GoTo(Objects),
    /// Open one of the doors.
    Open {
        /// The doors.
        objects: Objects,
        /// Whether toggling another door is failure.
        strict: bool,
    },
    /// Pick up one of the objects.
    PickUp {
        /// The objects.
        objects: Objects,
        /// Whether picking up another is failure.
        strict: bool,
    },
    /// Drop one object beside another (sharing an edge).
    PutNext {
        /// What to drop.
        moved: Objects,
        /// Beside what.
        beside: Objects,
        /// Whether picking up anything is failure.
        strict: bool,
    },
    /// One after the other.
    Sequence {
        /// What must succeed first.
        first: Box<Self>,
        /// What must succeed then, perhaps in the same step.
        second: Box<Self>,
        /// Which is named first.
        order: Order,
        /// Whether success of the second before the first is failure.
        strict: bool,
    },
    /// Both, in any order. A failure of either is not a failure of both.
    Both(Box<Self>, Box<Self>),
}

/// How a [`Instruction::Sequence`] is told; what is to be done is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// "first, then second".
    Before,
    /// "second after you first".
    After,
}

impl<O> Instruction<O> {
    /// The same instruction with its objects called otherwise, in the order in which they are named.
    pub fn try_map<P, E>(&self, f: &mut impl FnMut(&O) -> Result<P, E>) -> Result<Instruction<P>, E> {
        Ok(match self {
            Self::GoTo(objects) => Instruction::GoTo(f(objects)?),
            Self::Open { objects, strict } => Instruction::Open { objects: f(objects)?, strict: *strict },
            Self::PickUp { objects, strict } => Instruction::PickUp { objects: f(objects)?, strict: *strict },
            Self::PutNext { moved, beside, strict } => {
                Instruction::PutNext { moved: f(moved)?, beside: f(beside)?, strict: *strict }
            }
            Self::Sequence { first, second, order: Order::Before, strict } => {
                let (first, second) = (first.try_map(f)?, second.try_map(f)?);
                Instruction::sequence(first, second, Order::Before, *strict)
            }
            Self::Sequence { first, second, order: Order::After, strict } => {
                let (second, first) = (second.try_map(f)?, first.try_map(f)?);
                Instruction::sequence(first, second, Order::After, *strict)
            }
            Self::Both(a, b) => Instruction::Both(Box::new(a.try_map(f)?), Box::new(b.try_map(f)?)),
        })
    }

    /// Its actions, those in a sequence in the order in which they are to be done.
    #[must_use]
    pub fn actions(&self) -> Vec<&Self> {
        match self {
            Self::Sequence { first: a, second: b, .. } | Self::Both(a, b) => {
                let mut actions = a.actions();
                actions.extend(b.actions());
                actions
            }
            action => vec![action],
        }
    }

    /// Journeys it takes, by BabyAI's count: two for putting something next to something, one for any other
    /// action. Step budgets are proportional to it.
    #[must_use]
    pub fn journeys(&self) -> u32 {
        self.actions()
            .into_iter()
            .map(|action| if matches!(action, Self::PutNext { .. }) { 2 } else { 1 })
            .sum()
    }

    /// Two instructions in sequence.
    #[must_use]
    pub fn sequence(first: Self, second: Self, order: Order, strict: bool) -> Self {
        Self::Sequence { first: Box::new(first), second: Box::new(second), order, strict }
    }
}
