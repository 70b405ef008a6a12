use milepost_core::{Version, VersionMismatch};

use crate::{PartError, PopulationError};

/// A place in behaviour space, with the version of the descriptor that computed it.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    code: Vec<f64>,
    surprise: Option<f64>,
    version: Version,
}

impl Described {
    /// Stamps a description.
    #[must_use]
    pub fn new(description: Description, version: Version) -> Self {
        Self { code: description.code, surprise: description.surprise, version }
    }

    /// The descriptor's version.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The coordinates, for a consumer that asks for this version.
    pub fn code(&self, version: Version) -> Result<&[f64], VersionMismatch> {
        self.expect(version)?;
        Ok(&self.code)
    }

    /// How badly the descriptor reconstructs the observations, for a consumer that asks for this version.
    pub fn surprise(&self, version: Version) -> Result<Option<f64>, VersionMismatch> {
        self.expect(version)?;
        Ok(self.surprise)
    }

    /// Euclidean distance. Descriptions of different versions have none.
    pub fn distance(&self, other: &Self) -> Result<f64, PopulationError> {
        other.expect(self.version)?;
        if self.code.len() != other.code.len() {
            return Err(PopulationError::Dimensions { left: self.code.len(), right: other.code.len() });
        }
        Ok(crate::genome_distance(&self.code, &other.code))
    }

    /// Whether every number is finite.
    pub(crate) fn is_finite(&self) -> bool {
        self.code.iter().chain(&self.surprise).all(|x| x.is_finite())
    }

    fn expect(&self, expected: Version) -> Result<(), VersionMismatch> {
        if self.version == expected { Ok(()) } else { Err(VersionMismatch { expected, found: self.version }) }
    }
}

/// What a descriptor says about one agent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Description {
    /// Coordinates in behaviour space.
    pub code: Vec<f64>,
    /// Reconstruction error, at least 0; `None` for descriptors that reconstruct nothing.
    pub surprise: Option<f64>,
}

/// What training a descriptor did.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Refit {
    /// Whether it is a different descriptor now; its version has changed exactly if it is.
    pub changed: bool,
    /// Rows sent through a network for it.
    pub network_calls: u64,
    /// Loss on the data held out, if there were any.
    pub validation_loss: Option<f64>,
}

/// Maps what was seen of agents to places in behaviour space.
pub trait Descriptor<O> {
    /// Of the descriptions that it gives. Changes with every change of the map.
    fn version(&self) -> Version;

    /// One description for each of the observations, in their order; of each it must depend on that
    /// observation alone. An observation that cannot be described gets coordinates that are not finite.
    fn describe(&self, observations: &[&O]) -> Result<Vec<Description>, PartError>;

    /// Trains on these observations. A hand-made descriptor does nothing.
    fn refit(&mut self, observations: &[&O]) -> Result<Refit, PartError> {
        let _ = observations;
        Ok(Refit::default())
    }

    /// Rows sent through a network to describe one observation; 0 without a network.
    fn network_calls(&self, observation: &O) -> u64 {
        let _ = observation;
        0
    }
}

/// A hand-made descriptor: a function of the observations, for ever the same.
#[derive(Debug, Clone, Copy)]
pub struct Handmade<F>(
    /// The function.
    pub F,
);

impl<O, F: Fn(&O) -> Vec<f64>> Descriptor<O> for Handmade<F> {
    fn version(&self) -> Version {
        Version::default()
    }
    fn describe(&self, observations: &[&O]) -> Result<Vec<Description>, PartError> {
        let describe = |o: &&O| Description { code: (self.0)(o), surprise: None };
        Ok(observations.iter().map(describe).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(code: Vec<f64>, version: u64) -> Described {
        Described::new(Description { code, surprise: None }, Version(version))
    }

    #[test]
    fn distances_across_versions_are_a_typed_error() {
        assert_eq!(at(vec![0.0, 0.0], 1).distance(&at(vec![3.0, 4.0], 1)).expect("comparable"), 5.0);
        let error = at(vec![0.0], 1).distance(&at(vec![0.0], 2)).expect_err("stale");
        let PopulationError::Version(mismatch) = error else { panic!("{error}") };
        assert_eq!(mismatch, VersionMismatch { expected: Version(1), found: Version(2) });
        assert!(at(vec![0.0], 1).code(Version(2)).is_err() && at(vec![0.0], 1).surprise(Version(0)).is_err());
    }

    #[test]
    fn distances_across_dimensions_are_a_typed_error() {
        let error = at(vec![0.0], 1).distance(&at(vec![0.0, 1.0], 1)).expect_err("other space");
        assert!(matches!(error, PopulationError::Dimensions { left: 1, right: 2 }));
    }
}
