mod align;
mod config;
mod text;

use std::sync::Arc;

use milepost_core::{
    DrawnTurn, ScoreRequest, TokenEnvironment, TokenPolicy, TurnRequest, Version, Vocabulary,
};

pub use self::align::LogProbsUnavailable;
pub use self::config::{Interface, RemotePolicyConfig};
pub use self::text::UnreadableTurn;
use self::text::{ReadTurn, Rendered};
use crate::protocol::{ChatRequest, CompletionRequest, Message};
use crate::{Client, EndpointError};

/// A policy behind an endpoint, for worlds of words.
///
/// The context is written in the words of the vocabulary, a line for each turn; the reply is read back as words. A reply
/// that is none becomes a turn of [`RemotePolicy::UNREADABLE`] and the end, which every world answers as malformed; it is
/// counted and [`UnreadableTurn`] says why. An endpoint cannot be held to a grammar: constrained draws are refused.
///
/// Log-probabilities are known where `/completions` echoes those of a prompt, they are asked for
/// ([`RemotePolicyConfig::log_probs`]), and the endpoint's tokens begin and end where words do. Elsewhere
/// [`RemotePolicy::score`] fails with [`LogProbsUnavailable`] and drawn turns carry
/// [`RemotePolicy::UNKNOWN_LOG_PROB`]: such a policy can be sampled and evaluated, but not trained with ratios.
#[derive(Debug, Clone)]
pub struct RemotePolicy {
    client: Arc<Client>,
    config: RemotePolicyConfig,
    vocabulary: Vocabulary,
    version: Version,
}

/// What can go wrong when a remote policy draws or scores.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The endpoint gave no answer.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// There are no log-probabilities.
    #[error(transparent)]
    LogProbs(#[from] LogProbsUnavailable),
    /// Only well-formed tokens were asked for.
    #[error("an endpoint cannot be held to a grammar; ask for draws that are not constrained")]
    Constrained,
    /// The world has other words.
    #[error(
        "the world's vocabulary has {world} words and is not the policy's, which has {policy}; make a policy for this world"
    )]
    Vocabulary {
        /// Words of the world.
        world: usize,
        /// Words of the policy.
        policy: usize,
    },
}

/// What is asked of the endpoint for one turn.
struct Job {
    context: Vec<u32>,
    seed: u64,
    limit: usize,
}

impl RemotePolicy {
    /// The token of a reply that could not be read. No vocabulary has a word for it.
    pub const UNREADABLE: u32 = u32::MAX;

    /// Stands for a log-probability that nobody knows: finite, as records demand, and so low that a ratio made of it
    /// overflows and is found, where 0 would pass for certainty.
    pub const UNKNOWN_LOG_PROB: f32 = f32::MIN;

    /// The policy of `client`'s model over the words of a world. `version` tells models apart in records.
    pub fn new(
        client: Arc<Client>,
        vocabulary: Vocabulary,
        version: Version,
        config: RemotePolicyConfig,
    ) -> Result<Self, EndpointError> {
        config.check()?;
        Ok(Self { client, config, vocabulary, version })
    }

    /// The client, for its counters.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Reads a reply as a turn of at most `limit` tokens: the words of the vocabulary, then the end unless the turn is
    /// full.
    pub fn read(&self, reply: &str, limit: usize) -> Result<Vec<u32>, UnreadableTurn> {
        text::read(&self.vocabulary, self.config.marker.as_deref(), reply, limit).map(|read| read.tokens)
    }

    fn turn(&self, job: &Job) -> Result<DrawnTurn, EndpointError> {
        let (reply, cut) = self.reply(job)?;
        let read = reply
            .and_then(|reply| text::read(&self.vocabulary, self.config.marker.as_deref(), &reply, job.limit));
        self.client.count(|counters| {
            counters.turns += 1;
            counters.cut_replies += u64::from(cut);
            counters.unreadable_turns += u64::from(read.is_err());
            counters.cut_turns += u64::from(read.as_ref().is_ok_and(|read| read.cut));
        });
        let tokens = match read {
            Ok(ReadTurn { tokens, .. }) => tokens,
            Err(_) => vec![Self::UNREADABLE, Vocabulary::END],
        };
        let log_probs = self.log_probs_of_draw(&job.context, &tokens)?;
        let allowed = vec![None; tokens.len()];
        Ok(DrawnTurn { tokens, log_probs, allowed })
    }

