//! The conversions of mapping rules: their words, what they take, what they make.
//!
//! In: the words of a rule cell. Out: [`Conversion`]. Never knows: rows, tables.

use super::values::check_scalar;
use crate::expr::Scope;
use crate::markdown::Cell;
use crate::model::{Constraint, Expr, ExprKind, Field, FieldType, Lookup, Rule, Span, Type};

/// A rule with one scalar source.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Conversion {
    Text,
    Integer,
    Decimal,
    DateIn(String),
    Format(String),
    Parse(String),
    Trim,
    Upper,
    Lower,
    Pad(u32, char),
    Truncate(u32),
    Split(String, u32),
    Round(u32),
}

const MAX_WIDTH: u32 = 10_000;

/// Reads a rule. `Ok(None)` is an unknown word, `Err` says how the rest is written.
pub(crate) fn parse(word: &str, rest: &str) -> Result<Option<Conversion>, &'static str> {
    let alone =
        |conversion| if rest.is_empty() { Ok(Some(conversion)) } else { Err("nothing stands behind this rule") };
    match word {
        "text" => alone(Conversion::Text),
        "integer" => alone(Conversion::Integer),
        "decimal" => alone(Conversion::Decimal),
        "trim" => alone(Conversion::Trim),
        "upper" => alone(Conversion::Upper),
        "lower" => alone(Conversion::Lower),
        "date" => date(rest).map(Some),
        "parse" => parse_date(rest).map(Some),
        "pad" => pad(rest).map(Some).ok_or("write `pad 10 with 0`"),
        "truncate" => width(rest).map(|length| Some(Conversion::Truncate(length))).ok_or("write `truncate 40`"),
        "split" => split(rest).map(Some).ok_or("write `split \"-\" 0`; parts are counted from 0"),
        "round" => match rest.parse() {
            Ok(scale) if scale <= 28 => Ok(Some(Conversion::Round(scale))),
            _ => Err("write `round 2`, the number of digits behind the point"),
        },
        _ => Ok(None),
    }
}

fn date(rest: &str) -> Result<Conversion, &'static str> {
    if let Some(zone) = rest.strip_prefix("in ").map(str::trim) {
        let known = jiff::tz::TimeZone::get(zone).is_ok();
        return if known {
            Ok(Conversion::DateIn(zone.to_owned()))
        } else {
            Err("name an IANA time zone, like `date in Europe/Paris`")
        };
    }
    let help = "write `date in Europe/Paris` for the day of an instant, or a pattern like `date %d.%m.%Y`";
    if rest.contains('%') && formatted(rest).is_some() { Ok(Conversion::Format(rest.to_owned())) } else { Err(help) }
}

fn parse_date(rest: &str) -> Result<Conversion, &'static str> {
    let help = "write a pattern with day, month and year, like `parse date %d-%m-%Y`";
    let pattern = rest.strip_prefix("date ").map(str::trim).ok_or(help)?;
    let sample = formatted(pattern).ok_or(help)?;
    jiff::civil::Date::strptime(pattern, &sample).map_err(|_| help)?;
    Ok(Conversion::Parse(pattern.to_owned()))
}

/// A sample moment written with the pattern, if the pattern is one.
fn formatted(pattern: &str) -> Option<String> {
    let sample = jiff::civil::date(2026, 2, 1).at(8, 30, 15, 0).in_tz("UTC").ok()?;
    jiff::fmt::strtime::format(pattern, &sample).ok()
}

fn pad(rest: &str) -> Option<Conversion> {
    let (number, with) = rest.split_once(" with ")?;
    let with = with.trim().trim_matches('"');
    let mut chars = with.chars();
    let (Some(with), None) = (chars.next(), chars.next()) else { return None };
    Some(Conversion::Pad(width(number)?, with))
}

fn split(rest: &str) -> Option<Conversion> {
    let (separator, index) = rest.strip_prefix('"')?.rsplit_once('"')?;
    (!separator.is_empty()).then_some(())?;
    Some(Conversion::Split(separator.to_owned(), index.trim().parse().ok()?))
}

fn width(text: &str) -> Option<u32> {
    text.trim().parse().ok().filter(|width| (1..=MAX_WIDTH).contains(width))
}

impl Conversion {
    /// True for a source of this type.
    pub(crate) fn takes(&self, from: &Type) -> bool {
        match self {
            Self::Text => !matches!(from, Type::Record(_) | Type::List(_) | Type::Optional(_)),
            Self::Decimal => matches!(from, Type::Text | Type::Integer),
            Self::DateIn(_) => *from == Type::Instant,
            Self::Format(_) => matches!(from, Type::Date | Type::Time | Type::Instant),
            Self::Round(_) => *from == Type::Decimal,
            _ => *from == Type::Text,
        }
    }

