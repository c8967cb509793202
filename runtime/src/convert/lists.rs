//! Items of lists and entries of closed lists.
//!
//! In: lists, indexes, texts. Out: items, codes. Never knows: lookup tables, which generated code holds as `match`.

use super::Reason;

/// The item at an index, 0-based.
///
/// # Errors
/// The index is negative or beyond the end.
pub fn item<T>(list: &[T], index: i64) -> Result<&T, Reason> {
    usize::try_from(index)
        .ok()
        .and_then(|index| list.get(index))
        .ok_or_else(|| Reason::new(format!("there is no item {index} in a list of {}", list.len())))
}

/// Number of items.
#[must_use]
pub fn size<T>(list: &[T]) -> i64 {
    i64::try_from(list.len()).unwrap_or(i64::MAX)
}

/// The value of an optional that a condition has found to be set.
///
/// # Errors
/// It is not set after all.
pub fn present<T>(value: Option<T>) -> Result<T, Reason> {
    value.ok_or_else(|| Reason::new("is not set"))
}

/// Every item meets a condition that may fail.
///
/// # Errors
/// The condition's first.
pub fn all<T, E>(list: &[T], mut condition: impl FnMut(&T) -> Result<bool, E>) -> Result<bool, E> {
    for item in list {
        if !condition(item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Some item meets a condition that may fail.
///
/// # Errors
/// The condition's first.
pub fn exists<T, E>(list: &[T], mut condition: impl FnMut(&T) -> Result<bool, E>) -> Result<bool, E> {
    for item in list {
        if condition(item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The code a text stands for.
///
/// # Errors
/// It is not in the list.
pub fn to_code<T: Copy>(text: &str, values: &[(&str, T)]) -> Result<T, Reason> {
    values
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, code)| *code)
        .ok_or_else(|| Reason::new("is none of the values the field allows"))
}

/// The reason when a lookup table has no row for a value, and none for everything else.
#[must_use]
pub fn lookup_missing(table: &str) -> Reason {
    Reason::new(format!("the table `Lookup: {table}` has no row for this value"))
}
