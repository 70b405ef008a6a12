#![doc = include_str!("../README.md")]

mod digest;
mod form;
pub mod lookup;
pub mod pages;
mod parameter;

pub use parameter::ParameterError;
