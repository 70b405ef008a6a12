//! Program text, and the rules that hold before it is parsed.

use std::sync::Arc;

use crate::{Reason, Rejected};

/// The longest program text that is read.
pub const MAX_SOURCE_BYTES: usize = 64 * 1024;

/// A program as it was written: bytes, which need not be text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source(Arc<[u8]>);

impl Source {
    /// A program from its bytes.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text: at most [`MAX_SOURCE_BYTES`], valid UTF-8, without NUL, less one leading byte-order mark.
    /// A coding cookie is a comment.
    pub fn text(&self) -> Result<&str, Rejected> {
        let refuse = |reason| Rejected { reason, line: None };
        if self.0.len() > MAX_SOURCE_BYTES {
            return Err(refuse(Reason::TooLong { bytes: self.0.len(), limit: MAX_SOURCE_BYTES }));
        }
        let text = std::str::from_utf8(&self.0).map_err(|e| refuse(Reason::NotUtf8(e.valid_up_to())))?;
        if let Some(at) = text.bytes().position(|b| b == 0) {
            return Err(refuse(Reason::Nul(at)));
        }
        Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
    }
}

impl From<&str> for Source {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl From<String> for Source {
    fn from(text: String) -> Self {
        Self(text.into_bytes().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_order_mark_is_dropped() {
        assert_eq!(Source::from("\u{feff}x = 1").text(), Ok("x = 1"));
        assert_eq!(Source::from("\u{feff}\u{feff}x").text(), Ok("\u{feff}x"));
    }

    #[test]
    fn what_is_not_text_is_refused_with_the_place() {
        let reason = |bytes: &[u8]| Source::new(bytes).text().expect_err("not a program").reason;
        assert_eq!(reason(b"ab\xff"), Reason::NotUtf8(2));
        assert_eq!(reason(b"a\0"), Reason::Nul(1));
        let long = vec![b' '; MAX_SOURCE_BYTES + 1];
        assert_eq!(reason(&long), Reason::TooLong { bytes: 65537, limit: 65536 });
        assert!(Source::new(&long[1..]).text().is_ok());
    }
}
