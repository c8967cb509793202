//! CSV (RFC 4180): writer with header line.
//!
//! In: a list of records. Out: bytes. Never knows: files, systems.
//!
//! Lines end in CRLF. A cell that a spreadsheet would take for a formula gets an apostrophe in front; numbers are
//! left alone, so `-1` stays `-1`.

use crate::value::Value;

/// Rows that cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unwritable(String);

/// Writes a header line and one line per record, cells in the order of `columns`; an absent field is an empty cell.
///
/// # Errors
/// The value is not a list of records, a cell is not a scalar, or the separator is not a single byte.
pub fn write(rows: &Value, separator: char, columns: &[&str]) -> Result<Vec<u8>, Unwritable> {
    let separator = u8::try_from(separator).map_err(|_| Unwritable("the separator is not ASCII".to_owned()))?;
    let mut writer =
        ::csv::WriterBuilder::new().delimiter(separator).terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(columns).map_err(unwritable)?;
    let Value::List(rows) = rows else { return Err(Unwritable("the body is not a list of rows".to_owned())) };
    for (index, row) in rows.iter().enumerate() {
        let Value::Record(row) = row else { return Err(Unwritable(format!("row {index} is not a record"))) };
        for column in columns {
            let cell =
                cell(row.get(column)).ok_or_else(|| Unwritable(format!("row {index}: {column} is no scalar")))?;
            writer.write_field(cell).map_err(unwritable)?;
        }
        writer.write_record(None::<&[u8]>).map_err(unwritable)?;
    }
    writer.into_inner().map_err(|error| Unwritable(error.to_string()))
}

fn cell(value: Option<&Value>) -> Option<String> {
    Some(match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::Bool(value)) => value.to_string(),
        Some(Value::Number(text)) => text.clone(),
        Some(Value::Text(text)) => defused(text),
        Some(Value::List(_) | Value::Record(_)) => return None,
    })
}

/// Spreadsheets run cells that start like this.
fn defused(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

fn unwritable(error: ::csv::Error) -> Unwritable {
    Unwritable(error.to_string())
}
