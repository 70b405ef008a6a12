mod source;
mod teacher;

pub use source::{CueShares, Flip, LabelledPair, PairSource, PairSourceConfig, Region};
pub use teacher::{Teacher, TeacherLabel};

use super::{Segment, TraceLab};

/// Whether the style of a pair speaks for the better answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cue {
    /// Only the better one has it: an easy pair for a judge who likes style.
    For,
    /// Neither has.
    Neither,
    /// Only the worse one has it: a hard pair.
    Against,
}

impl TraceLab {
    /// The two answers with their style replaced by a cue; scores and verdicts stay. `None` if one is malformed,
    /// has no segment but style, or has no room for one more.
    #[must_use]
    pub fn with_cue(&self, better: &[u32], worse: &[u32], cue: Cue) -> Option<(Vec<u32>, Vec<u32>)> {
        let better = self.styled(better, cue == Cue::For)?;
        let worse = self.styled(worse, cue == Cue::Against)?;
        Some((better, worse))
    }

    /// The answer without its style, or with an `indeed` at its head and no other.
    fn styled(&self, turn: &[u32], style: bool) -> Option<Vec<u32>> {
        let said = self.segments(turn)?.into_iter().map(|placed| placed.segment);
        let said: Vec<Segment> = said.filter(|segment| *segment != Segment::Indeed).collect();
        let styled: Vec<Segment> =
            style.then_some(Segment::Indeed).into_iter().chain(said.iter().copied()).collect();
        let fits = !said.is_empty() && styled.len() <= self.config.segments as usize;
        fits.then(|| self.write(&styled))
    }
}
