use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::budget::Tokens;
use crate::protocol::Usage;
use crate::{Counters, EndpointError, Reply, TransportError};

/// What came of one request.
pub(super) enum Outcome<R> {
    /// What was asked for, and the bytes of the reply.
    Answer { answer: R, bytes: Vec<u8> },
    /// Something that may go away.
    Failure(Failure),
}

/// Something that may go away.
pub(super) enum Failure {
    TimedOut,
    Lost(String),
    RateLimited(Option<Duration>),
    Server { status: u16, wait: Option<Duration>, excerpt: String },
    NotJson(String),
}

impl Failure {
    pub(super) const fn asks_to_wait(&self) -> Option<Duration> {
        match self {
            Self::RateLimited(wait) | Self::Server { wait, .. } => *wait,
            Self::TimedOut | Self::Lost(_) | Self::NotJson(_) => None,
        }
    }

    /// The error of a question of which this was the last attempt.
    pub(super) fn into_error(self, attempts: u32) -> EndpointError {
        match self {
            Self::TimedOut => EndpointError::TimedOut { attempts },
            Self::Lost(reason) => EndpointError::Unreachable { attempts, reason },
            Self::RateLimited(wait) => EndpointError::RateLimited { attempts, wait },
            Self::Server { status, excerpt, .. } => EndpointError::Server { status, attempts, excerpt },
            Self::NotJson(excerpt) => EndpointError::Malformed { reason: "not JSON".to_owned(), excerpt },
        }
    }
}

/// What one request came to.
pub(super) struct Judged<R> {
    /// An error is final.
    pub(super) outcome: Result<Outcome<R>, EndpointError>,
    pub(super) count: fn(&mut Counters),
    /// The tokens that it took; `None` if that cannot be known, so that the most it could take stays booked.
    pub(super) used: Option<Tokens>,
    pub(super) usage_missing: bool,
}

/// An answer and what it says it took.
pub(super) struct Read<R> {
    pub(super) answer: R,
    usage: Option<Usage>,
}

/// Why a body is no answer.
pub(super) enum Unread {
    NotJson,
    Schema(String),
}

/// Reads the body of a successful reply.
pub(super) fn read<R: DeserializeOwned>(body: &[u8], fits: impl Fn(&R) -> bool) -> Result<Read<R>, Unread> {
    let value: serde_json::Value = serde_json::from_slice(body).map_err(|_| Unread::NotJson)?;
    let usage = value.get("usage").and_then(|usage| serde_json::from_value(usage.clone()).ok());
    let answer: R = serde_json::from_value(value).map_err(|error| Unread::Schema(error.to_string()))?;
    if fits(&answer) { Ok(Read { answer, usage }) } else { Err(Unread::Schema("no choices".to_owned())) }
}

/// Bytes of a reply that are shown.
const SHOWN: usize = 200;

/// Judges what came back. `shown` hides what must not be shown.
pub(super) fn judge<R: DeserializeOwned>(
    sent: Result<Reply, TransportError>,
    limit: usize,
    fits: impl Fn(&R) -> bool,
    shown: &dyn Fn(&str) -> String,
) -> Judged<R> {
    let nothing = Some(Tokens::default());
    let again = |failure, count: fn(&mut Counters), used| Judged {
        outcome: Ok(Outcome::Failure(failure)),
        count,
        used,
        usage_missing: false,
    };
    let over = |error, count: fn(&mut Counters), used| Judged {
        outcome: Err(error),
        count,
        used,
        usage_missing: false,
    };
    let Reply { status, retry_after, body } = match sent {
        Ok(reply) => reply,
        Err(TransportError::TimedOut) => return again(Failure::TimedOut, |c| c.time_outs += 1, None),
        Err(TransportError::Unreachable { reason }) => {
            return again(Failure::Lost(shown(&reason)), |c| c.unreachable += 1, nothing);
        }
        Err(TransportError::Interrupted { reason }) => {
            return again(Failure::Lost(shown(&reason)), |c| c.interrupted += 1, None);
        }
        Err(TransportError::TooLarge) => {
            return over(EndpointError::TooLarge { limit }, |c| c.too_large += 1, None);
        }
    };
    // Redacted before it is cut, or half a key could be left.
    let excerpt = || {
        let text: String = shown(&String::from_utf8_lossy(&body)).chars().take(SHOWN).collect();
        text.trim().to_owned()
    };
    match status {
        200..=299 => match read(&body, fits) {
            Ok(Read { answer, usage }) => {
                let used = usage
                    .map(|usage| Tokens { prompt: usage.prompt_tokens, completion: usage.completion_tokens });
                Judged {
                    outcome: Ok(Outcome::Answer { answer, bytes: body }),
                    count: |_| {},
                    used,
                    usage_missing: used.is_none(),
                }
            }
            Err(Unread::NotJson) => again(Failure::NotJson(excerpt()), |c| c.malformed_replies += 1, None),
            Err(Unread::Schema(reason)) => {
                let error = EndpointError::Malformed { reason, excerpt: excerpt() };
                over(error, |c| c.malformed_replies += 1, None)
            }
        },
        429 => again(Failure::RateLimited(retry_after), |c| c.rate_limited += 1, nothing),
        408 | 409 | 425 | 500.. => {
            let failure = Failure::Server { status, wait: retry_after, excerpt: excerpt() };
            again(failure, |c| c.server_errors += 1, nothing)
        }
        401 | 403 => {
            let error = EndpointError::Unauthorized { status, excerpt: excerpt() };
            over(error, |c| c.rejected += 1, nothing)
        }
        _ => over(EndpointError::Rejected { status, excerpt: excerpt() }, |c| c.rejected += 1, nothing),
    }
}
