use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{BudgetConfig, EndpointError, RetryConfig};

/// Where an endpoint is and how to treat it. The API key is no part of it: configurations are recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct EndpointConfig {
    /// What precedes `/chat/completions`. Default `http://localhost:8000/v1`.
    pub base_url: String,
    /// The model's name at the endpoint. There is no default.
    pub model: String,
    /// Seconds until an attempt is given up. Default 60.
    pub timeout: f64,
    /// Most bytes of a reply that are read. Default 4 MiB.
    pub reply_limit: usize,
    /// Requests under way at a time. Default 4.
    pub concurrency: usize,
    /// Replies kept for identical requests; the oldest is dropped first. Default 0: none.
    pub cache: usize,
    /// Seed of the waits between attempts. Default 0.
    pub seed: u64,
    /// When and how long to wait.
    pub retry: RetryConfig,
    /// What may be spent.
    pub budget: BudgetConfig,
    /// More fields of every request, for what a particular server wants. They do not replace those that are set here.
    pub extra: serde_json::Map<String, serde_json::Value>,
}

impl Default for EndpointConfig {
    fn default() -> Self {
        Self {
            base_url: "http://localhost:8000/v1".to_owned(),
            model: String::new(),
            timeout: 60.0,
            reply_limit: 4 << 20,
            concurrency: 4,
            cache: 0,
            seed: 0,
            retry: RetryConfig::default(),
            budget: BudgetConfig::default(),
            extra: serde_json::Map::new(),
        }
    }
}

impl EndpointConfig {
    /// The default configuration for `model`.
    pub fn for_model(model: impl Into<String>) -> Self {
        Self { model: model.into(), ..Self::default() }
    }

    /// Refuses what cannot work, by name.
    pub fn check(&self) -> Result<(), EndpointError> {
        let address =
            self.base_url.strip_prefix("http://").or_else(|| self.base_url.strip_prefix("https://"));
        let host = address.unwrap_or_default().split('/').next().unwrap_or_default();
        require(
            !host.is_empty(),
            "base-url",
            &self.base_url,
            "an address that begins with http:// or https://",
        )?;
        // The address is shown in errors, so it may hold no secret.
        require(
            !host.contains('@'),
            "base-url",
            &"<hidden>",
            "without user name and password; pass an API key",
        )?;
        require(!self.model.is_empty(), "model", &self.model, "the name of a model")?;
        let seconds = self.timeout > 0.0 && self.timeout <= 86_400.0;
        require(seconds, "timeout", &self.timeout, "a number of seconds, more than 0 and at most a day")?;
        require(self.reply_limit > 0, "reply-limit", &self.reply_limit, "at least 1 byte")?;
        require((1..=256).contains(&self.concurrency), "concurrency", &self.concurrency, "from 1 to 256")?;
        self.retry.check()?;
        self.budget.check()
    }

    /// [`EndpointConfig::timeout`] as a duration.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::try_from_secs_f64(self.timeout).unwrap_or_default()
    }
}

/// `Err` with what is required, unless `holds`.
pub(crate) fn require(
    holds: bool,
    field: &'static str,
    value: &impl ToString,
    requirement: &'static str,
) -> Result<(), EndpointError> {
    if holds { Ok(()) } else { Err(EndpointError::Config { field, value: value.to_string(), requirement }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_work_is_named() {
        let field = |config: EndpointConfig| match config.check() {
            Err(EndpointError::Config { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        let base = || EndpointConfig::for_model("m");
        base().check().expect("the defaults work");
        assert_eq!(field(EndpointConfig::default()), "model");
        assert_eq!(field(EndpointConfig { base_url: "localhost".into(), ..base() }), "base-url");
        assert_eq!(field(EndpointConfig { timeout: f64::NAN, ..base() }), "timeout");
        assert_eq!(field(EndpointConfig { concurrency: 0, ..base() }), "concurrency");
        let secret = EndpointConfig { base_url: "http://me:secret@host/v1".into(), ..base() };
        assert!(!secret.check().expect_err("holds a password").to_string().contains("secret"));
    }

    #[test]
    fn configurations_read_in_kebab_case_and_unknown_keys_are_refused() {
        let text = "model = \"m\"\nreply-limit = 10\n[retry]\nattempts = 2\n[budget]\nrequests = 5\n[extra]\ntop_k = 1";
        let read: EndpointConfig = toml::from_str(text).expect("known keys");
        assert_eq!((read.reply_limit, read.retry.attempts, read.budget.requests), (10, 2, Some(5)));
        toml::from_str::<EndpointConfig>("api-key = \"x\"").expect_err("a key is no part of a configuration");
    }
}
