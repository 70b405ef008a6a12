use milepost_core::Vocabulary;
use serde::{Deserialize, Serialize};

use crate::EndpointError;
use crate::config::require;

/// Which part of the protocol a policy speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interface {
    /// `/chat/completions`: the context is one message.
    #[default]
    Chat,
    /// `/completions`: the context is text to go on from; a turn ends with the line.
    Completion,
}

/// Parameters of a [`RemotePolicy`](crate::RemotePolicy).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RemotePolicyConfig {
    /// Default chat.
    pub interface: Interface,
    /// What the model is told first. Default nothing.
    pub instructions: String,
    /// Whether a chat is told the world's words. Default true.
    pub list_words: bool,
    /// What a turn is written after, so that a model may think first; the last one in a reply counts. Left out, the
    /// whole reply is the turn.
    pub marker: Option<String>,
    /// The most tokens of a reply, by the endpoint's own count. Default 256.
    pub max_tokens: u32,
    /// Temperature. Default 1.
    pub temperature: f64,
    /// Whether log-probabilities are asked for, by one more request a turn. Needs the interface `completion`,
    /// temperature 1 and no marker. Default false.
    pub log_probs: bool,
}

impl Default for RemotePolicyConfig {
    fn default() -> Self {
        Self {
            interface: Interface::Chat,
            instructions: String::new(),
            list_words: true,
            marker: None,
            max_tokens: 256,
            temperature: 1.0,
            log_probs: false,
        }
    }
}

impl RemotePolicyConfig {
    pub(super) fn check(&self) -> Result<(), EndpointError> {
        require(self.max_tokens > 0, "max-tokens", &self.max_tokens, "at least 1")?;
        let heat = (0.0..=10.0).contains(&self.temperature);
        require(heat, "temperature", &self.temperature, "from 0 to 10")?;
        let marker = self.marker.as_deref();
        require(marker != Some(""), "marker", &"empty", "left out, or a text")?;
        let known = self.interface == Interface::Completion && self.temperature == 1.0 && marker.is_none();
        require(
            !self.log_probs || known,
            "log-probs",
            &true,
            "false, unless `interface` is completion, `temperature` is 1 and there is no `marker`",
        )
    }

    /// What a chat is told first.
    pub(super) fn system(&self, vocabulary: &Vocabulary) -> Option<String> {
        let words: Vec<&str> = vocabulary.words().skip(Vocabulary::RESERVED.len()).collect();
        let words = format!("Answer with these words only, set apart by spaces: {}", words.join(" "));
        let parts = [Some(self.instructions.clone()), self.list_words.then_some(words)];
        let said: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
        (!said.is_empty()).then(|| said.join("\n"))
    }

    /// The text that a completion goes on from.
    pub(super) fn before(&self, context: &str) -> String {
        if self.instructions.is_empty() {
            context.to_owned()
        } else {
            format!("{}\n{context}", self.instructions)
        }
    }
}
