use milepost_core::Trajectory;

use super::{Context, ContextError, ContextRule};

/// One sequence that a model reads to score trained tokens of a trajectory.
///
/// A causal model's features at position `p − 1` predict the token at position `p`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The sequence: a context, then turns and replies.
    pub tokens: Vec<u32>,
    /// The trained tokens in it: position in `tokens` (never 0), index among the trajectory's tokens.
    pub targets: Vec<(usize, usize)>,
}

/// How a trajectory is teacher-forced: the sequences in which every trained token is scored in exactly the
/// context in which a sampler with this rule lets a policy write it.
///
/// Laws:
/// - every trained token is the target of exactly one segment;
/// - in a segment, what precedes a turn's first target is that turn's context.
///
/// Turns whose contexts extend one another share a sequence. So [`ContextView::Full`](super::ContextView::Full)
/// needs one sequence a trajectory, and a window one a turn from the first turn at which it moves; a sequence
/// ends with its last target.
pub fn scoring_segments<O>(
    trajectory: &Trajectory<O>,
    rule: &ContextRule,
) -> Result<Vec<Segment>, ContextError> {
    let mut segments: Vec<(Context, Segment)> = Vec::new();
    let mut turn = None;
    for span in trajectory.spans.iter().filter(|span| span.is_trained() && span.len > 0) {
        if turn != Some(span.turn) {
            turn = Some(span.turn);
            let context = rule.before_turn(&trajectory.spans, span.turn)?;
            let shared = segments.last().is_some_and(|(open, _)| {
                open.prompt == context.prompt && open.recent.start == context.recent.start
            });
            if !shared {
                let segment = Segment { tokens: context.tokens(&trajectory.tokens), targets: Vec::new() };
                segments.push((context, segment));
            }
        }
        let Some((open, segment)) = segments.last_mut() else { continue };
        let range = span.range();
        segment.tokens.extend_from_slice(&trajectory.tokens[open.recent.end..range.end]);
        open.recent.end = range.end;
        let end = segment.tokens.len();
        segment.targets.extend(range.clone().map(|index| (end - (range.end - index), index)));
    }
    Ok(segments.into_iter().map(|(_, segment)| segment).collect())
}
