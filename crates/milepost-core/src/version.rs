use serde::{Deserialize, Serialize};

/// The version of a model. Whatever a model produced carries it, and consumers check it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Version(pub u64);

impl Version {
    /// The version after one more update.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A value together with the version of the model that produced it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Versioned<T> {
    value: T,
    version: Version,
}

impl<T> Versioned<T> {
    /// Stamps `value`.
    pub const fn new(value: T, version: Version) -> Self {
        Self { value, version }
    }

    /// The version that produced the value.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The value, if it was produced by `expected`.
    pub fn expect(&self, expected: Version) -> Result<&T, VersionMismatch> {
        if self.version == expected {
            Ok(&self.value)
        } else {
            Err(VersionMismatch { expected, found: self.version })
        }
    }
}

/// A value was produced by another version than its consumer asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value was produced by model version {}, but version {} is needed; recompute it", found.0, expected.0)]
pub struct VersionMismatch {
    /// The version the consumer needs.
    pub expected: Version,
    /// The version the value carries.
    pub found: Version,
}
