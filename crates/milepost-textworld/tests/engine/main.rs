//! The engine against TextWorld's recorded games and episodes, and its laws.

mod broken_games;
mod environment;
mod free_text;
mod game_fixtures;
mod laws;
mod logic_fixtures;
mod recorded;
mod trace_fixtures;
