//! Fixed values held against the fields that they fill: literals of the front matter and fenced examples.
//!
//! In: a value and a field. Out: sentences about what does not fit, each with the path of the value. Never knows:
//! where the value stands in its document.

use crate::fields::{did_you_mean, shown};
use crate::model::{Constraint, Field, FieldType, UnknownFields};
use rust_decimal::Decimal;
use serde_json::Value;

/// Deepest value; messages are not nested deeper.
const MAX_LEVELS: usize = 24;

/// One thing that does not fit.
#[derive(Debug, PartialEq)]
pub(crate) struct Misfit {
    /// Field names and list positions from the root.
    pub(crate) path: Vec<Step>,
    pub(crate) message: String,
}

/// A step into a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    Field(String),
    Item(usize),
}

/// Checks a JSON value against the fields of a record.
pub(crate) fn check_record(value: &Value, fields: &[Field], unknown: UnknownFields) -> Vec<Misfit> {
    let mut checker = Checker { path: Vec::new(), misfits: Vec::new(), unknown };
    checker.record(value, fields);
    checker.misfits
}

/// Checks the text of one scalar against the constraints of its field; the type was checked before.
pub(crate) fn check_scalar(text: &str, field: &Field) -> Result<(), String> {
    match &field.ty {
        FieldType::Text => check_text(text, &field.constraints),
        FieldType::Integer | FieldType::Decimal(_) => check_number(text, &field.ty, &field.constraints),
        _ => Ok(()),
    }
}

struct Checker {
    path: Vec<Step>,
    misfits: Vec<Misfit>,
    unknown: UnknownFields,
}

impl Checker {
    fn misfit(&mut self, message: impl Into<String>) {
        self.misfits.push(Misfit { path: self.path.clone(), message: message.into() });
    }

    fn record(&mut self, value: &Value, fields: &[Field]) {
        let Value::Object(given) = value else {
            return self.misfit(format!("a record is expected, found {}", what(value)));
        };
        if self.path.len() > MAX_LEVELS {
            return;
        }
        for field in fields {
            match given.get(&field.name) {
                None | Some(Value::Null) if field.required => {
                    self.misfit(format!("the required field `{}` is missing", field.name));
                }
                None | Some(Value::Null) => {}
                Some(value) => {
                    self.path.push(Step::Field(field.name.clone()));
                    self.value(value, &field.ty, &field.constraints);
                    self.path.pop();
                }
            }
        }
        for name in given.keys().filter(|name| !fields.iter().any(|field| field.name == **name)) {
            self.path.push(Step::Field(name.clone()));
            self.unknown(name, fields);
            self.path.pop();
        }
    }

    /// A misspelt field in an example is a mistake even where partners may send more than is declared.
    fn unknown(&mut self, name: &str, fields: &[Field]) {
        let close = did_you_mean(name, fields.iter().map(|field| field.name.as_str()));
        match close {
            Some(meant) => self.misfit(format!("there is no field `{}`; did you mean `{meant}`?", shown(name))),
            None if self.unknown == UnknownFields::Reject => {
                self.misfit(format!("there is no field `{}`, and unknown fields are rejected", shown(name)));
            }
            None => {}
        }
    }

    fn value(&mut self, value: &Value, ty: &FieldType, constraints: &[Constraint]) {
        let result = match (ty, value) {
            (FieldType::Record(fields), _) => return self.record(value, fields),
            (FieldType::List(item), Value::Array(items)) => return self.list(items, item, constraints),
            (FieldType::Text, Value::String(text)) => check_text(text, constraints),
            (FieldType::Code(values), Value::String(text)) => check_code(text, values),
            (FieldType::Integer | FieldType::Decimal(_), Value::Number(number)) => {
                check_number(&number.to_string(), ty, constraints)
            }
            // Partners write exact numbers as text, too: `"620.00"`.
            (FieldType::Decimal(_), Value::String(text)) => check_number(text, ty, constraints),
            (FieldType::Bool, Value::Bool(_)) => Ok(()),
            (FieldType::Date, Value::String(text)) => parsed::<jiff::civil::Date>(text, "a date like 2026-02-01"),
            (FieldType::Time, Value::String(text)) => parsed::<jiff::civil::Time>(text, "a time like 08:30:00"),
            (FieldType::Instant, Value::String(text)) => {
                parsed::<jiff::Timestamp>(text, "a point in time like 2026-02-01T08:30:00Z")
            }
            _ => Err(format!("{} is expected, found {}", type_words(ty), what(value))),
        };
        if let Err(message) = result {
            self.misfit(message);
        }
    }