    /// The text of the endpoint's reply, and whether it was cut at the most tokens.
    fn reply(&self, job: &Job) -> Result<(Result<String, UnreadableTurn>, bool), EndpointError> {
        let RemotePolicyConfig { max_tokens, temperature, .. } = self.config;
        let (temperature, seed) = (Some(temperature), Some(job.seed));
        let context = Rendered::of(&self.vocabulary, &job.context).text;
        let (said, reason) = match self.config.interface {
            Interface::Chat => {
                let system = self.config.system(&self.vocabulary).map(Message::system);
                let messages = system.into_iter().chain([Message::user(context)]).collect();
                let request =
                    ChatRequest { messages, max_tokens, temperature, seed, ..ChatRequest::default() };
                let choice = self.client.chat(&request)?;
                let said = match (choice.message.content, choice.message.refusal) {
                    (_, Some(reason)) => Err(UnreadableTurn::Declined { reason }),
                    (content, None) => Ok(content.unwrap_or_default()),
                };
                (said, choice.finish_reason)
            }
            Interface::Completion => {
                let prompt = self.config.before(&context);
                let stop = vec![text::TURN_END.to_owned()];
                let request = CompletionRequest {
                    prompt,
                    max_tokens,
                    temperature,
                    seed,
                    stop,
                    ..CompletionRequest::default()
                };
                let choice = self.client.complete(&request)?;
                let line = choice.text.split(text::TURN_END).next().unwrap_or_default().to_owned();
                (Ok(line), choice.finish_reason)
            }
        };
        Ok((said, reason.as_deref() == Some("length")))
    }

    /// The log-probabilities of a drawn turn, or that they are unknown.
    fn log_probs_of_draw(&self, context: &[u32], tokens: &[u32]) -> Result<Vec<f32>, EndpointError> {
        if let Ok(log_probs) = self.scored(context, tokens)? {
            return Ok(log_probs);
        }
        self.client.count(|counters| counters.turns_without_log_probs += 1);
        Ok(vec![Self::UNKNOWN_LOG_PROB; tokens.len()])
    }

    /// `log π` of each token after a context, by echo.
    fn scored(
        &self,
        context: &[u32],
        tokens: &[u32],
    ) -> Result<Result<Vec<f32>, LogProbsUnavailable>, EndpointError> {
        if self.config.interface == Interface::Chat {
            return Ok(Err(LogProbsUnavailable::Chat));
        }
        if !self.config.log_probs {
            return Ok(Err(LogProbsUnavailable::NotAsked));
        }
        let wordless = |token: &&u32| {
            self.vocabulary.word(**token).is_none() || [Vocabulary::PAD, Vocabulary::BEGIN].contains(*token)
        };
        if let Some(token) = tokens.iter().find(wordless) {
            return Ok(Err(LogProbsUnavailable::Wordless { token: *token }));
        }
        let whole = Rendered::of(&self.vocabulary, &[context, tokens].concat());
        let prompt = self.config.before(&whole.text);
        let shift = prompt.len() - whole.text.len();
        let ranges: Vec<_> = whole.ranges[context.len()..]
            .iter()
            .map(|range| range.start + shift..range.end + shift)
            .collect();
        let request = CompletionRequest {
            prompt: prompt.clone(),
            echo: true,
            logprobs: Some(0),
            temperature: Some(self.config.temperature),
            ..CompletionRequest::default()
        };
        let choice = self.client.complete(&request)?;
        Ok(align::align(choice.logprobs.as_ref(), &prompt, &ranges))
    }
}

impl TokenPolicy for RemotePolicy {
    type Error = PolicyError;

    fn version(&self) -> Version {
        self.version
    }

    /// Each request's stream gives the seed that the endpoint is asked to use; whether it honours it, and whether equal
    /// seeds give equal replies, is the endpoint's affair.
    fn draw<E: TokenEnvironment>(
        &self,
        requests: Vec<TurnRequest<'_, E>>,
    ) -> Result<Vec<DrawnTurn>, PolicyError> {
        let mut jobs = Vec::with_capacity(requests.len());
        for mut request in requests {
            let world = request.environment.vocabulary();
            if *world != self.vocabulary {
                let (world, policy) = (world.len(), self.vocabulary.len());
                return Err(PolicyError::Vocabulary { world, policy });
            }
            // A world without a grammar has nothing to be held to.
            if request.constrained && request.environment.grammar(&[], &mut Vec::new()) {
                return Err(PolicyError::Constrained);
            }
            // 31 bits: some servers read the seed as a signed 32-bit integer.
            let seed = u64::from(request.stream.next_u32() >> 1);
            jobs.push(Job {
                context: request.context.to_vec(),
                seed,
                limit: request.environment.turn_limit(),
            });
        }
        self.client.for_each(&jobs, |job| self.turn(job)).into_iter().map(|turn| Ok(turn?)).collect()
    }

    fn score(&self, requests: &[ScoreRequest<'_>]) -> Result<Vec<Vec<f32>>, PolicyError> {
        if requests.iter().any(|request| request.allowed.iter().any(Option::is_some)) {
            return Err(PolicyError::Constrained);
        }
        let scored = self.client.for_each(requests, |request| self.scored(request.context, request.tokens));
        scored.into_iter().map(|scored| Ok(scored??)).collect()
    }
}

#[cfg(test)]
mod tests;
