use std::io::ErrorKind;
use std::time::Duration;

use ureq::{Agent, Error};

use crate::{ApiKey, Call, EndpointConfig, EndpointError, Reply, Sleeper, Transport, TransportError};

/// Sends requests over HTTP. Follows no redirects (they could take the key elsewhere) and uses no proxy.
///
/// Addresses that begin with `https://` need the feature `https`.
#[derive(Debug)]
pub struct HttpTransport {
    agent: Agent,
    base_url: String,
    key: Option<ApiKey>,
}

impl HttpTransport {
    /// A transport to the address of `config`.
    pub fn new(config: &EndpointConfig, key: Option<ApiKey>) -> Result<Self, EndpointError> {
        config.check()?;
        if cfg!(not(feature = "https")) && config.base_url.starts_with("https://") {
            return Err(EndpointError::Config {
                field: "base-url",
                value: config.base_url.clone(),
                requirement: "an address that begins with http://, or build with the feature `https`",
            });
        }
        let printable = |key: &ApiKey| key.expose().bytes().all(|byte| byte.is_ascii_graphic());
        if !key.as_ref().is_none_or(printable) {
            return Err(EndpointError::Config {
                field: "api key",
                value: "<hidden>".to_owned(),
                requirement: "of visible ASCII characters, without a line break or space at its end",
            });
        }
        let settings = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent("milepost")
            .build();
        let base_url = config.base_url.trim_end_matches('/').to_owned();
        Ok(Self { agent: Agent::new_with_config(settings), base_url, key })
    }
}

impl Transport for HttpTransport {
    fn post(&self, call: &Call) -> Result<Reply, TransportError> {
        let mut request = self
            .agent
            .post(format!("{}{}", self.base_url, call.path))
            .config()
            .timeout_global(Some(call.timeout))
            .build()
            .header("content-type", "application/json");
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {}", key.expose()));
        }
        let mut response = request.send(call.body.as_str()).map_err(before)?;
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let retry_after = Reply::parse_retry_after(header("retry-after-ms"), header("retry-after"));
        let status = response.status().as_u16();
        // One more than is allowed, or a reply of just that length would be refused too.
        let limit = (call.limit as u64).saturating_add(1);
        let body = response.body_mut().with_config().limit(limit).read_to_vec().map_err(after)?;
        if body.len() > call.limit {
            return Err(TransportError::TooLarge);
        }
        Ok(Reply { status, retry_after, body })
    }
}

/// An error before the head of a reply was read.
fn before(error: Error) -> TransportError {
    match error {
        Error::Timeout(_) => TransportError::TimedOut,
        Error::Io(error) if error.kind() == ErrorKind::TimedOut => TransportError::TimedOut,
        Error::Io(error) if error.kind() != ErrorKind::ConnectionRefused => {
            TransportError::Interrupted { reason: error.to_string() }
        }
        Error::Protocol(error) => TransportError::Interrupted { reason: error.to_string() },
        other => TransportError::Unreachable { reason: other.to_string() },
    }
}

/// An error while the body was read.
fn after(error: Error) -> TransportError {
    match error {
        Error::Timeout(_) => TransportError::TimedOut,
        Error::Io(error) if error.kind() == ErrorKind::TimedOut => TransportError::TimedOut,
        Error::BodyExceedsLimit(_) => TransportError::TooLarge,
        other => TransportError::Interrupted { reason: other.to_string() },
    }
}

/// Really waits.
#[derive(Debug, Clone, Copy, Default)]
pub struct ThreadSleeper;

impl Sleeper for ThreadSleeper {
    fn sleep(&self, wait: Duration) {
        std::thread::sleep(wait);
    }
}
