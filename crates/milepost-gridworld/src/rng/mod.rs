//! The random stream of `numpy.random.Generator(PCG64(SeedSequence(seed)))`, bit for bit, so that a seed
//! names the same level here and in MiniGrid. It is used for levels only; policies and samplers draw from
//! [`milepost_core::Stream`].

mod pcg64;
mod seed_sequence;

pub use pcg64::NumpyRng;
