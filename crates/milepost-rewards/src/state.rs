//! Saved states: JSON, in which every finite float keeps its bits, and frames of several such parts.

use serde::{Serialize, de::DeserializeOwned};

use crate::ScoreError;

pub(crate) fn encode(scorer: &str, state: &impl Serialize) -> Result<Vec<u8>, ScoreError> {
    serde_json::to_vec(state).map_err(|error| error_of(scorer, &error))
}

pub(crate) fn decode<T: DeserializeOwned>(scorer: &str, bytes: &[u8]) -> Result<T, ScoreError> {
    serde_json::from_slice(bytes).map_err(|error| error_of(scorer, &error))
}

/// Each part after its length (8 bytes, little-endian).
#[must_use]
pub fn pack(parts: &[Vec<u8>]) -> Vec<u8> {
    parts
        .iter()
        .flat_map(|part| (part.len() as u64).to_le_bytes().into_iter().chain(part.iter().copied()))
        .collect()
}

/// Exactly `N` parts that [`pack`] wrote; a scorer is named where they are not.
pub fn unpack<'a, const N: usize>(scorer: &str, bytes: &'a [u8]) -> Result<[&'a [u8]; N], ScoreError> {
    let damaged = || error_of(scorer, &"the saved state is cut short or not of this kind of scorer");
    let mut rest = bytes;
    let mut parts = [&bytes[..0]; N];
    for part in &mut parts {
        let (length, tail) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| damaged())?;
        (*part, rest) = tail.split_at_checked(length).ok_or_else(damaged)?;
    }
    if rest.is_empty() { Ok(parts) } else { Err(damaged()) }
}

fn error_of(scorer: &str, reason: &impl ToString) -> ScoreError {
    ScoreError::State { scorer: scorer.to_owned(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn floats_keep_their_bits(values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL, 0..20)) {
            let back: Vec<f64> = decode("x", &encode("x", &values).expect("encodes")).expect("decodes");
            let bits = |values: &[f64]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&values), bits(&back));
        }

        #[test]
        fn parts_come_back_and_damage_is_noticed(a: Vec<u8>, b: Vec<u8>, cut in 1usize..8) {
            let packed = pack(&[a.clone(), b.clone()]);
            prop_assert_eq!(unpack::<2>("x", &packed).expect("whole"), [a.as_slice(), b.as_slice()]);
            prop_assert!(unpack::<2>("x", &packed[..packed.len() - cut]).is_err());
            prop_assert!(unpack::<1>("x", &packed).is_err());
        }
    }
}
