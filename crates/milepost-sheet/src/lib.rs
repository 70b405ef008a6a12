#![doc = include_str!("../README.md")]

#[cfg(feature = "parquet")]
mod parquet;
mod sheet;

pub use sheet::{Field, Sheet};

/// A form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Text that everything reads.
    Csv,
    /// Typed and compressed columns; needs the feature `parquet`.
    Parquet,
}

impl Format {
    /// The forms that this program was built with.
    pub const AVAILABLE: &[Self] =
        if cfg!(feature = "parquet") { &[Self::Csv, Self::Parquet] } else { &[Self::Csv] };

    /// The extension of its files.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }
}

/// Why a table cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SheetError {
    /// The program cannot write this form.
    #[error(
        "this program was built without Parquet: `cargo xtask` builds it in where an argument asks for it, and so does `cargo build --features parquet`"
    )]
    WithoutParquet,
    /// The Parquet library refused.
    #[error("the table cannot be written as Parquet: {0}")]
    Parquet(Box<dyn std::error::Error + Send + Sync>),
}

impl Sheet {
    /// The bytes of a file. The same table gives the same bytes.
    pub fn encode(&self, format: Format) -> Result<Vec<u8>, SheetError> {
        match format {
            Format::Csv => Ok(self.to_csv().into_bytes()),
            #[cfg(feature = "parquet")]
            Format::Parquet => parquet::write(self).map_err(|error| SheetError::Parquet(error.into())),
            #[cfg(not(feature = "parquet"))]
            Format::Parquet => Err(SheetError::WithoutParquet),
        }
    }
}

#[cfg(feature = "parquet")]
impl Sheet {
    /// The table as a `data:` link that a page can carry; none where the program cannot write Parquet.
    #[must_use]
    pub fn parquet_link(&self) -> Option<String> {
        use base64::prelude::{BASE64_STANDARD, Engine as _};
        let bytes = parquet::write(self).expect("columns of one length are a valid file in memory");
        Some(format!("data:application/vnd.apache.parquet;base64,{}", BASE64_STANDARD.encode(bytes)))
    }
}

#[cfg(not(feature = "parquet"))]
impl Sheet {
    /// The table as a `data:` link that a page can carry; none where the program cannot write Parquet.
    #[must_use]
    pub const fn parquet_link(&self) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_available_form_is_written_and_another_is_refused_with_the_remedy() {
        let sheet = Sheet::new(&["a"]);
        for format in [Format::Csv, Format::Parquet] {
            match sheet.encode(format) {
                Ok(bytes) => assert!(Format::AVAILABLE.contains(&format) && !bytes.is_empty()),
                Err(error) => {
                    assert!(!Format::AVAILABLE.contains(&format));
                    assert!(error.to_string().contains("--features parquet"), "{error}");
                }
            }
        }
    }
}
