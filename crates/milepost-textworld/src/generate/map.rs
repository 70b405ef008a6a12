use milepost_core::Stream;

/// A compass direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Up on a map.
    North,
    /// Right.
    East,
    /// Down.
    South,
    /// Left.
    West,
}

impl Direction {
    /// All four, clockwise from north.
    pub const ALL: [Self; 4] = [Self::North, Self::East, Self::South, Self::West];

    /// The way back.
    #[must_use]
    pub const fn opposite(self) -> Self {
        Self::ALL[(self as usize + 2) % 4]
    }

    /// As commands write it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        ["north", "east", "south", "west"][self as usize]
    }

    /// The predicate that says that the first room lies in this direction of the second.
    pub(crate) const fn predicate(self) -> &'static str {
        ["north_of", "east_of", "south_of", "west_of"][self as usize]
    }

    const fn step(self, (x, y): (i32, i32)) -> (i32, i32) {
        match self {
            Self::North => (x, y - 1),
            Self::East => (x + 1, y),
            Self::South => (x, y + 1),
            Self::West => (x - 1, y),
        }
    }
}

/// A passage between two rooms: `to` lies in `direction` of `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Passage {
    pub(crate) from: usize,
    pub(crate) direction: Direction,
    pub(crate) to: usize,
}

/// Rooms `0..n` and the passages between them; in each direction of a room lies at most one other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Map {
    exits: Vec<[Option<usize>; 4]>,
    passages: Vec<Passage>,
}

impl Map {
    /// One room without exits.
    pub(crate) fn single() -> Self {
        Self { exits: vec![[None; 4]], passages: Vec::new() }
    }

    /// A random tree of `rooms` cells of a grid, and up to `extra` passages between neighbouring cells that
    /// the tree did not join. Directions agree with the grid.
    pub(crate) fn on_grid(rooms: usize, extra: usize, stream: &mut Stream) -> Self {
        let mut map = Self::single();
        let mut cells = vec![(0, 0)];
        while cells.len() < rooms {
            let from = stream.below(cells.len() as u64) as usize;
            let direction = Direction::ALL[stream.below(4) as usize];
            let cell = direction.step(cells[from]);
            if !cells.contains(&cell) {
                cells.push(cell);
                map.grow(from, direction);
            }
        }
        let mut open: Vec<Passage> = Vec::new();
        for (from, &cell) in cells.iter().enumerate() {
            for direction in [Direction::East, Direction::South] {
                let to = cells.iter().position(|c| *c == direction.step(cell));
                if let Some(to) = to.filter(|to| map.exit(from, direction) != Some(*to)) {
                    open.push(Passage { from, direction, to });
                }
            }
        }
        stream.shuffle(&mut open);
        for passage in open.into_iter().take(extra) {
            map.join(passage);
        }
        map
    }

    /// Adds a room in `direction` of `from`, where no room may lie yet, and returns it.
    pub(crate) fn grow(&mut self, from: usize, direction: Direction) -> usize {
        let to = self.exits.len();
        self.exits.push([None; 4]);
        self.join(Passage { from, direction, to });
        to
    }

    fn join(&mut self, passage: Passage) {
        self.exits[passage.from][passage.direction as usize] = Some(passage.to);
        self.exits[passage.to][passage.direction.opposite() as usize] = Some(passage.from);
        self.passages.push(passage);
    }

    /// Number of rooms.
    pub(crate) fn len(&self) -> usize {
        self.exits.len()
    }

    /// Every passage once, in the order in which they were made.
    pub(crate) fn passages(&self) -> &[Passage] {
        &self.passages
    }

    /// What lies in `direction` of `room`.
    pub(crate) fn exit(&self, room: usize, direction: Direction) -> Option<usize> {
        self.exits[room][direction as usize]
    }

    /// The directions of `room` in which nothing lies.
    pub(crate) fn free_directions(&self, room: usize) -> Vec<Direction> {
        Direction::ALL.into_iter().filter(|d| self.exit(room, *d).is_none()).collect()
    }

