//! Small marks for legends and tables.

use super::svg::{escape, marker_outline};
use crate::report::palette::Style;

fn mark(classes: &str, name: &str, body: &str) -> String {
    format!(
        "<svg class=\"swatch {classes}\" viewBox=\"0 0 30 14\" width=\"30\" height=\"14\" aria-hidden=\"true\">\
         <title>{}</title>{body}</svg>",
        escape(name)
    )
}

/// Line, dash and marker of an arm.
pub(in crate::report) fn arm(style: Style, name: &str) -> String {
    let marker = marker_outline(style.marker, (15.0, 7.0), 4.4);
    let body = format!("<path class=\"ln\" d=\"M1 7L29 7\"/><path class=\"mk\" d=\"{marker}\"/>");
    mark(&format!("a{} d{}", style.color, style.dash), name, &body)
}

/// Fill of a reward channel.
pub(in crate::report) fn channel(color: usize, name: &str) -> String {
    mark(
        &format!("c{color}"),
        name,
        "<rect class=\"layer\" x=\"8\" y=\"0\" width=\"14\" height=\"14\" rx=\"2\"/>",
    )
}
