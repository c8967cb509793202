//! Which names, operations and messages a flow uses.
//!
//! In: steps. Out: sets. Never knows: Rust.

use std::collections::BTreeSet;

use catalog::model::{
    Argument, Arguments, Body, Expr, MessageRef, OperationRef, Span, Step, StepKind, Template, TemplatePart,
};

use crate::rust_expr::free_names;

/// Every name that steps use, those inside steps included.
pub(crate) fn of_steps(steps: &[Step], names: &mut BTreeSet<String>) {
    for step in steps {
        of_step(&step.kind, names);
        for inner in inner_steps(&step.kind) {
            of_steps(inner, names);
        }
    }
}

/// The printed steps have side effects.
pub(crate) fn calls_steps(printed: &str) -> bool {
    printed.contains("run.step(") || printed.contains("run.scoped(")
}

/// Every operation that steps call, in the order of the document.
pub(crate) fn operations(steps: &[Step], found: &mut Vec<OperationRef>) {
    for step in steps {
        if let StepKind::Fetch { operation, .. } | StepKind::Call { operation, .. } | StepKind::Send { operation, .. } =
            &step.kind
            && !found.contains(operation)
        {
            found.push(operation.clone());
        }
        for inner in inner_steps(&step.kind) {
            operations(inner, found);
        }
    }
}

/// Every operation whose reply a step keeps under a name.
pub(crate) fn bound_operations(steps: &[Step], found: &mut Vec<OperationRef>) {
    for step in steps {
        match &step.kind {
            StepKind::Fetch { operation, .. }
            | StepKind::Call { operation, bind: Some(_), .. }
            | StepKind::Send { operation, bind: Some(_), .. } => found.push(operation.clone()),
            _ => {}
        }
        for inner in inner_steps(&step.kind) {
            bound_operations(inner, found);
        }
    }
}

/// The lists of steps inside a step.
pub(crate) fn inner_steps(kind: &StepKind) -> Vec<&[Step]> {
    match kind {
        StepKind::When { then, otherwise, .. } => vec![then, otherwise],
        StepKind::Route { cases, otherwise } => {
            cases.iter().map(|case| case.steps.as_slice()).chain([otherwise.as_slice()]).collect()
        }
        StepKind::ForEach { steps, .. } => vec![steps],
        _ => Vec::new(),
    }
}

fn of_step(kind: &StepKind, names: &mut BTreeSet<String>) {
    match kind {
        StepKind::Fetch { with, .. }
        | StepKind::Call { with, .. }
        | StepKind::Send { with, .. }
        | StepKind::Reply { with, .. } => {
            of_arguments(with, names);
        }
        StepKind::When { condition, .. } => of_expr(condition, names),
        StepKind::Route { cases, .. } => cases.iter().for_each(|case| of_expr(&case.when, names)),
        StepKind::Map { inputs, each, .. } => {
            of_values(inputs, names);
            each.iter().for_each(|list| of_expr(list, names));
        }
        StepKind::ForEach { items, .. } => of_expr(items, names),
        StepKind::Let { value, .. } => of_template(value, names),
        StepKind::Discard { reason } | StepKind::DeadLetter { reason } => of_template(reason, names),
        StepKind::Custom { with, .. } => of_values(with, names),
    }
}

fn of_arguments(with: &Arguments, names: &mut BTreeSet<String>) {
    of_values(&with.parameters, names);
    match &with.body {
        Some(Body::Whole(expr)) => of_expr(expr, names),
        Some(Body::Fields { fields, .. }) => of_values(fields, names),
        None => {}
    }
}

fn of_values(values: &[Argument], names: &mut BTreeSet<String>) {
    values.iter().for_each(|argument| of_template(&argument.value, names));
}

fn of_template(template: &Template, names: &mut BTreeSet<String>) {
    for part in &template.parts {
        if let TemplatePart::Expr(expr) = part {
            of_expr(expr, names);
        }
    }
}

fn of_expr(expr: &Expr, names: &mut BTreeSet<String>) {
    names.extend(free_names(expr));
}

/// Every message that steps put together or reply with.
pub(crate) fn messages(steps: &[Step], note: &mut dyn FnMut(&MessageRef)) {
    for step in steps {
        if let StepKind::Fetch { with, .. }
        | StepKind::Call { with, .. }
        | StepKind::Send { with, .. }
        | StepKind::Reply { with, .. } = &step.kind
            && let Some(Body::Fields { message, .. }) = &with.body
        {
            note(message);
        }
        if let StepKind::Reply { message: Some(message), .. } = &step.kind {
            note(message);
        }
        for inner in inner_steps(&step.kind) {
            messages(inner, note);
        }
    }
}

/// Every name that steps bind, with the step's place.
pub(crate) fn bindings(steps: &[Step], note: &mut dyn FnMut(&str, Span)) {
    for step in steps {
        let bind = match &step.kind {
            StepKind::Fetch { bind, .. }
            | StepKind::Map { bind, .. }
            | StepKind::ForEach { bind, .. }
            | StepKind::Let { bind, .. } => Some(bind),
            StepKind::Call { bind, .. } | StepKind::Send { bind, .. } | StepKind::Custom { bind, .. } => bind.as_ref(),
            _ => None,
        };
        bind.iter().for_each(|bind| note(&bind.name, step.span));
        for inner in inner_steps(&step.kind) {
            bindings(inner, note);
        }
    }
}
