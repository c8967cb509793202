//! Fuzz targets: everything an architect can write.
//!
//! In: any bytes. Out: nothing; a target that comes back has held. Never knows: who chooses the bytes. Compiled for tests
//! and for fuzzing only.

use crate::expr::{self, Records, Scope, Want};
use crate::model::{Field, FieldType, MessageRef, Owner, RecordRef, Sensitivity, Span, Type};
use crate::{check_sources, diff, from_files, load::Loaded, phrase, render};

/// One thing that reads what people write.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// As on the command line.
    pub name: &'static str,
    /// What it does with bytes.
    pub run: fn(&[u8]),
    /// Well-formed bytes to begin with.
    pub examples: &'static [&'static str],
}

const INTERFACE: &str = include_str!("../../spec/interfaces/PROC-11VMS-SRM7-ACTIVITY-REPORT-V1.md");
const SYSTEM: &str = include_str!("../../spec/systems/11vms.md");
const OTHER_SYSTEM: &str = include_str!("../../spec/systems/sap-srm7.md");
const ENVIRONMENT: &str = include_str!("../../spec/environments/local.toml");

/// All of them.
pub const TARGETS: &[Target] = &[
    Target {
        name: "interface-document",
        run: |bytes| document("spec/interfaces/PROC-11VMS-SRM7-ACTIVITY-REPORT-V1.md", bytes),
        examples: &[INTERFACE, include_str!("../../spec/interfaces/SALES-ERP-SF-CUSTOMER-READ-V1.md")],
    },
    Target {
        name: "system-document",
        run: |bytes| document("spec/systems/11vms.md", bytes),
        examples: &[SYSTEM, OTHER_SYSTEM],
    },
    Target {
        name: "environment-document",
        run: |bytes| document("spec/environments/local.toml", bytes),
        examples: &[ENVIRONMENT],
    },
    Target {
        name: "expression",
        run: expression,
        examples: &[
            "report.count == 0 && report.status in ['validated', 'open'] || !report.closed",
            "rows.filter(row, row.amount > 10.50).map(row, row.id).join(', ')",
            "report.day + 3 > date('2026-02-28') ? upper(report.id) : report.note.orElse('')",
            "((((((1))))))",
        ],
    },
    Target {
        name: "template",
        run: |bytes| {
            let (text, fields) = (String::from_utf8_lossy(bytes), Report::new());
            let scope = fields.scope();
            for want in [Want::Anything, Want::Scalar, Want::List, Want::Type(&Type::Decimal), Want::Type(&Type::Date)]
            {
                expr::template(&text, Span::default(), &scope, want).ok();
            }
        },
        examples: &["Order ${report.id} of $${nobody}", "${report.count}", "2026-02-28", "${report.id}${rows.size()}"],
    },
    Target {
        name: "phrases",
        run: |bytes| {
            let (text, at) = (String::from_utf8_lossy(bytes), Span::default());
            if let Ok(retry) = phrase::retry(&text, at) {
                // What is understood can be told: as a sentence, and as times.
                assert!(!phrase::describe_retry(&retry).is_empty() && !phrase::timetable(&retry).is_empty());
            }
            if let Ok(schedule) = phrase::schedule(&text, Some("Europe/Paris"), at) {
                assert!(!phrase::describe_schedule(&schedule).is_empty());
            }
            phrase::missed(&text, at).ok();
            phrase::bytes(&text, at).ok();
            phrase::percent(&text, at).ok();
            phrase::availability(&text, at).ok();
            if let Ok(ms) = phrase::duration_ms(&text, at) {
                assert_eq!(phrase::duration_ms(&phrase::human(ms), at).ok(), Some(ms), "a duration says what it is");
            }
        },
        examples: &[
            "3x every 30s, exponential backoff, at most 1h, jitter 10%, give up after 2 days",
            "3 attempts every 30s",
            "every weekday at 06:30 and 18:00 Europe/Berlin",
            "*/15 6-18 * * MON-FRI",
            "0 0 29 2 *",
            "all, at most 24",
            "1 h 30 min",
            "99.95%",
            "10 MiB",
        ],
    },
];

