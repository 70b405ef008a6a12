use super::{Article, Description, Sentence};
use crate::grid::Grid;
use crate::position::{Area, Direction, Position};
use crate::rules::{Instruction, ObjectSet};

/// Where descriptions are understood: a map, and the agent's pose and room in it.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The map.
    pub grid: &'a Grid,
    /// Where the agent stands.
    pub agent: Position,
    /// Where it looks.
    pub direction: Direction,
    /// Its room, walls included: locations are in there.
    pub room: Area,
}

/// A description that nothing matches.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("nothing in the level is {0}; describe something that is there")]
pub struct NothingMatches(pub Description);

impl Scene<'_> {
    /// The cells of all objects that match, column by column.
    #[must_use]
    pub fn matching(&self, description: Description) -> ObjectSet {
        self.grid
            .iter()
            .filter(|(_, object)| object.is_some_and(|object| description.looks_like(object)))
            .map(|(position, _)| position)
            .filter(|position| description.location.is_none_or(|location| self.is_at(*position, location)))
            .collect()
    }

    fn is_at(&self, place: Position, location: super::Location) -> bool {
        let offset =
            (i32::from(place.x) - i32::from(self.agent.x), i32::from(place.y) - i32::from(self.agent.y));
        self.room.contains((i32::from(place.x), i32::from(place.y))) && location.holds(self.direction, offset)
    }

    /// The sentence with its articles put right, and what it stands for.
    pub fn resolve(&self, sentence: &Sentence) -> Result<(Sentence, Instruction), NothingMatches> {
        let told = sentence.try_map(&mut |description| {
            let article = match self.matching(*description).len() {
                0 => return Err(NothingMatches(*description)),
                1 => Article::The,
                _ => Article::A,
            };
            Ok(Description { article, ..*description })
        })?;
        let meant = sentence.try_map(&mut |description| Ok(self.matching(*description)))?;
        Ok((told, meant))
    }
}
