//! Blocks as data: what is promised, what was made, what is said.

use rust_decimal::Decimal;

use super::*;
use crate::message::{Fields, Number, Text};

/// A message with a field of every kind that can be spelled in two ways.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    code: String,
    price: Decimal,
    at: Option<jiff::Timestamp>,
    inner: Option<Inner>,
}

#[derive(Debug, Clone, PartialEq)]
struct Inner {
    x: i64,
}

impl Message for Line {
    const NAME: &'static str = "Line";
    const SENSITIVE: &'static [&'static str] = &[];

    fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            code: fields.required("code").text(Text::ANY.max(5)),
            price: fields.required("price").decimal(Number::ANY),
            at: fields.optional("at").map(crate::Slot::instant),
            inner: fields.optional("inner").map(crate::Slot::record),
        }
    }

    fn write(&self, record: &mut Record) {
        record.put("code", &self.code);
        record.put("price", &self.price);
        record.put("at", &self.at);
        record.put("inner", &self.inner);
    }
}

impl Message for Inner {
    const NAME: &'static str = "LineInner";
    const SENSITIVE: &'static [&'static str] = &[];

    fn read(fields: &mut Fields<'_>) -> Self {
        Self { x: fields.required("x").integer(Number::ANY) }
    }

    fn write(&self, record: &mut Record) {
        record.put("x", &self.x);
    }
}

fn made() -> Line {
    Line {
        code: "A".to_owned(),
        price: Decimal::new(62_000, 2),
        at: "2026-02-02T08:15:30Z".parse().ok(),
        inner: Some(Inner { x: 1 }),
    }
}

/// What is said about a block that shows `made()`; nothing if it does.
#[track_caller]
fn check(text: &'static str, expect: &str) {
    let said = json("line", 7, text).shows(&made()).map_or_else(|wrong| wrong.to_string(), |()| String::new());
    assert_eq!(said, expect, "{text}");
}

#[test]
fn values_are_compared_and_not_texts() {
    check(r#"{"code":"A","price":620.00,"at":"2026-02-02T08:15:30Z","inner":{"x":1}}"#, "");
    check(r#"{"inner":{"x":1},"at":"2026-02-02T09:15:30+01:00","price":620.0,"code":"A","more":null}"#, "");
    check(r#"{"code":"A","price":"620","at":"2026-02-02T08:15:30.000Z","inner":{"x":1}}"#, "");
}

#[test]
fn what_differs_is_named_field_by_field() {
    check(
        r#"{"code":"B","price":620.01,"inner":{"x":2}}"#,
        "`line` (line 7) is not what is made:\n  /code: promised \"B\", mapped \"A\"\n  /price: promised 620.01, mapped 620.00\n  \
         /inner/x: promised 2, mapped 1\n  /at: promised nothing, mapped \"2026-02-02T08:15:30Z\"",
    );
    check(
        r#"{"code":"A","price":620,"at":"2026-02-02T08:15:30Z","inner":{"x":1,"a/b":3},"y":[1]}"#,
        "`line` (line 7) is not what is made:\n  /inner/a~1b: promised 3, the message has no such field\n  \
         /y: promised [1], the message has no such field",
    );
}

#[test]
fn blocks_that_are_no_message_are_said() {
    check("{", "`line` (line 7): EOF while parsing an object (line 1, column 1)");
    check(r#"{"code":"ABCDEF"}"#, "`line` (line 7): /code must have at most 5 characters, has 6; /price is missing");
}

#[test]
fn rows_are_compared_one_by_one() {
    let row = |code: &str, price: i64| Line { code: code.to_owned(), price: price.into(), at: None, inner: None };
    let check = |separator: char, text: &'static str, expect: &str| {
        let rows = [row("A", 1), row("-B", 2)];
        let said = csv("rows", 3, separator, text).shows_all(&rows);
        assert_eq!(said.map_or_else(|wrong| wrong.to_string(), |()| String::new()), expect, "{text}");
    };
    check(';', "code;price;at\nA;1.0;\n'-B;2;\n", "");
    check(',', "price,code\r\n\"1\",A\r\n2,-B\r\n", "");
    check(
        ';',
        "code;price\nA;1\n",
        "`rows` (line 3) is not what is made:\n  /1: promised nothing, mapped {\"code\":\"-B\",\"price\":2}",
    );
    check(
        ';',
        "code;price;z\nA;1;\n-B;3;x\n",
        "`rows` (line 3) is not what is made:\n  /1/price: promised 3, mapped 2\n  \
         /1/z: promised \"x\", the message has no such field",
    );
    check(
        ';',
        "code;price\nA\n",
        "`rows` (line 3): CSV error: record 1 (line: 2, byte: 11): found record with 1 fields, but the previous record has 2 fields",
    );
}

#[test]
fn parameters_are_texts() {
    let read = |text| json("path", 1, text).parameters();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        read(r#"{"id":"a","size":7,"all":true,"no":null}"#),
        Ok(vec![pair("id", "a"), pair("size", "7"), pair("all", "true")])
    );
    assert!(read("[]").is_err());
    assert!(read(r#"{"id":[]}"#).is_err());
}

#[test]
fn a_failure_names_its_place() {
    let failed = replay("spec/interfaces/A.md", 90, "one pump", || json("line", 92, "{}").shows(&made()));
    let said = format!("{:?}", failed.unwrap_err());
    assert!(
        said.starts_with("spec/interfaces/A.md:90: example \"one pump\" does not hold\n`line` (line 92): "),
        "{said}"
    );
}
