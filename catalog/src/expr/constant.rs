//! Conditions that are always true or always false: nobody writes them on purpose.
//!
//! In: typed operands. Out: a [`Problem`] if they contradict each other. Never knows: scopes, grammar.

use super::narrow::key;
use crate::model::{BinaryOp, Expr, ExprKind, Literal, Span, Type};
use crate::problem::Problem;

/// `x == 'A' && x == 'B'` is never true, `x != 'A' || x != 'B'` always.
pub(super) fn chain(op: BinaryOp, left: &Expr, right: &Expr) -> Option<Problem> {
    let (test, verdict, instead) = match op {
        BinaryOp::And => (BinaryOp::Equal, "is never true", "write `||` between them, or `in [ … ]`"),
        BinaryOp::Or => (BinaryOp::NotEqual, "is always true", "write `&&` between them, or `!( … in [ … ])`"),
        _ => return None,
    };
    let mut tests = Vec::new();
    flatten(op, left, &mut tests);
    let (name, value) = fixed_test(test, right)?;
    let clash = tests
        .iter()
        .filter_map(|part| fixed_test(test, part))
        .any(|(other, fixed)| other == name && differ(fixed, value));
    let sign = if op == BinaryOp::And { "both values at once" } else { "different from one of the two" };
    let message =
        format!("this {verdict}: `{name}` {} {sign}", if op == BinaryOp::And { "cannot have" } else { "is always" });
    clash.then(|| Problem::new("E-CONSTANT", right.span, message).help(instead))
}

/// `x in []` is never true; `x in [every value of the code]` always.
pub(super) fn membership(left: &Expr, right: &Expr, span: Span) -> Option<Problem> {
    let ExprKind::List(items) = &right.kind else { return None };
    if items.is_empty() {
        return Some(Problem::new("E-CONSTANT", span, "nothing is in an empty list, so this is never true"));
    }
    let Type::Code { values, .. } = &left.ty else { return None };
    let listed = |value: &String| {
        items.iter().any(|item| matches!(&item.kind, ExprKind::Literal(Literal::Text(text)) if text == value))
    };
    values.iter().all(listed).then(|| {
        let message = "the list holds every value that this code can have, so this is always true";
        Problem::new("E-CONSTANT", span, message)
    })
}

/// The parts of a chain of the same operator.
pub(super) fn flatten<'e>(op: BinaryOp, expr: &'e Expr, parts: &mut Vec<&'e Expr>) {
    match &expr.kind {
        ExprKind::Binary { op: inner, left, right } if *inner == op => {
            flatten(op, left, parts);
            flatten(op, right, parts);
        }
        _ => parts.push(expr),
    }
}

/// `path op literal`, either way round.
fn fixed_test(test: BinaryOp, expr: &Expr) -> Option<(String, &Literal)> {
    let ExprKind::Binary { op, left, right } = &expr.kind else { return None };
    if *op != test {
        return None;
    }
    match (&left.kind, &right.kind) {
        (_, ExprKind::Literal(literal)) => Some((key(left)?, literal)),
        (ExprKind::Literal(literal), _) => Some((key(right)?, literal)),
        _ => None,
    }
}

/// `1.50` and `1.5` are the same value.
fn differ(a: &Literal, b: &Literal) -> bool {
    match (a, b) {
        (Literal::Decimal(a), Literal::Decimal(b)) => {
            let value = |text: &str| rust_decimal::Decimal::from_str_exact(text).ok();
            value(a) != value(b)
        }
        _ => a != b,
    }
}
