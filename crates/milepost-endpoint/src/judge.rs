mod verdict;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::verdict::{Abstention, Scale, Verdict};
use crate::config::require;
use crate::protocol::{ChatRequest, Message, ResponseFormat};
use crate::{Client, EndpointError};

/// Parameters of a [`RemoteJudge`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct JudgeConfig {
    /// What is to be judged, and by what measure. There is no default.
    pub instructions: String,
    /// In which form the verdict is given. Default pass or fail.
    pub scale: Scale,
    /// The most tokens of a reply. Default 256.
    pub max_tokens: u32,
    /// Temperature. Default 0.
    pub temperature: f64,
    /// Whether the endpoint is asked for JSON by `response_format`; not all know it. Default true.
    pub json_mode: bool,
}

impl Default for JudgeConfig {
    fn default() -> Self {
        Self {
            instructions: String::new(),
            scale: Scale::default(),
            max_tokens: 256,
            temperature: 0.0,
            json_mode: true,
        }
    }
}

/// A judge behind an endpoint: shown a case, it gives a verdict in a stated form, or none.
///
/// A reply that is not in that form is an abstention, never a number: see [`Abstention`]. Abstentions are counted.
#[derive(Debug, Clone)]
pub struct RemoteJudge {
    client: Arc<Client>,
    config: JudgeConfig,
}

impl RemoteJudge {
    /// The judge that `client`'s model makes.
    pub fn new(client: Arc<Client>, config: JudgeConfig) -> Result<Self, EndpointError> {
        require(!config.instructions.is_empty(), "instructions", &"empty", "what is to be judged")?;
        require(config.max_tokens > 0, "max-tokens", &config.max_tokens, "at least 1")?;
        let heat = (0.0..=10.0).contains(&config.temperature);
        require(heat, "temperature", &config.temperature, "from 0 to 10")?;
        config.scale.check()?;
        Ok(Self { client, config })
    }

    /// The client, for its counters.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Judges one case. An error means that the endpoint gave no answer at all.
    pub fn judge(&self, case: &str) -> Result<Verdict, EndpointError> {
        let system = format!("{}\n{}", self.config.instructions, self.config.scale.form());
        let request = ChatRequest {
            messages: vec![Message::system(system), Message::user(case)],
            max_tokens: self.config.max_tokens,
            temperature: Some(self.config.temperature),
            response_format: self.config.json_mode.then_some(ResponseFormat::JsonObject),
            ..ChatRequest::default()
        };
        let choice = self.client.chat(&request)?;
        let verdict = match (choice.message.refusal, choice.finish_reason.as_deref()) {
            (Some(reason), _) => Verdict::abstained(Abstention::Declined { reason }),
            (None, Some("length")) => Verdict::abstained(Abstention::Cut),
            (None, _) => self.config.scale.read(&choice.message.content.unwrap_or_default()),
        };
        self.client.count(|counters| {
            counters.judgements += 1;
            counters.abstentions += u64::from(verdict.value().is_none());
        });
        Ok(verdict)
    }

    /// Judges many cases side by side; verdicts in the order of the cases.
    pub fn judge_all<C: AsRef<str> + Sync>(&self, cases: &[C]) -> Vec<Result<Verdict, EndpointError>> {
        self.client.for_each(cases, |case| self.judge(case.as_ref()))
    }
}

#[cfg(test)]
mod tests;
