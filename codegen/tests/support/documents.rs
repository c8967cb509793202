//! Documents with every construct of the language; snapshots show the Rust they become, a compiler reads it.

use super::{interface, with_trigger};

/// Every document that is a whole interface, by a name for files.
pub fn all() -> Vec<(&'static str, String)> {
    vec![
        ("fetch_when_discard", fetch_when_discard()),
        ("route_and_dead_letter", route_and_dead_letter()),
        ("for_each_let_and_csv", for_each_let_and_csv()),
        ("mapping_rules", mapping_rules()),
        ("lookups_that_can_miss", lookups_that_can_miss()),
        ("reply_with_parameters", reply_with_parameters()),
        ("timetable", timetable()),
        ("parameters_of_every_type", parameters_of_every_type()),
        ("examples", examples()),
    ]
}

fn fetch_when_discard() -> String {
    interface(
        r#"
  - fetch: Partner.read-thing
    title: The event carries the id only
    with: { id: "${event.id}" }
    as: thing
  - when: thing.count == 0
    then:
      - discard: nothing in ${thing.id}
    otherwise:
      - call: Partner.write-thing
        with: { id: "${event.id}", number: "${thing.id}", name: "${thing.name}", kind: "${thing.kind}", count: 5 }
  - send: Partner.write-thing
    name: second
    with: { id: "A-${event.id}", number: "${event.id}" }
"#,
        "",
    )
}

fn route_and_dead_letter() -> String {
    interface(
        r#"
  - route:
      - when: event.kind == 'new'
        label: new
        then:
          - discard: not yet
      - when: event.id.endsWith('X')
        label: ends in X
        then:
          - send: Partner.write-thing
            with: { id: "${event.id}", number: x, kind: other }
    otherwise:
      - dead_letter: no way for ${event.id}
"#,
        "",
    )
}

fn for_each_let_and_csv() -> String {
    interface(
        r#"
  - fetch: Partner.read-thing
    with: { id: "${event.id}" }
    as: thing
  - for_each: thing.parts
    as: part
    do:
      - let: ${part.code}-${event.id}
        as: number
      - send: Partner.write-thing
        with: { id: "${number}", number: "${part.code}" }
  - for_each: event.tags
    as: type
    do:
      - send: Partner.write-thing
        name: tag
        with: { id: "${type}", number: "${type}" }
  - map: Row
    each: thing.parts
    item: part
    as: rows
  - send: Partner.put-rows
    with: { fileName: "${event.id}.csv", body: "${rows}" }
"#,
        "## Mapping: Row

| Target field | Source | Rule | Note |
|---|---|---|---|
| CODE | part.code | | |
| AMOUNT | part.amount | round 3 | |
",
    )
}

fn mapping_rules() -> String {
    interface(
        r#"
  - fetch: Partner.read-thing
    with: { id: "${event.id}" }
    as: thing
  - map: Target
    from: [thing, event]
    as: target
  - send: Partner.write-thing
    with: { id: "${target.number}", number: "${target.joined}", name: "${target.name}" }
"#,
        &format!(
            "{TARGET}
## Mapping: Target

| Target field | Source | Rule | Note |
|---|---|---|---|
| number | thing.id | pad 10 with 0 | SAP wants zeros |
| name | thing.name | | |
| plainName | thing.name | upper | |
| secret | thing.name | default \"none\" | |
| kind | thing.kind | lookup Age | |
| wide | thing.kind | | |
| count | thing.limit | | |
| price | thing.weight.or(1.5) * thing.price | expr | |
| day | thing.at | date in Europe/Paris | |
| due | thing.due | | |
| written | thing.due | date %d.%m.%Y | |
| joined | thing.id, text(thing.kind) | concat \"/\" | |
| fixed | | const \"7\" | |
| parts[] | thing.parts | each | |
| parts[].code | item.code | truncate 3 | |
| parts[].of | event.id | | |
| owner.mail | thing.owner.mail | lower | |
| labels | event.tags | | |

## Lookup: Age

| From | To |
|---|---|
| new | fresh |
| old | stale |
"
        ),
    )
}

