use serde::{Deserialize, Serialize};

use crate::error::{Check, TaskError};
use crate::worlds::{Combination, Decisive};

/// Where the key of a decisive turn is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeySource {
    /// In the prompt: one key for the whole episode.
    #[default]
    Prompt,
    /// In the tool's reply right before the turn (the prompt, for the first): a new key each time.
    Reply,
}

/// Parameters of [`Turns`](super::Turns).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TurnsConfig {
    /// Turns `T` of an episode. Default 6.
    pub turns: u32,
    /// Tokens `L` of a turn. Default 4.
    pub tokens: u32,
    /// Symbols `V` to choose from. Default 8.
    pub vocabulary: u32,
    /// The decisive turns. Default: one, drawn from seed 0.
    pub decisive: Decisive,
    /// The token `j*` of a decisive turn that must equal the key. Default 2.
    pub key_token: u32,
    /// Where the key is named. Default: in the prompt.
    pub key_source: KeySource,
    /// How good turns add up. Default `lin`.
    pub combination: Combination,
    /// Probability of success if `f(n) = 1`. Default 0.8.
    pub success_high: f64,
    /// Probability of success if `f(n) = 0`. Default 0.2.
    pub success_low: f64,
    /// Probability with which the reference policy writes the key where it decides. Default: `1 / V`.
    pub key_probability: Option<f64>,
    /// Probability with which it writes symbol 0 where nothing is decided. Default: `1 / V`.
    pub routine_probability: Option<f64>,
    /// A turn that only looks important: its tokens carry a large feature and the reference policy is uniform in
    /// it, whatever `routine_probability` says, but nothing depends on them. Default: none.
    pub salient: Option<u32>,
    /// Turns that all look alike, as if a tool's reply were repeated: the policy sees only which token it is at.
    /// Default: none.
    pub echo: Vec<u32>,
    /// Penalty `λ`, paid at once, for ending a turn with anything but the last symbol. Default 0.
    pub format_penalty: f64,
}

impl Default for TurnsConfig {
    fn default() -> Self {
        Self {
            turns: 6,
            tokens: 4,
            vocabulary: 8,
            decisive: Decisive::Random { count: 1, seed: 0 },
            key_token: 2,
            key_source: KeySource::Prompt,
            combination: Combination::Lin,
            success_high: 0.8,
            success_low: 0.2,
            key_probability: None,
            routine_probability: None,
            salient: None,
            echo: Vec::new(),
            format_penalty: 0.0,
        }
    }
}

const CHECK: Check = Check("turns");

impl TurnsConfig {
    /// The decisive turns, ascending; `Err` with the first parameter that cannot be.
    pub(super) fn resolve(&self) -> Result<Vec<u32>, TaskError> {
        CHECK.between("turns", self.turns, 1, 1 << 10)?;
        CHECK.between("tokens", self.tokens, 1, 1 << 6)?;
        CHECK.between("vocabulary", self.vocabulary, 2, 1 << 10)?;
        CHECK.between("key-token", self.key_token, 0, self.tokens - 1)?;
        CHECK.probability("success-high", self.success_high)?;
        CHECK.probability("success-low", self.success_low)?;
        let probabilities =
            [("key-probability", self.key_probability), ("routine-probability", self.routine_probability)];
        for (name, probability) in probabilities {
            CHECK.probability(name, probability.unwrap_or(0.0))?;
        }
        CHECK.not_negative("format-penalty", self.format_penalty)?;
        let ends_with_key = self.key_token + 1 == self.tokens;
        let free = self.format_penalty == 0.0 || !ends_with_key;
        CHECK.that(free, "key-token", self.key_token, "before the last token, which has a format to keep")?;
        let decisive = self.decisive.resolve(CHECK, self.turns)?;
        let last = self.turns - 1;
        for (name, turn) in
            self.salient.iter().map(|t| ("salient", t)).chain(self.echo.iter().map(|t| ("echo", t)))
        {
            CHECK.between(name, *turn, 0, last)?;
            CHECK.that(!decisive.contains(turn), name, turn, "a turn that does not decide")?;
        }
        let salient_echo = self.salient.is_some_and(|turn| self.echo.contains(&turn));
        CHECK.that(!salient_echo, "salient", self.salient.unwrap_or(0), "a turn that is no echo")?;
        Ok(decisive)
    }
}
