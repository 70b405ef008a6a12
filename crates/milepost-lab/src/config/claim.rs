//! What an experiment claims, and when the claim counts as reproduced.

use milepost_eval::verdict::Direction;
use serde::{Deserialize, Serialize};

use super::error::ConfigError;
use super::read::Reader;
use super::resolved::check_rule;

/// When a claim counts as reproduced: an arm's advantage over another arm, or over a constant, beyond
/// `margin` has its whole interval above 0, and at least `agree` of every `of` seeds have that sign. The
/// advantage is the difference oriented by the metric: positive is better.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Claim {
    /// The claim in words; the experiment's own for the verdict.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub claim: String,
    /// The metric; the primary one if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// The arm that the claim favours.
    pub better: String,
    /// Further arms of the favoured side: in each seed the best of them and `better` counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub better_or: Vec<String>,
    /// The arm it is compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub than: Option<String>,
    /// Further arms of the other side: in each seed the best of them and `than` counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub than_or: Vec<String>,
    /// Instead of `than`: the score must be above this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// Instead of `than`: the score must be below this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// How much better it must be; negative: how much worse it may be.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub margin: f64,
    /// Whether the claim is that the metric is lower, for one that does not say so itself: a statistic of training.
    #[serde(default, skip_serializing_if = "is_false")]
    pub lower_is_better: bool,
    /// Coverage of the interval.
    #[serde(default = "confidence")]
    pub confidence: f64,
    /// How many seeds of every `of` must agree.
    #[serde(default = "agree")]
    pub agree: u64,
    /// See `agree`.
    #[serde(default = "of")]
    pub of: u64,
}

const fn confidence() -> f64 {
    0.95
}
const fn agree() -> u64 {
    4
}
const fn of() -> u64 {
    5
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// Whether a name is known, or an error that says which are.
pub(super) type Lookup<'a> = dyn Fn(&str) -> Result<(), ConfigError> + 'a;

impl Claim {
    /// Which scores speak for the claim: those above or below a constant, or those that the metric calls better.
    #[must_use]
    pub const fn direction(&self, metric: Direction) -> Direction {
        match (self.at_least, self.at_most) {
            (Some(_), _) => Direction::HigherIsBetter,
            (None, Some(_)) => Direction::LowerIsBetter,
            (None, None) if self.lower_is_better => Direction::LowerIsBetter,
            (None, None) => metric,
        }
    }

    /// Every arm that it names.
    pub fn arms(&self) -> impl Iterator<Item = &String> {
        self.named().map(|(_, arm)| arm)
    }

    fn named(&self) -> impl Iterator<Item = (&'static str, &String)> {
        std::iter::once(("better", &self.better))
            .chain(self.better_or.iter().map(|arm| ("better-or", arm)))
            .chain(self.than.iter().map(|arm| ("than", arm)))
            .chain(self.than_or.iter().map(|arm| ("than-or", arm)))
    }

    /// Refuses a claim about metrics or arms that there are not, and one that cannot be judged. `path` is the table
    /// that holds it.
    pub(super) fn check(
        &self,
        reader: &Reader<'_>,
        path: &str,
        metric: &Lookup<'_>,
        arm: &Lookup<'_>,
    ) -> Result<(), ConfigError> {
        let invalid = |key: &str, reason: String| reader.invalid(&format!("{path}.{key}"), reason);
        if let Some(name) = &self.metric {
            metric(name).map_err(|error| invalid("metric", error.to_string()))?;
        }
        for (key, name) in self.named() {
            arm(name).map_err(|error| invalid(key, error.to_string()))?;
        }
        let others = [self.than.is_some(), self.at_least.is_some(), self.at_most.is_some()];
        if others.into_iter().filter(|given| *given).count() != 1 {
            return Err(invalid("than", "give exactly one of `than`, `at-least` and `at-most`".into()));
        }
        if !self.margin.is_finite() {
            return Err(invalid("margin", format!("is {}; it must be a finite number", self.margin)));
        }
        check_rule(reader, path, self.confidence, self.agree, self.of)
    }
}

/// The verdict and the further claims, each with the table that holds it.
pub(super) fn claims<'a>(
    verdict: &'a Claim,
    further: &'a [Claim],
) -> impl Iterator<Item = (String, &'a Claim)> {
    let further = further.iter().enumerate().map(|(index, claim)| (format!("further.{index}"), claim));
    std::iter::once(("verdict".to_owned(), verdict)).chain(further)
}