    fn list(&mut self, items: &[Value], item: &FieldType, constraints: &[Constraint]) {
        for constraint in constraints {
            match constraint {
                Constraint::MinItems(least) if items.len() < *least as usize => {
                    self.misfit(format!("the list has {} items, at least {least} are expected", items.len()));
                }
                Constraint::MaxItems(most) if items.len() > *most as usize => {
                    self.misfit(format!("the list has {} items, at most {most} are allowed", items.len()));
                }
                _ => {}
            }
        }
        for (index, value) in items.iter().enumerate() {
            self.path.push(Step::Item(index));
            self.value(value, item, constraints);
            self.path.pop();
        }
    }
}

fn check_text(text: &str, constraints: &[Constraint]) -> Result<(), String> {
    let length = text.chars().count();
    for constraint in constraints {
        match constraint {
            Constraint::MinLength(least) if length < *least as usize => {
                return Err(format!("the text has {length} characters, at least {least} are expected"));
            }
            Constraint::MaxLength(most) if length > *most as usize => {
                return Err(format!("the text has {length} characters, at most {most} are allowed"));
            }
            Constraint::Pattern(pattern) if !whole_match(pattern, text) => {
                return Err(format!("the text does not match /{pattern}/"));
            }
            Constraint::Email if !email(text) => return Err("the text is no e-mail address".to_owned()),
            _ => {}
        }
    }
    Ok(())
}

fn whole_match(pattern: &str, text: &str) -> bool {
    regex::RegexBuilder::new(&format!("^(?:{pattern})$"))
        .size_limit(1 << 20)
        .build()
        .is_ok_and(|regex| regex.is_match(text))
}

fn email(text: &str) -> bool {
    let part = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c == '@');
    text.len() <= 254 && text.rsplit_once('@').is_some_and(|(local, domain)| part(local) && part(domain))
}

fn check_code(text: &str, values: &[String]) -> Result<(), String> {
    if values.iter().any(|value| value == text) {
        return Ok(());
    }
    match did_you_mean(text, values.iter().map(String::as_str)) {
        Some(meant) => Err(format!("`{}` is none of the values; did you mean `{meant}`?", shown(text))),
        None => Err(format!("`{}` is none of the values {}", shown(text), values.join(", "))),
    }
}

fn check_number(text: &str, ty: &FieldType, constraints: &[Constraint]) -> Result<(), String> {
    let number = text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(text));
    let Ok(number) = number else { return Err(format!("`{}` is no exact number of at most 28 digits", shown(text))) };
    if *ty == FieldType::Integer && text.parse::<i64>().is_err() {
        return Err(format!("`{}` is no whole number", shown(text)));
    }
    if let FieldType::Decimal(Some((precision, scale))) = ty {
        let plain = number.normalize();
        if plain.scale() > u32::from(*scale) {
            return Err(format!("`{text}` has more than {scale} digits behind the point"));
        }
        let whole = plain.trunc().abs();
        let digits = if whole.is_zero() { 0 } else { whole.to_string().len() };
        if digits > usize::from(precision - scale) {
            return Err(format!("`{text}` has more than {} digits before the point", precision - scale));
        }
    }
    constraints.iter().try_for_each(|constraint| check_limit(number, text, constraint))
}

fn check_limit(number: Decimal, text: &str, constraint: &Constraint) -> Result<(), String> {
    let limit = |limit: &String| limit.parse::<Decimal>().unwrap_or_default();
    match constraint {
        Constraint::Min(least) if number < limit(least) => Err(format!("{text} is less than {least}")),
        Constraint::Max(most) if number > limit(most) => Err(format!("{text} is more than {most}")),
        Constraint::Above(low) if number <= limit(low) => Err(format!("{text} is not more than {low}")),
        Constraint::Below(high) if number >= limit(high) => Err(format!("{text} is not less than {high}")),
        _ => Ok(()),
    }
}

fn parsed<T: std::str::FromStr>(text: &str, expected: &str) -> Result<(), String> {
    text.parse::<T>().map(|_| ()).map_err(|_| format!("`{}` is not {expected}", shown(text)))
}

fn what(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a record",
    }
}

fn type_words(ty: &FieldType) -> &'static str {
    match ty {
        FieldType::Text => "a text",
        FieldType::Code(_) => "one of the code's values",
        FieldType::Integer => "a whole number",
        FieldType::Decimal(_) => "a number",
        FieldType::Bool => "true or false",
        FieldType::Date => "a date",
        FieldType::Time => "a time",
        FieldType::Instant => "a point in time",
        FieldType::Record(_) => "a record",
        FieldType::List(_) => "a list",
    }
}
