mod attempt;
mod cache;

use std::sync::{Mutex, MutexGuard, PoisonError};

use milepost_core::{Purpose, Stream, StreamKey};
use serde::Serialize;
use serde::de::DeserializeOwned;

use self::attempt::Outcome;
use self::cache::Cache;
use crate::budget::{Ledger, Tokens};
use crate::protocol::{
    ChatChoice, ChatReply, ChatRequest, CompletionChoice, CompletionReply, CompletionRequest,
};
use crate::{ApiKey, Call, Counters, EndpointConfig, EndpointError, Sleeper, Transport, pool};

/// Asks an endpoint: within a budget, patiently, and keeping count. Shared by the policies and judges of one endpoint.
#[derive(Debug)]
pub struct Client {
    config: EndpointConfig,
    transport: Box<dyn Transport>,
    sleeper: Box<dyn Sleeper>,
    /// Only to keep it out of what is shown; the transport sends it.
    key: Option<ApiKey>,
    ledger: Mutex<Ledger>,
    counters: Mutex<Counters>,
    cache: Mutex<Cache>,
}

/// Tokens of a chat's template, booked for each message in advance.
const TOKENS_OF_A_MESSAGE: u64 = 16;

impl Client {
    /// A client with its own transport and sleeper. `key` is what the transport sends, if any; what a server says is
    /// shown without it.
    pub fn new(
        config: EndpointConfig,
        key: Option<ApiKey>,
        transport: impl Transport + 'static,
        sleeper: impl Sleeper + 'static,
    ) -> Result<Self, EndpointError> {
        config.check()?;
        let cache = Mutex::new(Cache::new(config.cache));
        let (ledger, counters) = (Mutex::default(), Mutex::default());
        Ok(Self {
            config,
            transport: Box::new(transport),
            sleeper: Box::new(sleeper),
            key,
            ledger,
            counters,
            cache,
        })
    }

    /// A client over HTTP that really waits.
    #[cfg(feature = "http")]
    pub fn over_http(config: EndpointConfig, key: Option<ApiKey>) -> Result<Self, EndpointError> {
        let transport = crate::HttpTransport::new(&config, key.clone())?;
        Self::new(config, key, transport, crate::ThreadSleeper)
    }

    /// The configuration.
    pub const fn config(&self) -> &EndpointConfig {
        &self.config
    }

