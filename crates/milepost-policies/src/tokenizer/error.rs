/// A `tokenizer.json` that cannot be used, or a text or ids that it cannot handle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenizerError {
    /// The bytes are not a tokenizer.
    #[error("tokenizer.json cannot be read ({reason}); restore the file")]
    Malformed {
        /// What the reader said.
        reason: String,
    },
    /// The file asks for something that would make encodings random.
    #[error("tokenizer.json asks for {field} = {value}: encodings would be random; set it to null")]
    Random {
        /// The field.
        field: &'static str,
        /// Its value.
        value: String,
    },
    /// A merge names a token that is not in the vocabulary, or makes one that is not.
    #[error(
        "merge {rank} of tokenizer.json joins `{left}` and `{right}`, but the vocabulary has no `{missing}`; vocabulary and merges belong to different tokenizers"
    )]
    Merge {
        /// Which merge, from 0.
        rank: usize,
        /// Its left half.
        left: String,
        /// Its right half.
        right: String,
        /// What is missing.
        missing: String,
    },
    /// The unknown token is not in the vocabulary.
    #[error(
        "the unknown token `{token}` of tokenizer.json is not in its vocabulary; add it or set unk_token to null"
    )]
    UnknownToken {
        /// The token.
        token: String,
    },
    /// A template names something that it does not have.
    #[error(
        "the {template} template of tokenizer.json uses {piece}, which it does not define; restore the file"
    )]
    Template {
        /// `single` or `pair`.
        template: &'static str,
        /// A special token or a sequence.
        piece: String,
    },
    /// An added token would get another id than the one it is listed with.
    #[error("the added token `{token}` is listed with id {listed} but would get {}; list added tokens in order of their ids, after the vocabulary", .found.map_or_else(|| "none".to_owned(), |id| id.to_string()))]
    AddedToken {
        /// The token.
        token: String,
        /// The listed id.
        listed: u32,
        /// The id it would get.
        found: Option<u32>,
    },
    /// The model has fewer rows than the tokenizer has ids.
    #[error(
        "the tokenizer has ids up to {largest}, but the model only {vocabulary} logits; they belong to different models"
    )]
    TooManyIds {
        /// The largest id.
        largest: u32,
        /// Logits of the model.
        vocabulary: usize,
    },
    /// An id without a token.
    #[error("token id {id} is not in the tokenizer's vocabulary of {vocabulary}")]
    UnknownId {
        /// The id.
        id: u32,
        /// Number of tokens.
        vocabulary: usize,
    },
    /// The text could not be encoded or decoded.
    #[error("the tokenizer gave up: {reason}")]
    Text {
        /// What it said.
        reason: String,
    },
}
