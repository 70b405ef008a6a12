//! Whether a claim reproduced.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Bootstrap, Estimate, PairedDifferences, StatsError};

/// Which scores are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Returns, success rates.
    #[default]
    HigherIsBetter,
    /// Costs, errors, steps needed.
    LowerIsBetter,
}

/// The rule, fixed before the run: the claim "arm A is better than arm B" reproduces if the interval of
/// the mean paired difference lies above zero *and* enough seeds agree.
///
/// | interval of the advantage of A | enough seeds agree | outcome |
/// |---|---|---|
/// | fewer than [`VerdictRule::minimum_seeds`] pairs | | inconclusive (and exploratory) |
/// | contains zero | | inconclusive |
/// | above zero | yes | reproduced |
/// | above zero | no | not reproduced |
/// | below zero | | not reproduced |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerdictRule {
    /// Nominal coverage of the interval.
    pub level: f64,
    /// At least `agree` of every [`VerdictRule::of`] seeds must favour A: `⌈pairs · agree / of⌉` of them.
    pub agree: usize,
    /// See [`VerdictRule::agree`].
    pub of: usize,
    /// Pairs below which there is no verdict, only an exploration.
    pub minimum_seeds: usize,
    /// Which scores are better.
    pub direction: Direction,
}

impl Default for VerdictRule {
    /// The 95 % interval is above zero and at least 4 of 5 seeds agree; at least five seeds.
    fn default() -> Self {
        Self { level: 0.95, agree: 4, of: 5, minimum_seeds: 5, direction: Direction::default() }
    }
}

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The rule holds.
    Reproduced,
    /// The interval excludes zero and yet the rule fails.
    NotReproduced,
    /// The data do not decide.
    Inconclusive {
        /// Why not.
        reason: Undecided,
    },
}

/// Why a verdict is inconclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undecided {
    /// Fewer pairs of seeds than the rule asks for.
    TooFewSeeds,
    /// The interval contains zero.
    IntervalSpansZero,
}

/// An outcome with the numbers behind it. `Display` says it in one sentence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What became of the claim.
    pub outcome: Outcome,
    /// Mean paired difference, oriented so that positive favours arm A. `None` with fewer than two pairs.
    pub advantage: Option<Estimate>,
    /// Pairs that favour A.
    pub agreeing: usize,
    /// Pairs that must favour A.
    pub needed: usize,
    /// Pairs there are.
    pub seeds: usize,
    /// Whether there were too few seeds for a comparison; such results must be labelled.
    pub exploratory: bool,
}

impl VerdictRule {
    /// Judges the claim that the first arm of `differences` is better. The interval is the bootstrap's,
    /// at this rule's level.
    pub fn judge(
        &self,
        differences: &PairedDifferences,
        bootstrap: &Bootstrap,
    ) -> Result<Verdict, StatsError> {
        if self.of == 0 || self.agree > self.of {
            let value = self.agree as f64;
            return Err(StatsError::Parameter {
                name: "the number of agreeing seeds",
                value,
                range: "0 to `of`",
            });
        }
        let seeds = differences.pairs();
        let needed = (seeds * self.agree).div_ceil(self.of);
        let signs = differences.signs();
        let agreeing = match self.direction {
            Direction::HigherIsBetter => signs.higher,
            Direction::LowerIsBetter => signs.lower,
        };
        let exploratory = seeds < self.minimum_seeds;
        let advantage = if seeds < 2 {
            None
        } else {
            Some(self.oriented(differences.mean(&Bootstrap { level: self.level, ..*bootstrap })?))
        };
        let outcome = match advantage {
            Some(estimate) if !exploratory => decide(estimate, agreeing >= needed),
            _ => Outcome::Inconclusive { reason: Undecided::TooFewSeeds },
        };
        Ok(Verdict { outcome, advantage, agreeing, needed, seeds, exploratory })
    }

    fn oriented(&self, mut estimate: Estimate) -> Estimate {
        if self.direction == Direction::LowerIsBetter {
            estimate.value = -estimate.value;
            (estimate.interval.low, estimate.interval.high) =
                (-estimate.interval.high, -estimate.interval.low);
        }
        estimate
    }
}

