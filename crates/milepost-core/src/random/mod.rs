//! Counter-based random streams. A stream is a pure function of its key, so neither the order in
//! which streams are opened nor the number of threads can change a result.

mod philox;
mod stream;

pub use philox::philox4x32_10;
pub use stream::{Purpose, Stream, StreamKey};
