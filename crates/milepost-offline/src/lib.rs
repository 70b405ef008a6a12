#![doc = include_str!("../README.md")]

pub mod data;
pub mod inverse;
pub mod learners;
pub mod losses;
pub mod model;
pub mod nets;
pub mod sequence;
pub mod tabular;
