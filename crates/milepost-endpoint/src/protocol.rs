//! The parts of the OpenAI-compatible protocol that are used: requests are written in full, replies are read with
//! tolerance for fields that servers add.

use serde::{Deserialize, Serialize};

/// Who says something in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions.
    System,
    /// The one who asks.
    User,
    /// The model.
    Assistant,
}

/// One message of a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: String,
}

impl Message {
    /// Instructions.
    pub fn system(content: impl Into<String>) -> Self {
        Self { role: Role::System, content: content.into() }
    }

    /// A question.
    pub fn user(content: impl Into<String>) -> Self {
        Self { role: Role::User, content: content.into() }
    }
}

/// A request to `/chat/completions`, the model aside.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ChatRequest {
    /// What was said so far.
    pub messages: Vec<Message>,
    /// The most tokens to write.
    pub max_tokens: u32,
    /// Temperature; the server's own if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Seed of the draws, where the server honours it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Texts at which to stop.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// The form of the reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_format: Option<ResponseFormat>,
}

/// The form that a reply should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ResponseFormat {
    /// One JSON object.
    JsonObject,
}

/// A request to `/completions`, the model aside.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct CompletionRequest {
    /// The text to go on from.
    pub prompt: String,
    /// The most tokens to write; 0 only with [`CompletionRequest::echo`].
    pub max_tokens: u32,
    /// Temperature; the server's own if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Seed of the draws, where the server honours it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Texts at which to stop.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// Whether the reply repeats the prompt, its log-probabilities included.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub echo: bool,
    /// How many alternatives to each token are listed; any number asks for log-probabilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<u32>,
}

/// Tokens that a request took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Usage {
    /// Tokens read.
    pub prompt_tokens: u64,
    /// Tokens written.
    #[serde(default)]
    pub completion_tokens: u64,
}

/// A reply of `/chat/completions`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ChatReply {
    /// The answers; at least one.
    pub choices: Vec<ChatChoice>,
}

/// One answer of a chat.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ChatChoice {
    /// The answer.
    pub message: ReplyMessage,
    /// Why it ends: `stop`, `length`, `content_filter`, …
    #[serde(default)]
    pub finish_reason: Option<String>,
}

/// What the model says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReplyMessage {
    /// The text, if there is any.
    #[serde(default)]
    pub content: Option<String>,
    /// Why there is none, if the model declines.
    #[serde(default)]
    pub refusal: Option<String>,
}

/// A reply of `/completions`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct CompletionReply {
    /// The answers; at least one.
    pub choices: Vec<CompletionChoice>,
}

/// One continuation.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct CompletionChoice {
    /// The text.
    pub text: String,
    /// Why it ends.
    #[serde(default)]
    pub finish_reason: Option<String>,
    /// Log-probabilities, where they were asked for and the server gives them.
    #[serde(default)]
    pub logprobs: Option<LogProbs>,
}

/// Log-probabilities of the endpoint's own tokens.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct LogProbs {
    /// The tokens as text.
    pub tokens: Vec<String>,
    /// `ln` of the probability of each; none for the first of a prompt.
    pub token_logprobs: Vec<Option<f64>>,
}