    /// What happened so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let used = lock(&self.ledger).tokens();
        Counters {
            prompt_tokens: used.prompt,
            completion_tokens: used.completion,
            ..lock(&self.counters).clone()
        }
    }

    /// The first answer of a chat.
    pub fn chat(&self, request: &ChatRequest) -> Result<ChatChoice, EndpointError> {
        let written: u64 =
            request.messages.iter().map(|m| m.content.len() as u64 + TOKENS_OF_A_MESSAGE).sum();
        let most = Tokens { prompt: written, completion: u64::from(request.max_tokens) };
        let reply: ChatReply =
            self.ask("/chat/completions", request, most, |reply: &ChatReply| !reply.choices.is_empty())?;
        first(reply.choices)
    }

    /// The first continuation of a text.
    pub fn complete(&self, request: &CompletionRequest) -> Result<CompletionChoice, EndpointError> {
        let written = request.prompt.len() as u64 + TOKENS_OF_A_MESSAGE;
        let most = Tokens { prompt: written, completion: u64::from(request.max_tokens) };
        let reply: CompletionReply =
            self.ask("/completions", request, most, |reply: &CompletionReply| !reply.choices.is_empty())?;
        first(reply.choices)
    }

    /// `work` on every item, at most [`EndpointConfig::concurrency`] at a time; results in the order of the items.
    /// Where a budget runs out, which of several requests under way is refused depends on their timing.
    pub fn for_each<I: Sync, O: Send>(&self, items: &[I], work: impl Fn(&I) -> O + Sync) -> Vec<O> {
        pool::ordered(items, self.config.concurrency, work)
    }

    pub(crate) fn count(&self, change: impl FnOnce(&mut Counters)) {
        change(&mut lock(&self.counters));
    }

    /// Sends until there is an answer that `fits`, or no hope.
    fn ask<R: DeserializeOwned>(
        &self,
        path: &'static str,
        request: &impl Serialize,
        most: Tokens,
        fits: impl Fn(&R) -> bool,
    ) -> Result<R, EndpointError> {
        self.count(|counters| counters.questions += 1);
        let body = self.body(request)?;
        let known = lock(&self.cache).get(path, &body);
        if let Some(reply) = known.and_then(|bytes| attempt::read(&bytes, &fits).ok()) {
            self.count(|counters| counters.cache_hits += 1);
            return Ok(reply.answer);
        }
        let call = Call { path, body, timeout: self.config.timeout(), limit: self.config.reply_limit };
        let mut waits = Stream::new(StreamKey {
            task: fnv(&call.body),
            ..StreamKey::new(self.config.seed, Purpose::named("endpoint/waits"))
        });
        let mut failures = 0;
        loop {
            let failure = match self.attempt(&call, most, &fits)? {
                Outcome::Answer { answer, bytes } => {
                    lock(&self.cache).put(path, &call.body, bytes);
                    return Ok(answer);
                }
                Outcome::Failure(failure) => failure,
            };
            failures += 1;
            let wait = self.config.retry.wait(failures, waits.uniform());
            let wait = failure.asks_to_wait().map_or(wait, |asked| asked.max(wait));
            let asked_too_much =
                failure.asks_to_wait().is_some_and(|asked| asked > self.config.retry.longest());
            if failures >= self.config.retry.attempts || asked_too_much {
                return Err(failure.into_error(failures));
            }
            self.count(|counters| {
                counters.retries += 1;
                counters.waited_ms += wait.as_millis() as u64;
            });
            self.sleeper.sleep(wait);
        }
    }

    /// One request and what came of it. An error is final.
    fn attempt<R: DeserializeOwned>(
        &self,
        call: &Call,
        most: Tokens,
        fits: impl Fn(&R) -> bool,
    ) -> Result<Outcome<R>, EndpointError> {
        if let Err(refusal) = lock(&self.ledger).reserve(&self.config.budget, most) {
            self.count(|counters| counters.budget_refusals += 1);
            return Err(refusal.into());
        }
        self.count(|counters| counters.attempts += 1);
        let sent = self.transport.post(call);
        let judged = attempt::judge(sent, self.config.reply_limit, fits, &|text| self.shown(text));
        lock(&self.ledger).settle(most, judged.used.unwrap_or(most));
        self.count(|counters| {
            (judged.count)(counters);
            counters.usage_missing += u64::from(judged.usage_missing);
        });
        judged.outcome
    }

    /// What a server said, as far as it may be shown.
    fn shown(&self, text: &str) -> String {
        self.key.as_ref().map_or_else(|| text.to_owned(), |key| key.redact(text))
    }

    /// The request with the model and the extra fields.
    fn body(&self, request: &impl Serialize) -> Result<String, EndpointError> {
        let written = serde_json::to_value(request).and_then(serde_json::from_value);
        let mut fields: serde_json::Map<String, serde_json::Value> =
            written.map_err(|error| EndpointError::Malformed {
                reason: format!("the request cannot be written: {error}"),
                excerpt: String::new(),
            })?;
        fields.insert("model".to_owned(), self.config.model.clone().into());
        for (name, value) in &self.config.extra {
            fields.entry(name).or_insert_with(|| value.clone());
        }
        Ok(serde_json::Value::Object(fields).to_string())
    }
}

fn first<T>(choices: Vec<T>) -> Result<T, EndpointError> {
    let none = || EndpointError::Malformed { reason: "no choices".to_owned(), excerpt: String::new() };
    choices.into_iter().next().ok_or_else(none)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// FNV-1a: tells the waits of different requests apart.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests;