fn lookups_that_can_miss() -> String {
    interface(
        r#"
  - fetch: Partner.read-thing
    with: { id: "${event.id}" }
    as: thing
  - map: Short
    from: thing
    as: short
  - send: Partner.write-thing
    with: { id: "${short.a}", number: "${short.b}" }
"#,
        "
## Message: Short

| Field | Type | Required | Constraint | Sensitive | Description |
|---|---|---|---|---|---|
| a | text | yes | | | |
| b | text | yes | | | |
| c | text | no | | | |

## Mapping: Short

| Target field | Source | Rule | Note |
|---|---|---|---|
| a | thing.id | lookup Open | |
| b | thing.id | lookup Closed | |
| c | thing.name | split \"-\" 1 | |

## Lookup: Open

| From | To |
|---|---|
| x | 1 |

## Lookup: Closed

| From | To |
|---|---|
| x | 1 |
| * | 2 |
",
    )
}

fn reply_with_parameters() -> String {
    with_trigger(
        "request: GET /things/{id}\n  parameters: { id: text(..18), size: integer }\n  auth: none",
        r#"
  - fetch: Partner.read-thing
    with: { id: "${path.id}" }
    as: thing
  - when: path.size > thing.count
    then:
      - reply: none
        status: 204
  - reply: Answer
    status: 200
    with: { id: "${thing.id}", left: "${thing.count - path.size}" }
"#,
        "
## Message: Answer

| Field | Type | Required | Constraint | Sensitive | Description |
|---|---|---|---|---|---|
| id | text | yes | | | |
| left | integer | yes | | | |
",
    )
}

const TARGET: &str = "
## Message: Target

| Field | Type | Required | Constraint | Sensitive | Description |
|---|---|---|---|---|---|
| number | text | yes | | | |
| name | text | no | | personal | |
| plainName | text | no | | | |
| secret | text | yes | | secret | |
| kind | code | yes | fresh, stale | | |
| wide | code | no | new, old, other | | |
| count | integer | no | | | |
| price | decimal(13,2) | yes | | | |
| day | date | yes | | | |
| due | date | no | | | |
| written | text | no | | | |
| joined | text | yes | | | |
| fixed | integer | yes | | | |
| parts | list of record | yes | | | |
| parts[].code | text | yes | | | |
| parts[].of | text | yes | | | |
| owner | record | no | | | |
| owner.mail | text | no | | | |
| labels | list of text | no | | | |
";

/// A step that the user writes in Rust.
pub fn custom_steps() -> String {
    interface(
        r#"
  - fetch: Partner.read-thing
    with: { id: "${event.id}" }
    as: thing
  - custom: score_thing
    with: { thing: "${thing}", name: "${thing.name}", price: "${thing.price}" }
    returns: integer
    as: score
    description: How much the thing is worth, from 0 to 100.
  - custom: note_thing
    with: { parts: "${thing.parts}", limit: "${thing.limit}", kind: "${thing.kind}" }
    description: Notes what was seen.
  - when: score < 10
    then:
      - discard: worth nothing
"#,
        "## Example: a new thing\n\n```json event\n{ \"id\": \"A\", \"kind\": \"new\" }\n```\n",
    )
}

/// Examples with blocks of every kind: compared, only read, not replayed; titles that are the same name.
fn examples() -> String {
    interface(
        r#"
  - fetch: Partner.read-thing
    with: { id: "${event.id}" }
    as: thing
  - map: Row
    each: thing.parts
    item: part
    as: rows
  - send: Partner.put-rows
    with: { fileName: "${event.id}.csv", body: "${rows}" }
"#,
        r###"## Mapping: Row

| Target field | Source | Rule | Note |
|---|---|---|---|
| CODE | part.code | | |
| AMOUNT | part.amount | round 3 | |

## Example: map Row

```json event
{ "id": "A", "kind": "new" }
```

```json thing
{ "id": "A", "kind": "new", "count": 1, "price": 2.50, "active": true, "at": "2026-02-02T08:15:30Z",
  "parts": [ { "code": "P\\#1", "amount": 1.5 }, { "code": "\"#", "amount": 2 } ] }
```

```csv rows
CODE;AMOUNT
P\#1;1.5
"""#";2
```

## Example: map-row

```json thing
{ "id": "A", "kind": "new", "count": 1, "price": 2, "active": true, "at": "2026-02-02T08:15:30Z",
  "parts": [ { "code": "P", "amount": 1 } ] }
```

## Example: Map row!

```xml event
<event/>
```

```csv rows
CODE;AMOUNT
P;1
```
"###,
    )
}

