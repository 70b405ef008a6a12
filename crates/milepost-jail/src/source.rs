//! Program text, and the rules that hold before Python sees it.

/// The longest program text that is read.
pub const MAX_SOURCE_BYTES: usize = 64 * 1024;

/// Why bytes are no program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadSource {
    /// Longer than the limit.
    #[error("the source has {0} bytes, more than the {MAX_SOURCE_BYTES} that are read")]
    TooLong(usize),
    /// Not UTF-8.
    #[error("the source is not valid UTF-8 at byte {0}")]
    NotUtf8(usize),
    /// A NUL.
    #[error("the source has a NUL at byte {0}")]
    Nul(usize),
}

/// The text: at most [`MAX_SOURCE_BYTES`], valid UTF-8, without NUL, less one leading byte-order mark. A coding
/// cookie is a comment.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, BadSource> {
    if bytes.len() > MAX_SOURCE_BYTES {
        return Err(BadSource::TooLong(bytes.len()));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| BadSource::NotUtf8(error.valid_up_to()))?;
    match bytes.iter().position(|byte| *byte == 0) {
        Some(at) => Err(BadSource::Nul(at)),
        None => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_text_is_refused_with_the_place() {
        assert_eq!(text(b"ab\xff"), Err(BadSource::NotUtf8(2)));
        assert_eq!(text(b"a\0"), Err(BadSource::Nul(1)));
        let long = vec![b' '; MAX_SOURCE_BYTES + 1];
        assert_eq!(text(&long), Err(BadSource::TooLong(MAX_SOURCE_BYTES + 1)));
        assert!(text(&long[1..]).is_ok());
    }

    #[test]
    fn one_byte_order_mark_is_dropped() {
        assert_eq!(text("\u{feff}\u{feff}x".as_bytes()), Ok("\u{feff}x"));
    }
}
