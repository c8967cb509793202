//! Masking of fields that must not be shown.
//!
//! In: a tree or text, and pointers. Out: the same with `***` in the places named. Never knows: who wants to look.

use super::json;
use crate::value::{Record, Value};

/// What stands in place of a masked value.
pub(super) const MASK: &str = "***";

/// A copy with every value masked that a pointer names (`/a/b`, `*` for any list item); list levels need not be
/// spelled.
#[must_use]
pub fn masked(value: &Value, pointers: &[&str]) -> Value {
    let mut copy = value.clone();
    for pointer in pointers {
        let path: Vec<&str> = pointer.split('/').skip(1).collect();
        mask(&mut copy, &path);
    }
    copy
}

/// The start of a body as text for people, masked. What is not JSON and could hold a sensitive value is not shown.
#[must_use]
pub fn excerpt(body: &[u8], tree: &Value, pointers: &[&str], limit: usize) -> String {
    let text = if pointers.is_empty() {
        String::from_utf8_lossy(&body[..body.len().min(limit)]).into_owned()
    } else if *tree == Value::Null {
        format!("({} bytes, not shown: the reply may hold sensitive fields)", body.len())
    } else {
        let mut copy = masked(tree, pointers);
        // An error reply has another shape than the documented one: the names are masked wherever they stand.
        let names: Vec<&str> = pointers.iter().filter_map(|pointer| pointer.rsplit('/').next()).collect();
        mask_names(&mut copy, &names);
        json::write(&copy)
    };
    cut(&text, limit).to_owned()
}

/// At most `limit` bytes, whole characters.
#[must_use]
pub fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

fn mask_names(value: &mut Value, names: &[&str]) {
    match value {
        Value::List(items) => items.iter_mut().for_each(|item| mask_names(item, names)),
        Value::Record(record) => {
            for (name, value) in record.iter_mut() {
                if names.iter().any(|masked| masked.eq_ignore_ascii_case(name)) {
                    mask(value, &[]);
                } else {
                    mask_names(value, names);
                }
            }
        }
        _ => {}
    }
}

fn mask(value: &mut Value, path: &[&str]) {
    match (value, path) {
        (Value::Null, _) => {}
        (value, []) => *value = Value::Text(MASK.to_owned()),
        (Value::List(items), [first, rest @ ..]) => {
            let rest = if *first == "*" { rest } else { path };
            items.iter_mut().for_each(|item| mask(item, rest));
        }
        (Value::Record(record), [first, rest @ ..]) => mask_field(record, first, rest),
        _ => {}
    }
}

fn mask_field(record: &mut Record, name: &str, rest: &[&str]) {
    if let Some(field) = record.get_mut(name) {
        mask(field, rest);
    }
}
