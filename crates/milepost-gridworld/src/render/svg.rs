use std::fmt::Write;

use crate::gridworld::Gridworld;
use crate::object::{Color, DoorState, Kind, Object};
use crate::position::Position;
use crate::view;

/// How a map is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SvgOptions {
    /// Pixels along the side of a cell, before scaling.
    pub cell: u32,
    /// Whether the cells that the agent sees are tinted.
    pub highlight: bool,
}

impl Default for SvgOptions {
    fn default() -> Self {
        Self { cell: 24, highlight: true }
    }
}

/// Shapes in a cell of 24 by 24 units, drawn once and used by reference. The colour comes from the reference.
const SHAPES: &str = concat!(
    r#"<path id="w" d="M0 0h24v24H0z"/>"#,
    r#"<path id="f" d="M1 1h22v22H1z" opacity=".5"/>"#,
    r#"<path id="g" d="M1 1h22v22H1z"/>"#,
    r##"<g id="v"><path d="M0 0h24v24H0z" fill="#ff8000"/><path d="M2 7q3-4 6 0t6 0 6 0M2 13q3-4 6 0t6 0 6 0M2 19q3-4 6 0t6 0 6 0" fill="none" stroke="#000" stroke-width="1.2"/></g>"##,
    r#"<circle id="a" cx="12" cy="12" r="7.5"/>"#,
    r#"<path id="b" d="M4 4h16v16H4zm2.5 2.5v4.5h11v-4.5zm0 6.5v4.5h11v-4.5z"/>"#,
    r#"<path id="k" fill-rule="evenodd" d="M14.5 2.5a5 5 0 1 1-1 9.9V21H10.5v-1.5H8v-2h2.5v-1.5H8v-2h2.5V10.5a5 5 0 0 1 4-8zm0 3a2 2 0 1 0 .01 0z"/>"#,
    r#"<path id="o" d="M20 0h4v24h-4zm1 1v22h2V1z" fill-rule="evenodd"/>"#,
    r#"<path id="d" d="M0 0h24v24H0zm1.5 1.5v21h21v-21zm1.5 1.5h18v18H3zm1.5 1.5v15h15v-15zm11.5 6h2v3h-2z" fill-rule="evenodd"/>"#,
    r##"<g id="l"><path d="M0 0h24v24H0z"/><path d="M2 2h20v20H2z" fill="#000" fill-opacity=".55"/><path d="M15 11h4v2h-4z"/></g>"##,
);

impl Gridworld {
    /// The map as a small SVG picture: MiniGrid's shapes and colours, the agent a red triangle. The ground is
    /// dark in light and dark surroundings alike, as in MiniGrid.
    #[must_use]
    pub fn to_svg(&self, options: SvgOptions) -> String {
        let (width, height) = self.extent();
        let (columns, rows) = (u32::from(width) * 24, u32::from(height) * 24);
        let (pixels_wide, pixels_high) = (u32::from(width) * options.cell, u32::from(height) * options.cell);
        let mut svg = format!(
            concat!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}" viewBox="0 0 {} {}" role="img">"#,
                r#"<title>{}</title><defs>{}<pattern id="p" width="24" height="24" patternUnits="userSpaceOnUse">"#,
                r##"<path d="M24 0H0v24" fill="none" stroke="#646464" stroke-width=".8"/></pattern></defs>"##,
                r##"<rect width="100%" height="100%" fill="#000"/><rect width="100%" height="100%" fill="url(#p)"/>"##,
            ),
            pixels_wide,
            pixels_high,
            columns,
            rows,
            escape(self.mission()),
            SHAPES,
        );
        for x in 0..width {
            for y in 0..height {
                let position = Position::new(x, y);
                if let Some(object) = self.object_at(position) {
                    shape(&mut svg, position, &object);
                }
            }
        }
        if options.highlight {
            self.highlight(&mut svg);
        }
        self.draw_agent(&mut svg);
        svg.push_str("</svg>\n");
        svg
    }

    fn highlight(&self, svg: &mut String) {
        let Some(episode) = &self.episode else { return };
        let mut path = String::new();
        for index in view::visible_cells(&episode.level, &episode.state) {
            let (x, y) = episode.level.coordinates(index);
            append(&mut path, format_args!("M{} {}h24v24h-24z", x * 24, y * 24));
        }
        append(svg, format_args!(r##"<path d="{path}" fill="#fff" fill-opacity=".3"/>"##));
    }

    fn draw_agent(&self, svg: &mut String) {
        let Some(agent) = self.agent() else { return };
        let turn = 90 * self.direction() as u32;
        append(
            svg,
            format_args!(
                r##"<path d="M3 4.5 21 12 3 19.5z" fill="#f00" stroke="#fff" stroke-width=".6" transform="translate({} {}) rotate({turn} 12 12)"/>"##,
                u32::from(agent.x) * 24,
                u32::from(agent.y) * 24,
            ),
        );
    }
}

fn shape(svg: &mut String, position: Position, object: &Object) {
    let id = match (object.kind(), object.door_state()) {
        (Kind::Wall, _) => 'w',
        (Kind::Floor, _) => 'f',
        (Kind::Goal, _) => 'g',
        (Kind::Lava, _) => 'v',
        (Kind::Key, _) => 'k',
        (Kind::Ball, _) => 'a',
        (Kind::Box, _) => 'b',
        (Kind::Door, DoorState::Open) => 'o',
        (Kind::Door, DoorState::Closed) => 'd',
        (Kind::Door, DoorState::Locked) => 'l',
    };
    let (x, y) = (u32::from(position.x) * 24, u32::from(position.y) * 24);
    append(
        svg,
        format_args!(r##"<use href="#{id}" x="{x}" y="{y}" fill="{}"/>"##, hex_color(object.color())),
    );
}

/// MiniGrid's colours.
const fn hex_color(color: Color) -> &'static str {
    match color {
        Color::Red => "#f00",
        Color::Green => "#0f0",
        Color::Blue => "#00f",
        Color::Purple => "#7027c3",
        Color::Yellow => "#ff0",
        Color::Grey => "#646464",
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Writing to a string cannot fail.
fn append(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(arguments);
}
