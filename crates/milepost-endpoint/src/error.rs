use std::time::Duration;

use crate::BudgetError;

/// What can go wrong between a question and its answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// A configuration that cannot work.
    #[error("`{field}` is {value}, but must be {requirement}")]
    Config {
        /// The field, as a configuration file spells it.
        field: &'static str,
        /// Its value.
        value: String,
        /// What would be accepted.
        requirement: &'static str,
    },
    /// The budget does not allow another attempt; nothing was sent.
    #[error(transparent)]
    Budget(#[from] BudgetError),
    /// No attempt was answered in time.
    #[error(
        "the endpoint did not answer in time in {attempts} attempts; allow a longer `timeout` or more attempts"
    )]
    TimedOut {
        /// Attempts made.
        attempts: u32,
    },
    /// No attempt got through, or the connection broke before the reply was whole.
    #[error("the endpoint could not be reached in {attempts} attempts: {reason}")]
    Unreachable {
        /// Attempts made.
        attempts: u32,
        /// What happened to the last.
        reason: String,
    },
    /// The endpoint limits the rate of requests, and waiting did not help or would take too long.
    #[error(
        "the endpoint limits the rate of requests ({attempts} attempts, asked to wait {wait:?}); ask less often, or raise `retry.longest-wait`"
    )]
    RateLimited {
        /// Attempts made.
        attempts: u32,
        /// How long the endpoint last asked to wait, if it said so.
        wait: Option<Duration>,
    },
    /// The endpoint failed.
    #[error("the endpoint failed with status {status} in {attempts} attempts: {excerpt}")]
    Server {
        /// The last status.
        status: u16,
        /// Attempts made.
        attempts: u32,
        /// The beginning of what it said.
        excerpt: String,
    },
    /// The endpoint does not accept the key, or there is none.
    #[error("the endpoint refuses access with status {status}: {excerpt}; pass a valid API key")]
    Unauthorized {
        /// The status.
        status: u16,
        /// The beginning of what it said.
        excerpt: String,
    },
    /// The endpoint does not accept the request.
    #[error("the endpoint rejects the request with status {status}: {excerpt}")]
    Rejected {
        /// The status.
        status: u16,
        /// The beginning of what it said.
        excerpt: String,
    },
    /// The reply is longer than may be read.
    #[error("the reply is longer than {limit} bytes; raise `reply-limit` or ask for less")]
    TooLarge {
        /// The most bytes that are read.
        limit: usize,
    },
    /// The reply is not what the protocol prescribes.
    #[error("the reply cannot be understood ({reason}): {excerpt}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
        /// Its beginning.
        excerpt: String,
    },
}
