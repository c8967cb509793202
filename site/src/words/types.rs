//! Types and constraints in words.
//!
//! In: types of the model. Out: short texts. Never knows: tables or pages.

use catalog::model::{Constraint, FieldType, Format, Sensitivity, Type};

/// The type of a field as a table names it.
pub(crate) fn field_type(ty: &FieldType) -> String {
    match ty {
        FieldType::Text => "text".to_owned(),
        FieldType::Code(_) => "code".to_owned(),
        FieldType::Integer => "integer".to_owned(),
        FieldType::Decimal(None) => "decimal".to_owned(),
        FieldType::Decimal(Some((precision, scale))) => format!("decimal({precision},{scale})"),
        FieldType::Bool => "bool".to_owned(),
        FieldType::Date => "date".to_owned(),
        FieldType::Time => "time".to_owned(),
        FieldType::Instant => "instant".to_owned(),
        FieldType::Record(_) => "record".to_owned(),
        FieldType::List(item) => format!("list of {}", field_type(item)),
    }
}

/// The type of an expression.
pub(crate) fn ty(ty: &Type) -> String {
    match ty {
        Type::Text => "text".to_owned(),
        Type::Code { .. } => "code".to_owned(),
        Type::Integer => "integer".to_owned(),
        Type::Decimal => "decimal".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::Date => "date".to_owned(),
        Type::Time => "time".to_owned(),
        Type::Instant => "instant".to_owned(),
        Type::Record(record) => record.path.last().unwrap_or(&record.message.name).clone(),
        Type::List(item) => format!("list of {}", self::ty(item)),
        Type::Optional(inner) => format!("{}, optional", self::ty(inner)),
    }
}

/// The rules of a field beyond its type, code values included.
pub(crate) fn constraints(ty: &FieldType, constraints: &[Constraint]) -> String {
    let mut parts = Vec::new();
    if let Some(values) = code_values(ty) {
        parts.push(values.join(" · "));
    }
    let length = (
        constraints.iter().find_map(|it| if let Constraint::MinLength(n) = it { Some(*n) } else { None }),
        constraints.iter().find_map(|it| if let Constraint::MaxLength(n) = it { Some(*n) } else { None }),
    );
    match length {
        (Some(low), Some(high)) if low == high => parts.push(format!("exactly {}", characters(low))),
        (Some(low), Some(high)) => parts.push(format!("{low} to {}", characters(high))),
        (Some(low), None) => parts.push(format!("at least {}", characters(low))),
        (None, Some(high)) => parts.push(format!("at most {}", characters(high))),
        (None, None) => {}
    }
    parts.extend(constraints.iter().filter_map(one));
    parts.join("; ")
}

fn characters(value: u32) -> String {
    super::count(value as usize, "character")
}

fn one(constraint: &Constraint) -> Option<String> {
    Some(match constraint {
        Constraint::MinLength(_) | Constraint::MaxLength(_) => return None,
        Constraint::Min(low) => format!("at least {low}"),
        Constraint::Max(high) => format!("at most {high}"),
        Constraint::Above(low) => format!("more than {low}"),
        Constraint::Below(high) => format!("less than {high}"),
        Constraint::Pattern(pattern) => format!("matches /{pattern}/"),
        Constraint::Email => "an e-mail address".to_owned(),
        Constraint::MinItems(low) => format!("at least {}", super::count(*low as usize, "item")),
        Constraint::MaxItems(high) => format!("at most {}", super::count(*high as usize, "item")),
    })
}

fn code_values(ty: &FieldType) -> Option<&[String]> {
    match ty {
        FieldType::Code(values) => Some(values),
        FieldType::List(item) => code_values(item),
        _ => None,
    }
}

/// The word for a masking class; empty for what may be shown.
pub(crate) fn sensitivity(sensitivity: Sensitivity) -> &'static str {
    match sensitivity {
        Sensitivity::Public => "",
        Sensitivity::Personal => "personal",
        Sensitivity::Secret => "secret",
    }
}

/// The name of a wire format.
pub(crate) fn format_name(format: &Format) -> String {
    match format {
        Format::Json => "JSON".to_owned(),
        Format::Xml => "XML".to_owned(),
        Format::Csv { separator } => format!("CSV, separator {separator}"),
    }
}
