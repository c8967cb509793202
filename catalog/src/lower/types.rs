//! Types and constraints as authors write them: `decimal(13,3)`, `list of record`, `1..16; pattern /[A-Z]+/`.
//!
//! In: the text of a cell. Out: [`FieldType`] and [`Constraint`]s, or a sentence about what is wrong.
//! Never knows: tables, messages.

use crate::fields::did_you_mean;
use crate::model::{Constraint, FieldType};
use rust_decimal::Decimal;

/// What is wrong with a cell, and what to write instead.
#[derive(Debug, PartialEq)]
pub(crate) struct Wrong {
    pub(crate) message: String,
    pub(crate) help: String,
}

const WORDS: &[&str] = &[
    "text",
    "code",
    "integer",
    "decimal",
    "bool",
    "date",
    "time",
    "instant",
    "record",
    "list of text",
    "list of record",
];
const MAX_LIST_DEPTH: usize = 4;

/// Reads a type. A `record` has no fields yet; a `code` has the values in its parentheses, if any.
pub(crate) fn field_type(text: &str) -> Result<(FieldType, Vec<Constraint>), Wrong> {
    let mut rest = text.trim();
    let mut lists = 0;
    while let Some(item) = rest.strip_prefix("list of ") {
        rest = item.trim_start();
        lists += 1;
    }
    if lists > MAX_LIST_DEPTH {
        return Err(wrong(format!("lists are nested deeper than {MAX_LIST_DEPTH} levels"), "use records in between"));
    }
    let (ty, constraints) = simple_type(rest)?;
    let ty = (0..lists).fold(ty, |item, _| FieldType::List(Box::new(item)));
    Ok((ty, constraints))
}

fn simple_type(text: &str) -> Result<(FieldType, Vec<Constraint>), Wrong> {
    let (name, inside) = match text.split_once('(') {
        Some((name, rest)) => (name.trim(), Some(rest.strip_suffix(')').unwrap_or(rest).trim())),
        None => (text, None),
    };
    let ty = match (name, inside) {
        ("text", None) => FieldType::Text,
        ("text", Some(inside)) => return Ok((FieldType::Text, text_length(inside)?)),
        ("code", None) => FieldType::Code(Vec::new()),
        ("code", Some(inside)) => FieldType::Code(values(inside)),
        ("integer", None) => FieldType::Integer,
        ("decimal", None) => FieldType::Decimal(None),
        ("decimal", Some(inside)) => FieldType::Decimal(Some(precision(inside)?)),
        ("bool", None) => FieldType::Bool,
        ("date", None) => FieldType::Date,
        ("time", None) => FieldType::Time,
        ("instant", None) => FieldType::Instant,
        ("record", None) => FieldType::Record(Vec::new()),
        _ => return Err(unknown_type(text)),
    };
    Ok((ty, Vec::new()))
}

fn unknown_type(text: &str) -> Wrong {
    let common = match text.to_lowercase().as_str() {
        "string" | "char" | "varchar" => Some("text"),
        "int" | "long" | "number" => Some("integer"),
        "boolean" => Some("bool"),
        "float" | "double" | "amount" => Some("decimal"),
        "datetime" | "timestamp" => Some("instant"),
        "object" | "structure" => Some("record"),
        "enum" => Some("code"),
        _ => did_you_mean(text, WORDS.iter().copied()),
    };
    let help = match common {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the types are {}", WORDS.join(", ")),
    };
    wrong(format!("`{}` is no type", crate::fields::shown(text)), help)
}

fn text_length(inside: &str) -> Result<Vec<Constraint>, Wrong> {
    if let Ok(longest) = inside.parse() {
        return Ok(vec![Constraint::MaxLength(longest)]);
    }
    match inside.split_once("..") {
        Some((low, high)) => length_range(low, high),
        None => Err(wrong(format!("`text({inside})` has no length"), "write `text(40)` or `text(1..40)`")),
    }
}

fn precision(inside: &str) -> Result<(u8, u8), Wrong> {
    let read = || {
        let (precision, scale) = inside.split_once(',')?;
        let (precision, scale) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
        (1..=28).contains(&precision).then_some(())?;
        (scale <= precision).then_some((precision, scale))
    };
    read().ok_or_else(|| {
        let help = "write `decimal(13,3)`: 13 digits in all, at most 28, 3 of them behind the point";
        wrong(format!("`decimal({inside})` is no precision and scale"), help)
    })
}

/// Reads the constraint cell of a field of type `ty`; the values of a code go into the type.
pub(crate) fn constraints(text: &str, ty: &mut FieldType, found: &mut Vec<Constraint>) -> Result<(), Wrong> {
    for part in parts(text) {
        if let FieldType::Code(known) = ty {
            known.extend(values(part));
            continue;
        }
        found.extend(constraint(part, ty)?);
    }
    match innermost(ty) {
        FieldType::Code(values) if values.is_empty() => {
            let help = "name the values in the Constraint column, as in `open, closed`";
            Err(wrong("a code has no values".to_owned(), help))
        }
        _ => Ok(()),
    }
}

