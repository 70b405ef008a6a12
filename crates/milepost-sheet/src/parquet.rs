//! A table as a Parquet file: one row group, optional columns, compressed with Snappy.
//!
//! A column with any text is text; one with any fraction is a 64-bit float, and so is one without any value; one of
//! counts alone is a 64-bit integer. What is missing is null.

use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;

use crate::{Field, Sheet};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Whole,
    Number,
}

impl Kind {
    fn of<'a>(fields: impl Iterator<Item = &'a Field>) -> Self {
        let (mut kind, mut seen) = (Self::Whole, false);
        for field in fields {
            match field {
                Field::Text(_) => return Self::Text,
                Field::Number(_) => (kind, seen) = (Self::Number, true),
                Field::Whole(_) => seen = true,
                Field::Missing => {}
            }
        }
        if seen { kind } else { Self::Number }
    }

    fn column(self, name: &str) -> Result<Type, ParquetError> {
        let (physical, logical) = match self {
            Self::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Self::Whole => (Physical::INT64, None),
            Self::Number => (Physical::DOUBLE, None),
        };
        Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical)
            .build()
    }
}

/// The bytes of the file. The same table gives the same bytes.
pub(crate) fn write(sheet: &Sheet) -> Result<Vec<u8>, ParquetError> {
    let column = |index: usize| sheet.rows.iter().map(move |row| &row[index]);
    let kinds: Vec<Kind> = (0..sheet.head.len()).map(|index| Kind::of(column(index))).collect();
    let columns = sheet.head.iter().zip(&kinds).map(|(name, kind)| kind.column(name).map(Arc::new));
    let schema = Type::group_type_builder("table").with_fields(columns.collect::<Result<_, _>>()?).build()?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(concat!("milepost ", env!("CARGO_PKG_VERSION")).to_owned());
    let mut file = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties.build()))?;
    let mut group = file.next_row_group()?;
    for (index, kind) in kinds.iter().enumerate() {
        match kind {
            Kind::Text => {
                let text = |field: &Field| match field {
                    Field::Missing => None,
                    other => Some(ByteArray::from(other.text().into_bytes())),
                };
                write_column::<ByteArrayType>(&mut group, column(index), text)?;
            }
            Kind::Whole => write_column::<Int64Type>(&mut group, column(index), |field| match field {
                Field::Whole(count) => Some(*count),
                _ => None,
            })?,
            Kind::Number => write_column::<DoubleType>(&mut group, column(index), |field| match field {
                Field::Number(number) => Some(*number),
                Field::Whole(count) => Some(*count as f64),
                _ => None,
            })?,
        }
    }
    group.close()?;
    file.into_inner()
}

fn write_column<'a, T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    fields: impl Iterator<Item = &'a Field>,
    value: impl Fn(&Field) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let (mut values, mut there) = (Vec::new(), Vec::new());
    for field in fields {
        let value = value(field);
        there.push(i16::from(value.is_some()));
        values.extend(value);
    }
    let missing = || ParquetError::General("the row group has fewer columns than its schema".into());
    let mut writer = group.next_column()?.ok_or_else(missing)?;
    writer.typed::<T>().write_batch(&values, Some(&there), None)?;
    writer.close()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field as Read;

    use super::*;

    /// Header and rows of a file, every field as CSV shows it.
    fn read_back(bytes: &[u8]) -> Vec<Vec<String>> {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("writable");
        let reader = SerializedFileReader::new(file).expect("a Parquet file");
        let schema = reader.metadata().file_metadata().schema().get_fields().to_vec();
        let head = schema.iter().map(|column| column.name().to_owned()).collect();
        let text = |field: &Read| match field {
            Read::Null => String::new(),
            Read::Str(text) => text.clone(),
            Read::Long(count) => count.to_string(),
            Read::Double(number) => number.to_string(),
            other => panic!("an unexpected field {other:?}"),
        };
        let rows = reader.get_row_iter(None).expect("rows").map(|row| {
            row.expect("readable").get_column_iter().map(|(_, field)| text(field)).collect::<Vec<_>>()
        });
        std::iter::once(head).chain(rows).collect()
    }

    #[test]
    fn a_parquet_file_read_back_holds_what_the_csv_file_holds() {
        let mut sheet = Sheet::new(&["arm", "seed", "score", "mixed", "empty"]);
        for seed in 0..1000u64 {
            let arm = ["a", "b, \"quoted\"\nand broken", ""][seed as usize % 3];
            let score = if seed % 7 == 0 { f64::NAN } else { seed as f64 / 3.0 };
            let mixed = if seed % 2 == 0 { Field::from(seed) } else { Field::from(0.5) };
            sheet.row([arm.into(), seed.into(), score.into(), mixed]);
        }
        let parquet = read_back(&write(&sheet).expect("writes"));
        let csv = csv_rows(&sheet.to_csv());
        assert_eq!(parquet.len(), 1001);
        assert_eq!(parquet, csv);
    }

    #[test]
    fn a_table_without_rows_keeps_its_columns_and_the_same_table_gives_the_same_bytes() {
        let sheet = Sheet::new(&["a", "b"]);
        let bytes = write(&sheet).expect("writes");
        assert_eq!(bytes, write(&sheet).expect("writes"));
        assert_eq!(read_back(&bytes), [["a", "b"]]);
    }

    /// Reads CSV (RFC 4180).
    fn csv_rows(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(std::mem::take(&mut field)),
                '\n' if !quoted => {
                    row.push(std::mem::take(&mut field));
                    rows.push(std::mem::take(&mut row));
                }
                other => field.push(other),
            }
        }
        rows
    }
}
