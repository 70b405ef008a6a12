//! The method classes of the benchmark.
