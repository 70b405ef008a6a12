//! The batch engine against the scalar one: the same bits, whatever the level, the threads and the pool.

mod allocation;
mod laws;
mod scattered;
