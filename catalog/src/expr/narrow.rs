//! What a condition shows to be set.
//!
//! In: typed conditions. Out: the keys of optional expressions that have a value wherever the condition holds, or
//! does not hold. Never knows: scopes, problems.

use super::constant::flatten;
use crate::model::{BinaryOp, Builtin, Expr, ExprKind, Literal, UnaryOp};

/// The canonical spelling of a path (`report.title`, `rows[0].id`); `None` for everything that is computed.
pub(super) fn key(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::Field { record, name } => Some(format!("{}.{name}", key(record)?)),
        ExprKind::Index { list, index } => match index.kind {
            ExprKind::Literal(Literal::Integer(at)) => Some(format!("{}[{at}]", key(list)?)),
            _ => None,
        },
        ExprKind::Call { function: Builtin::Known, arguments } => key(arguments.first()?),
        _ => None,
    }
}

/// Keys that are set wherever `condition` is true.
pub(super) fn shown_by(condition: &Expr) -> Vec<String> {
    let mut parts = Vec::new();
    flatten(BinaryOp::And, condition, &mut parts);
    let mut keys = Vec::new();
    for part in parts {
        match &part.kind {
            ExprKind::Call { function: Builtin::IsSet, arguments } => {
                arguments.iter().for_each(|asked| add_with_owners(asked, &mut keys));
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => keys.extend(shown_by_not(operand)),
            _ => {}
        }
    }
    keys
}

/// Keys that are set wherever `condition` is false.
pub(super) fn shown_by_not(condition: &Expr) -> Vec<String> {
    let mut parts = Vec::new();
    flatten(BinaryOp::Or, condition, &mut parts);
    let negated = parts.into_iter().filter_map(|part| match &part.kind {
        ExprKind::Unary { op: UnaryOp::Not, operand } => Some(shown_by(operand)),
        _ => None,
    });
    negated.flatten().collect()
}

/// A field that is set has an owner that is set.
fn add_with_owners(expr: &Expr, keys: &mut Vec<String>) {
    keys.extend(key(expr));
    match &expr.kind {
        ExprKind::Field { record, .. } => add_with_owners(record, keys),
        ExprKind::Call { function: Builtin::Known, arguments } => {
            arguments.iter().for_each(|inner| add_with_owners(inner, keys));
        }
        _ => {}
    }
}
