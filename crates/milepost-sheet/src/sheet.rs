use std::fmt::Write as _;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// Words.
    Text(String),
    /// A count or an index.
    Whole(i64),
    /// A finite number.
    Number(f64),
    /// Nothing: what is missing is no zero.
    Missing,
}

impl From<String> for Field {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Field {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<&str> for Field {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u64> for Field {
    fn from(count: u64) -> Self {
        i64::try_from(count).map_or(Self::Number(count as f64), Self::Whole)
    }
}

impl From<usize> for Field {
    fn from(count: usize) -> Self {
        Self::from(count as u64)
    }
}

impl From<f64> for Field {
    /// A number that is not finite is missing.
    fn from(number: f64) -> Self {
        if number.is_finite() { Self::Number(number + 0.0) } else { Self::Missing }
    }
}

impl<T: Into<Self>> From<Option<T>> for Field {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Into::into)
    }
}

impl Field {
    /// As a file of text shows it; numbers in the fewest digits that read back as the same number.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Whole(count) => count.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Missing => String::new(),
        }
    }
}

/// Rows of fields under a header.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<Field>>,
}

impl Sheet {
    /// A table with these columns and no rows.
    #[must_use]
    pub fn new<S: AsRef<str>>(head: &[S]) -> Self {
        Self { head: head.iter().map(|name| name.as_ref().to_owned()).collect(), rows: Vec::new() }
    }

    /// Number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds a row. One that is too short is filled up with missing values; what is too much is left out.
    pub fn row(&mut self, fields: impl IntoIterator<Item = Field>) {
        let filled = fields.into_iter().chain(std::iter::repeat(Field::Missing));
        self.rows.push(filled.take(self.head.len()).collect());
    }

    /// The table as CSV. Fields with commas, quotes or line breaks are quoted.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut out = String::new();
        let head: Vec<Field> = self.head.iter().map(Field::from).collect();
        for row in std::iter::once(&head).chain(&self.rows) {
            for (index, field) in row.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                let text = field.text();
                if text.contains([',', '"', '\n', '\r']) {
                    let _ = write!(out, "\"{}\"", text.replace('"', "\"\""));
                } else {
                    out.push_str(&text);
                }
            }
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_quotes_what_needs_it_and_leaves_out_what_is_missing() {
        let mut sheet = Sheet::new(&["arm", "seed", "score"]);
        sheet.row(["a,\"b\"".into(), 3u64.into(), f64::NAN.into()]);
        sheet.row(["c\nd".into(), Field::Missing]);
        sheet.row(["e".into(), u64::MAX.into(), (0.1 + 0.2).into(), "too much".into()]);
        assert_eq!(
            sheet.to_csv(),
            "arm,seed,score\n\"a,\"\"b\"\"\",3,\n\"c\nd\",,\ne,18446744073709552000,0.30000000000000004\n"
        );
    }
}
