//! Texts. Lengths are counted in characters (Unicode scalar values), never in bytes.
//!
//! In: texts. Out: texts. Never knows: languages; upper and lower case are Unicode's own.

use super::Reason;
use crate::value::{ToValue, Value};

/// Any scalar as text, spelled as on the wire: `21.5`, `true`, `2026-02-28`.
#[must_use]
pub fn to_text(scalar: &dyn ToValue) -> String {
    match scalar.to_value() {
        Value::Text(text) | Value::Number(text) => text,
        Value::Bool(value) => value.to_string(),
        Value::Null | Value::List(_) | Value::Record(_) => String::new(),
    }
}

/// Without blanks on both ends.
#[must_use]
pub fn trim(text: &str) -> String {
    text.trim().to_owned()
}

/// In capital letters.
#[must_use]
pub fn upper(text: &str) -> String {
    text.to_uppercase()
}

/// In small letters.
#[must_use]
pub fn lower(text: &str) -> String {
    text.to_lowercase()
}

/// Filled on the left to a width; a longer text stays as it is.
#[must_use]
pub fn pad_left(text: &str, width: usize, with: char) -> String {
    let missing = width.saturating_sub(text.chars().count());
    std::iter::repeat_n(with, missing).chain(text.chars()).collect()
}

/// At most so many characters from the start.
#[must_use]
pub fn truncate(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
}

/// Without so many characters from the start.
#[must_use]
pub fn skip(text: &str, length: i64) -> String {
    text.chars().skip(usize::try_from(length).unwrap_or(0)).collect()
}

/// Number of characters.
#[must_use]
pub fn length(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// Parts joined with a separator.
#[must_use]
pub fn concat(parts: &[&str], separator: &str) -> String {
    parts.join(separator)
}

/// The part at an index (0-based) of a text cut at a separator.
///
/// # Errors
/// There are fewer parts.
pub fn split(text: &str, separator: &str, index: usize) -> Result<String, Reason> {
    text.split(separator)
        .nth(index)
        .map(str::to_owned)
        .ok_or_else(|| Reason::new(format!("has no part {index} when split at {separator:?}")))
}
