//! Messages as JSON Schema 2020-12, the dialect of OpenAPI 3.1.
//!
//! In: messages of the catalog. Out: schemas under names that are unique among those asked for. Never knows: who asks.
//!
//! What JSON Schema has no word for stands under `x-` keys: the digits of a decimal, the care a field needs.

use std::collections::BTreeMap;

use catalog::model::{Constraint, Field, FieldType, Message, MessageRef, Owner, Sensitivity, UnknownFields};
use serde_json::{Map, Number, Value, json};

use super::component;
use crate::noted::Noted;

/// Schemas that were asked for, by component name.
pub(super) struct Schemas<'a> {
    catalog: Noted<'a>,
    found: BTreeMap<String, Value>,
}

impl<'a> Schemas<'a> {
    /// None yet.
    pub(super) const fn new(catalog: Noted<'a>) -> Self {
        Self { catalog, found: BTreeMap::new() }
    }

    /// A reference to the schema of a message; whatever the checker did not know is any value.
    pub(super) fn reference(&mut self, message: &MessageRef) -> Value {
        let name = name(message);
        if let Some(message) = self.catalog.message(message) {
            self.found.entry(name.clone()).or_insert_with(|| of_message(message));
            json!({ "$ref": format!("#/components/schemas/{name}") })
        } else {
            json!({})
        }
    }

    /// All of them.
    pub(super) fn into_value(self) -> Map<String, Value> {
        self.found.into_iter().collect()
    }
}

/// Component name of a message: its owner's and its own.
pub(super) fn name(message: &MessageRef) -> String {
    let (Owner::System(owner) | Owner::Interface(owner)) = &message.owner;
    component(&format!("{owner}.{}", message.name))
}

fn of_message(message: &Message) -> Value {
    let mut schema = record(&message.fields, message.unknown_fields);
    schema.insert("title".to_owned(), message.name.clone().into());
    described(&mut schema, &message.description);
    schema.into()
}

fn record(fields: &[Field], unknown: UnknownFields) -> Map<String, Value> {
    let mut schema = Map::new();
    schema.insert("type".to_owned(), "object".into());
    let required: Vec<&str> = fields.iter().filter(|it| it.required).map(|it| it.name.as_str()).collect();
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    let properties: Map<String, Value> = fields.iter().map(|it| (it.name.clone(), of_property(it, unknown))).collect();
    schema.insert("properties".to_owned(), properties.into());
    if unknown == UnknownFields::Reject {
        schema.insert("additionalProperties".to_owned(), false.into());
    }
    schema
}

/// A field of a record: a field that may be absent may be null, too.
fn of_property(field: &Field, unknown: UnknownFields) -> Value {
    let mut schema = of_field(field, unknown);
    if !field.required {
        if let Some(ty) = schema.get_mut("type") {
            *ty = json!([ty, "null"]);
        }
        if let Some(Value::Array(values)) = schema.get_mut("enum") {
            values.push(Value::Null);
        }
    }
    schema.into()
}

/// A value of a field, present: parameters are never null.
pub(super) fn of_field(field: &Field, unknown: UnknownFields) -> Map<String, Value> {
    let mut schema = of_type(&field.ty, unknown);
    for constraint in &field.constraints {
        constrain(&mut schema, constraint);
    }
    described(&mut schema, &field.description);
    match field.sensitive {
        Sensitivity::Public => {}
        Sensitivity::Personal => drop(schema.insert("x-sensitivity".to_owned(), "personal".into())),
        Sensitivity::Secret => drop(schema.insert("x-sensitivity".to_owned(), "secret".into())),
    }
    schema
}

fn of_type(ty: &FieldType, unknown: UnknownFields) -> Map<String, Value> {
    let plain = |ty: &str, format: &str| {
        let mut schema = Map::new();
        schema.insert("type".to_owned(), ty.into());
        if !format.is_empty() {
            schema.insert("format".to_owned(), format.into());
        }
        schema
    };
    match ty {
        FieldType::Text => plain("string", ""),
        FieldType::Code(values) => {
            let mut schema = plain("string", "");
            schema.insert("enum".to_owned(), values.clone().into());
            schema
        }
        FieldType::Integer => plain("integer", "int64"),
        FieldType::Decimal(digits) => {
            let mut schema = plain("number", "");
            if let Some((precision, scale)) = digits {
                schema.insert("x-decimal".to_owned(), json!({ "precision": precision, "scale": scale }));
            }
            schema
        }
        FieldType::Bool => plain("boolean", ""),
        FieldType::Date => plain("string", "date"),
        // A time of day has no zone here; the format `time` of JSON Schema demands one.
        FieldType::Time => {
            let mut schema = plain("string", "");
            schema.insert("pattern".to_owned(), "^[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?$".into());
            schema
        }
        FieldType::Instant => plain("string", "date-time"),
        FieldType::Record(fields) => record(fields, unknown),
        FieldType::List(item) => {
            let mut schema = plain("array", "");
            schema.insert("items".to_owned(), of_type(item, unknown).into());
            schema
        }
    }
}

fn constrain(schema: &mut Map<String, Value>, constraint: &Constraint) {
    let (key, value) = match constraint {
        Constraint::MinLength(least) => ("minLength", (*least).into()),
        Constraint::MaxLength(most) => ("maxLength", (*most).into()),
        Constraint::Min(least) => ("minimum", number(least)),
        Constraint::Max(most) => ("maximum", number(most)),
        Constraint::Above(least) => ("exclusiveMinimum", number(least)),
        Constraint::Below(most) => ("exclusiveMaximum", number(most)),
        Constraint::Pattern(pattern) => ("pattern", format!("^(?:{pattern})$").into()),
        Constraint::Email => ("format", "email".into()),
        Constraint::MinItems(least) => ("minItems", (*least).into()),
        Constraint::MaxItems(most) => ("maxItems", (*most).into()),
    };
    schema.insert(key.to_owned(), value);
}

/// Exact decimal text as a number, digit by digit.
fn number(text: &str) -> Value {
    text.parse::<Number>().map_or_else(|_| text.into(), Value::Number)
}

fn described(schema: &mut Map<String, Value>, description: &str) {
    if !description.is_empty() {
        schema.insert("description".to_owned(), description.into());
    }
}
