//! Tiles painted once, and the frames put together from them.

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::gridworld::{Episode, Gridworld};
use crate::object::{EMPTY_CODE, Object};
use crate::position::Direction;
use crate::render::image::RgbImage;
use crate::render::tile;
use crate::view;

const KINDS: usize = 9;
const COLORS: usize = 6;
const STATES: usize = 3;
/// No agent, or one that looks in one of four directions.
const POSES: usize = 5;

/// Pictures of cells, in MiniGrid's look to the last bit, each painted when it is first needed.
///
/// Clones share the tiles, also between threads.
#[derive(Clone)]
pub struct TileAtlas {
    tile_size: usize,
    tiles: Arc<[OnceLock<Box<[u8]>>]>,
}

/// A tile that cannot be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("tiles of {0} pixels were asked for; choose from 1 to 256 along each side")]
pub struct BadTileSize(pub usize);

impl fmt::Debug for TileAtlas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let painted = self.tiles.iter().filter(|tile| tile.get().is_some()).count();
        f.debug_struct("TileAtlas").field("tile_size", &self.tile_size).field("painted", &painted).finish()
    }
}

impl TileAtlas {
    /// Tiles of `tile_size` by `tile_size` pixels, 1 to 256. MiniGrid draws 8 in observations and 32 on screen.
    pub fn new(tile_size: usize) -> Result<Self, BadTileSize> {
        if !(1..=256).contains(&tile_size) {
            return Err(BadTileSize(tile_size));
        }
        let count = KINDS * COLORS * STATES * POSES * 2;
        Ok(Self { tile_size, tiles: (0..count).map(|_| OnceLock::new()).collect() })
    }

    /// Pixels along the side of a tile.
    #[must_use]
    pub const fn tile_size(&self) -> usize {
        self.tile_size
    }

    /// A cell: `tile_size * tile_size * 3` bytes, row by row. `agent` is where the agent in it looks, if it is there;
    /// `highlight` tells whether the agent sees the cell.
    #[must_use]
    pub fn tile(&self, object: Option<&Object>, agent: Option<Direction>, highlight: bool) -> &[u8] {
        self.coded(object.map_or(EMPTY_CODE, Object::encode), agent, highlight)
    }

    /// The tile of a cell's code; one that encodes nothing looks like an empty cell.
    fn coded(&self, code: [u8; 3], agent: Option<Direction>, highlight: bool) -> &[u8] {
        let object = Object::decode(code).ok().flatten();
        let [kind, color, state] = object.as_ref().map_or(EMPTY_CODE, Object::encode).map(usize::from);
        let pose = agent.map_or(0, |direction| 1 + direction as usize);
        let look = ((kind - 1) * COLORS + color) * STATES + state;
        let index = (look * POSES + pose) * 2 + usize::from(highlight);
        self.tiles[index].get_or_init(|| tile::paint(object.as_ref(), agent, highlight, self.tile_size))
    }

    /// The whole map, as MiniGrid's `get_frame` draws it; `highlight` brightens the cells that the agent sees. Nothing
    /// before the first reset.
    #[must_use]
    pub fn frame(&self, world: &Gridworld, highlight: bool) -> RgbImage {
        let mut image = RgbImage::default();
        self.draw_frame(world, highlight, &mut image);
        image
    }

    /// [`TileAtlas::frame`] into a picture that is reused.
    pub fn draw_frame(&self, world: &Gridworld, highlight: bool, into: &mut RgbImage) {
        let Some(Episode { level, state, .. }) = &world.episode else { return into.resize(0, 0) };
        let (width, height) = (level.width() as usize, level.height() as usize);
        into.resize(width * self.tile_size, height * self.tile_size);
        let mut seen = vec![false; state.cells.len()];
        if highlight {
            for index in view::visible_cells(level, state) {
                seen[index] = true;
            }
        }
        let agent_index = level.index(state.x, state.y);
        for (index, (cell, seen)) in state.cells.iter().zip(seen).enumerate() {
            let agent = (Some(index) == agent_index).then_some(state.direction);
            let (column, row) = (index / height, index % height);
            into.place(column, row, self.tile_size, self.coded(cell.code(), agent, seen));
        }
    }

    /// What the agent sees, as MiniGrid's `get_frame(agent_pov=True)` draws it: the agent in the middle of the last row
    /// looks up and stands on what it carries; hidden cells are dark. Nothing before the first reset.
    #[must_use]
    pub fn view(&self, world: &Gridworld) -> RgbImage {
        let mut image = RgbImage::default();
        self.draw_view(world, &mut image);
        image
    }

    /// [`TileAtlas::view`] into a picture that is reused.
    pub fn draw_view(&self, world: &Gridworld, into: &mut RgbImage) {
        let Some(Episode { level, state, .. }) = &world.episode else { return into.resize(0, 0) };
        let side = level.settings.view_size;
        into.resize(side * self.tile_size, side * self.tile_size);
        let mut codes = vec![0; side * side * 3];
        view::image(level, state, &mut codes);
        let (codes, _) = codes.as_chunks::<3>();
        for (index, code) in codes.iter().enumerate() {
            let (column, row) = (index / side, index % side);
            let agent = (column == side / 2 && row == side - 1).then_some(Direction::Up);
            into.place(column, row, self.tile_size, self.coded(*code, agent, code[0] != 0));
        }
    }
}
