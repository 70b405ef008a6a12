//! Text to tokens and back, as a pretrained model's `tokenizer.json` says.

mod error;
mod outline;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use error::TokenizerError;
use outline::Outline;

/// A `tokenizer.json`: normaliser, pre-tokeniser, vocabulary with its merges, post-processor, decoder and
/// added tokens.
///
/// The work is done by the [`tokenizers`] crate, without C code and without its network features. Mistakes
/// that it would answer with a mere warning, or with a random or failing encoding later, are refused when the
/// file is read.
///
/// A character that neither the vocabulary nor a byte fallback covers becomes the file's unknown token; where
/// the file has none, the character is left out, as in the reference.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
}

/// A text as tokens. All lists have one entry for each token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Encoding {
    /// Ids, `[n]`.
    pub ids: Vec<u32>,
    /// How the vocabulary writes them, `[n]`.
    pub tokens: Vec<String>,
    /// Begin and end in the text, counted in characters, end excluded; `(0, 0)` for a token that the template
    /// added. `[n]`.
    pub offsets: Vec<(usize, usize)>,
    /// Which of two texts, as the template says; `[n]`.
    pub type_ids: Vec<u32>,
}

impl Tokenizer {
    /// Reads the bytes of a `tokenizer.json`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TokenizerError> {
        let outline = Outline::read(bytes)?;
        let inner = guarded(|| tokenizers::Tokenizer::from_bytes(bytes))
            .map_err(|reason| TokenizerError::Malformed { reason })?;
        let tokenizer = Self { inner };
        for (token, id) in outline.added() {
            let found = tokenizer.id(token);
            if found != Some(id) {
                return Err(TokenizerError::AddedToken { token: token.to_owned(), listed: id, found });
            }
        }
        Ok(tokenizer)
    }

    /// The tokens of `text`. `template` adds the special tokens that the file's post-processor puts around it;
    /// special tokens that stand in the text are recognised either way.
    pub fn encode(&self, text: &str, template: bool) -> Result<Encoding, TokenizerError> {
        encoding(|| self.inner.encode_char_offsets(text, template))
    }

    /// The tokens of two texts under the file's template for pairs.
    pub fn encode_pair(&self, first: &str, second: &str, template: bool) -> Result<Encoding, TokenizerError> {
        encoding(|| self.inner.encode_char_offsets((first, second), template))
    }

    /// The text of `ids`, with or without the special tokens among them.
    pub fn decode(&self, ids: &[u32], skip_special: bool) -> Result<String, TokenizerError> {
        if let Some(id) = ids.iter().find(|id| self.token(**id).is_none()) {
            return Err(TokenizerError::UnknownId { id: *id, vocabulary: self.vocabulary() });
        }
        guarded(|| self.inner.decode(ids, skip_special)).map_err(|reason| TokenizerError::Text { reason })
    }

    /// Number of tokens, the added ones included.
    pub fn vocabulary(&self) -> usize {
        self.inner.get_vocab_size(true)
    }

    /// The id of a token as the vocabulary writes it.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.inner.token_to_id(token)
    }

    /// How the vocabulary writes `id`.
    pub fn token(&self, id: u32) -> Option<String> {
        self.inner.id_to_token(id)
    }

    /// Checks that a model with `vocabulary` logits has a row for each id.
    pub fn check_vocabulary(&self, vocabulary: usize) -> Result<(), TokenizerError> {
        match self.inner.get_vocab(true).into_values().max() {
            Some(largest) if largest as usize >= vocabulary => {
                Err(TokenizerError::TooManyIds { largest, vocabulary })
            }
            _ => Ok(()),
        }
    }
}

fn encoding(
    encode: impl FnOnce() -> tokenizers::Result<tokenizers::Encoding>,
) -> Result<Encoding, TokenizerError> {
    let encoding = guarded(encode).map_err(|reason| TokenizerError::Text { reason })?;
    Ok(Encoding {
        ids: encoding.get_ids().to_vec(),
        tokens: encoding.get_tokens().to_vec(),
        offsets: encoding.get_offsets().to_vec(),
        type_ids: encoding.get_type_ids().to_vec(),
    })
}

/// Calls the tokenizer library; a panic of its own becomes an error. It panics on files that no tool writes,
/// depending on the text (a replacement for the empty pattern, say), and keeps nothing between calls but
/// caches of finished words.
fn guarded<T>(call: impl FnOnce() -> tokenizers::Result<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(_) => Err("the tokenizer library failed on this file".to_owned()),
    }
}