fn decide(advantage: Estimate, enough_agree: bool) -> Outcome {
    if advantage.interval.contains(0.0) {
        Outcome::Inconclusive { reason: Undecided::IntervalSpansZero }
    } else if advantage.interval.low > 0.0 && enough_agree {
        Outcome::Reproduced
    } else {
        Outcome::NotReproduced
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = match self.outcome {
            Outcome::Reproduced => "reproduced",
            Outcome::NotReproduced => "not reproduced",
            Outcome::Inconclusive { reason: Undecided::TooFewSeeds } => "inconclusive (too few seeds)",
            Outcome::Inconclusive { reason: Undecided::IntervalSpansZero } => {
                "inconclusive (the interval spans zero)"
            }
        };
        write!(f, "{said}: ")?;
        if let Some(Estimate { value, interval, .. }) = self.advantage {
            let percent = interval.level * 100.0;
            write!(
                f,
                "advantage {value:+.4}, {percent} % interval [{:+.4}, {:+.4}]; ",
                interval.low, interval.high
            )?;
        }
        write!(f, "{} of {} seeds agree ({} needed)", self.agreeing, self.seeds, self.needed)?;
        if self.exploratory { f.write_str("; exploratory") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(rule: VerdictRule, differences: &[f64]) -> Verdict {
        let zeros = vec![0.0; differences.len()];
        let pairs = PairedDifferences::of_seeds(differences, &zeros).expect("finite");
        rule.judge(&pairs, &Bootstrap::default()).expect("a sound rule")
    }

    #[test]
    fn each_row_of_the_rule_s_table() {
        let rule = VerdictRule::default();
        let undecided = |reason| Outcome::Inconclusive { reason };
        assert_eq!(judge(rule, &[0.2, 0.3, 0.1, 0.2, 0.4]).outcome, Outcome::Reproduced);
        assert_eq!(judge(rule, &[-0.2, -0.3, -0.1, -0.2, -0.4]).outcome, Outcome::NotReproduced);
        assert_eq!(
            judge(rule, &[0.2, -0.3, 0.1, -0.2, 0.4]).outcome,
            undecided(Undecided::IntervalSpansZero)
        );
        assert_eq!(judge(rule, &[0.0; 5]).outcome, undecided(Undecided::IntervalSpansZero));
        let few = judge(rule, &[0.2, 0.3, 0.1, 0.2]);
        assert_eq!((few.outcome, few.exploratory), (undecided(Undecided::TooFewSeeds), true));
        assert!(few.advantage.is_some(), "numbers are shown even where they decide nothing");
        assert_eq!(judge(rule, &[0.5]).advantage, None);
        // Above zero by the weight of two seeds of five, while three lose a little.
        let strict = VerdictRule { level: 0.5, ..rule };
        let split = judge(strict, &[5.0, 4.0, -0.01, -0.01, -0.01]);
        assert!(split.advantage.expect("five pairs").interval.low > 0.0);
        assert_eq!((split.outcome, split.agreeing, split.needed), (Outcome::NotReproduced, 2, 4));
    }

    #[test]
    fn four_of_five_scales_with_the_number_of_seeds() {
        assert_eq!(judge(VerdictRule::default(), &[0.1; 10]).needed, 8);
        assert_eq!(judge(VerdictRule::default(), &[0.1; 7]).needed, 6);
    }

    #[test]
    fn lower_can_be_better() {
        let rule = VerdictRule { direction: Direction::LowerIsBetter, ..VerdictRule::default() };
        let verdict = judge(rule, &[-0.2, -0.3, -0.1, -0.2, -0.4]);
        assert_eq!((verdict.outcome, verdict.agreeing), (Outcome::Reproduced, 5));
        assert!(verdict.advantage.expect("five pairs").interval.low > 0.0);
    }

    #[test]
    fn the_sentence_holds_the_numbers() {
        let text = judge(VerdictRule::default(), &[0.25; 5]).to_string();
        let expected =
            "reproduced: advantage +0.2500, 95 % interval [+0.2500, +0.2500]; 5 of 5 seeds agree (4 needed)";
        assert_eq!(text, expected);
    }
}
