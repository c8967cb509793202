//! Readers as data: JSON in, every violation out.

use jiff::civil;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::{
    convert::{At as _, to_code},
    descriptor::{OutboundAuth, Repeat, System},
    format::{json, xml},
};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Unit {
    Day,
    Hour,
}

impl Unit {
    const VALUES: &'static [(&'static str, Self)] = &[("day", Self::Day), ("hour", Self::Hour)];
}

impl ToValue for Unit {
    fn to_value(&self) -> Value {
        Value::Text(if *self == Self::Day { "day" } else { "hour" }.to_owned())
    }
}

/// One field of every kind, as the generator writes it.
#[derive(Debug, Clone, PartialEq)]
struct Order {
    id: String,
    email: Option<Sensitive<String>>,
    unit: Unit,
    count: i64,
    price: Decimal,
    rush: bool,
    day: civil::Date,
    at: Option<civil::Time>,
    changed: jiff::Timestamp,
    party: Party,
    lines: Vec<Line>,
    tags: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
struct Party {
    name: Sensitive<String>,
}

#[derive(Debug, Clone, PartialEq)]
struct Line {
    material: String,
    quantity: Decimal,
}

impl Message for Order {
    const NAME: &'static str = "Order";
    const SENSITIVE: &'static [&'static str] = &["/email"];
    const UNKNOWN_FIELDS: UnknownFields = UnknownFields::Reject;

    fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            id: fields.required("id").text(Text::ANY.min(1).max(8).pattern("[A-Z0-9-]+")),
            email: fields.optional("email").map(|field| field.text(Text::EMAIL).into()),
            unit: fields.required("unit").code(Unit::VALUES),
            count: fields.required("count").integer(Number::ANY.min("1").below("100")),
            price: fields.required("price").decimal(Number::ANY.above("0").max("1000").digits(6, 2)),
            rush: fields.required("rush").boolean(),
            day: fields.required("day").date(),
            at: fields.optional("at").map(|field| field.time()),
            changed: fields.required("changed").instant(),
            party: fields.required("party").record(),
            lines: fields.items("lines", Items::REQUIRED.min(1).max(2), |item| item.record()),
            tags: fields.list("tags", |item| item.text(Text::ANY.max(3))),
        }
    }

    fn write(&self, record: &mut Record) {
        record.put("id", &self.id);
        record.put("email", &self.email);
        record.put("unit", &self.unit);
        record.put("count", &self.count);
        record.put("price", &self.price);
        record.put("rush", &self.rush);
        record.put("day", &self.day);
        record.put("at", &self.at);
        record.put("changed", &self.changed);
        record.put("party", &self.party);
        record.put("lines", &self.lines);
        record.put("tags", &self.tags);
    }
}

impl Message for Party {
    const NAME: &'static str = "Order.party";
    const SENSITIVE: &'static [&'static str] = &["/name"];

    fn read(fields: &mut Fields<'_>) -> Self {
        Self { name: fields.required("name").text(Text::ANY.max(5)).into() }
    }

    fn write(&self, record: &mut Record) {
        record.put("name", &self.name);
    }
}

impl Message for Line {
    const NAME: &'static str = "Order.lines";
    const SENSITIVE: &'static [&'static str] = &[];

    fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            material: fields.required("material").text(Text::ANY),
            quantity: fields.required("quantity").decimal(Number::ANY.min("0")),
        }
    }

    fn write(&self, record: &mut Record) {
        record.put("material", &self.material);
        record.put("quantity", &self.quantity);
    }
}

const GOOD: &str = r#"{"id":"A-1","email":"a@example.org","unit":"day","count":5,"price":620.50,"rush":true,
    "day":"2026-02-28","at":"17:30:00","changed":"2026-02-28T17:30:00Z","party":{"name":"Ann"},
    "lines":[{"material":"M","quantity":"1.500"}],"tags":["x"]}"#;

/// `GOOD` with some fields replaced (or, with `null`, taken away).
fn order(changes: &str) -> Value {
    let (Value::Record(good), Value::Record(changes)) =
        (json::read(GOOD.as_bytes()).unwrap(), json::read(changes.as_bytes()).unwrap())
    else {
        panic!("records expected");
    };
    let mut record = Record::new();
    for (name, value) in good.iter() {
        record.put(name, changes.get(name).unwrap_or(value));
    }
    for (name, value) in changes.iter().filter(|(name, _)| good.get(name).is_none()) {
        record.put(name, value);
    }
    Value::Record(record)
}

fn check(changes: &str, expect: &[&str]) {
    let violations = Order::from_value(&order(changes)).err().unwrap_or_default();
    let found: Vec<_> = violations.iter().map(|one| format!("{} {}", one.pointer, one.detail)).collect();
    assert_eq!(found, expect, "{changes}");
}

