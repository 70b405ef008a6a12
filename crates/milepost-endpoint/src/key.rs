use std::fmt;

/// A secret that is sent with every request and shown nowhere: `Debug` prints a placeholder, and what a server says
/// is shown only after [`ApiKey::redact`]. Nothing here reads the environment; the caller passes the key.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// The key.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The secret itself, for the header of a request.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `text` without the key, should a server repeat it.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        if self.0.is_empty() { text.to_owned() } else { text.replace(&self.0, Self::PLACEHOLDER) }
    }

    const PLACEHOLDER: &'static str = "<api key>";
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::PLACEHOLDER)
    }
}

#[cfg(test)]
mod tests {
    use super::ApiKey;

    #[test]
    fn a_key_is_never_shown() {
        let key = ApiKey::new("sk-1234");
        assert_eq!(format!("{key:?} {:?}", Some(&key)), "<api key> Some(<api key>)");
        assert_eq!(key.redact("invalid key sk-1234!"), "invalid key <api key>!");
        assert_eq!(ApiKey::new("").redact("abc"), "abc");
    }
}
