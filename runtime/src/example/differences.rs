//! Where two trees differ.
//!
//! In: trees. Out: sentences with JSON pointers (RFC 6901), in the order of the promise. Never knows: messages.

use rust_decimal::Decimal;

use crate::{
    format::json,
    value::{Record, Value},
};

/// Every place where `made` is not what is `promised`.
pub(super) fn differences(promised: &Value, made: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", promised, made, &mut found);
    found
}

/// Every field of `shown` that the message, which reads as `known`, does not have.
pub(super) fn unknown(shown: &Value, known: &Value) -> Vec<String> {
    let mut found = Vec::new();
    missing("", shown, known, &mut found);
    found
}

fn compare(pointer: &str, promised: &Value, made: &Value, found: &mut Vec<String>) {
    match (promised, made) {
        (Value::Record(promised), Value::Record(made)) => records(pointer, promised, made, found),
        (Value::List(promised), Value::List(made)) => {
            for index in 0..promised.len().max(made.len()) {
                let item = |list: &[Value]| list.get(index).cloned().unwrap_or_default();
                compare(&format!("{pointer}/{index}"), &item(promised), &item(made), found);
            }
        }
        (Value::Number(promised_text), Value::Number(made_text)) if same_number(promised_text, made_text) => {}
        _ if promised == made => {}
        _ => {
            let pointer = if pointer.is_empty() { "/" } else { pointer };
            found.push(format!("{pointer}: promised {}, mapped {}", words(promised), words(made)));
        }
    }
}

fn records(pointer: &str, promised: &Record, made: &Record, found: &mut Vec<String>) {
    let nothing = Value::Null;
    for (name, value) in promised.iter() {
        compare(&below(pointer, name), value, made.get(name).unwrap_or(&nothing), found);
    }
    for (name, value) in made.iter().filter(|(name, _)| promised.get(name).is_none()) {
        compare(&below(pointer, name), &nothing, value, found);
    }
}

fn missing(pointer: &str, shown: &Value, known: &Value, found: &mut Vec<String>) {
    match (shown, known) {
        (Value::Record(shown), Value::Record(known)) => {
            for (name, value) in shown.iter().filter(|(_, value)| **value != Value::Null) {
                let pointer = below(pointer, name);
                match known.get(name) {
                    Some(known) => missing(&pointer, value, known, found),
                    None => found.push(format!("{pointer}: promised {}, the message has no such field", words(value))),
                }
            }
        }
        (Value::List(shown), Value::List(known)) => {
            for (index, (shown, known)) in shown.iter().zip(known).enumerate() {
                missing(&format!("{pointer}/{index}"), shown, known, found);
            }
        }
        _ => {}
    }
}

fn same_number(left: &str, right: &str) -> bool {
    let number = |text: &str| Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok();
    left == right || number(left).is_some_and(|left| number(right) == Some(left))
}

fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn words(value: &Value) -> String {
    if *value == Value::Null { "nothing".to_owned() } else { json::write(value) }
}
