use serde::{Deserialize, Serialize};

/// Settings of [`Rubric`](super::Rubric): what it reads, and how good its judge is.
///
/// Several flags stand in one record as a number, flag `d` of value `2^d`, counted from the answer; what counts is
/// the last state's entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RubricConfig {
    /// The channel it writes.
    pub channel: String,
    /// The channel that says whether an answer is correct.
    pub outcome: String,
    /// Whose rubric is judged.
    pub graded: Graded,
    /// The record that holds the number of statements, `n`.
    pub statements: String,
    /// The record of the placeholders that have a value.
    pub named: String,
    /// The record of the number of citations.
    pub cited: String,
    /// The record of the statements that the cited documents entail.
    pub supported: String,
    /// Whether a statement has to be linked to the answer.
    pub connection: Connection,
    /// How the judge is spoilt.
    pub noise: RubricNoise,
}

impl Default for RubricConfig {
    /// An exact judge of look-up worlds, as CaRR asks for it.
    fn default() -> Self {
        Self {
            channel: "rubric".to_owned(),
            outcome: "outcome".to_owned(),
            graded: Graded::default(),
            statements: "lookup-statements".to_owned(),
            named: "lookup-named".to_owned(),
            cited: "lookup-cited".to_owned(),
            supported: "lookup-supported".to_owned(),
            connection: Connection::default(),
            noise: RubricNoise::default(),
        }
    }
}

/// Whose rubric is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Graded {
    /// That of correct answers; the others have 0. Nobody asks for more under a multiplicative reward.
    #[default]
    Correct,
    /// That of every trajectory.
    All,
}

/// Whether a statement has to be linked to the answer through statements that are identified and supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Connection {
    /// It has.
    #[default]
    Required,
    /// It counts by itself.
    Ignored,
}

/// How an exact judge is spoilt. All zero: it is exact. An answer that is missing or cites nothing is not judged, so that
/// no error turns it into evidence.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RubricNoise {
    /// Probability, for each placeholder, that the judge is wrong about whether it has a value.
    pub identification: f64,
    /// Probability, for each statement, that the judge is wrong about whether it is supported.
    pub support: f64,
    /// Probability that the judge fails: the trajectory's score is 0, and it is counted.
    pub failure: f64,
}

/// What becomes of the rubric score beside the outcome: [`milepost_credit::RubricUse`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RubricUse {
    /// Multiplied, relative to the best of the group: the paper's C-GRPO.
    #[default]
    GroupMax,
    /// Multiplied as it is: the released code.
    Unnormalised,
    /// Added, under wrong answers too: the control that can be hacked.
    Additive,
}

/// Settings of [`RubricReward`](super::RubricReward).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RubricRewardConfig {
    /// The channel it writes.
    pub channel: String,
    /// The channel of the outcome, `R_o`.
    pub outcome: String,
    /// The channel of the rubric score, `R_r`.
    pub rubric: String,
    /// Share `α` of the rubric.
    pub alpha: f64,
    /// How the two are joined.
    #[serde(rename = "use")]
    pub rubric_use: RubricUse,
}

impl Default for RubricRewardConfig {
    /// The paper's: `α = 0.3`, relative to the best of the group.
    fn default() -> Self {
        Self {
            channel: "reward".to_owned(),
            outcome: "outcome".to_owned(),
            rubric: "rubric".to_owned(),
            alpha: 0.3,
            rubric_use: RubricUse::default(),
        }
    }
}
