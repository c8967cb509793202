//! Literals take the type of the place where they stand.
//!
//! In: a literal and the wanted type. Out: a typed [`Expr`], or why it cannot be one. Never knows: grammar, scopes.

use super::print;
use super::tree::{Node, NodeKind};
use crate::model::{BinaryOp, Expr, ExprKind, Literal, Span, Type};
use crate::nearest::{list, nearest};
use crate::problem::Problem;

/// A text literal where `hint` is wanted: a code value, date, time or instant is checked; elsewhere it is a text. The
/// fix of a problem is the text meant, without quotes.
pub(super) fn text(text: &str, span: Span, hint: Option<&Type>) -> Result<Expr, Box<Problem>> {
    let ty = match hint.map(inner) {
        Some(ty @ Type::Code { values, field, .. }) => {
            if !values.iter().any(|value| value == text) {
                return Err(Box::new(wrong_code(text, span, field, values)));
            }
            ty
        }
        Some(ty @ (Type::Date | Type::Time | Type::Instant)) => {
            if !is_moment(text, ty) {
                let message = format!("`{text}` is not {}", super::words::a(ty));
                return Err(Box::new(Problem::new("E-VALUE", span, message).help(moment_help(ty))));
            }
            ty
        }
        _ => &Type::Text,
    };
    Ok(Expr { kind: ExprKind::Literal(Literal::Text(text.to_owned())), ty: ty.clone(), span })
}

/// A whole number; a decimal where one is wanted.
pub(super) fn integer(value: i64, span: Span, hint: Option<&Type>) -> Expr {
    let (literal, ty) = match hint.map(inner) {
        Some(Type::Decimal) => (Literal::Decimal(value.to_string()), Type::Decimal),
        _ => (Literal::Integer(value), Type::Integer),
    };
    Expr { kind: ExprKind::Literal(literal), ty, span }
}

/// A literal that stands without quotes in YAML: `validated`, `12`, `true`, `2026-01-31`, read as the wanted type.
pub(super) fn plain(written: &str, span: Span, ty: &Type) -> Result<Expr, Box<Problem>> {
    let literal = match inner(ty) {
        Type::Integer => written.parse().ok().map(Literal::Integer),
        Type::Decimal => is_decimal(written).then(|| Literal::Decimal(written.to_owned())),
        Type::Bool => match written {
            "true" => Some(Literal::Bool(true)),
            "false" => Some(Literal::Bool(false)),
            _ => None,
        },
        Type::Record(_) | Type::List(_) => None,
        ty => return text(written, span, Some(ty)),
    };
    let ty = inner(ty).clone();
    match literal {
        Some(literal) => Ok(Expr { kind: ExprKind::Literal(literal), ty, span }),
        None => {
            let problem = Problem::new("E-VALUE", span, format!("`{written}` is not {}", super::words::a(&ty)));
            Err(Box::new(match ty {
                Type::Record(_) | Type::List(_) => problem.help("take it from an expression: `${…}`"),
                Type::Bool => problem.help("write `true` or `false`"),
                _ => problem.help("a fixed number stands here, or an expression: `${…}`"),
            }))
        }
    }
}

/// The same literal written as the wanted type, if that is all that is wrong: what to do, and the replacement.
pub(super) fn rewritten(expr: &Expr, wanted: &Type) -> Option<(&'static str, String)> {
    let ExprKind::Literal(literal) = &expr.kind else { return None };
    match (literal, inner(wanted)) {
        (Literal::Text(text), Type::Decimal) if is_decimal(text) => {
            Some(("numbers stand without quotes", text.clone()))
        }
        (Literal::Text(text), Type::Integer) if text.parse::<i64>().is_ok() => {
            Some(("numbers stand without quotes", text.clone()))
        }
        (Literal::Text(text), Type::Bool) if text == "true" || text == "false" => {
            Some(("true and false stand without quotes", text.clone()))
        }
        (Literal::Text(_), _) => None,
        (_, Type::Text) => Some(("texts stand in quotes", print::quoted(&print::expr(expr)))),
        (Literal::Decimal(text), Type::Integer) => {
            let value = rust_decimal::Decimal::from_str_exact(text).ok()?;
            value.is_integer().then(|| ("whole numbers have no point", value.normalize().to_string()))
        }
        _ => None,
    }
}

/// True when the type of a node follows from its surroundings: literals, and what is made of nothing else.
pub(super) fn is_flexible(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Text(_) | NodeKind::Integer(_) | NodeKind::Decimal(_) | NodeKind::Bool(_) => true,
        NodeKind::Unary { operand, .. } => is_flexible(operand),
        NodeKind::Binary { op, left, right } => is_arithmetic(*op) && is_flexible(left) && is_flexible(right),
        NodeKind::Conditional { then, otherwise, .. } => is_flexible(then) && is_flexible(otherwise),
        _ => false,
    }
}

/// `* / % + -`.
pub(super) fn is_arithmetic(op: BinaryOp) -> bool {
    use BinaryOp::{Add, Divide, Multiply, Remainder, Subtract};
    matches!(op, Add | Subtract | Multiply | Divide | Remainder)
}

/// A literal of a type, for helps.
pub(super) fn example(ty: &Type) -> Option<String> {
    Some(match ty {
        Type::Text => "''".to_owned(),
        Type::Integer | Type::Decimal => "0".to_owned(),
        Type::Bool => "false".to_owned(),
        Type::Code { values, .. } => print::quoted(values.first()?),
        Type::Date => "'2026-01-31'".to_owned(),
        Type::Time => "'08:30:00'".to_owned(),
        Type::Instant => "'2026-01-31T08:30:00Z'".to_owned(),
        Type::Record(_) | Type::List(_) => return None,
        Type::Optional(inner) => return example(inner),
    })
}

/// The type without its optional wrapper.
pub(super) fn inner(ty: &Type) -> &Type {
    match ty {
        Type::Optional(inner) => inner,
        ty => ty,
    }
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && digits.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
    plain && !digits.starts_with('.') && !digits.ends_with('.') && rust_decimal::Decimal::from_str_exact(text).is_ok()
}

fn is_moment(text: &str, ty: &Type) -> bool {
    match ty {
        Type::Date => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
        Type::Time => text.parse::<jiff::civil::Time>().is_ok(),
        _ => text.parse::<jiff::Timestamp>().is_ok(),
    }
}

fn moment_help(ty: &Type) -> &'static str {
    match ty {
        Type::Date => "dates are written `2026-01-31`",
        Type::Time => "times are written `08:30:00`",
        _ => "points in time are written `2026-01-31T08:30:00Z`",
    }
}

fn wrong_code(text: &str, span: Span, field: &str, values: &[String]) -> Problem {
    let problem = Problem::new("E-VALUE", span, format!("`{field}` is never `{text}`"));
    let values = || values.iter().map(String::as_str);
    match nearest(text, values()) {
        Some(meant) => problem.help(format!("did you mean `{meant}`? It is {}", list(values(), 12))).fix(meant),
        None => problem.help(format!("it is {}", list(values(), 12))),
    }
}
