//! Saved states: JSON, in which every finite float keeps its bits.

use serde::{Serialize, de::DeserializeOwned};

use crate::ScoreError;

pub(crate) fn encode(scorer: &str, state: &impl Serialize) -> Result<Vec<u8>, ScoreError> {
    serde_json::to_vec(state)
        .map_err(|error| ScoreError::State { scorer: scorer.to_owned(), reason: error.to_string() })
}

pub(crate) fn decode<T: DeserializeOwned>(scorer: &str, bytes: &[u8]) -> Result<T, ScoreError> {
    serde_json::from_slice(bytes)
        .map_err(|error| ScoreError::State { scorer: scorer.to_owned(), reason: error.to_string() })
}
