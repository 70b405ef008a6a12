use std::collections::BTreeMap;

use serde_json::Value;

use super::TokenizerError;

/// The parts of a `tokenizer.json` whose mistakes the tokenizer library would answer with a panic, a random
/// encoding or a mere warning.
pub(super) struct Outline {
    added: Vec<(String, u32)>,
}

impl Outline {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, TokenizerError> {
        let file: Value = serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
        let model = &file["model"];
        check_dropout(&model["dropout"])?;
        if !model["merges"].is_null() {
            check_merges(model)?;
        }
        check_templates(&file["post_processor"])?;
        Ok(Self { added: added_tokens(&file)? })
    }

    /// The added tokens with the ids that the file lists them with.
    pub(super) fn added(&self) -> impl Iterator<Item = (&str, u32)> {
        self.added.iter().map(|(token, id)| (token.as_str(), *id))
    }
}

fn malformed(reason: impl Into<String>) -> TokenizerError {
    TokenizerError::Malformed { reason: reason.into() }
}

fn check_dropout(dropout: &Value) -> Result<(), TokenizerError> {
    if dropout.is_null() || dropout.as_f64() == Some(0.0) {
        return Ok(());
    }
    Err(TokenizerError::Random { field: "model.dropout", value: dropout.to_string() })
}

/// Each merge joins two tokens of the vocabulary into a third. The right half loses the continuation prefix.
fn check_merges(model: &Value) -> Result<(), TokenizerError> {
    let vocabulary = model["vocab"].as_object().ok_or_else(|| malformed("model.vocab is not a table"))?;
    let merges = model["merges"].as_array().ok_or_else(|| malformed("model.merges is not a list"))?;
    let prefix = model["continuing_subword_prefix"].as_str().unwrap_or_default();
    if let Some(token) = model["unk_token"].as_str().filter(|token| !vocabulary.contains_key(*token)) {
        return Err(TokenizerError::UnknownToken { token: token.to_owned() });
    }
    for (rank, merge) in merges.iter().enumerate() {
        let Some((left, right)) = halves(merge) else {
            // A line of the older format may name the version of the format.
            if merge.as_str().is_some_and(|line| line.starts_with("#version")) {
                continue;
            }
            return Err(malformed(format!("merge {rank} is {merge}, not two tokens")));
        };
        let joined = right.strip_prefix(prefix).map(|rest| format!("{left}{rest}"));
        let joined = joined.ok_or_else(|| {
            malformed(format!("merge {rank} ends in `{right}`, which lacks the prefix `{prefix}`"))
        })?;
        if let Some(missing) = [left, right, &joined].into_iter().find(|t| !vocabulary.contains_key(*t)) {
            return Err(TokenizerError::Merge {
                rank,
                left: left.to_owned(),
                right: right.to_owned(),
                missing: missing.to_owned(),
            });
        }
    }
    Ok(())
}

/// `["left", "right"]`, or `"left right"` in the older format.
fn halves(merge: &Value) -> Option<(&str, &str)> {
    match merge {
        Value::String(line) => line.split_once(' ').filter(|(left, _)| !left.starts_with("#version")),
        Value::Array(pair) => match pair.as_slice() {
            [left, right] => Some((left.as_str()?, right.as_str()?)),
            _ => None,
        },
        _ => None,
    }
}

/// Templates use only the special tokens that they define, and a template for one text only the first.
fn check_templates(processor: &Value) -> Result<(), TokenizerError> {
    for part in processor["processors"].as_array().into_iter().flatten() {
        check_templates(part)?;
    }
    if processor["type"] != "TemplateProcessing" {
        return Ok(());
    }
    for template in ["single", "pair"] {
        for piece in processor[template].as_array().into_iter().flatten() {
            let undefined = |piece: String| TokenizerError::Template { template, piece };
            let sequence = piece["Sequence"]["id"].as_str();
            if let Some(sequence) = sequence.filter(|id| template == "single" && *id != "A") {
                return Err(undefined(format!("sequence {sequence}")));
            }
            let special = piece["SpecialToken"]["id"].as_str();
            if let Some(token) = special.filter(|id| processor["special_tokens"].get(*id).is_none()) {
                return Err(undefined(format!("the special token `{token}`")));
            }
        }
    }
    Ok(())
}

fn added_tokens(file: &Value) -> Result<Vec<(String, u32)>, TokenizerError> {
    let mut ids = BTreeMap::new();
    for entry in file["added_tokens"].as_array().into_iter().flatten() {
        let token = entry["content"].as_str().ok_or_else(|| malformed("an added token has no content"))?;
        let id = entry["id"].as_u64().and_then(|id| u32::try_from(id).ok());
        let id = id.ok_or_else(|| malformed(format!("the added token `{token}` has no id")))?;
        ids.insert(token.to_owned(), id);
    }
    Ok(ids.into_iter().collect())
}
