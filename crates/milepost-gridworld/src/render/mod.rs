//! Pictures of the map: as text, as SVG, and in pixels as MiniGrid draws them.

mod animation;
mod atlas;
mod image;
mod png;
mod shape;
mod svg;
mod text;
mod tile;

pub use animation::{Animation, AnimationError};
pub use atlas::{BadTileSize, TileAtlas};
pub use image::RgbImage;
pub use svg::SvgOptions;
