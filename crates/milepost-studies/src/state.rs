//! What studies write into the states that they keep.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{State, StudyError};

/// A value as a part of a state.
pub(crate) fn write(name: &str, value: &impl Serialize) -> Result<(String, Vec<u8>), StudyError> {
    let bytes = serde_json::to_vec(value).map_err(StudyError::part("a kept state"))?;
    Ok((name.to_owned(), bytes))
}

/// The value of a part.
pub(crate) fn read<T: DeserializeOwned>(state: &State, name: &str) -> Result<T, StudyError> {
    let part = state.iter().find(|(part, _)| part == name).map(|(_, bytes)| bytes.as_slice());
    let part = part.ok_or_else(|| StudyError::part("a kept state")(format!("`{name}` is missing")))?;
    serde_json::from_slice(part).map_err(StudyError::part("a kept state"))
}

/// Lists of numbers that survive a file to the bit, those that are not finite too: for `#[serde(with = "bits")]`.
pub(crate) mod bits {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(numbers: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        numbers.iter().map(|number| number.to_bits()).collect::<Vec<u64>>().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        Ok(Vec::<u64>::deserialize(deserializer)?.into_iter().map(f64::from_bits).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Serialize, Deserialize)]
    struct Numbers(#[serde(with = "bits")] Vec<f64>);

    #[test]
    fn numbers_come_back_to_the_bit() {
        let numbers = vec![0.1 + 0.2, -0.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE];
        let state = vec![write("numbers", &Numbers(numbers.clone())).expect("writes")];
        let back = read::<Numbers>(&state, "numbers").expect("reads").0;
        assert!(numbers.iter().zip(&back).all(|(a, b)| a.to_bits() == b.to_bits()));
        let error = read::<Numbers>(&state, "other").err().expect("missing").to_string();
        assert!(error.contains("`other` is missing"), "{error}");
    }
}
