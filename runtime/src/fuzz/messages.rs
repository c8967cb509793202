//! Messages: trees of any shape against a table of fields, one of each kind.
//!
//! In: any bytes. Out: nothing. Never knows: interfaces.

use jiff::{Timestamp, civil};
use rust_decimal::Decimal;

use super::{Target, partners};
use crate::{
    format::{json, xml},
    message::{Fields, Items, Message, Number, Sensitive, Text, UnknownFields},
    value::Record,
};

pub(super) const TARGETS: &[Target] = &[Target {
    name: "message",
    run: |bytes| {
        // What a message reads, it writes, and reads again as the same.
        let Ok(tree) = json::read(bytes) else {
            let tree = xml::read(bytes).map(|element| element.to_value()).unwrap_or_default();
            return drop(Order::from_reply(&partners::READ_XML, &tree));
        };
        if let Ok(order) = Order::from_value(&tree) {
            assert_eq!(order.checked().ok(), Some(order.to_tree()));
        }
    },
    examples: &[
        r#"{"id":"A-1","email":"ada@example.org","unit":"day","count":7,"price":"12.50","rush":true,"day":"2026-02-28","at":"23:59:59","changed":"2026-02-01T12:00:00Z","lines":[{"material":"M-1","quantity":2.5}],"tags":["a","b"]}"#,
        "<order><id>A-1</id><unit>hour</unit><count>7</count><price>1E2</price><rush>true</rush><day>2026-02-28</day><changed>2026-02-01T12:00:00Z</changed><lines><material>M</material><quantity>1</quantity></lines></order>",
    ],
}];

#[derive(Debug)]
struct Order {
    id: String,
    email: Option<Sensitive<String>>,
    unit: u8,
    count: i64,
    price: Decimal,
    rush: bool,
    day: civil::Date,
    at: Option<civil::Time>,
    changed: Timestamp,
    lines: Vec<Line>,
    tags: Vec<String>,
}

#[derive(Debug)]
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
            unit: fields.required("unit").code(&[("day", 1), ("hour", 2)]),
            count: fields.required("count").integer(Number::ANY.min("1").below("100")),
            price: fields.required("price").decimal(Number::ANY.above("0").max("1000").digits(6, 2)),
            rush: fields.required("rush").boolean(),
            day: fields.required("day").date(),
            at: fields.optional("at").map(|field| field.time()),
            changed: fields.required("changed").instant(),
            lines: fields.items("lines", Items::REQUIRED.min(1).max(2), |item| item.record()),
            tags: fields.list("tags", |item| item.text(Text::ANY.max(3))),
        }
    }

    fn write(&self, record: &mut Record) {
        record.put("id", &self.id);
        record.put("email", &self.email);
        record.put("unit", &if self.unit == 1 { "day" } else { "hour" });
        record.put("count", &self.count);
        record.put("price", &self.price);
        record.put("rush", &self.rush);
        record.put("day", &self.day);
        record.put("at", &self.at);
        record.put("changed", &self.changed);
        record.put("lines", &self.lines);
        record.put("tags", &self.tags);
    }
}

impl Message for Line {
    const NAME: &'static str = "Order.lines";
    const SENSITIVE: &'static [&'static str] = &[];

    fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            material: fields.required("material").text(Text::ANY.max(40)),
            quantity: fields.required("quantity").decimal(Number::ANY),
        }
    }

    fn write(&self, record: &mut Record) {
        record.put("material", &self.material);
        record.put("quantity", &self.quantity);
    }
}
