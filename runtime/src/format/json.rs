//! JSON (RFC 8259) with exact numbers.
//!
//! In: bytes, trees. Out: trees, bytes. Never knows: messages.
//!
//! Numbers keep the digits they were written with; a name that comes twice in a record is refused, because two readers
//! could disagree on which one counts.

use std::{collections::HashSet, fmt};

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{MAX_DEPTH, MAX_VALUES, Malformed};
use crate::value::{Record, Value};

/// How `serde_json` names a number whose text it keeps.
const NUMBER: &str = "$serde_json::private::Number";

/// From so many fields on, names seen are looked up in a set.
const MANY_FIELDS: usize = 16;

/// Reads one JSON text.
///
/// # Errors
/// It is not JSON, nested too deep, has too many values, or a record names a field twice.
pub fn read(bytes: &[u8]) -> Result<Value, Malformed> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let mut left = MAX_VALUES;
    let value = Tree { depth: 0, left: &mut left }.deserialize(&mut json).map_err(malformed)?;
    json.end().map_err(malformed)?;
    Ok(value)
}

/// Writes a tree without blanks.
#[must_use]
pub fn write(value: &Value) -> String {
    let mut out = String::new();
    write_into(value, &mut out);
    out
}

fn write_into(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(text) => out.push_str(text),
        Value::Text(text) => write_text(text, out),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_into(item, out);
            }
            out.push(']');
        }
        Value::Record(record) => {
            out.push('{');
            for (index, (name, value)) in record.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_text(name, out);
                out.push(':');
                write_into(value, out);
            }
            out.push('}');
        }
    }
}

fn write_text(text: &str, out: &mut String) {
    use fmt::Write as _;
    out.push('"');
    let mut rest = text;
    // All of them are one byte in UTF-8.
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\') || byte < b' ') {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            control => {
                let _ = write!(out, "\\u{control:04x}");
            }
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

fn malformed(error: serde_json::Error) -> Malformed {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or_default().to_owned();
    Malformed { line: error.line(), column: error.column(), reason }
}

/// Reads any value at a depth, counting down how many may still come.
struct Tree<'a> {
    depth: usize,
    left: &'a mut usize,
}

impl Tree<'_> {
    fn deeper<E: de::Error>(&mut self) -> Result<Tree<'_>, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom(format_args!("nested deeper than {MAX_DEPTH} levels")));
        }
        if *self.left == 0 {
            return Err(E::custom(format_args!("more than {MAX_VALUES} values")));
        }
        *self.left -= 1;
        Ok(Tree { depth: self.depth + 1, left: self.left })
    }
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    // Whole numbers of 64 bit come like this, all others by their text, see `number`.
    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.deeper()?)? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<Value, A::Error> {
        let mut record = Record::new();
        let mut seen: HashSet<String> = HashSet::new();
        while let Some(name) = fields.next_key_seed(Name)? {
            let Some(name) = name else { return number(&mut fields) };
            let value = fields.next_value_seed(self.deeper()?)?;
            let known = if record.len() < MANY_FIELDS {
                record.get(&name).is_some()
            } else {
                if seen.is_empty() {
                    seen.extend(record.iter().map(|(name, _)| name.to_owned()));
                }
                !seen.insert(name.clone())
            };
            if known {
                return Err(de::Error::custom("a field of this name came before"));
            }
            record.push(name, value);
        }
        Ok(Value::Record(record))
    }
}

/// The text of a number. A sender who writes `serde_json`'s own name by hand gets a number, or a refusal.
fn number<'de, A: MapAccess<'de>>(fields: &mut A) -> Result<Value, A::Error> {
    let text: String = fields.next_value()?;
    let ends = [text.as_bytes().first(), text.as_bytes().last()];
    let is_number = matches!(ends, [Some(b'-' | b'0'..=b'9'), Some(b'0'..=b'9')])
        && serde_json::from_str::<IgnoredAny>(&text).is_ok();
    if is_number { Ok(Value::Number(text)) } else { Err(de::Error::custom("not a number")) }
}

/// The name of a field; nothing if what follows is the text of a number.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok((name != NUMBER).then(|| name.to_owned()))
    }
}