    /// Passages on a shortest way from `room` to every other; `None` where none leads, or where the only way
    /// is the passage `without`.
    pub(crate) fn distances(&self, room: usize, without: Option<usize>) -> Vec<Option<usize>> {
        let barred = without.map(|index| self.passages[index]);
        let is_barred = |a, b| barred.is_some_and(|p| (p.from, p.to) == (a, b) || (p.to, p.from) == (a, b));
        let mut distances = vec![None; self.len()];
        distances[room] = Some(0);
        let mut queue = std::collections::VecDeque::from([room]);
        while let Some(at) = queue.pop_front() {
            for next in self.exits[at].iter().flatten().copied() {
                if distances[next].is_none() && !is_barred(at, next) {
                    distances[next] = distances[at].map(|d| d + 1);
                    queue.push_back(next);
                }
            }
        }
        distances
    }

    /// A shortest walk between two rooms of a connected map: the directions, first passage first. Among equally
    /// short walks the first in clockwise order at each room.
    pub(crate) fn walk(&self, from: usize, to: usize) -> Vec<(Direction, usize)> {
        let left = self.distances(to, None);
        let mut at = from;
        let mut walk = Vec::new();
        while at != to {
            let nearer = |room: usize| left[room].is_some() && left[room] < left[at];
            let step = Direction::ALL
                .into_iter()
                .find_map(|d| self.exit(at, d).filter(|room| nearer(*room)).map(|room| (d, room)));
            let Some(step) = step else { break };
            walk.push(step);
            at = step.1;
        }
        walk
    }

    /// The index of the passage between two neighbours.
    pub(crate) fn passage_between(&self, a: usize, b: usize) -> Option<usize> {
        self.passages.iter().position(|p| (p.from, p.to) == (a, b) || (p.to, p.from) == (a, b))
    }

    /// Whether every way between the rooms `a` and `b` leads through the passage.
    pub(crate) fn separates(&self, passage: usize, a: usize, b: usize) -> bool {
        self.distances(a, Some(passage))[b].is_none()
    }
}

#[cfg(test)]
mod tests {
    use milepost_core::{Purpose, StreamKey};
    use proptest::prelude::*;

    use super::*;

    fn stream(seed: u64) -> Stream {
        Stream::new(StreamKey::new(seed, Purpose::named("map test")))
    }

    proptest! {
        #[test]
        fn grid_maps_are_connected_and_have_their_passages(seed: u64, rooms in 1usize..30, extra in 0usize..6) {
            let map = Map::on_grid(rooms, extra, &mut stream(seed));
            prop_assert_eq!(map.len(), rooms);
            prop_assert!(map.distances(0, None).iter().all(Option::is_some));
            prop_assert!((rooms - 1..=rooms - 1 + extra).contains(&map.passages().len()));
            for p in map.passages() {
                prop_assert_eq!(map.exit(p.from, p.direction), Some(p.to));
                prop_assert_eq!(map.exit(p.to, p.direction.opposite()), Some(p.from));
            }
        }

        #[test]
        fn walks_are_as_long_as_distances_say(seed: u64, rooms in 1usize..30, from in 0usize..30, to in 0usize..30) {
            let map = Map::on_grid(rooms, 3, &mut stream(seed));
            let (from, to) = (from % rooms, to % rooms);
            let walk = map.walk(from, to);
            prop_assert_eq!(Some(walk.len()), map.distances(from, None)[to]);
            prop_assert_eq!(walk.last().map_or(from, |step| step.1), to);
        }

        #[test]
        fn passages_of_a_tree_separate_their_ends(seed: u64, rooms in 2usize..30) {
            let map = Map::on_grid(rooms, 0, &mut stream(seed));
            for (index, p) in map.passages().iter().enumerate() {
                prop_assert!(map.separates(index, p.from, p.to));
            }
        }
    }
}
