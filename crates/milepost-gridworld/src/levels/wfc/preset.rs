use super::{Sample, Wfc};
use crate::levels::SizeError;

/// The registered samples. The pictures are those of MiniGrid 3.2.0 (Apache 2.0 licence).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Sparse corridors.
    MazeSimple,
    /// Corridors two cells wide.
    DungeonMazeScaled,
    /// Rooms.
    RoomsFabric,
    /// Scattered single walls.
    ObstaclesBlackdots,
    /// Barriers with corners.
    ObstaclesAngular,
    /// A dense field of obstacles.
    ObstaclesHogs3,
}

impl Preset {
    /// Levels of `size` by `size` cells, outer walls included; MiniGrid registers 25.
    pub fn levels(self, size: u8) -> Result<Wfc, SizeError> {
        let (rows, window, periodic) = self.parameters();
        Wfc::new(size, &Sample::from_text(rows)?, window, periodic)
    }

    /// The picture, the side of its patterns, and whether levels continue at the opposite edge.
    const fn parameters(self) -> (&'static [&'static str], u8, bool) {
        match self {
            Self::MazeSimple => (&["....", ".###", ".#.#", ".###"], 2, false),
            Self::DungeonMazeScaled => (
                &[
                    "........", "........", "..######", "..######", "..##..##", "..##..##", "..######",
                    "..######",
                ],
                2,
                true,
            ),
            Self::RoomsFabric => (&["..#..", "..,..", "#####", "..,..", "..#.."], 3, false),
            Self::ObstaclesBlackdots => (&["...", ".#.", "..."], 2, false),
            Self::ObstaclesAngular => (
                &[
                    "...........",
                    ".....#####.",
                    ".....#####.",
                    ".....#####.",
                    ".....#####.",
                    ".#########.",
                    ".#########.",
                    ".#########.",
                    ".#########.",
                    ".#########.",
                    "...........",
                ],
                3,
                true,
            ),
            Self::ObstaclesHogs3 => (
                &[
                    ".................",
                    ".......#....#....",
                    "..#...###..###...",
                    ".###...#....#....",
                    "..#..............",
                    ".........#.......",
                    "....#...###...#..",
                    "...###...#...###.",
                    "....#.........#..",
                    ".................",
                    ".......#....#....",
                    "..#...###..###...",
                    ".###...#....#....",
                    "..#..#...#....#..",
                    "....###.###..###.",
                    ".....#...#....#..",
                    ".................",
                ],
                3,
                true,
            ),
        }
    }
}
