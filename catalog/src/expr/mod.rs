//! Expressions and templates: text in, typed [`Expr`] and [`Template`](crate::model::Template) out.
//!
//! In: a text, its place, a [`Scope`], what is wanted. Out: the checked tree, or every [`Problem`] in it.
//! Never knows: YAML, flows, the Rust that expressions become.
//!
//! The language is a strict subset of CEL: literals, names, fields, indexes, calls, `! -`, `* / % + -`, comparisons,
//! `in`, `&& ||`, `?:`. There is no implicit null and no implicit conversion; a decimal is never a float.

mod check;
mod constant;
mod describe;
mod literal;
mod methods;
mod narrow;
mod operators;
mod parse;
mod place;
mod print;
mod scope;
mod template;
mod token;
mod tree;
mod want;
mod words;

#[cfg(test)]
mod tests;

pub use crate::problem::Problem;
pub use describe::describe;
pub use parse::{MAX_DEPTH, MAX_LENGTH, parse};
pub use scope::{Records, Scope, type_of};
pub use template::template;
pub use tree::{Fault, Node, NodeKind, Range, Word};

use crate::model::{Expr, Span, Type};
use check::Checker;
use parse::parse_all;
use place::Place;

/// What an expression must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want<'a> {
    /// Any type.
    Anything,
    /// Something that can be written as text: no record, no list, not optional.
    Scalar,
    /// A list, whatever its items are.
    List,
    /// A value that fits this type (see [`fits`]). An optional type takes a value that may be absent.
    Type(&'a Type),
}

/// Checks an expression.
///
/// `at` is the place of `text` in the document. When both have the same length, problems point into it exactly (one
/// character further when `at` also holds a pair of quotes); otherwise, as after YAML escapes, they point at all of it.
///
/// # Errors
///
/// Every problem that was found. An empty list means that the expression uses something broken that has been reported
/// where it stands.
pub fn check(text: &str, at: Span, scope: &Scope<'_>, want: Want<'_>) -> Result<Expr, Vec<Problem>> {
    check_at(Place::new(text, at), text, scope, want)
}

/// [`check`] for a text whose place is known.
fn check_at(place: Place<'_>, text: &str, scope: &Scope<'_>, want: Want<'_>) -> Result<Expr, Vec<Problem>> {
    let (node, faults) = parse_all(text);
    let problems = faults.into_iter().map(|fault| place.problem(fault)).collect();
    let mut checker = Checker { scope: scope.clone(), place, problems };
    let typed = node.and_then(|node| checker.wanted(&node, want));
    let mut problems = checker.problems;
    match typed {
        Some(expr) if problems.is_empty() => Ok(expr),
        _ => {
            problems.sort_by_key(|problem| (problem.span, problem.code));
            problems.dedup();
            Err(problems)
        }
    }
}

/// True when a value of type `from` may stand where `to` is wanted without a conversion: the same type; a code whose
/// values are all values of the other; a plain value for an optional one; lists item by item.
#[must_use]
pub fn fits(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::Optional(from), Type::Optional(to)) | (Type::List(from), Type::List(to)) => fits(from, to),
        (Type::Optional(_), _) => false,
        (from, Type::Optional(to)) => fits(from, to),
        (Type::Code { values: from, .. }, Type::Code { values: to, .. }) => from.iter().all(|value| to.contains(value)),
        _ => from == to,
    }
}

/// A type in words for messages: `text`, `decimal`, `list of record`, `optional text`.
#[must_use]
pub fn type_name(ty: &Type) -> String {
    match ty {
        Type::Text => "text".into(),
        Type::Code { .. } => "code".into(),
        Type::Integer => "integer".into(),
        Type::Decimal => "decimal".into(),
        Type::Bool => "bool".into(),
        Type::Date => "date".into(),
        Type::Time => "time".into(),
        Type::Instant => "instant".into(),
        Type::Record(_) => "record".into(),
        Type::List(item) => format!("list of {}", type_name(item)),
        Type::Optional(inner) => format!("optional {}", type_name(inner)),
    }
}

/// A checked expression as text, in canonical spelling: it parses to the same tree.
#[must_use]
pub fn print(expr: &Expr) -> String {
    print::expr(expr)
}

/// A tree without types as text, in canonical spelling.
#[must_use]
pub fn print_node(node: &Node) -> String {
    print::node(node)
}
