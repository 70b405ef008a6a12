/// Turns an observation into the numbers that a network reads.
pub trait Encoder<O>: Send {
    /// Number of features, the same for every observation.
    fn len(&self) -> usize;

    /// Whether there are no features (a degenerate encoder).
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the features of `observation`; `out` has [`Encoder::len`] entries. `state_key` is the
    /// environment's key of the same state, for encoders that index states rather than read them.
    fn encode(&self, observation: &O, state_key: u64, out: &mut [f32]);
}
