//! Recorded data: where it lies and how it is read.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// The folder of fixtures: `MILEPOST_FIXTURES` if it is set, else the copy in this crate.
#[must_use]
pub fn root() -> PathBuf {
    std::env::var_os("MILEPOST_FIXTURES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"), PathBuf::from)
}

/// Why a fixture could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FixtureError {
    /// The file cannot be read.
    #[error("fixture {} cannot be read: {source}; MILEPOST_FIXTURES must name a folder with that file", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what the test expects.
    #[error("fixture {} line {line} is malformed: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
}

/// The text of a fixture, decompressed if its name ends in `.gz`. `relative` is the path below the root.
pub fn text(relative: &str) -> Result<String, FixtureError> {
    let path = root().join(relative);
    let io = |source| FixtureError::Io { path: path.clone(), source };
    let bytes = std::fs::read(&path).map_err(io)?;
    let mut text = String::new();
    if path.extension().is_some_and(|extension| extension == "gz") {
        flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text).map_err(io)?;
    } else {
        text = String::from_utf8(bytes)
            .map_err(|e| io(std::io::Error::new(std::io::ErrorKind::InvalidData, e)))?;
    }
    Ok(text)
}

/// A fixture that is one JSON document.
pub fn json<T: DeserializeOwned>(relative: &str) -> Result<T, FixtureError> {
    parse(relative, 1, &text(relative)?)
}

/// A fixture of JSON lines. Lines with a `"format"` key are headers and left out.
pub fn json_lines<T: DeserializeOwned>(relative: &str) -> Result<Vec<T>, FixtureError> {
    let text = text(relative)?;
    let mut records = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let value: serde_json::Value = parse(relative, index + 1, line)?;
        if value.get("format").is_none() {
            records.push(parse(relative, index + 1, line)?);
        }
    }
    Ok(records)
}

fn parse<T: DeserializeOwned>(relative: &str, line: usize, text: &str) -> Result<T, FixtureError> {
    serde_json::from_str(text).map_err(|source| FixtureError::Json {
        path: root().join(relative),
        line,
        source,
    })
}
