//! Pixels and wrappers, compared with recordings of MiniGrid 3.2.0 and held to the laws of environments.

mod files;
mod frames;
mod recorded_wrappers;
mod tiles;
mod wrappers;

fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
