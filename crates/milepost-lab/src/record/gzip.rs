//! Complete gzip members (RFC 1952), one after the other, from one compressor.
//!
//! A compressor owns some 300 KB; one for each member would spend more time on getting that memory than on compressing
//! the two kilobytes of a line.

use std::io;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// Magic number, deflate, no flags, no time, no hint, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// Room for what deflate adds to what it cannot compress.
const SLACK: usize = 64;

/// Makes members.
#[derive(Debug)]
pub(super) struct Members {
    deflate: Compress,
    member: Vec<u8>,
}

impl Members {
    pub(super) fn new() -> Self {
        Self { deflate: Compress::new(Compression::fast(), false), member: Vec::new() }
    }

    /// `text` as one member. The same text gives the same bytes, whatever came before.
    pub(super) fn member(&mut self, text: &[u8]) -> io::Result<&[u8]> {
        self.deflate.reset();
        self.member.clear();
        self.member.extend_from_slice(&HEADER);
        loop {
            let rest = &text[self.deflate.total_in() as usize..];
            self.member.reserve(rest.len() + SLACK);
            match self.deflate.compress_vec(rest, &mut self.member, FlushCompress::Finish)? {
                Status::StreamEnd => break,
                Status::Ok | Status::BufError => {}
            }
        }
        let mut checksum = Crc::new();
        checksum.update(text);
        self.member.extend_from_slice(&checksum.sum().to_le_bytes());
        self.member.extend_from_slice(&checksum.amount().to_le_bytes());
        Ok(&self.member)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use proptest::prelude::*;

    use super::Members;

    proptest! {
        #[test]
        fn members_read_back_and_do_not_depend_on_those_before(
            texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4000), 1..5),
            repeated in 1..200usize,
        ) {
            let mut members = Members::new();
            for text in texts {
                let text = text.repeat(repeated);
                let member = members.member(&text).expect("memory").to_vec();
                let mut read = Vec::new();
                GzDecoder::new(&member[..]).read_to_end(&mut read).expect("a member");
                prop_assert!(read == text);
                prop_assert!(Members::new().member(&text).expect("memory") == member);
            }
        }
    }
}
