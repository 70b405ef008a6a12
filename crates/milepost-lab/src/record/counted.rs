//! A file that knows how long it is, so that a checkpoint can say where it stood.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

/// Writes into a buffer; what was flushed is in the file.
#[derive(Debug)]
pub(crate) struct CountedFile {
    file: BufWriter<File>,
    length: u64,
}

impl CountedFile {
    /// A new file, in place of what is there.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: BufWriter::new(File::create(path)?), length: 0 })
    }

    /// A file that was `length` bytes long at the moment to go on from; what came later is cut.
    pub(crate) fn resume(path: &Path, length: u64) -> io::Result<Self> {
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.set_len(length)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self { file: BufWriter::new(file), length })
    }

    /// Bytes written.
    pub(crate) const fn len(&self) -> u64 {
        self.length
    }
}

impl Write for CountedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
