//! A picture of a conversation at one moment: what was said last, and what had been said before it.

use std::fmt::Write;

use milepost_core::{SpanKind, Trajectory, Vocabulary};

/// Characters of a line.
const COLUMNS: usize = 38;
/// Lines that fit.
const LINES: usize = 14;
/// Lines of what is shown below the transcript.
const VIEW_LINES: usize = 12;
const LINE_HEIGHT: usize = 18;

/// The transcript before turn `turn`, its latest lines, and below it what else there is to see, as an SVG. What the policy
/// wrote begins with `>`.
pub(super) fn frame(
    trajectory: &Trajectory<()>,
    turn: usize,
    vocabulary: &Vocabulary,
    view: &[String],
) -> String {
    let mut lines: Vec<(bool, String)> = Vec::new();
    for span in trajectory
        .spans
        .iter()
        .take_while(|span| (span.turn as usize) < turn || span.kind == SpanKind::Prompt)
    {
        let ours = span.kind == SpanKind::Policy;
        let text = vocabulary.decode(&trajectory.tokens[span.range()]).replace(" <end>", "");
        let text = if ours { format!("> {text}") } else { text };
        lines.extend(wrap(&text).into_iter().map(|line| (ours, line)));
    }
    let below: Vec<String> = view.iter().flat_map(|line| wrap(line)).take(VIEW_LINES).collect();
    let shown = &lines[lines.len().saturating_sub(LINES)..];
    let rows = LINES + if view.is_empty() { 0 } else { VIEW_LINES + 1 };
    let (width, height) = (COLUMNS * 8 + 16, rows * LINE_HEIGHT + 12);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         font-family=\"ui-monospace,monospace\" font-size=\"13\"><rect width=\"{width}\" height=\"{height}\" \
         fill=\"#fbfbfd\"/>"
    );
    for (row, (ours, line)) in shown.iter().enumerate() {
        let (fill, weight) = if *ours { ("#0b5cad", " font-weight=\"700\"") } else { ("#24292f", "") };
        let y = (row + 1) * LINE_HEIGHT;
        let _ = write!(svg, "<text x=\"8\" y=\"{y}\" fill=\"{fill}\"{weight}>{}</text>", escaped(line));
    }
    if !view.is_empty() {
        let y = LINES * LINE_HEIGHT + LINE_HEIGHT / 2 + 6;
        let _ = write!(svg, "<path d=\"M8 {y}H{}\" stroke=\"#8c959f\"/>", width - 8);
    }
    for (row, line) in below.iter().enumerate() {
        let fill = match line.chars().next() {
            Some('✓') => "#1a7f37",
            Some('✗') => "#b42318",
            _ => "#24292f",
        };
        let y = (LINES + 2 + row) * LINE_HEIGHT;
        let _ = write!(svg, "<text x=\"8\" y=\"{y}\" fill=\"{fill}\">{}</text>", escaped(line));
    }
    svg.push_str("</svg>");
    svg
}

/// Lines of at most [`COLUMNS`] characters, broken at spaces.
fn wrap(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.len() - 1;
        if !lines[line].is_empty() && lines[line].chars().count() + 1 + word.chars().count() > COLUMNS {
            lines.push(word.to_owned());
        } else {
            if !lines[line].is_empty() {
                lines[line].push(' ');
            }
            lines[line].push_str(word);
        }
    }
    lines
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use milepost_core::{Ending, Provenance, StateRecords, TaskSeed, TrajectoryBuilder, Version};

    #[test]
    fn a_frame_shows_what_was_said_before_its_turn_and_escapes_it() {
        let words = Vocabulary::new(["a<b", "go", "ok"]).expect("distinct");
        let mut builder =
            TrajectoryBuilder::new(TaskSeed::literal(0), 0, 0, Version(0), StateRecords::default());
        builder.span(SpanKind::Prompt, Provenance::Forced, &[3], &[]);
        builder.state((), 0, &[]);
        builder.span(SpanKind::Policy, Provenance::OnPolicy, &[4, Vocabulary::END], &[-1.0; 2]);
        builder.span(SpanKind::Environment, Provenance::Forced, &[5], &[]);
        builder.end_turn(0.0);
        builder.state((), 1, &[]);
        let trajectory = builder.finish(Ending::Malformed).expect("consistent");
        let before = frame(&trajectory, 0, &words, &[]);
        assert!(before.contains(">a&lt;b</text>") && !before.contains("go"), "{before}");
        let after = frame(&trajectory, 1, &words, &["✓ [1] → <2>".to_owned()]);
        assert!(after.contains(">&gt; go</text>") && after.contains(">ok</text>"), "{after}");
        assert!(after.contains("#1a7f37") && after.contains("✓ [1] → &lt;2&gt;</text>"), "{after}");
    }

    #[test]
    fn lines_are_broken_at_spaces() {
        let long = vec!["word"; 40].join(" ");
        let lines = wrap(&long);
        assert!(lines.iter().all(|line| line.len() <= COLUMNS) && lines.len() > 1);
        assert_eq!(lines.join(" "), long);
    }
}
