use milepost_core::Encoder;

/// What the policy sees of a microworld.
#[derive(Debug, Clone, PartialEq)]
pub struct MicroObservation {
    /// Identifies what can be told apart, distractor bits aside: see
    /// [`Dynamics::observation_key`](crate::Dynamics::observation_key).
    pub key: u64,
    /// The world's features, then its distractor bits (0 or 1).
    pub features: Vec<f32>,
}

/// Reads the features as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Features {
    len: usize,
}

impl Features {
    /// For observations with `len` features.
    #[must_use]
    pub const fn new(len: usize) -> Self {
        Self { len }
    }
}

impl Encoder<MicroObservation> for Features {
    fn len(&self) -> usize {
        self.len
    }

    fn encode(&self, observation: &MicroObservation, _state_key: u64, out: &mut [f32]) {
        out.copy_from_slice(&observation.features);
    }
}
