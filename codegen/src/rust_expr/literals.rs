//! Fixed values in Rust.
//!
//! In: a literal and the type it fills. Out: [`Code`]. Never knows: where it stands.

use catalog::model::{Literal, Type};

use super::{Code, Form, level, variant};
use crate::plan::types::{Here, bare};

/// A literal of an expression.
pub(crate) fn literal(value: &Literal, ty: &Type, here: &Here) -> Code {
    match value {
        Literal::Text(words) => text(words, ty, here),
        Literal::Integer(number) if *bare(ty) == Type::Decimal => decimal(&number.to_string()),
        Literal::Integer(number) => number_of(number.to_string(), Type::Integer),
        Literal::Decimal(digits) => decimal(digits),
        Literal::Bool(value) => Code::value_of(value.to_string(), Type::Bool),
    }
}

/// Words of a document as a value of the type they fill.
pub(crate) fn text(words: &str, ty: &Type, here: &Here) -> Code {
    match bare(ty) {
        Type::Code { .. } => Code::value_of(variant(ty, words, here), bare(ty).clone()),
        Type::Integer => number_of(words.to_owned(), Type::Integer),
        Type::Decimal => decimal(words),
        Type::Bool => Code::value_of(words.to_owned(), Type::Bool),
        Type::Date => date(words),
        Type::Time => parsed(words, Type::Time),
        Type::Instant => parsed(words, Type::Instant),
        _ => Code { form: Form::Reference, ..Code::value_of(format!("{words:?}"), Type::Text) },
    }
}

fn number_of(digits: String, ty: Type) -> Code {
    let level = if digits.starts_with('-') { level::UNARY } else { level::TIGHT };
    Code { level, ..Code::value_of(digits, ty) }
}

/// `Decimal::ZERO`, `Decimal::new(215, 1)` for 21.5; beyond 64 bit by its parts.
fn decimal(digits: &str) -> Code {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let scale = fraction.len();
    let mantissa = format!("{whole}{fraction}").trim_start_matches('+').parse::<i128>().unwrap_or_default();
    let text = match (mantissa, scale) {
        (0, 0) => "Decimal::ZERO".to_owned(),
        (1, 0) => "Decimal::ONE".to_owned(),
        (10, 0) => "Decimal::TEN".to_owned(),
        (100, 0) => "Decimal::ONE_HUNDRED".to_owned(),
        _ => match i64::try_from(mantissa) {
            Ok(small) => format!("Decimal::new({small}, {scale})"),
            Err(_) => format!("Decimal::from_i128_with_scale({mantissa}, {scale})"),
        },
    };
    Code::value_of(text, Type::Decimal)
}

/// `2026-02-28` as a constant.
fn date(words: &str) -> Code {
    let numbers: Vec<i32> = words.split('-').filter_map(|part| part.parse().ok()).collect();
    match numbers.as_slice() {
        [year, month, day] => Code::value_of(format!("Date::constant({year}, {month}, {day})"), Type::Date),
        _ => parsed(words, Type::Date),
    }
}

fn parsed(words: &str, ty: Type) -> Code {
    let text = format!(
        "{words:?}.parse().map_err(|_| convert::Reason::new(\"is not a fixed value of its type\")).at({words:?}, 0)?"
    );
    Code { fallible: true, ..Code::value_of(text, ty) }
}
