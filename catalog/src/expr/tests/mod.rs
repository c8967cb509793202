//! Expressions through one door.

mod checking;
mod random;
mod templates;

use super::*;
use crate::model::{Field, FieldType, MessageRef, Owner, RecordRef, Sensitivity};

/// One message with a field of every kind.
pub(super) struct Report(Vec<Field>);

impl Records for Report {
    fn fields(&self, message: &MessageRef) -> Option<&[Field]> {
        (message.name == "Report").then_some(&self.0)
    }
}

/// `report` (the record), `other` (another record of the same kind), `rows` (a list of them), `broken`.
pub(super) fn scope(report: &Report) -> Scope<'_> {
    let record = Type::Record(record());
    let mut scope = Scope::new(report);
    scope.bind("report", record.clone());
    scope.bind("other", record.clone());
    scope.bind("rows", Type::List(Box::new(record)));
    scope.bind("count", Type::Integer);
    scope.bind_broken("broken");
    scope
}

fn record() -> RecordRef {
    let owner = Owner::System("11VMS".to_owned());
    RecordRef { message: MessageRef { owner, name: "Report".to_owned() }, path: Vec::new() }
}

pub(super) fn report() -> Report {
    let status = || FieldType::Code(vec!["validated".to_owned(), "notValidated".to_owned()]);
    let amount = vec![required("amount", FieldType::Decimal(None)), optional("currency", FieldType::Text)];
    Report(vec![
        required("id", FieldType::Text),
        optional("title", FieldType::Text),
        required("year", FieldType::Integer),
        required("workUnitNumber", FieldType::Decimal(Some((13, 3)))),
        optional("rate", FieldType::Decimal(None)),
        required("status", status()),
        optional("former", status()),
        required("closed", FieldType::Bool),
        required("startDate", FieldType::Date),
        required("startTime", FieldType::Time),
        required("modifiedAt", FieldType::Instant),
        required("unitPrice", FieldType::Record(amount.clone())),
        optional("extra", FieldType::Record(amount)),
        optional(
            "overtime",
            FieldType::List(Box::new(FieldType::Record(vec![
                required("rate", FieldType::Decimal(None)),
                optional("note", FieldType::Text),
            ]))),
        ),
        required("tags", FieldType::List(Box::new(FieldType::Text))),
        required("first-name", FieldType::Text),
    ])
}

fn required(name: &str, ty: FieldType) -> Field {
    let (name, constraints, description) = (name.to_owned(), Vec::new(), String::new());
    Field { name, ty, required: true, constraints, sensitive: Sensitivity::Public, description, span: Span::default() }
}

fn optional(name: &str, ty: FieldType) -> Field {
    Field { required: false, ..required(name, ty) }
}

/// The span of a whole text that starts at byte 100 in line 7.
pub(super) fn whole(text: &str) -> Span {
    Span { start: 100, end: 100 + text.len(), line: 7 }
}

/// A problem in a line: code, the text it points at, message, help, fix.
pub(super) fn shown(problem: &Problem, text: &str) -> String {
    let at = &text[problem.span.start - 100..problem.span.end - 100];
    let help = problem.help.as_deref().map_or_else(String::new, |help| format!("\n      help: {help}"));
    let fix = problem.fix.as_deref().map_or_else(String::new, |fix| format!("\n      fix: {fix}"));
    format!("\n    {} «{at}» {}{help}{fix}", problem.code, problem.message)
}

/// What becomes of an expression: its type, canonical spelling and words, or its problems.
fn outcome(text: &str, want: Want<'_>) -> String {
    let report = report();
    match check(text, whole(text), &scope(&report), want) {
        Ok(expr) => format!("\n    {}: {}\n    {}", type_name(&expr.ty), print(&expr), describe(&expr)),
        Err(problems) if problems.is_empty() => "\n    silent".to_owned(),
        Err(problems) => problems.iter().map(|problem| shown(problem, text)).collect(),
    }
}

/// The door: inputs as the documents have them, outcomes as the snapshot has them.
fn table(inputs: &[&str], want: Want<'_>) -> String {
    let table: String = inputs.iter().map(|text| format!("{text}{}\n", outcome(text, want))).collect();
    table.replace('\0', "␀")
}
