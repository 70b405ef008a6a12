use crate::{CreditError, Groups, check};

/// What becomes of the rubric score `R_r` beside the outcome `R_o`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RubricUse {
    /// `R = (1 − α) R_o + α R_o R̂_r` with `R̂_r = R_r / max R_r` over the correct members of the group (0 where that
    /// is 0): the paper's C-GRPO.
    #[default]
    GroupMax,
    /// `R = (1 − α) R_o + α R_o R_r`: the released code, which does not look at the group.
    Unnormalised,
    /// `R = R_o + α R_r`: the control, which pays for citations under a wrong answer.
    Additive,
}

/// The reward of C-GRPO, which GRPO then normalises.
///
/// Source: arXiv 2601.06021, and `THUDM/CaRR` for [`RubricUse::Unnormalised`]. Identities: with `α = 0`, and where
/// all correct members have the same `R_r > 0`, [`RubricUse::GroupMax`] is the outcome; multiplying all `R_r` of a
/// group changes nothing. Known failure: at `α = 1` a correct answer without citations earns nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CGrpo {
    /// Share `α` of the rubric, 0 to 1.
    pub alpha: f64,
    /// How the two are joined.
    pub rubric: RubricUse,
}

/// What happened to the groups of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CGrpoReport {
    /// Members with an outcome above 0, whose rubric matters.
    pub correct: usize,
    /// Groups with a correct member, none of which satisfies any statement.
    pub without_evidence: usize,
}

impl Default for CGrpo {
    /// The paper's: `α = 0.3`, relative to the best of the group.
    fn default() -> Self {
        Self { alpha: 0.3, rubric: RubricUse::GroupMax }
    }
}

impl CGrpo {
    /// The reward of each member. All slices have one entry a member; outcomes and rubric scores are from 0 to 1, and
    /// the rubric score of a member with `R_o = 0` is read by [`RubricUse::Additive`] only.
    ///
    /// # Errors
    /// Slices that do not fit, or a number outside `[0, 1]`.
    pub fn rewards(
        &self,
        groups: &Groups,
        outcomes: &[f64],
        rubric: &[f64],
        out: &mut [f64],
    ) -> Result<CGrpoReport, CreditError> {
        check::len("outcomes", groups.entries(), outcomes.len())?;
        check::len("rubric", outcomes.len(), rubric.len())?;
        check::len("out", outcomes.len(), out.len())?;
        check::unit_interval("alpha", self.alpha)?;
        for (name, values) in [("outcomes", outcomes), ("rubric", rubric)] {
            values.iter().try_for_each(|value| check::unit_interval(name, *value))?;
        }
        let mut report = CGrpoReport::default();
        for members in groups.iter() {
            let correct = || members.iter().filter(|&&member| outcomes[member] > 0.0);
            let best = correct().fold(0.0, |best: f64, &member| best.max(rubric[member]));
            report.correct += correct().count();
            report.without_evidence += usize::from(best == 0.0 && correct().next().is_some());
            for &member in members {
                let (outcome, met) = (outcomes[member], rubric[member]);
                // (1 − α) R_o + α R_o x, written so that x = 1 gives R_o itself.
                let gated = |x: f64| outcome * (1.0 - self.alpha * (1.0 - x));
                out[member] = match self.rubric {
                    RubricUse::GroupMax if best > 0.0 => gated((met / best).min(1.0)),
                    RubricUse::GroupMax => gated(0.0),
                    RubricUse::Unnormalised => gated(met),
                    RubricUse::Additive => outcome + self.alpha * met,
                };
            }
        }
        Ok(report)
    }
}
