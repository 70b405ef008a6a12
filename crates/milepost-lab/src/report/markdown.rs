//! The same report as Markdown: verdict, tables, and learning curves as small block charts.

use std::fmt::Write as _;

use super::caveats::caveats;
use super::chart::scale::extent;
use super::check::check;
use super::context::Context;
use super::data::{BandCurve, ReportData};
use super::error::ReportError;
use super::html::{VerdictView, key_facts};
use super::number::fixed;
use super::page::{Block, Cell, Section, Table};
use super::section;

/// Blocks from empty to full.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The report of one experiment as Markdown. The same data gives the same bytes.
pub fn build_markdown(data: &ReportData) -> Result<String, ReportError> {
    check(data)?;
    let context = Context::new(data);
    let verdict = VerdictView::new(&data.verdict);
    let mut out = format!("# {}: {}\n\n", inline(&data.experiment), verdict.word);
    if !data.verdict.sentence.is_empty() {
        let _ = write!(out, "**{}**\n\n", inline(&data.verdict.sentence));
    }
    if data.verdict.exploratory {
        out += "*Exploratory: too few seeds for a conclusion.*\n\n";
    }
    let lines = [("Question", &data.question), ("Claim", &data.claim), ("Rule", &data.verdict.rule)];
    for (label, text) in lines.into_iter().filter(|(_, text)| !text.is_empty()) {
        let _ = writeln!(out, "- {label}: {}", inline(text));
    }
    for fact in key_facts(data) {
        let _ = writeln!(out, "- {}: {}", fact.label, inline(&fact.value));
    }
    let notes = caveats(data);
    if !notes.is_empty() {
        out.push('\n');
    }
    for note in notes {
        let _ = writeln!(out, "> {}\n>", inline(&note));
    }
    out += &curves(&context);
    for s in section::all(&context)? {
        out += &section_text(&s);
    }
    Ok(out.trim_end().to_owned() + "\n")
}

/// One row per arm: start, shape, end.
fn curves(context: &Context) -> String {
    let mut out = "\n## Learning curves\n\n".to_owned();
    let drawn: Vec<_> = context.arms().filter_map(|(a, _)| a.aggregate.as_ref().map(|c| (a, c))).collect();
    let Some(range) =
        context.metric_range().or_else(|| extent(drawn.iter().flat_map(|d| d.1.y.iter().copied())))
    else {
        return out + "No learning curve was recorded.\n";
    };
    let _ = writeln!(
        out,
        "| arm | parts | {} over training | end |\n|---|---|---|---:|",
        inline(context.curve_name())
    );
    for (arm, curve) in drawn {
        let end = curve.y.iter().rev().copied().find(|v| v.is_finite()).unwrap_or(f64::NAN);
        let (name, parts) = (inline(&arm.name), inline(&arm.description));
        let _ = writeln!(
            out,
            "| {name} | {parts} | `{}` | {} |",
            sparkline(curve, range),
            fixed(end, context.digits)
        );
    }
    out
}

/// A curve in at most 32 characters; a space where nothing finite was recorded.
fn sparkline(curve: &BandCurve, (lo, hi): (f64, f64)) -> String {
    let n = curve.y.len().min(32);
    let at = |i: usize| {
        let (from, to) = (i * curve.y.len() / n, (i + 1) * curve.y.len() / n);
        let finite: Vec<f64> = curve.y[from..to].iter().copied().filter(|v| v.is_finite()).collect();
        let mean = finite.iter().sum::<f64>() / finite.len() as f64;
        let t = if hi > lo { (mean - lo) / (hi - lo) } else { 0.5 };
        if t.is_finite() { BLOCKS[(t.clamp(0.0, 1.0) * 7.0).round() as usize] } else { ' ' }
    };
    (0..n).map(at).collect()
}

pub(super) fn section_text(s: &Section) -> String {
    let mut body = String::new();
    for block in &s.blocks {
        match block {
            Block::Table(t) => body += &table_text(t),
            Block::Missing { text } => {
                let _ = write!(body, "{text}\n\n");
            }
            Block::Facts { facts } => {
                for f in facts {
                    let _ = writeln!(body, "- {}: {}", inline(&f.label), inline(&f.value));
                }
                body.push('\n');
            }
            Block::Code { label, text, .. } => {
                let fence = fence(text);
                let _ = write!(body, "{label}:\n\n{fence}\n{text}\n{fence}\n\n");
            }
            Block::Xray { panels, .. } => {
                for p in panels {
                    let rule = if p.rule.is_empty() { "credit" } else { &p.rule };
                    let _ = writeln!(body, "- {} ({}): {}", inline(&p.arm), inline(rule), p.agreement);
                }
                body.push('\n');
            }
            Block::Multiples(m) => {
                for p in m.panels.iter().filter(|p| !p.note.is_empty() && s.id != "curves") {
                    let _ = writeln!(body, "- {}: {}", inline(&p.title), inline(&p.note));
                }
                body.push('\n');
            }
            Block::Legend { .. } | Block::Figure(_) => {}
        }
    }
    let body = body.trim();
    if body.is_empty() || s.id == "curves" {
        return String::new();
    }
    format!("\n## {}\n\n{}\n\n{body}\n", s.title, inline(&s.lead))
}

fn table_text(t: &Table) -> String {
    let cell = |c: &Cell| {
        if c.class.contains("best") {
            format!("**{}** ({})", inline(&c.text), inline(&c.sub))
        } else if c.sub.is_empty() {
            inline(&c.text)
        } else {
            format!("{} ({})", inline(&c.text), inline(&c.sub))
        }
    };
    let row = |cells: &[Cell]| format!("| {} |\n", cells.iter().map(cell).collect::<Vec<_>>().join(" | "));
    let rule = t.head.iter().map(|c| if c.class.starts_with("num") { "---:" } else { "---" });
    let mut out = row(&t.head) + &format!("|{}|\n", rule.collect::<Vec<_>>().join("|"));
    for cells in &t.rows {
        out += &row(cells);
    }
    format!("{out}\n*{}*\n\n", inline(&t.caption))
}

/// Text that stays text: no markup, no table breaks, no line breaks.
pub(super) fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '#' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A code fence longer than any run of backticks in `text`.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_out_of_a_table() {
        assert_eq!(inline("a|b\n<script>`"), "a\\|b &lt;script>\\`");
        assert_eq!(fence("x ```` y"), "`````");
    }

    #[test]
    fn a_sparkline_shows_the_shape_and_the_gap() {
        let y = vec![0.0, 0.5, f64::NAN, 1.0];
        let curve = BandCurve { y, ..BandCurve::default() };
        assert_eq!(sparkline(&curve, (0.0, 1.0)), "▁▅ █");
        assert_eq!(sparkline(&BandCurve::default(), (0.0, 1.0)), "");
    }
}
