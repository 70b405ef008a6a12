//! Normalisation, credit assignment and aggregation as pure functions on slices.
