//! Struct literals: rows of a mapping table, or fields of a `with:`, put together as the message they fill.
//!
//! In: values with the path of the field each fills. Out: one Rust expression. Never knows: where values come from.

use catalog::model::{Field, FieldType, RecordRef, Sensitivity};

use super::types::{Here, nested, record_fields, record_name};
use crate::{names, rust_expr::Target};

/// A piece of Rust that may hold a `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) fallible: bool,
}

/// The value of one field.
pub(crate) struct Leaf<'a> {
    /// Names from the message down to the field, without `[]`.
    pub(crate) path: Vec<&'a str>,
    /// Why it is filled so, for the reader of the code; may be empty.
    pub(crate) note: String,
    /// Prints the value for the field it fills.
    pub(crate) value: Box<dyn Fn(&Slot<'_>) -> Piece + 'a>,
}

/// The field that a value fills.
pub(crate) struct Slot<'a> {
    /// The field.
    pub(crate) field: &'a Field,
    /// The record that declares it.
    pub(crate) record: &'a RecordRef,
    /// What it needs to be given.
    pub(crate) target: Target,
}

/// A record that is being put together.
pub(crate) struct Literal<'a> {
    pub(crate) here: &'a Here,
    pub(crate) record: &'a RecordRef,
    pub(crate) fields: &'a [Field],
    pub(crate) around: Sensitivity,
}

impl Literal<'_> {
    /// The literal of the record whose leaves have `depth` names of their paths behind them.
    pub(crate) fn print(&self, leaves: &[&Leaf<'_>], depth: usize) -> Piece {
        let mut text = self.here.path(&self.record.message.owner, &record_name(self.record)) + " { ";
        let mut fallible = false;
        for field in self.fields {
            let mine: Vec<&Leaf<'_>> =
                leaves.iter().copied().filter(|leaf| leaf.path.get(depth) == Some(&field.name.as_str())).collect();
            let piece = self.field(field, &mine, depth);
            fallible |= piece.fallible;
            if let Some(note) = mine.iter().find(|leaf| leaf.path.len() == depth + 1 && !leaf.note.is_empty()) {
                text.push_str(&format!("#[doc = {:?}] ", format!("{}{}", crate::format::NOTE, note.note)));
            }
            let name = names::snake(&field.name);
            match piece.text == name {
                true => text.push_str(&format!("{name}, ")),
                false => text.push_str(&format!("{name}: {}, ", piece.text)),
            }
        }
        Piece { text: text + "}", fallible }
    }

    fn field(&self, field: &Field, leaves: &[&Leaf<'_>], depth: usize) -> Piece {
        let around = if field.sensitive == Sensitivity::Public { self.around } else { field.sensitive };
        let is_list = matches!(field.ty, FieldType::List(_));
        if let Some(leaf) = leaves.iter().find(|leaf| leaf.path.len() == depth + 1) {
            let wrapped = around != Sensitivity::Public && record_fields(&field.ty).is_none();
            let target = Target { optional: !field.required && !is_list, sensitive: wrapped };
            return (leaf.value)(&Slot { field, record: self.record, target });
        }
        let absent = |text: &str| Piece { text: text.to_owned(), fallible: false };
        match &field.ty {
            FieldType::List(_) => absent("Vec::new()"),
            FieldType::Record(fields) if field.required || !leaves.is_empty() => {
                let record = nested(self.record, &field.name);
                let inner = Literal { here: self.here, record: &record, fields, around }.print(leaves, depth + 1);
                if field.required {
                    inner
                } else {
                    Piece { text: format!("Message::unless_empty({})", inner.text), ..inner }
                }
            }
            _ => absent("None"),
        }
    }
}
