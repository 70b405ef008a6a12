//! Pictures of the map, as text and as SVG.

mod svg;
mod text;

pub use svg::SvgOptions;
