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
}

impl<W: Write> EventWriter<W> {
    /// Starts a file: writes the version record.
    pub fn create(mut out: W, wall_time: f64) -> io::Result<Self> {
        out.write_all(&record(&event::file_version(wall_time)))?;
        Ok(Self { out })
    }

    /// Goes on with a file whose version record is there already.
    pub const fn append(out: W) -> Self {
        Self { out }
    }

    /// Writes one scalar. Values are stored as `f32`; NaN and infinities are stored as they are.
    pub fn scalar(&mut self, wall_time: f64, step: u64, tag: &str, value: f64) -> io::Result<()> {
        self.out.write_all(&record(&event::scalar(wall_time, step, tag, value as f32)))
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

fn record(payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u64).to_le_bytes();
    let mut record = Vec::with_capacity(payload.len() + 16);
    record.extend_from_slice(&length);
    record.extend_from_slice(&crc32c::masked(&length).to_le_bytes());
    record.extend_from_slice(payload);
    record.extend_from_slice(&crc32c::masked(payload).to_le_bytes());
    record
}

#[cfg(test)]
mod tests;
