//! The steps as a numbered text.
//!
//! In: the flow of an interface. Out: one row for each step and each branch, in order. Never knows: drawings.

use catalog::model::{Argument, Arguments, Body, Bound, Expr, OperationRef, Step, StepKind, TriggerKind};

use super::Sheet;
use super::sheet::step_anchor;
use crate::html::Html;
use crate::words;

/// One row.
#[derive(Debug)]
pub(super) struct StepRow {
    /// `d0`, `d1`…: how far in.
    pub(super) depth: &'static str,
    /// Anchor; empty for the head of a branch.
    pub(super) id: String,
    /// `3.1`; empty for the head of a branch.
    pub(super) number: String,
    /// `Fetch`; empty for the head of a branch.
    pub(super) kind: &'static str,
    /// What happens, in words.
    pub(super) text: Html,
    /// The same without the document's title, when it has one.
    pub(super) detail: Html,
    /// Names and values handed over.
    pub(super) with: Vec<(String, Html)>,
    pub(super) line: Html,
}

const DEPTHS: [&str; 5] = ["d0", "d1", "d2", "d3", "d4"];

/// All rows, the trigger first.
pub(super) fn steps(sheet: &Sheet<'_>) -> Vec<StepRow> {
    let mut rows = vec![trigger(sheet)];
    add(sheet, &sheet.interface.flow, 0, &mut rows);
    rows
}

fn trigger(sheet: &Sheet<'_>) -> StepRow {
    let interface = sheet.interface;
    let message = interface.trigger.message.as_ref();
    let named = |html: Html| match message {
        Some(message) => {
            html.text(" with ").link(&format!("#message-{}", crate::routes::slug(&message.name)), &message.name)
        }
        None => html,
    };
    let source = sheet.context.system_link(&sheet.at, &interface.source);
    let text = match &interface.trigger.kind {
        TriggerKind::Http { method, path } => {
            let call = source.text(" calls ").code(&format!("{} {path}", words::method_name(*method)));
            named(call).text("; it is stored and answered 202 before anything else happens")
        }
        TriggerKind::Request { method, path, .. } => {
            let call = source.text(" calls ").code(&format!("{} {path}", words::method_name(*method)));
            named(call).text(" and waits for the answer")
        }
        TriggerKind::Schedule(schedule) => Html::of("By timetable: ").text(&schedule.phrase),
    };
    StepRow {
        depth: DEPTHS[0],
        id: "step-trigger".to_owned(),
        number: "0".to_owned(),
        kind: "Trigger",
        text,
        detail: Html::new(),
        with: Vec::new(),
        line: sheet.place(interface.trigger.span),
    }
}

fn add(sheet: &Sheet<'_>, steps: &[Step], depth: usize, rows: &mut Vec<StepRow>) {
    for step in steps {
        rows.push(row(sheet, step, depth));
        match &step.kind {
            StepKind::When { then, otherwise, .. } => {
                add(sheet, then, depth + 1, rows);
                if !otherwise.is_empty() {
                    rows.push(branch(Html::of("Otherwise"), depth, Html::new()));
                    add(sheet, otherwise, depth + 1, rows);
                }
            }
            StepKind::Route { cases, otherwise } => {
                for case in cases {
                    let head = Html::new().strong(&case.label).text(": if ").html(&words::in_words(&case.when));
                    rows.push(branch(head, depth, sheet.place(case.when.span)));
                    add(sheet, &case.steps, depth + 1, rows);
                }
                rows.push(branch(Html::of("Otherwise"), depth, Html::new()));
                add(sheet, otherwise, depth + 1, rows);
            }
            StepKind::ForEach { steps, .. } => add(sheet, steps, depth + 1, rows),
            _ => {}
        }
    }
}

fn branch(text: Html, depth: usize, line: Html) -> StepRow {
    StepRow {
        depth: DEPTHS[(depth + 1).min(4)],
        id: String::new(),
        number: String::new(),
        kind: "",
        text,
        detail: Html::new(),
        with: Vec::new(),
        line,
    }
}

fn row(sheet: &Sheet<'_>, step: &Step, depth: usize) -> StepRow {
    let said = sentence(sheet, step);
    let (text, detail) = match &step.title {
        Some(title) => (Html::of(title), said),
        None => (said, Html::new()),
    };
    StepRow {
        depth: DEPTHS[depth.min(4)],
        id: step_anchor(step),
        number: sheet.number(step).to_owned(),
        kind: kind(&step.kind),
        text,
        detail,
        with: with(&step.kind),
        line: sheet.place(step.span),
    }
}

