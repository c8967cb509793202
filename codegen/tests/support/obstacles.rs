//! Names that have tripped generators: keywords, other scripts, digits in front, names of the runtime, very wide messages.

use std::fmt::Write as _;

/// The Smart ID of the interface.
pub const SMART_ID: &str = "T&E-CMB_CHINA-WP2-INVOICES-V1";

/// A system whose name begins with a digit, with messages named as the runtime's and Rust's own types.
pub fn partner() -> String {
    let mut wide = String::new();
    for number in 1..=1000 {
        let _ = writeln!(
            wide,
            "| FIELD_{number:04} | {} | {} | | | |",
            ["text", "integer", "decimal", "date", "instant"][number % 5],
            ["yes", "no"][number % 2]
        );
    }
    let keywords: String = KEYWORDS.iter().map(|word| format!("| {word} | text | no | | | |\n")).collect();
    let messages: String = TYPES.iter().map(|name| format!("## Message: {name}\n\n| Field | Type | Required | Constraint | Sensitive | Description |\n|---|---|---|---|---|---|\n| value | text | yes | | | |\n| code | code | no | some, none, ok, err | | |\n\n")).collect();
    let operations: String = TYPES
        .iter()
        .map(|name| format!("  put-{}:\n    title: Put {name}\n    rest: PUT /{name}\n    request: {name}\n    idempotent: natural\n", name.to_lowercase()))
        .collect();
    format!(
        r#"---
system: 3CMB China (招商) & Söhne
code: CMB_CHINA
title: A bank [with] <odd> names, see https://example.org
owner: Team
auth: none
operations:
  async:
    title: Named like a keyword
    rest: POST /async/{{type}}/{{step}}
    parameters: {{ type: text, step: integer, body: bool, ref: date, match: text }}
    request: Self
    response: Wide
    idempotent: natural
{operations}---

## Summary

Exists for tests.

## Message: Self

| Field | Type | Required | Constraint | Sensitive | Description |
|---|---|---|---|---|---|
{keywords}| Bestellgröße | decimal | no | | | Größe der Bestellung, siehe [1] <b>fett</b> |
| 価格 | decimal | no | | | |
| 1st | text | no | | | |
| a-b.c | text | no | | | |
| ПОЛЕ | text | no | | | |
| kind | code | yes | type, Self, 1, "", + , -, 価格, a b | | |
| nested | record | no | | | |
| nested.fn | record | no | | | |
| nested.fn.impl | list of text | no | | secret | |

## Message: Wide

| Field | Type | Required | Constraint | Sensitive | Description |
|---|---|---|---|---|---|
{wide}
{messages}"#
    )
    .replace("a-b.c", "a-b")
    .replace("\"\", + , -, ", "")
}

/// An interface that uses all of it, with variables named as the function's own.
pub fn interface() -> String {
    let sends: String = TYPES
        .iter()
        .map(|name| format!("  - send: 3CMB China (招商) & Söhne.put-{}\n    with: {{ value: \"${{event.type.or('x')}}\", code: ok }}\n", name.to_lowercase()))
        .collect();
    format!(
        r#"---
smart_id: {SMART_ID}
title: Invoices with [odd] <names>
status: draft
domain: Travel & Expenses
style: event-driven
source: 3CMB China (招商) & Söhne
target: WP2
owners: {{ business: Team, technical: Team }}
trigger:
  http: POST /in
  message: 3CMB China (招商) & Söhne.Self
  auth: none
  idempotency: text(event.kind)
flow:
  - call: 3CMB China (招商) & Söhne.async
    with: {{ type: "${{event.type.or('x')}}", step: 5, body: true, ref: "2026-02-28", match: "${{event.match.or('')}}", kind: type, fn: "${{event.fn}}" }}
    as: run
  - when: run.FIELD_0002 > 0 && event.kind == '1'
    then:
      - discard: "odd {{braces}} and \"quotes\" for ${{event.self.or('')}}"
  - let: ${{event.struct.or('')}}
    as: input
  - let: ${{input}}-${{run.FIELD_0002}}
    as: type
  - when: type == input
    then:
      - dead_letter: ${{type}}
{sends}errors:
  retry: none
  dead_letter: enabled
  alert: [Email]
history:
  - {{ date: 2026-01-05, version: 1, change: Created }}
---

## Summary

Exists for tests.
"#
    )
}

/// The target.
pub const WP2: &str = "---\nsystem: WP2\ncode: WP2\ntitle: Target\nowner: Team\nauth: none\noperations: {}\n---\n\n## Summary\n\nExists for tests.\n";

const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "union", "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "fields",
    "record", "field", "item",
];

const TYPES: &[&str] = &[
    "Option",
    "Vec",
    "String",
    "Result",
    "Some",
    "None",
    "Ok",
    "Err",
    "Box",
    "Value",
    "Record",
    "Message",
    "Request",
    "Step",
    "Stop",
    "Flow",
    "Custom",
    "Interface",
    "Operation",
    "System",
    "Text",
    "Number",
    "Date",
    "Sensitive",
    "Future",
];
