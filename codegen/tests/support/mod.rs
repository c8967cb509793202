//! Small catalogs made from document text.

#![allow(dead_code, unreachable_pub, reason = "shared by suites that use parts of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at once")]

pub mod documents;
pub mod obstacles;

use catalog::{Catalog, Source, SourceKind, Sources};
use tieline_codegen::{FileSet, Templates, emit, plan};

/// A partner with everything that operations can have.
pub const PARTNER: &str = r#"---
system: Partner
code: PA
title: The system on the other side
owner: Team
auth: { oauth2: { scopes: [data.read] } }
operations:
  read-thing:
    title: Read one thing
    rest: GET /things/{id}
    parameters: { id: text }
    response: Thing
    idempotent: natural
  write-thing:
    title: Write one thing
    rest: PUT /things/{id}
    parameters: { id: text }
    request: ThingWrite
    idempotent: natural
  put-rows:
    title: Put a file
    sftp: { put: /in }
    format: csv
    separator: ";"
    request: Row
    idempotent: natural
---

## Summary

Exists for tests.

## Message: Changed

| Field | Type | Required | Constraint | Sensitive | Description |
|---|---|---|---|---|---|
| id | text | yes | 1..20 | | number of the thing |
| kind | code | yes | new, old | | |
| note | text | no | ..80 | | |
| tags | list of text | no | | | |

## Message: Thing

| Field | Type | Required | Constraint | Sensitive | Description |
|---|---|---|---|---|---|
| id | text | yes | 1..20 | | number of the thing |
| name | text | no | ..80 | personal | |
| kind | code | yes | new, old | | |
| count | integer | yes | 0..99 | | |
| limit | integer | no | | | |
| price | decimal(15,2) | yes | >= 0 | | |
| weight | decimal | no | | | |
| active | bool | yes | | | |
| due | date | no | | | |
| at | instant | yes | | | |
| parts | list of record | yes | 1..50 items | | |
| parts[].code | text | yes | | | |
| parts[].amount | decimal | yes | > 0 | | |
| owner | record | no | | | |
| owner.id | text | yes | | | |
| owner.mail | text | no | email | personal | |

## Message: ThingWrite

| Field | Type | Required | Constraint | Sensitive | Description |
|---|---|---|---|---|---|
| number | text | yes | 1..20 | | |
| name | text | no | ..80 | personal | |
| kind | code | no | new, old, other | | |
| count | integer | no | | | |

## Message: Row

| Field | Type | Required | Constraint | Sensitive | Description |
|---|---|---|---|---|---|
| CODE | text | yes | | | |
| AMOUNT | decimal(13,3) | yes | | | |
"#;

/// The other end.
pub const HOME: &str = r#"---
system: Home
code: HO
title: Our own side
owner: Team
auth: none
operations: {}
---

## Summary

Exists for tests.
"#;

/// An interface from Partner to Home with this flow and these tables.
pub fn interface(flow: &str, tables: &str) -> String {
    with_trigger("http: POST /in\n  message: Partner.Changed\n  auth: none\n  idempotency: event.id", flow, tables)
}

/// An interface with this trigger, flow and tables.
pub fn with_trigger(trigger: &str, flow: &str, tables: &str) -> String {
    format!(
        r#"---
smart_id: TEST-PA-HO-THING-V1
title: Things for tests
status: draft
domain: Tests
style: event-driven
source: Partner
target: Home
owners: {{ business: Team, technical: Team }}
trigger:
  {trigger}
flow:
{flow}
errors:
  retry: 3x every 30s, exponential backoff
  dead_letter: enabled
  alert: [Email]
history:
  - {{ date: 2026-01-05, version: 1, change: Created }}
---

## Summary

Exists for tests.

{tables}
"#
    )
}

/// The catalog of some documents, by path below `spec/`.
#[track_caller]
pub fn catalog_of(documents: &[(&str, &str)]) -> Catalog {
    let mut sources = Sources::default();
    for (path, text) in documents {
        let kind = if path.starts_with("systems/") { SourceKind::System } else { SourceKind::Interface };
        sources.insert(Source::new(format!("spec/{path}"), kind, text));
    }
    let (catalog, diagnostics) = catalog::check_sources(&sources);
    let errors: Vec<String> = diagnostics
        .items()
        .iter()
        .filter(|item| item.severity == catalog::diagnostic::Severity::Error)
        .map(|item| format!("{} {}:{} {} {:?}", item.code, item.path, item.span.line, item.message, item.help))
        .collect();
    catalog.unwrap_or_else(|| panic!("the documents of the test have errors:\n{}", errors.join("\n")))
}

/// The catalog of one interface with its two systems.
#[track_caller]
pub fn catalog_with(interface: &str) -> Catalog {
    catalog_of(&[
        ("systems/partner.md", PARTNER),
        ("systems/home.md", HOME),
        ("interfaces/TEST-PA-HO-THING-V1.md", interface),
    ])
}

/// The files of a catalog.
#[track_caller]
pub fn files(catalog: &Catalog) -> FileSet {
    let plan = plan(catalog).expect("no names collide");
    match emit(&plan, &Templates::embedded().expect("our templates parse")) {
        Ok(files) => files,
        Err(tieline_codegen::Error::NotRust { path, reason, text }) => panic!("{path}: {reason}\n{text}"),
        Err(error) => panic!("{error}"),
    }
}