/// The pattern's name.
pub(super) fn kind(kind: &StepKind) -> &'static str {
    match kind {
        StepKind::Fetch { .. } => "Fetch",
        StepKind::Call { .. } => "Call",
        StepKind::Send { .. } => "Send",
        StepKind::When { .. } => "When",
        StepKind::Route { .. } => "Route",
        StepKind::Map { .. } => "Map",
        StepKind::ForEach { .. } => "For each",
        StepKind::Let { .. } => "Let",
        StepKind::Reply { .. } => "Reply",
        StepKind::Discard { .. } => "Discard",
        StepKind::DeadLetter { .. } => "Dead letter",
        StepKind::Custom { .. } => "Custom",
    }
}

fn sentence(sheet: &Sheet<'_>, step: &Step) -> Html {
    match &step.kind {
        StepKind::Fetch { operation, bind, .. } => {
            operation_of(sheet, operation, Html::of("Ask ")).html(&bound(Some(bind)))
        }
        StepKind::Call { operation, bind, .. } => {
            operation_of(sheet, operation, Html::of("Call ")).html(&bound(bind.as_ref()))
        }
        StepKind::Send { operation, bind, .. } => {
            operation_of(sheet, operation, Html::of("Deliver to ")).html(&bound(bind.as_ref()))
        }
        StepKind::When { condition, .. } => Html::of("If ").html(&words::in_words(condition)).text(":"),
        StepKind::Route { .. } => Html::of("Take the first way whose condition holds:"),
        StepKind::Map { mapping, inputs, each, bind } => map(mapping, inputs, each.as_ref()).html(&bound(Some(bind))),
        StepKind::ForEach { items, bind, .. } => {
            Html::of("For every ").code(&bind.name).text(" of ").html(&words::in_words(items)).text(":")
        }
        StepKind::Let { value, bind } => Html::of("Call ").html(&words::template(value)).text(" ").code(&bind.name),
        StepKind::Reply { status, message, .. } => match message {
            Some(message) => Html::of(&format!("Answer {status} with "))
                .link(&format!("#message-{}", crate::routes::slug(&message.name)), &message.name),
            None => Html::of(&format!("Answer {status} without a body")),
        },
        StepKind::Discard { reason } => {
            Html::of("End here on purpose; recorded as discarded: ").html(&words::template(reason))
        }
        StepKind::DeadLetter { reason } => {
            Html::of("Put on the dead-letter list at once: ").html(&words::template(reason))
        }
        StepKind::Custom { function, bind, .. } => {
            Html::of("Run the function ").link("#custom", function).html(&bound(bind.as_ref()))
        }
    }
}

fn operation_of(sheet: &Sheet<'_>, reference: &OperationRef, html: Html) -> Html {
    let html = html.html(&sheet.context.system_link(&sheet.at, &reference.system)).text(": ");
    let html = html.link(&sheet.operation_href(reference), &reference.operation);
    match sheet.operation(reference) {
        Some(operation) => html.muted(&format!(" · {}", operation.title)),
        None => html,
    }
}

fn bound(bind: Option<&Bound>) -> Html {
    match bind {
        Some(bind) => Html::of(" → ").code(&bind.name),
        None => Html::new(),
    }
}

fn map(mapping: &str, inputs: &[Argument], each: Option<&Expr>) -> Html {
    let html = Html::of("Fill ").link(&format!("#mapping-{}", crate::routes::slug(mapping)), mapping);
    let from = inputs.iter().map(|input| words::template(&input.value));
    let html = match each {
        Some(list) => html.text(", one for every item of ").html(&words::in_words(list)),
        None => html,
    };
    let from = Html::join(from, ", ");
    if from.is_empty() { html } else { html.text(" from ").html(&from) }
}

/// What a step hands over.
fn with(kind: &StepKind) -> Vec<(String, Html)> {
    match kind {
        StepKind::Fetch { with, .. }
        | StepKind::Call { with, .. }
        | StepKind::Send { with, .. }
        | StepKind::Reply { with, .. } => arguments(with),
        StepKind::Custom { with, .. } => with.iter().map(value).collect(),
        _ => Vec::new(),
    }
}

fn arguments(with: &Arguments) -> Vec<(String, Html)> {
    let mut rows: Vec<(String, Html)> = with.parameters.iter().map(value).collect();
    match &with.body {
        Some(Body::Whole(expr)) => rows.push(("body".to_owned(), words::in_words(expr))),
        Some(Body::Fields { fields, .. }) => rows.extend(fields.iter().map(value)),
        None => {}
    }
    rows
}

fn value(argument: &Argument) -> (String, Html) {
    (argument.name.clone(), words::template(&argument.value))
}
