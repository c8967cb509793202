//! A payload as a tree, whatever its wire format.
//!
//! In: bytes of JSON, XML or CSV (through [`crate::format`]). Out: [`Value`], [`Record`]. Never knows: message types.
//!
//! Numbers keep the text they were written with: an amount never passes through a float.

use jiff::{Timestamp, civil};
use rust_decimal::Decimal;

/// A payload or a part of one.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// JSON `null`, an absent XML element.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A record, fields in order.
    Record(Record),
}

/// Fields with their values, in order, each name at most once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    fields: Vec<(String, Value)>,
}

impl Record {
    /// No fields yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { fields: Vec::new() }
    }

    /// Adds a field; a value that is `Null` is left out, so absent optional fields do not appear on the wire.
    pub fn put(&mut self, name: &str, value: &dyn ToValue) {
        let value = value.to_value();
        if value != Value::Null {
            self.fields.push((name.to_owned(), value));
        }
    }

    /// Adds a field as it is, `Null` included.
    pub(crate) fn push(&mut self, name: String, value: Value) {
        self.fields.push((name, value));
    }

    /// The value of a field, for changing.
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.fields.iter_mut().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    /// Number of fields.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.fields.len()
    }

    /// No fields.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    /// All fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// All fields in order, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Value)> {
        self.fields.iter_mut().map(|(name, value)| (name.as_str(), value))
    }
}

/// Whatever can stand in a payload.
pub trait ToValue {
    /// Its value.
    fn to_value(&self) -> Value;
}

macro_rules! displayed {
    ($variant:ident: $($ty:ty),*) => {$(
        impl ToValue for $ty {
            fn to_value(&self) -> Value {
                Value::$variant(self.to_string())
            }
        }
    )*};
}

displayed!(Text: String, str, civil::Date, civil::Time, Timestamp);
displayed!(Number: i64, Decimal);

impl ToValue for bool {
    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }
}

impl ToValue for &str {
    fn to_value(&self) -> Value {
        Value::Text((*self).to_owned())
    }
}

impl ToValue for Value {
    fn to_value(&self) -> Value {
        self.clone()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, ToValue::to_value)
    }
}

impl<T: ToValue> ToValue for Vec<T> {
    fn to_value(&self) -> Value {
        Value::List(self.iter().map(ToValue::to_value).collect())
    }
}
