//! The texts of synthetic documents: eight fields on each side, one filter, one mapping, one lookup, retry, dead letters.
//!
//! In: numbers. Out: Markdown and TOML. Never knows: files.

use std::fmt::Write as _;

/// Number of systems.
pub(crate) const SYSTEMS: usize = 40;

const DOMAINS: [&str; 20] = [
    "PROC", "SALES", "SUPPLYCHAIN", "FIN", "HR", "LOG", "MFG", "QM", "PM", "CRM", "SRM", "TAX", "TREASURY", "LEGAL", "IT", "RD",
    "MKT", "SERVICE", "EHS", "MDM",
];

const OBJECTS: [&str; 10] =
    ["ORDER", "INVOICE", "DELIVERY", "CUSTOMER", "PRICE", "STOCK", "PAYMENT", "CONTRACT", "EMPLOYEE", "ASSET"];

/// A system with one read and one write.
pub(crate) fn system(number: usize) -> String {
    format!(
        r#"---
system: System {number:02}
code: S{number:02}
title: Synthetic system {number:02}
owner: Team {number:02}
auth: {{ oauth2: {{ scopes: [data.write] }} }}
limits: {{ concurrency: 4, per_second: 50 }}
operations:
  read-object:
    title: Read one object
    rest: GET /api/objects/{{id}}
    parameters: {{ id: text }}
    response: Object
    idempotent: natural
  write-object:
    title: Write one object
    rest: PUT /api/objects/{{id}}
    parameters: {{ id: text }}
    request: ObjectWrite
    idempotent: natural
    outcomes:
      - {{ status: 409, class: duplicate, reason: the object is there already }}
---

## Summary

A system that exists for measuring.

## Message: ObjectChanged

| Field | Type | Required | Constraint | Sensitive | Description |
|---|---|---|---|---|---|
| eventId | text | yes | 1..64 | | same over repeated notifications |
| id | text | yes | 1..20 | | number of the object |

## Message: Object

| Field | Type | Required | Constraint | Sensitive | Description |
|---|---|---|---|---|---|
{fields}
## Message: ObjectWrite

| Field | Type | Required | Constraint | Sensitive | Description |
|---|---|---|---|---|---|
{fields}"#,
        fields = FIELDS
    )
}

const FIELDS: &str = "\
| number | text | yes | 1..20 | | number of the object |
| name | text | no | ..80 | personal | name of the person in charge |
| status | code | yes | open, closed, blocked | | |
| quantity | decimal(13,3) | yes | >= 0 | | |
| amount | decimal(15,2) | yes | | | |
| currency | text | yes | 3..3 | | ISO 4217 |
| dueDate | date | no | | | |
| changedAt | instant | yes | | | |
";

/// The Smart ID and text of an interface.
pub(crate) fn interface(number: usize) -> (String, String) {
    let domain = DOMAINS[number % DOMAINS.len()];
    // A domain has two systems of its own and talks to two of its neighbour.
    let (home, round) = (2 * (number % DOMAINS.len()), number / DOMAINS.len());
    let source = home + round % 2;
    let target = (home + 2 + round / 2 % 2) % SYSTEMS;
    let object = OBJECTS[number / DOMAINS.len() % OBJECTS.len()];
    let smart_id = format!("{domain}-S{source:02}-S{target:02}-{object}-{number:04}-V1");
    let mut text = String::new();
    let _ = write!(
        text,
        r#"---
smart_id: {smart_id}
title: Synthetic interface {number}
status: active
domain: Domain {domain}
style: event-driven
volume: {{ per_day: 1000 }}
source: System {source:02}
target: System {target:02}
owners: {{ business: Team A, technical: Team B, support: Team C }}
sla: {{ latency_p95: 10min, availability: 99.9% }}

trigger:
  http: POST /in/{number:04}
  message: System {source:02}.ObjectChanged
  auth: {{ oauth2: {{ scopes: [object.write] }} }}
  idempotency: event.eventId

flow:
  - fetch: System {source:02}.read-object
    with: {{ id: "${{event.id}}" }}
    as: object
  - when: object.status == 'blocked' && object.quantity > 0
    then:
      - discard: object ${{event.id}} is blocked
  - map: Target
    from: object
    as: target
  - send: System {target:02}.write-object
    with:
      id: ${{target.number}}
      number: ${{target.number}}
      name: ${{target.owner}}
      status: ${{object.status}}
      quantity: ${{target.quantity}}
      amount: ${{target.amount}}
      currency: ${{target.currency}}
      dueDate: ${{object.dueDate}}
      changedAt: ${{object.changedAt}}

errors:
  retry: 3x every 30s, exponential backoff
  dead_letter: enabled
  alert: [Email]

history:
  - {{ date: 2026-01-05, version: 1, change: Created }}
---

## Summary

An interface that exists for measuring.

## Mapping: Target

| Target field | Source | Rule | Note |
|---|---|---|---|
| number | object.number | pad 10 with 0 | |
| owner | object.name | default "nobody" | |
| state | object.status | lookup State | |
| quantity | object.quantity | | halves are common |
| amount | object.amount | round 2 | |
| currency | object.currency | upper | |
| day | object.changedAt | date in Europe/Paris | |
| label | object.number, object.currency | concat "/" | |

## Lookup: State

| From | To |
|---|---|
| open | O |
| closed | C |
| blocked | B |

## Message: Target

| Field | Type | Required | Constraint | Sensitive | Description |
|---|---|---|---|---|---|
| number | text | yes | 10..20 | | |
| owner | text | yes | ..80 | personal | |
| state | text | yes | 1..1 | | |
| quantity | decimal(13,3) | yes | >= 0 | | |
| amount | decimal(15,2) | yes | | | |
| currency | text | yes | 3..3 | | |
| day | date | yes | | | |
| label | text | yes | ..40 | | |
"#
    );
    (smart_id, text)
}

/// An environment that places every system.
pub(crate) fn environment() -> String {
    let mut text = String::from(
        r#"[listen]
http = "127.0.0.1:8080"
admin = "127.0.0.1:8081"
[store]
sqlite = "data/tieline.db"
[identity]
issuer = "http://127.0.0.1:9000"
audience = "tieline"
jwks_url = "http://127.0.0.1:9000/token_keys"
[alerts."Email"]
kind = "smtp"
host = "127.0.0.1:9050"
from = "tieline@example.org"
to = ["integration-support@example.org"]
tls = "none"
"#,
    );
    for number in 0..SYSTEMS {
        let _ = write!(
            text,
            r#"[systems."System {number:02}"]
base_url = "http://127.0.0.1:9100"
token_url = "http://127.0.0.1:9000/oauth/token"
client_id = "tieline"
client_secret = "env:SYSTEM_{number:02}_SECRET"
"#
        );
    }
    text
}