/// Conditions over `thing` and `event`.
pub const CONDITIONS: &[&str] = &[
    "thing.count > 3 && thing.kind == 'new'",
    "!thing.active || thing.price <= 21.5",
    "thing.count + 1 > 10 / thing.count",
    "thing.price * 2 >= thing.price - 1",
    "thing.name.or('') != ''",
    "thing.name.isSet()",
    "thing.name.isSet() && thing.name.startsWith('A')",
    "thing.limit.isSet() && thing.limit > 3",
    "thing.limit.or(5) == thing.count",
    "thing.kind in ['new']",
    "thing.id in ['a', 'b', event.id]",
    "'x' in event.tags",
    "thing.parts.all(part, part.amount < 10)",
    "thing.parts.exists(part, part.amount + 1 > 10)",
    "size(thing.parts) > 2 && size(thing.id) == 4",
    "thing.id.matches(r'^[A-Z]{2}\\d+$')",
    "thing.id.lower().contains('x') || thing.id.upper().endsWith('Y')",
    "thing.parts[0].code == thing.id.trim().skip(1)",
    "text(thing.count) == thing.id",
    "(thing.count > 1 ? thing.price : 0.5) > 1",
    "thing.owner.isSet()",
    "thing.owner.id.or('nobody') == 'x'",
    "thing.owner.mail.or('') == ''",
    "thing.count % 2 == 0",
    "-thing.count < 0",
    "text(thing.kind) == text(event.kind)",
    "thing.due.isSet() && thing.active == true",
    "thing.id < event.id",
];

/// An interface that fetches a thing and asks these conditions one after the other.
pub fn conditions(texts: &[&str]) -> String {
    let mut flow = "  - fetch: Partner.read-thing\n    with: { id: \"${event.id}\" }\n    as: thing\n".to_owned();
    for text in texts {
        // What YAML would read as something else stands in quotes, as an architect would write it.
        let special = text.starts_with(['!', '-', '(', '\'']) || text.contains(": ") || text.contains('\\');
        let text = if special { format!("{text:?}") } else { (*text).to_owned() };
        flow.push_str(&format!("  - when: {text}\n    then:\n      - discard: enough\n"));
    }
    interface(&flow, "")
}

fn timetable() -> String {
    with_trigger(
        "schedule: \"0 6 * * *\"\n  zone: Europe/Paris\n  missed: all(max 3)\n  catch_up: 10d\n  overlap: queue_one",
        r#"
  - fetch: Partner.read-thing
    with: { id: all }
    as: thing
  - for_each: thing.parts
    as: run
    do:
      - when: run.amount > 5
        then:
          - dead_letter: ${run.amount}
"#,
        "",
    )
}

fn parameters_of_every_type() -> String {
    with_trigger(
        "request: GET /kinds/{kind}\n  parameters: { kind: \"code(new, old)\", count: integer, due: date, active: bool, price: decimal }\n  auth: none",
        r#"
  - when: path.kind == 'new' && path.active
    then:
      - fetch: Partner.read-thing
        with: { id: "${text(path.kind)}-${path.count}" }
        as: thing
      - reply: Answer
        with: { kind: "${path.kind}", due: "${path.due}", total: "${path.price * thing.price}", name: "${thing.name}" }
  - reply: Answer
    with: { kind: "${path.kind}", due: "${path.due}", total: "${path.price}" }
"#,
        "
## Message: Answer

| Field | Type | Required | Constraint | Sensitive | Description |
|---|---|---|---|---|---|
| kind | code | yes | old, new | | |
| due | date | yes | | | |
| total | decimal | yes | | | |
| name | text | no | | | |
",
    )
}
