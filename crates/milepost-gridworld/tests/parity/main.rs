//! Stepping, looking and drawing levels, compared with recordings of MiniGrid 3.2.0.

mod generation;
mod random_stream;
mod recording;
mod stepping;
