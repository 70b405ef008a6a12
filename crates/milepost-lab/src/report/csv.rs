//! Figures and tables as CSV, carried inside the page as `data:` links.

use std::fmt::Write as _;

use serde::Serialize;

/// A download link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Download {
    /// Suggested file name.
    pub name: String,
    /// The `data:` URI.
    pub href: String,
}

/// Rows of text under a header.
#[derive(Debug)]
pub(super) struct Csv {
    text: String,
}

impl Csv {
    /// Starts a file with its header.
    pub(super) fn new(header: &[&str]) -> Self {
        let mut csv = Self { text: String::new() };
        csv.row(header.iter().map(|h| (*h).to_owned()));
        csv
    }

    /// Adds a row. Fields with commas, quotes or line breaks are quoted (RFC 4180).
    pub(super) fn row(&mut self, fields: impl IntoIterator<Item = String>) {
        for (i, field) in fields.into_iter().enumerate() {
            if i > 0 {
                self.text.push(',');
            }
            if field.contains([',', '"', '\n', '\r']) {
                let _ = write!(self.text, "\"{}\"", field.replace('"', "\"\""));
            } else {
                self.text.push_str(&field);
            }
        }
        self.text.push('\n');
    }

    /// The file itself.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// The link that downloads the file.
    pub(super) fn link(self, name: &str) -> Download {
        Download {
            name: format!("{name}.csv"),
            href: format!("data:text/csv;charset=utf-8,{}", percent_encode(&self.text)),
        }
    }
}

/// A number with at most five decimals (one above 1000, to save space); empty when not finite.
pub(super) fn cell(v: f64) -> String {
    let unit = if v.abs() >= 1000.0 { 10.0 } else { 1e5 };
    if v.is_finite() { ((v * unit).round() / unit + 0.0).to_string() } else { String::new() }
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
    use super::*;

    #[test]
    fn fields_are_quoted_and_links_hold_no_markup() {
        let mut csv = Csv::new(&["arm", "score"]);
        csv.row(["a,\"b\"<i>".to_owned(), cell(f64::NAN)]);
        csv.row(["c".to_owned(), cell(0.1 + 0.2)]);
        let link = csv.link("scores");
        assert_eq!(link.name, "scores.csv");
        assert_eq!(
            link.href,
            "data:text/csv;charset=utf-8,arm,score%0A%22a,%22%22b%22%22%3Ci%3E%22,%0Ac,0.3%0A"
        );
    }
}
