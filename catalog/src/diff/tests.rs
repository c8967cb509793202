//! One document, one edit a case, and what readers are told about it.

use super::{Weight, between};
use crate::source::{Source, SourceKind, Sources};

const PATH: &str = "spec/interfaces/SALES-SHOP-BOOKS-ORDER-V1.md";

const BEFORE: &str = "\
---
smart_id: SALES-SHOP-BOOKS-ORDER-V1
title: Order to booking
status: active
owners: { business: Sales }
trigger:
  http: POST /orders
  message: Order
  auth: { oauth2: { scopes: [orders.write] } }
  max_body: 10 MB
flow:
  - map: Booking
    from: event
    as: booking
  - when: event.total == 0
    then:
      - discard: nothing to pay
  - send: BOOKS.create-booking
    with: booking
errors:
  retry: 3x every 30s
  dead_letter: enabled
  alert: [SAP Alert Notification, Email]
artefacts:
  - { kind: API proxy, name: Orders_V1 }
history:
  - { date: 2025-01-01, version: 1, change: Created }
---
## Summary
An order becomes a booking.

## Message: Order

| Field | Type | Required | Constraint | Description |
|---|---|---|---|---|
| number | text | yes | 1..10 | of the shop |
| total | decimal | no | | |

## Mapping: Booking

| Target field | Source | Rule |
|---|---|---|
| id | event.number | |
| amount | event.total | default 0 |

## Lookup: Unit

| From | To |
|---|---|
| day | DAY |
";

fn sources(text: &str) -> Sources {
    let mut sources = Sources::default();
    sources.insert(Source::new(PATH, SourceKind::Interface, text));
    sources
}

fn told(edit: (&str, &str)) -> Vec<String> {
    assert!(BEFORE.contains(edit.0), "{}", edit.0);
    let after = BEFORE.replacen(edit.0, edit.1, 1);
    let differences = between(&sources(BEFORE), &sources(&after));
    differences.iter().map(|it| format!("{}: {}", it.weight.word(), it.sentence)).collect()
}

#[test]
fn every_edit_has_its_sentence() {
    let cases: &[(&str, &str)] = &[
        ("3x every 30s", "5x every 30s"),
        ("3x every 30s", "3 times every 30s"),
        ("3x every 30s", "3x every 30s, exponential backoff"),
        ("dead_letter: enabled", "dead_letter: not applicable"),
        ("[SAP Alert Notification, Email]", "[Email, PagerDuty]"),
        ("POST /orders", "POST /v2/orders"),
        ("[orders.write]", "[orders.create]"),
        ("10 MB", "5 MB"),
        ("10 MB", "20 MB"),
        ("status: active", "status: deprecated"),
        ("status: active", "status: retired"),
        ("Order to booking", "Orders become bookings"),
        ("business: Sales", "business: Finance"),
        ("nothing to pay", "free of charge"),
        ("  - send: BOOKS.create-booking", "  - call: BOOKS.check\n  - send: BOOKS.create-booking"),
        (
            "  - when: event.total == 0\n    then:\n      - discard: nothing to pay\n  - send: BOOKS.create-booking\n    with: booking",
            "  - send: BOOKS.create-booking\n    with: booking\n  - when: event.total == 0\n    then:\n      - discard: nothing to pay",
        ),
        ("event.total == 0", "event.total <= 0"),
        ("Orders_V1", "Orders_V2"),
        ("An order becomes", "Every order becomes"),
        ("| total | decimal | no | | |", "| total | decimal | yes | | |"),
        ("| total | decimal | no | | |", "| total | integer | no | | |"),
        ("| total | decimal | no | | |\n", ""),
        ("| total | decimal | no | | |", "| total | decimal | no | | |\n| note | text | no | | |"),
        ("| total | decimal | no | | |", "| total | decimal | no | | |\n| note | text | yes | | |"),
        ("1..10", "1..8"),
        ("of the shop", "of the web shop"),
        ("default 0", "default 1"),
        ("| id | event.number | |", "| id | event.number | trim |"),
        ("| day | DAY |", "| day | D |"),
        ("| day | DAY |", "| day | DAY |\n| hour | HUR |"),
        ("{ business: Sales }", "\n  business: 'Sales'"),
    ];
    let mut out = String::new();
    for (from, to) in cases {
        let lines = told((from, to));
        let said = if lines.is_empty() { "(nothing)".to_owned() } else { lines.join("\n    ") };
        out.push_str(&format!("{from:?} -> {to:?}\n    {said}\n"));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn documents_come_and_go() {
    let (some, none) = (sources(BEFORE), Sources::default());
    let new = between(&none, &some);
    assert_eq!((new[0].weight, new[0].line_after), (Weight::Behavioural, 1));
    let gone = between(&some, &none);
    assert_eq!(gone[0].sentence, "The interface SALES-SHOP-BOOKS-ORDER-V1 is gone.");
    assert_eq!(gone[0].weight, Weight::Breaking);
    assert!(between(&some, &some).is_empty());
}

#[test]
fn the_heaviest_comes_first_and_knows_its_lines() {
    let after = BEFORE.replace("An order becomes", "Orders become").replace("POST /orders", "PUT /orders");
    let found = between(&sources(BEFORE), &sources(&after));
    let weights: Vec<Weight> = found.iter().map(|it| it.weight).collect();
    assert_eq!(weights, [Weight::Breaking, Weight::Editorial]);
    assert_eq!((found[0].place.as_str(), found[0].line_before, found[0].line_after), ("trigger.http", 7, 7));
}