#[test]
fn a_good_message_reads_and_writes_back() {
    let order = Order::from_value(&order("{}")).unwrap();
    assert_eq!((order.id.as_str(), order.count, order.unit), ("A-1", 5, Unit::Day));
    assert_eq!(order.price, Decimal::new(62050, 2));
    assert_eq!(
        json::write(&order.checked().unwrap()),
        r#"{"id":"A-1","email":"a@example.org","unit":"day","count":5,"price":620.50,"rush":true,"day":"2026-02-28","at":"17:30:00","changed":"2026-02-28T17:30:00Z","party":{"name":"Ann"},"lines":[{"material":"M","quantity":1.500}],"tags":["x"]}"#
    );
}

#[test]
fn every_rule_says_what_it_wants() {
    check("{}", &[]);
    check(r#"{"email":null,"at":null,"tags":null}"#, &[]);
    check(r#"{"id":null}"#, &["/id is missing"]);
    check(r#"{"id":7}"#, &["/id must be a text"]);
    check(r#"{"id":""}"#, &["/id must have 1 to 8 characters, has 0"]);
    check(r#"{"id":"ABCDEFGHI"}"#, &["/id must have 1 to 8 characters, has 9"]);
    check(r#"{"id":"a b"}"#, &["/id must match the pattern [A-Z0-9-]+"]);
    check(r#"{"id":"AB\n"}"#, &["/id must match the pattern [A-Z0-9-]+"]);
    check(r#"{"unit":"week"}"#, &["/unit must be one of day, hour, not \"week\""]);
    check(r#"{"count":0}"#, &["/count must be at least 1, not 0"]);
    check(r#"{"count":100}"#, &["/count must be less than 100, not 100"]);
    check(r#"{"count":5.0}"#, &[]);
    check(r#"{"count":5.5}"#, &["/count must be a whole number of 64 bit, not 5.5"]);
    check(r#"{"count":9223372036854775808}"#, &["/count must be a whole number of 64 bit, not 9223372036854775808"]);
    check(r#"{"count":"5"}"#, &["/count must be a whole number"]);
    check(r#"{"price":"620.50"}"#, &[]);
    check(r#"{"price":6.2e2}"#, &[]);
    check(r#"{"price":0}"#, &["/price must be more than 0, not 0"]);
    check(r#"{"price":1000.01}"#, &["/price must be at most 1000, not 1000.01"]);
    check(r#"{"price":1.005}"#, &["/price must fit 4 digits before and 2 after the decimal point, not 1.005"]);
    check(r#"{"price":1e400}"#, &["/price must be a decimal of at most 28 digits, not 1e+400"]);
    check(r#"{"price":"much"}"#, &["/price must be a decimal of at most 28 digits, not \"much\""]);
    check(r#"{"rush":"true"}"#, &["/rush must be true or false"]);
    check(r#"{"day":"28.02.2026"}"#, &["/day must be a date such as 2026-02-28, not \"28.02.2026\""]);
    check(r#"{"day":"2026-02-30"}"#, &["/day must be a date such as 2026-02-28, not \"2026-02-30\""]);
    check(
        r#"{"day":"2026-02-28T10:00:00Z"}"#,
        &["/day must be a date such as 2026-02-28, not \"2026-02-28T10:00:00Z\""],
    );
    check(r#"{"at":"25:00:00"}"#, &["/at must be a time such as 17:30:00, not \"25:00:00\""]);
    check(
        r#"{"changed":"2026-02-28"}"#,
        &["/changed must be a point in time such as 2026-02-28T17:30:00Z, not \"2026-02-28\""],
    );
    check(r#"{"party":"Ann"}"#, &["/party must be a record"]);
    check(r#"{"lines":[]}"#, &["/lines must have at least 1 item, has 0"]);
    check(r#"{"lines":null}"#, &["/lines is missing"]);
    check(r#"{"lines":{}}"#, &["/lines must be a list"]);
    check(r#"{"lines":[null]}"#, &["/lines/0 must not be null"]);
    check(r#"{"tags":["abcd"]}"#, &["/tags/0 must have at most 3 characters, has 4"]);
    check(r#"{"surprise/~":1}"#, &["/surprise~1~0 is not a field of this message"]);
}

#[test]
fn all_violations_come_at_once_and_never_show_sensitive_values() {
    check(
        r#"{"id":"","email":"nobody","party":{"name":"Annabella"},"lines":[{"material":1},{"quantity":-1}]}"#,
        &[
            "/id must have 1 to 8 characters, has 0",
            "/email must be an e-mail address",
            "/party/name must have at most 5 characters, has 9",
            "/lines/0/material must be a text",
            "/lines/0/quantity is missing",
            "/lines/1/material is missing",
            "/lines/1/quantity must be at least 0, not -1",
        ],
    );
    let order = Order::from_value(&order("{}")).unwrap();
    assert!(!format!("{order:?}").contains("Ann") && !format!("{order:?}").contains("example.org"));
}

#[test]
fn a_body_that_is_no_record_is_one_violation() {
    for body in ["null", "[]", "\"x\"", "1"] {
        let violations = Order::from_value(&json::read(body.as_bytes()).unwrap()).unwrap_err();
        assert!(violations.to_string().starts_with("/ must be a record"), "{body}: {violations}");
    }
}

#[test]
fn violations_are_bounded() {
    let body = format!("{{\"tags\":[{}]}}", vec!["1"; 5000].join(","));
    let violations = Order::from_value(&order(&body)).unwrap_err();
    assert_eq!((violations.iter().len(), violations.more()), (100, 4900));
    assert!(violations.to_string().ends_with("and 4900 more"));
}

#[test]
fn an_outgoing_message_is_held_to_its_own_rules() {
    let mut order = Order::from_value(&order("{}")).unwrap();
    order.id = "far too long".to_owned();
    assert_eq!(order.checked().unwrap_err().to_string(), "message Order: /id must have 1 to 8 characters, has 12");
    let rows = [Party { name: "Ann".to_owned().into() }, Party { name: "Annabella".to_owned().into() }];
    let violations = checked_rows(&rows).unwrap_err().to_string();
    assert_eq!(violations, "message Order.party: /1/name must have at most 5 characters, has 9");
}

static SYSTEM: System = System {
    name: "SAP SRM7",
    auth: OutboundAuth::None,
    cloud_connector: false,
    max_concurrency: None,
    max_per_second: None,
    max_per_day: None,
};

static FIND: Operation = Operation {
    system: &SYSTEM,
    name: "find",
    protocol: Protocol::Rfc { function: "Z_FIND" },
    format: Format::Xml,
    query: &[],
    repeat: Repeat::Harmless,
    outcomes: &[],
    paging: None,
    timeout_ms: 1000,
    sensitive: &[],
};

#[test]
fn xml_replies_spell_everything_in_characters() {
    let text = "<o><id>A-1</id><email/><unit>hour</unit><count>007</count><price> 1.50 </price><rush>X</rush>\
        <day>2026-02-28</day><at/><changed>2026-02-28T17:30:00Z</changed><party><name>Ann</name></party>\
        <lines><item><material>M</material><quantity>2</quantity></item></lines><tags>a</tags><tags>b</tags></o>";
    let reply = xml::read(text.as_bytes()).unwrap().to_value();
    let order = Order::from_reply(&FIND, &reply).unwrap();
    assert_eq!((order.count, order.rush, order.at, order.email.is_none()), (7, true, None, true));
    assert_eq!((order.lines.len(), order.tags.len()), (1, 2));
    assert!(Order::from_value(&reply).is_err(), "JSON is not as patient");

    let reply = xml::read(b"<o><id>A-1</id><lines/></o>").unwrap().to_value();
    let violations = Order::from_reply(&FIND, &reply).unwrap_err().to_string();
    assert!(violations.starts_with("reply of SAP SRM7.find: /unit is missing"), "{violations}");
    assert!(violations.ends_with("/lines must have at least 1 item, has 0"), "{violations}");
}

#[test]
fn parameters_are_characters_too() {
    let parameters = [("quantity".to_owned(), "2".to_owned()), ("quantity".to_owned(), "3".to_owned())];
    let violations = Line::from_parameters(&parameters).unwrap_err().to_string();
    assert_eq!(violations, "/path/material is missing");
}

#[test]
fn addresses_are_told_from_other_texts() {
    let is_email = |text: &str| Text::EMAIL.problem(text).is_none();
    for good in ["a@example.org", "first.last+tag@sub.example.org", "jürgen@müller.example"] {
        assert!(is_email(good), "{good}");
    }
    for bad in [
        "",
        "a",
        "@example.org",
        "a@",
        "a@example",
        "a b@example.org",
        "a@-x.org",
        ".a@x.org",
        "a..b@x.org",
        "a@x..org",
    ] {
        assert!(!is_email(bad), "{bad}");
    }
}

#[test]
fn codes_out_of_texts_name_their_row() {
    let error = to_code("week", Unit::VALUES).at("unit", 7).unwrap_err();
    assert_eq!(error.to_string(), "unit (line 7): is none of the values the field allows");
}

proptest! {
    #[test]
    fn readers_take_any_json(text in "\\PC{0,200}", tail in any::<Vec<u8>>()) {
        for bytes in [text.as_bytes(), tail.as_slice()] {
            if let Ok(value) = json::read(bytes) {
                let _ = Order::from_value(&value);
                let _ = Order::from_reply(&FIND, &value);
            }
        }
    }

    #[test]
    fn any_replacement_of_a_field_reads_or_is_named(field in 0_usize..12, with in "[ -~]{0,30}") {
        let names = ["id", "email", "unit", "count", "price", "rush", "day", "at", "changed", "party", "lines", "tags"];
        let mut changes = Record::new();
        changes.put(names[field], &with);
        if let Err(violations) = Order::from_value(&order(&json::write(&Value::Record(changes)))) {
            let pointer = format!("/{}", names[field]);
            prop_assert!(violations.iter().all(|violation| violation.pointer.starts_with(&pointer)));
        }
    }
}
