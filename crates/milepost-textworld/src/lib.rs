#![doc = include_str!("../README.md")]

pub mod engine;
pub mod game;
pub mod generate;
pub mod logic;
pub mod quest_env;
mod text;
pub mod twl;
