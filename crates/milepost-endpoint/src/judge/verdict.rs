use serde::{Deserialize, Serialize};

use crate::EndpointError;
use crate::config::require;

/// In which form a judge answers, and which numbers its answers are.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", deny_unknown_fields, rename_all = "kebab-case")]
pub enum Scale {
    /// `{"pass": true}`: 1 or 0.
    #[default]
    Pass,
    /// `{"score": 7.5}`: the score itself.
    Score {
        /// The lowest score.
        least: f64,
        /// The highest.
        most: f64,
    },
    /// `{"preferred": "first"}`, or `"second"`, or `"tie"`: 1, 0 and ½.
    Preference,
}

/// A judge's verdict: a number or the reason why there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict(Result<f64, Abstention>);

/// Why there is no verdict.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Abstention {
    /// The judge says that it cannot tell, or declines.
    #[error("the judge declines: {reason}")]
    Declined {
        /// What it says.
        reason: String,
    },
    /// The reply was cut at the most tokens.
    #[error("the reply is cut; allow more `max-tokens`")]
    Cut,
    /// The reply is not in the stated form.
    #[error("the reply is not in the stated form: {reason}")]
    Malformed {
        /// What is wrong.
        reason: String,
    },
    /// The score is not on the scale.
    #[error("the score {score} is not on the scale from {least} to {most}")]
    OffTheScale {
        /// The score.
        score: f64,
        /// The lowest.
        least: f64,
        /// The highest.
        most: f64,
    },
}

impl Verdict {
    pub(super) const fn given(value: f64) -> Self {
        Self(Ok(value))
    }

    pub(super) const fn abstained(why: Abstention) -> Self {
        Self(Err(why))
    }

    /// The number; `None` for an abstention. A missing verdict is not a zero.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        self.0.as_ref().ok().copied()
    }

    /// Why there is no number.
    #[must_use]
    pub fn abstention(&self) -> Option<&Abstention> {
        self.0.as_ref().err()
    }
}

/// A judge's reply. What else it holds, such as reasons, is not read.
#[derive(Debug, Deserialize)]
struct Raw {
    #[serde(default)]
    pass: Option<bool>,
    #[serde(default)]
    score: Option<f64>,
    #[serde(default)]
    preferred: Option<Preferred>,
    #[serde(default)]
    abstain: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Preferred {
    First,
    Second,
    Tie,
}

impl Scale {
    pub(super) fn check(self) -> Result<(), EndpointError> {
        let Self::Score { least, most } = self else { return Ok(()) };
        let ordered = least.is_finite() && most.is_finite() && least < most;
        require(ordered, "scale", &format!("{least} to {most}"), "a lowest and a higher highest score")
    }

    /// What the judge is told about the form of its answer.
    pub(super) fn form(self) -> String {
        let field = match self {
            Self::Pass => "\"pass\": true or false".to_owned(),
            Self::Score { least, most } => format!("\"score\": a number from {least} to {most}"),
            Self::Preference => "\"preferred\": \"first\", \"second\" or \"tie\"".to_owned(),
        };
        format!(
            "Reply with one JSON object and nothing else: {{\"reason\": one sentence, {field}}}. \
             If you cannot tell, reply {{\"abstain\": why}}."
        )
    }

    /// Reads a reply: a JSON object, alone or in one fenced block.
    pub(super) fn read(self, reply: &str) -> Verdict {
        let malformed = |reason: String| Verdict::abstained(Abstention::Malformed { reason });
        let raw: Raw = match serde_json::from_str(unfenced(reply)) {
            Ok(raw) => raw,
            Err(error) => return malformed(error.to_string()),
        };
        if let Some(reason) = raw.abstain {
            return Verdict::abstained(Abstention::Declined { reason });
        }
        match self {
            Self::Pass => raw
                .pass
                .map(|pass| f64::from(u8::from(pass)))
                .map_or_else(|| malformed("there is no `pass`".to_owned()), Verdict::given),
            Self::Score { least, most } => match raw.score {
                None => malformed("there is no `score`".to_owned()),
                Some(score) if (least..=most).contains(&score) => Verdict::given(score),
                Some(score) => Verdict::abstained(Abstention::OffTheScale { score, least, most }),
            },
            Self::Preference => match raw.preferred {
                None => malformed("there is no `preferred`".to_owned()),
                Some(Preferred::First) => Verdict::given(1.0),
                Some(Preferred::Second) => Verdict::given(0.0),
                Some(Preferred::Tie) => Verdict::given(0.5),
            },
        }
    }
}

/// The content of a fenced block, if that is all there is.
fn unfenced(reply: &str) -> &str {
    let reply = reply.trim();
    let block = reply.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    block.map_or(reply, |block| block.strip_prefix("json").unwrap_or(block).trim())
}
