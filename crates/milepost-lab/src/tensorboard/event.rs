//! TensorBoard's `Event` message, encoded by hand: four field kinds are all that scalars need.
//!
//! `Event { 1: double wall_time, 2: int64 step, 3: string file_version, 5: Summary summary }`,
//! `Summary { 1: repeated Value }`, `Value { 1: string tag, 2: float simple_value }`;
//! and in a file's first event `9: SourceMetadata { 1: string writer }` is left out, as readers allow.

const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const BYTES: u8 = 2;
const FIXED32: u8 = 5;

/// Appends the first event of every file.
pub(super) fn file_version(event: &mut Vec<u8>, wall_time: f64) {
    fixed64(event, 1, wall_time);
    bytes(event, 3, b"brain.Event:2");
}

/// Appends one scalar.
pub(super) fn scalar(event: &mut Vec<u8>, wall_time: f64, step: u64, tag: &str, value: f32) {
    fixed64(event, 1, wall_time);
    if step != 0 {
        event.push(2 << 3 | VARINT);
        varint(event, step);
    }
    let entry = bytes_length(tag.len()) + 1 + size_of::<f32>();
    head(event, 5, bytes_length(entry));
    head(event, 1, entry);
    bytes(event, 1, tag.as_bytes());
    event.push(2 << 3 | FIXED32);
    event.extend_from_slice(&value.to_le_bytes());
}

fn fixed64(out: &mut Vec<u8>, field: u8, value: f64) {
    out.push(field << 3 | FIXED64);
    out.extend_from_slice(&value.to_le_bytes());
}

fn bytes(out: &mut Vec<u8>, field: u8, value: &[u8]) {
    head(out, field, value.len());
    out.extend_from_slice(value);
}

/// What comes before a field of so many bytes.
fn head(out: &mut Vec<u8>, field: u8, length: usize) {
    out.push(field << 3 | BYTES);
    varint(out, length as u64);
}

/// How long a field of so many bytes is, its head included.
fn bytes_length(content: usize) -> usize {
    let bits = (usize::BITS - content.leading_zeros()).max(1) as usize;
    1 + bits.div_ceil(7) + content
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
