//! The page as blocks: what HTML and Markdown both render.

use serde::Serialize;

use super::csv::Download;
use super::data::Fact;

/// A part of the page with a heading.
#[derive(Debug, Serialize)]
pub(super) struct Section {
    /// Anchor.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// One or two plain sentences under the heading.
    pub lead: String,
    /// Content in order.
    pub blocks: Vec<Block>,
}

/// One piece of content.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum Block {
    /// Which mark belongs to which arm.
    Legend {
        /// One entry per arm or channel.
        entries: Vec<LegendEntry>,
    },
    /// A figure in two sizes.
    Figure(Figure),
    /// Small figures side by side under one caption.
    Multiples(Multiples),
    /// A table.
    Table(Table),
    /// A sentence where content is missing.
    Missing {
        /// What is missing and why that matters.
        text: String,
    },
    /// Labelled facts.
    Facts {
        /// In order.
        facts: Vec<Fact>,
    },
    /// Text to copy.
    Code {
        /// What it is.
        label: String,
        /// The text.
        text: String,
        /// Folded away at first.
        folded: bool,
    },
    /// The credit x-ray of every arm that has one.
    Xray {
        /// One per arm.
        panels: Vec<XrayPanel>,
        /// How to read it.
        caption: String,
        /// Running number of the figure.
        number: usize,
    },
}

/// A drawing for wide and one for narrow windows.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    /// Running number.
    pub number: usize,
    /// The bold first words of the caption.
    pub title: String,
    /// What it shows and how to read it.
    pub caption: String,
    /// SVG for wide windows.
    pub wide: String,
    /// SVG for narrow windows.
    pub narrow: String,
    /// The data.
    pub csv: Option<Download>,
}

/// Small drawings side by side.
#[derive(Debug, Serialize)]
pub(super) struct Multiples {
    /// Running number.
    pub number: usize,
    /// The bold first words of the caption.
    pub title: String,
    /// What it shows and how to read it.
    pub caption: String,
    /// The drawings.
    pub panels: Vec<Panel>,
    /// The data.
    pub csv: Option<Download>,
}

/// One of several small drawings.
#[derive(Debug, Serialize)]
pub(super) struct Panel {
    /// Heading.
    pub title: String,
    /// Mark of the arm, as SVG.
    pub swatch: String,
    /// The drawing, or what to say instead.
    pub svg: Option<String>,
    /// A short sentence under the heading.
    pub note: String,
}

/// A table whose first column names its rows.
#[derive(Debug, Default, Serialize)]
pub(super) struct Table {
    /// Running number.
    pub number: usize,
    /// The bold first words of the caption.
    pub title: String,
    /// How to read it.
    pub caption: String,
    /// Column heads.
    pub head: Vec<Cell>,
    /// Rows.
    pub rows: Vec<Vec<Cell>>,
    /// The data.
    pub csv: Option<Download>,
}

/// A table cell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Cell {
    /// Main text.
    pub text: String,
    /// Smaller second line.
    pub sub: String,
    /// Mark of an arm, as SVG.
    pub swatch: String,
    /// `num`, `dim`, `good`, `bad`, or nothing.
    pub class: &'static str,
}

impl Cell {
    /// Plain text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A number with a smaller second line.
    pub(super) fn number(text: impl Into<String>, sub: impl Into<String>) -> Self {
        Self { text: text.into(), sub: sub.into(), class: "num", ..Self::default() }
    }
}

/// A mark and its name.
#[derive(Debug, Serialize)]
pub(super) struct LegendEntry {
    /// Name.
    pub name: String,
    /// Smaller explanation.
    pub note: String,
    /// SVG.
    pub swatch: String,
    /// Class that the chart's groups share with this entry, for highlighting.
    pub key: String,
}

/// The x-ray of one arm.
#[derive(Debug, Serialize)]
pub(super) struct XrayPanel {
    /// Name of the arm.
    pub arm: String,
    /// Mark of the arm, as SVG.
    pub swatch: String,
    /// Which trajectory, how it ended.
    pub caption: String,
    /// Name of the credit rule.
    pub rule: String,
    /// How well assigned and exact credit agree, in words.
    pub agreement: String,
    /// SVG for wide windows.
    pub wide: String,
    /// SVG for narrow windows.
    pub narrow: String,
    /// Image address of the first frame, if it is a picture.
    pub image: Option<String>,
    /// The first frame, if it is text.
    pub text: Option<String>,
    /// Frames as JSON for the viewer; `null` repeats the one before.
    pub frames: String,
    /// Number of steps.
    pub steps: usize,
    /// Channels and their colours.
    pub legend: Vec<LegendEntry>,
    /// The numbers, one row per step.
    pub table: Table,
}

/// Numbers figures and tables through the page, in reading order.
pub(super) fn number(sections: &mut [Section]) {
    let (mut figures, mut tables) = (0, 0);
    let next = |counter: &mut usize| {
        *counter += 1;
        *counter
    };
    for block in sections.iter_mut().flat_map(|s| s.blocks.iter_mut()) {
        match block {
            Block::Figure(f) => f.number = next(&mut figures),
            Block::Multiples(m) => m.number = next(&mut figures),
            Block::Xray { number, .. } => *number = next(&mut figures),
            Block::Table(t) => t.number = next(&mut tables),
            Block::Legend { .. } | Block::Missing { .. } | Block::Facts { .. } | Block::Code { .. } => {}
        }
    }
}
