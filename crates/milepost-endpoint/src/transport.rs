use std::fmt::Debug;
use std::time::Duration;

/// One request to be sent: `POST {base_url}{path}` with a JSON body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What follows the base address: `/chat/completions`.
    pub path: &'static str,
    /// The body.
    pub body: String,
    /// When to give up.
    pub timeout: Duration,
    /// The most bytes to read.
    pub limit: usize,
}

/// What came back, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// How long the server asks to wait, if it does.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// A reply with status 200.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, retry_after: None, body: body.into() }
    }

    /// A reply of `/chat/completions` that says `text`.
    #[must_use]
    pub fn chat(text: &str) -> Self {
        let message = serde_json::json!({ "role": "assistant", "content": text });
        let choice = serde_json::json!({ "index": 0, "message": message, "finish_reason": "stop" });
        let usage = serde_json::json!({ "prompt_tokens": 10, "completion_tokens": 5 });
        Self::ok(serde_json::json!({ "choices": [choice], "usage": usage }).to_string())
    }

    /// A reply of `/completions` that says `text`.
    #[must_use]
    pub fn completion(text: &str) -> Self {
        let choice = serde_json::json!({ "index": 0, "text": text, "finish_reason": "stop" });
        let usage = serde_json::json!({ "prompt_tokens": 10, "completion_tokens": 5 });
        Self::ok(serde_json::json!({ "choices": [choice], "usage": usage }).to_string())
    }

    /// A reply with another status.
    pub fn status(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, retry_after: None, body: body.into() }
    }

    /// The wait that the headers `retry-after-ms` and `retry-after` ask for; the first is finer and goes first. A date
    /// is not understood, and neither is anything but a number that is not negative.
    #[must_use]
    pub fn parse_retry_after(milliseconds: Option<&str>, seconds: Option<&str>) -> Option<Duration> {
        let number = |text: &str| text.trim().parse::<f64>().ok();
        let asked =
            milliseconds.and_then(number).map(|ms| ms / 1000.0).or_else(|| seconds.and_then(number))?;
        Duration::try_from_secs_f64(asked).ok()
    }
}

/// Why nothing usable came back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// It took too long. The endpoint may have done the work.
    #[error("no answer in time")]
    TimedOut,
    /// Nothing was sent.
    #[error("no connection: {reason}")]
    Unreachable {
        /// What the system says.
        reason: String,
    },
    /// The connection broke before the reply was whole. The endpoint may have done the work.
    #[error("the connection broke: {reason}")]
    Interrupted {
        /// What the system says.
        reason: String,
    },
    /// The reply is longer than [`Call::limit`].
    #[error("the reply is too long")]
    TooLarge,
}

/// Sends requests. An implementation adds the address, the key and the headers; it does not retry, and it returns
/// whatever status it gets.
pub trait Transport: Debug + Send + Sync {
    /// Sends one request and waits for its reply, for at most [`Call::timeout`].
    fn post(&self, call: &Call) -> Result<Reply, TransportError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_asked_for_is_read_and_nonsense_is_none() {
        let wait = |ms, s| Reply::parse_retry_after(ms, s).map(|wait| wait.as_millis());
        assert_eq!(wait(None, Some("2")), Some(2000));
        assert_eq!(wait(Some("150"), Some("2")), Some(150));
        assert_eq!(wait(None, Some(" 0.5 ")), Some(500));
        for nonsense in ["", "-1", "soon", "nan", "inf", "Fri, 31 Dec 1999 23:59:59 GMT"] {
            assert_eq!(wait(None, Some(nonsense)), None, "{nonsense}");
        }
    }
}
