//! The data of figures and tables, carried inside the page as `data:` links.

use std::fmt::Write as _;

use serde::Serialize;

use milepost_sheet::{Field, Sheet};

/// A download link, and with the feature `parquet` a second one with the same content in that format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Download {
    /// Suggested file name, without an extension.
    pub name: String,
    /// The `data:` URI of the CSV file.
    pub href: String,
    /// The `data:` URI of the Parquet file.
    pub parquet: Option<String>,
}

impl Download {
    /// The links that download a table.
    pub(super) fn of(sheet: &Sheet, name: &str) -> Self {
        let href = format!("data:text/csv;charset=utf-8,{}", percent_encode(&sheet.to_csv()));
        Self { name: name.to_owned(), href, parquet: sheet.parquet_link() }
    }
}

/// A number with at most five decimals (one above 1000, to save space); missing when not finite.
pub(super) fn cell(v: f64) -> Field {
    let unit = if v.abs() >= 1000.0 { 10.0 } else { 1e5 };
    Field::from((v * unit).round() / unit)
}

/// Percent-encodes everything that could end a URI or an attribute early.
pub(super) fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~,:;()/=".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use milepost_sheet::Format;

    use super::*;

    #[test]
    fn links_hold_no_markup_and_numbers_few_digits() {
        let mut sheet = Sheet::new(&["arm", "score"]);
        sheet.row(["a,\"b\"<i>".into(), cell(f64::NAN)]);
        sheet.row(["c".into(), cell(0.1 + 0.2)]);
        let link = Download::of(&sheet, "scores");
        assert_eq!(link.name, "scores");
        assert_eq!(
            link.href,
            "data:text/csv;charset=utf-8,arm,score%0A%22a,%22%22b%22%22%3Ci%3E%22,%0Ac,0.3%0A"
        );
        assert_eq!(link.parquet.is_some(), Format::AVAILABLE.contains(&Format::Parquet));
    }
}
