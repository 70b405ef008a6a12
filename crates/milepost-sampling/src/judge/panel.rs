use super::{Judge, Verdict};

/// Several judges, each of one part of the question; the verdict is the sum of theirs.
///
/// A part on which its judge abstains (or could not be understood) counts as 0, and is counted. Where all abstain, so
/// does the panel. The tokens of all are paid for.
#[derive(Debug, Clone)]
pub struct Panel<J> {
    judges: Vec<J>,
    asked: u64,
    missing: u64,
}

impl<J> Panel<J> {
    /// Asks each of `judges`.
    #[must_use]
    pub const fn new(judges: Vec<J>) -> Self {
        Self { judges, asked: 0, missing: 0 }
    }

    /// Parts that were asked about so far, and those of them that nobody judged.
    #[must_use]
    pub const fn counts(&self) -> (u64, u64) {
        (self.asked, self.missing)
    }
}

impl<Q, J: Judge<Q>> Judge<Q> for Panel<J> {
    fn judge(&mut self, query: &Q) -> Verdict {
        let mut sum = Verdict::ABSTAIN;
        for judge in &mut self.judges {
            let Verdict { value, tokens } = judge.judge(query);
            sum.tokens += tokens;
            self.asked += 1;
            match value {
                Some(value) => sum.value = Some(sum.value.unwrap_or(0.0) + value),
                None => self.missing += 1,
            }
        }
        sum
    }
}
