#![doc = include_str!("../README.md")]

pub mod game;
pub mod logic;
pub mod twl;
