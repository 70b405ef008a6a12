#![doc = include_str!("../README.md")]

mod digest;
mod form;
pub mod lookup;
pub mod pages;
pub mod rule_db;

pub use milepost_core::ParameterError;