/// A document among others that are well: it becomes a catalog or diagnostics, and those can be shown in every form.
fn document(path: &str, bytes: &[u8]) {
    let well = [
        ("spec/interfaces/PROC-11VMS-SRM7-ACTIVITY-REPORT-V1.md", INTERFACE),
        ("spec/systems/11vms.md", SYSTEM),
        ("spec/systems/sap-srm7.md", OTHER_SYSTEM),
        ("spec/environments/local.toml", ENVIRONMENT),
    ];
    let whole = |(path, text): &(&str, &str)| ((*path).to_owned(), text.as_bytes().to_vec());
    let before = from_files(well.iter().map(whole)).sources;
    let others = well.iter().filter(|(other, _)| *other != path).map(whole);
    let Loaded { sources, diagnostics: unread } = from_files(others.chain([(path.to_owned(), bytes.to_vec())]));
    let (catalog, mut diagnostics) = check_sources(&sources);
    diagnostics.extend(unread.items().iter().cloned());
    assert!(catalog.is_some() || diagnostics.has_errors(), "neither a catalog nor a reason");
    let text = render::text(&diagnostics, &sources, render::Style::Plain);
    for shown in [text, render::json(&diagnostics, &sources), render::sarif(&diagnostics, &sources)] {
        assert!(!shown.is_empty() || diagnostics.items().is_empty(), "a problem is not shown");
    }
    drop(render::github(&diagnostics, &sources));
    drop(diff::between(&before, &sources));
}

/// What is understood can be written, and means the same again.
fn expression(bytes: &[u8]) {
    let (text, fields) = (String::from_utf8_lossy(bytes), Report::new());
    if let Ok(node) = expr::parse(&text) {
        let printed = expr::print_node(&node);
        let again = expr::parse(&printed).map(|node| expr::print_node(&node));
        assert_eq!(again.ok(), Some(printed), "what is printed reads as something else");
    }
    if let Ok(checked) = expr::check(&text, Span::default(), &fields.scope(), Want::Anything) {
        assert!(!expr::print(&checked).is_empty() && !expr::describe(&checked).is_empty());
    }
}

/// One message with fields of several kinds.
struct Report(Vec<Field>);

impl Records for Report {
    fn fields(&self, message: &MessageRef) -> Option<&[Field]> {
        (message.name == "Report").then_some(&self.0)
    }
}

impl Report {
    fn new() -> Self {
        let codes = ["validated", "open"].map(str::to_owned).to_vec();
        let row = vec![field("id", true, FieldType::Text), field("amount", true, FieldType::Decimal(Some((13, 3))))];
        Self(vec![
            field("id", true, FieldType::Text),
            field("note", false, FieldType::Text),
            field("count", true, FieldType::Integer),
            field("status", true, FieldType::Code(codes)),
            field("closed", true, FieldType::Bool),
            field("day", true, FieldType::Date),
            field("changed", false, FieldType::Instant),
            field("rows", true, FieldType::List(Box::new(FieldType::Record(row)))),
        ])
    }

    fn scope(&self) -> Scope<'_> {
        let message = MessageRef { owner: Owner::System("11VMS".to_owned()), name: "Report".to_owned() };
        let record = Type::Record(RecordRef { message, path: Vec::new() });
        let mut scope = Scope::new(self);
        scope.bind("report", record.clone());
        scope.bind("rows", Type::List(Box::new(record)));
        scope.bind_broken("broken");
        scope
    }
}

fn field(name: &str, required: bool, ty: FieldType) -> Field {
    Field {
        name: name.to_owned(),
        ty,
        required,
        constraints: Vec::new(),
        sensitive: Sensitivity::Public,
        description: String::new(),
        span: Span::default(),
    }
}

#[cfg(test)]
mod tests;
