//! Walks over flows: every step, every operation that is called, every expression.
//!
//! In: steps. Out: what they hold, in document order. Never knows: why somebody asks.

use crate::model::{
    Arguments, Body, Expr, ExprKind, MappingRow, OperationRef, Order, Rule, Step, StepKind, Template, TemplatePart,
};

/// Calls `visit` for every step, outer ones first.
pub(crate) fn steps<'s>(steps_of: &'s [Step], visit: &mut dyn FnMut(&'s Step)) {
    for step in steps_of {
        visit(step);
        match &step.kind {
            StepKind::When { then, otherwise, .. } => {
                steps(then, visit);
                steps(otherwise, visit);
            }
            StepKind::Route { cases, otherwise } => {
                cases.iter().for_each(|case| steps(&case.steps, visit));
                steps(otherwise, visit);
            }
            StepKind::ForEach { steps: inner, .. } => steps(inner, visit),
            _ => {}
        }
    }
}

/// The operation that a step calls.
pub(crate) fn operation(step: &Step) -> Option<&OperationRef> {
    match &step.kind {
        StepKind::Fetch { operation, .. } | StepKind::Call { operation, .. } | StepKind::Send { operation, .. } => {
            Some(operation)
        }
        _ => None,
    }
}

/// Calls `visit` for every expression that a step itself holds, not those of inner steps.
pub(crate) fn expressions<'s>(step: &'s Step, visit: &mut dyn FnMut(&'s Expr)) {
    match &step.kind {
        StepKind::Fetch { with, .. }
        | StepKind::Call { with, .. }
        | StepKind::Send { with, .. }
        | StepKind::Reply { with, .. } => arguments(with, visit),
        StepKind::When { condition, .. } => visit(condition),
        StepKind::Route { cases, .. } => cases.iter().for_each(|case| visit(&case.when)),
        StepKind::Map { inputs, each, .. } => {
            inputs.iter().for_each(|input| template(&input.value, visit));
            each.iter().for_each(visit);
        }
        StepKind::ForEach { items, .. } => visit(items),
        StepKind::Let { value, .. } => template(value, visit),
        StepKind::Discard { reason } | StepKind::DeadLetter { reason } => template(reason, visit),
        StepKind::Custom { with, .. } => with.iter().for_each(|argument| template(&argument.value, visit)),
    }
}

fn arguments<'s>(with: &'s Arguments, visit: &mut dyn FnMut(&'s Expr)) {
    with.parameters.iter().for_each(|argument| template(&argument.value, visit));
    match &with.body {
        Some(Body::Whole(expr)) => visit(expr),
        Some(Body::Fields { fields, .. }) => fields.iter().for_each(|field| template(&field.value, visit)),
        None => {}
    }
}

/// Calls `visit` for every expression of a template.
pub(crate) fn template<'s>(template: &'s Template, visit: &mut dyn FnMut(&'s Expr)) {
    for part in &template.parts {
        if let TemplatePart::Expr(expr) = part {
            visit(expr);
        }
    }
}

/// The sources of a mapping row.
pub(crate) fn sources(row: &MappingRow) -> Vec<&Expr> {
    match &row.rule {
        Rule::Copy(source)
        | Rule::ToText(source)
        | Rule::ToInteger(source)
        | Rule::ToDecimal(source)
        | Rule::Trim(source)
        | Rule::Upper(source)
        | Rule::Lower(source)
        | Rule::Expr(source)
        | Rule::Default { source, .. }
        | Rule::Lookup { source, .. }
        | Rule::ToDate { source, .. }
        | Rule::FormatDate { source, .. }
        | Rule::ParseDate { source, .. }
        | Rule::PadLeft { source, .. }
        | Rule::Truncate { source, .. }
        | Rule::Split { source, .. }
        | Rule::Round { source, .. }
        | Rule::Each { source, .. } => vec![source],
        Rule::Concat { parts, .. } => parts.iter().collect(),
        Rule::Const(_) => Vec::new(),
    }
}

/// The key of an order rule.
pub(crate) fn order(order: &Order) -> Option<&Expr> {
    match order {
        Order::PerKey(key, _) => Some(key),
        Order::None | Order::Strict(_) => None,
    }
}

/// Calls `visit` for an expression and everything in it.
pub(crate) fn inside<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    visit(expr);
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Name(_) => {}
        ExprKind::Field { record, .. } => inside(record, visit),
        ExprKind::Index { list, index } => {
            inside(list, visit);
            inside(index, visit);
        }
        ExprKind::Unary { operand, .. } => inside(operand, visit),
        ExprKind::Binary { left, right, .. } => {
            inside(left, visit);
            inside(right, visit);
        }
        ExprKind::Conditional { condition, then, otherwise } => {
            [condition, then, otherwise].into_iter().for_each(|part| inside(part, visit));
        }
        ExprKind::List(items) => items.iter().for_each(|item| inside(item, visit)),
        ExprKind::Call { arguments, .. } => arguments.iter().for_each(|argument| inside(argument, visit)),
        ExprKind::Quantifier { list, condition, .. } => {
            inside(list, visit);
            inside(condition, visit);
        }
    }
}