    /// What it takes, for sentences.
    pub(crate) fn input(&self) -> &'static str {
        match self {
            Self::Text => "a single value",
            Self::Decimal => "text or integer",
            Self::DateIn(_) => "an instant",
            Self::Format(_) => "a date, time or instant",
            Self::Round(_) => "a decimal",
            _ => "text",
        }
    }

    /// What it makes.
    pub(crate) fn result(&self) -> Type {
        match self {
            Self::Integer => Type::Integer,
            Self::Decimal | Self::Round(_) => Type::Decimal,
            Self::DateIn(_) | Self::Parse(_) => Type::Date,
            _ => Type::Text,
        }
    }

    /// The rule over its source.
    pub(crate) fn into_rule(self, source: Expr) -> Rule {
        match self {
            Self::Text => Rule::ToText(source),
            Self::Integer => Rule::ToInteger(source),
            Self::Decimal => Rule::ToDecimal(source),
            Self::DateIn(zone) => Rule::ToDate { source, zone },
            Self::Format(pattern) => Rule::FormatDate { source, pattern },
            Self::Parse(pattern) => Rule::ParseDate { source, pattern },
            Self::Trim => Rule::Trim(source),
            Self::Upper => Rule::Upper(source),
            Self::Lower => Rule::Lower(source),
            Self::Pad(width, with) => Rule::PadLeft { source, width, with },
            Self::Truncate(length) => Rule::Truncate { source, length },
            Self::Split(separator, index) => Rule::Split { source, separator, index },
            Self::Round(scale) => Rule::Round { source, scale },
        }
    }
}

/// The rule to use between two types, for help.
pub(crate) fn advice(from: &Type, to: &Type) -> String {
    let rule = match (from, to) {
        (Type::Record(_), Type::Record(_)) => return "write a row for each field".to_owned(),
        (Type::List(_), Type::List(_)) => {
            return "write the target with `[]`, use the rule `each`, and a row for each field".to_owned();
        }
        (Type::Record(_) | Type::List(_), _) => return "name a field of it".to_owned(),
        (_, Type::Code { .. }) => "lookup <table>",
        (Type::Text, Type::Integer) => "integer",
        (Type::Text | Type::Integer, Type::Decimal) => "decimal",
        (Type::Instant, Type::Date) => "date in Europe/Paris",
        (Type::Text, Type::Date) => "parse date %Y-%m-%d",
        (Type::Date | Type::Time | Type::Instant, Type::Text) => "date %Y-%m-%d",
        (_, Type::Text) => "text",
        _ => return "no rule leads from one to the other; use the rule `expr`, or a custom step before".to_owned(),
    };
    format!("use the rule `{rule}`")
}

/// Holds a lookup table against both sides.
pub(crate) fn check_lookup(from: &Type, table: &Lookup, target: &Field) -> Result<(), String> {
    let from = if let Type::Optional(inner) = from { inner } else { from };
    match from {
        Type::Text => {}
        Type::Code { values, .. } => {
            if let Some((strange, _)) = table.entries.iter().find(|(from, _)| !values.contains(from)) {
                return Err(format!("the source never holds `{strange}`, which {} lists", table.name));
            }
            let missing = values.iter().find(|value| !table.entries.iter().any(|(from, _)| from == *value));
            if let (Some(missing), None) = (missing, &table.otherwise) {
                return Err(format!("{} does not say what becomes of `{missing}`", table.name));
            }
        }
        _ => return Err("a lookup takes text or a code".to_owned()),
    }
    for to in table.entries.iter().map(|(_, to)| to).chain(&table.otherwise) {
        match &target.ty {
            FieldType::Code(values) if !values.contains(to) => {
                return Err(format!(
                    "{} gives `{to}`, which is none of the target's values {}",
                    table.name,
                    values.join(", ")
                ));
            }
            FieldType::Code(_) => {}
            FieldType::Text => check_scalar(to, target).map_err(|why| format!("{} gives `{to}`: {why}", table.name))?,
            _ => return Err("a lookup makes text or a code".to_owned()),
        }
    }
    Ok(())
}

/// Splits a source cell at commas outside of quotes and brackets.
pub(crate) fn split_sources(cell: &Cell) -> Vec<(&str, Span)> {
    let (mut parts, mut from, mut depth, mut quote) = (Vec::new(), 0, 0_i32, None);
    for (at, c) in cell.text.char_indices() {
        if let Some(open) = quote {
            quote = (open != c).then_some(open);
            continue;
        }
        match c {
            '"' | '\'' => quote = Some(c),
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                parts.push((from, at));
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push((from, cell.text.len()));
    let exact = cell.span.end - cell.span.start == cell.text.len();
    let place = |(start, end): (usize, usize)| {
        let raw = &cell.text[start..end];
        let text = raw.trim();
        let start = cell.span.start + start + (raw.len() - raw.trim_start().len());
        let span = if exact { Span { start, end: start + text.len(), line: cell.span.line } } else { cell.span };
        (text, span)
    };
    parts.into_iter().map(place).collect()
}

/// The longest text that constraints allow.
pub(crate) fn max_length(constraints: &[Constraint]) -> Option<u32> {
    constraints.iter().find_map(|constraint| match constraint {
        Constraint::MaxLength(most) => Some(*most),
        _ => None,
    })
}

/// The longest text that an expression can be, when it is a field with a stated length.
pub(crate) fn longest(scope: &Scope<'_>, source: &Expr) -> Option<u32> {
    let ExprKind::Field { record, name } = &source.kind else { return None };
    let ty = if let Type::Optional(inner) = &record.ty { inner } else { &record.ty };
    let Type::Record(record) = ty else { return None };
    let field = scope.fields(record)?.iter().find(|field| &field.name == name)?;
    max_length(&field.constraints)
}
