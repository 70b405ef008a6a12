//! TensorBoard's `Event` message, encoded by hand: four field kinds are all that scalars need.
//!
//! `Event { 1: double wall_time, 2: int64 step, 3: string file_version, 5: Summary summary }`,
//! `Summary { 1: repeated Value }`, `Value { 1: string tag, 2: float simple_value }`;
//! and in a file's first event `9: SourceMetadata { 1: string writer }` is left out, as readers allow.

const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const BYTES: u8 = 2;
const FIXED32: u8 = 5;

/// The first event of every file.
pub(super) fn file_version(wall_time: f64) -> Vec<u8> {
    let mut event = Vec::new();
    fixed64(&mut event, 1, wall_time);
    bytes(&mut event, 3, b"brain.Event:2");
    event
}

/// One scalar.
pub(super) fn scalar(wall_time: f64, step: u64, tag: &str, value: f32) -> Vec<u8> {
    let mut entry = Vec::new();
    bytes(&mut entry, 1, tag.as_bytes());
    entry.push(2 << 3 | FIXED32);
    entry.extend_from_slice(&value.to_le_bytes());
    let mut summary = Vec::new();
    bytes(&mut summary, 1, &entry);

    let mut event = Vec::new();
    fixed64(&mut event, 1, wall_time);
    if step != 0 {
        event.push(2 << 3 | VARINT);
        varint(&mut event, step);
    }
    bytes(&mut event, 5, &summary);
    event
}

fn fixed64(out: &mut Vec<u8>, field: u8, value: f64) {
    out.push(field << 3 | FIXED64);
    out.extend_from_slice(&value.to_le_bytes());
}

fn bytes(out: &mut Vec<u8>, field: u8, value: &[u8]) {
    out.push(field << 3 | BYTES);
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
