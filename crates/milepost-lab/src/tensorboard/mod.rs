//! Scalars in TensorBoard's file format, without a protobuf library.
//!
//! A file is a sequence of TFRecords: little-endian `u64` length, masked CRC-32C of those 8 bytes, the
//! payload, masked CRC-32C of the payload. The payload is an `Event` message.

mod crc32c;
mod event;

use std::io::{self, Write};

/// Writes events to anything that takes bytes.
#[derive(Debug)]
pub struct EventWriter<W: Write> {
    out: W,
    record: Vec<u8>,
}

impl<W: Write> EventWriter<W> {
    /// Starts a file: writes the version record.
    pub fn create(mut out: W, wall_time: f64) -> io::Result<Self> {
        let mut record = Vec::new();
        frame(&mut record, |payload| event::file_version(payload, wall_time));
        out.write_all(&record)?;
        Ok(Self { out, record })
    }

    /// Goes on with a file whose version record is there already.
    pub const fn append(out: W) -> Self {
        Self { out, record: Vec::new() }
    }

    /// Writes one scalar. Values are stored as `f32`; NaN and infinities are stored as they are.
    pub fn scalar(&mut self, wall_time: f64, step: u64, tag: &str, value: f64) -> io::Result<()> {
        frame(&mut self.record, |payload| event::scalar(payload, wall_time, step, tag, value as f32));
        self.out.write_all(&self.record)
    }

    /// Hands everything written so far to the system.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// The writer underneath.
    pub const fn get_ref(&self) -> &W {
        &self.out
    }

    /// Gives the writer back.
    pub fn into_inner(self) -> W {
        self.out
    }
}

/// Makes `record` one record, in the memory that it has, with the payload that `append` appends.
fn frame(record: &mut Vec<u8>, append: impl FnOnce(&mut Vec<u8>)) {
    const HEAD: usize = 12;
    record.clear();
    record.resize(HEAD, 0);
    append(record);
    let length = ((record.len() - HEAD) as u64).to_le_bytes();
    record[..8].copy_from_slice(&length);
    record[8..HEAD].copy_from_slice(&crc32c::masked(&length).to_le_bytes());
    let checksum = crc32c::masked(&record[HEAD..]);
    record.extend_from_slice(&checksum.to_le_bytes());
}

#[cfg(test)]
mod tests;
