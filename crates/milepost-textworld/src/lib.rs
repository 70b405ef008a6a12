#![doc = include_str!("../README.md")]

mod cache;
pub mod engine;
pub mod game;
pub mod generate;
mod guide;
pub mod house;
pub mod logic;
pub mod quest_env;
mod text;
pub mod twl;
