//! Criterion benchmarks of Milepost; see the files in `benches/`.
