#![doc = include_str!("../README.md")]

mod digest;
mod form;
pub mod lookup;
pub mod pages;
mod parameter;
pub mod rule_db;

pub use parameter::ParameterError;
