//! The laws of searches over populations, on a toy world.

mod budget;
mod descriptors;
mod emitters;
mod exploration;
mod toy;