/// Splits at `;` outside of `/…/`.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut from, mut pattern) = (Vec::new(), 0, false);
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'/' if !pattern => pattern = true,
            b'/' if at == 0 || bytes[at - 1] != b'\\' => pattern = false,
            b';' if !pattern => {
                parts.push(text[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[from..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

fn constraint(part: &str, ty: &FieldType) -> Result<Vec<Constraint>, Wrong> {
    if let Some(range) = part.strip_suffix("items").map(str::trim) {
        return items(range, ty);
    }
    match innermost(ty) {
        FieldType::Text => text_constraint(part),
        FieldType::Integer | FieldType::Decimal(_) => number_constraint(part),
        _ => Err(wrong(
            format!("`{}` is no constraint for this type", crate::fields::shown(part)),
            "leave the cell empty",
        )),
    }
}

fn items(range: &str, ty: &FieldType) -> Result<Vec<Constraint>, Wrong> {
    if !matches!(ty, FieldType::List(_)) {
        return Err(wrong("only a list has a number of items".to_owned(), "make the type `list of …`"));
    }
    let help = "write `1.. items`, `..20 items` or `1..20 items`";
    let bad = || wrong(format!("`{range} items` is no range"), help);
    let (low, high) = range.split_once("..").ok_or_else(bad)?;
    let (low, high) = (bound::<u32>(low).ok_or_else(bad)?, bound::<u32>(high).ok_or_else(bad)?);
    if low.zip(high).is_some_and(|(low, high)| low > high) {
        return Err(bad());
    }
    Ok(low.map(Constraint::MinItems).into_iter().chain(high.map(Constraint::MaxItems)).collect())
}

fn text_constraint(part: &str) -> Result<Vec<Constraint>, Wrong> {
    if part == "email" {
        return Ok(vec![Constraint::Email]);
    }
    if let Some(pattern) = part.strip_prefix("pattern").map(str::trim) {
        let help = "write `pattern /[0-9]{10}/`; the whole text must match";
        let inside = pattern.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
        let inside = inside.ok_or_else(|| wrong("a pattern stands between `/` and `/`".to_owned(), help))?;
        let compiled = regex::RegexBuilder::new(inside).size_limit(1 << 20).nest_limit(50).build();
        compiled.map_err(|error| {
            let reason = error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            wrong(format!("the pattern is no regular expression: {reason}"), help)
        })?;
        return Ok(vec![Constraint::Pattern(inside.to_owned())]);
    }
    match part.split_once("..") {
        Some((low, high)) => length_range(low, high),
        None => Err(wrong(
            format!("`{}` is no constraint for a text", crate::fields::shown(part)),
            "write a length like `1..40`, `email`, or `pattern /…/`; a list of values needs the type `code`",
        )),
    }
}

fn length_range(low: &str, high: &str) -> Result<Vec<Constraint>, Wrong> {
    let bad = || wrong(format!("`{low}..{high}` is no range of lengths"), "write `1..40`, `..40` or `10..10`");
    let (low, high) = (bound::<u32>(low).ok_or_else(bad)?, bound::<u32>(high).ok_or_else(bad)?);
    if low.zip(high).is_some_and(|(low, high)| low > high) {
        return Err(bad());
    }
    Ok(low.map(Constraint::MinLength).into_iter().chain(high.map(Constraint::MaxLength)).collect())
}

fn number_constraint(part: &str) -> Result<Vec<Constraint>, Wrong> {
    let bad = || {
        let message = format!("`{}` is no constraint for a number", crate::fields::shown(part));
        wrong(message, "write a range like `1..12`, or `> 0`, `>= 0`, `< 100`, `<= 100`")
    };
    let number = |text: &str| bound::<Decimal>(text).flatten().map(|number| number.to_string());
    for (sign, make) in [
        (">=", Constraint::Min as fn(String) -> Constraint),
        ("<=", Constraint::Max),
        (">", Constraint::Above),
        ("<", Constraint::Below),
    ] {
        if let Some(rest) = part.strip_prefix(sign) {
            return Ok(vec![make(number(rest).ok_or_else(bad)?)]);
        }
    }
    let (low, high) = part.split_once("..").ok_or_else(bad)?;
    let (low, high) = (bound::<Decimal>(low).ok_or_else(bad)?, bound::<Decimal>(high).ok_or_else(bad)?);
    if low.zip(high).is_some_and(|(low, high)| low > high) {
        return Err(bad());
    }
    let low = low.map(|low| Constraint::Min(low.to_string()));
    Ok(low.into_iter().chain(high.map(|high| Constraint::Max(high.to_string()))).collect())
}

/// An open end is `Some(None)`, a bad one `None`.
fn bound<T: std::str::FromStr>(text: &str) -> Option<Option<T>> {
    let text = text.trim();
    if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
}

fn values(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned).collect()
}

fn innermost(ty: &FieldType) -> &FieldType {
    match ty {
        FieldType::List(item) => innermost(item),
        other => other,
    }
}

fn wrong(message: String, help: impl Into<String>) -> Wrong {
    Wrong { message, help: help.into() }
}
