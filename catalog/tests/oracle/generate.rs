//! Expressions that are mostly well typed, written the way people do, and records for them.

use super::value::Value;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;

const TEXTS: [&str; 7] = ["", "x", "A", "one", "late", "A-1 é", " é\t"];

/// A record with a value, or none, in every field.
pub(super) fn report() -> impl Strategy<Value = Value> {
    let text = || select(TEXTS.to_vec()).prop_map(|text| Value::Text(text.to_owned()));
    let number = prop_oneof![4 => -5_i64..6, 1 => select(vec![i64::MIN, i64::MAX, 2026])].prop_map(Value::Integer);
    let code = || select(vec!["A", "B", "C"]).prop_map(|code| Value::Text(code.to_owned()));
    let extra = (quarter(), perhaps(text()))
        .prop_map(|(amount, currency)| Value::Record(vec![("amount", amount), ("currency", currency)]));
    let line =
        (quarter(), perhaps(text())).prop_map(|(rate, note)| Value::Record(vec![("rate", rate), ("note", note)]));
    let lists = (proptest::collection::vec(line, 0..3), proptest::collection::vec(text(), 0..3));
    let plain = (text(), number.clone(), number, quarter(), code(), any::<bool>());
    let optional = (perhaps(text()), perhaps(quarter()), perhaps(code()), perhaps(extra));
    (plain, optional, lists).prop_map(
        |((id, year, count, amount, status, closed), (title, rate, former, extra), (lines, tags))| {
            Value::Record(vec![
                ("id", id),
                ("title", title),
                ("year", year),
                ("count", count),
                ("amount", amount),
                ("rate", rate),
                ("status", status),
                ("former", former),
                ("closed", Value::Bool(closed)),
                ("extra", extra),
                ("overtime", Value::List(lines)),
                ("tags", Value::List(tags)),
            ])
        },
    )
}

/// The record of the corner cases.
pub(super) fn plain_report() -> Value {
    let text = |text: &str| Value::Text(text.to_owned());
    let line =
        |rate: i64, note: Value| Value::Record(vec![("rate", Value::Decimal(Decimal::new(rate, 2))), ("note", note)]);
    Value::Record(vec![
        ("id", text("A-1 é")),
        ("title", Value::Absent),
        ("year", Value::Integer(2026)),
        ("count", Value::Integer(3)),
        ("amount", Value::Decimal(Decimal::new(150, 2))),
        ("rate", Value::Absent),
        ("status", text("A")),
        ("former", Value::Absent),
        ("closed", Value::Bool(false)),
        ("extra", Value::Absent),
        ("overtime", Value::List(vec![line(150, Value::Absent), line(200, text("late"))])),
        ("tags", Value::List(vec![text("one"), text("x")])),
    ])
}

/// The text of a condition.
pub(super) fn condition() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        6 => comparison(),
        1 => Just("report.closed".to_owned()),
        2 => select(vec![
            "report.title.isSet()",
            "!report.rate.isSet()",
            "report.title.isSet() && report.title == 'x'",
            "!report.extra.isSet() || report.extra.amount > 0.5",
            "report.extra.isSet() && report.extra.currency.or('A') == 'A'",
            "(report.former.isSet() ? report.former == 'B' : report.closed)",
        ]).prop_map(str::to_owned),
        1 => item_condition().prop_map(|inner| format!("report.overtime.all(i, {inner})")),
        1 => item_condition().prop_map(|inner| format!("report.overtime.exists(i, {inner})")),
        1 => text().prop_map(|text| format!("report.tags.exists(t, t == {text})")),
    ];
    leaf.prop_recursive(4, 16, 2, |inner| {
        prop_oneof![
            3 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} && {b}")),
            3 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} || {b}")),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) && ({b})")),
            1 => inner.clone().prop_map(|a| format!("!({a})")),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) == ({b})")),
            1 => (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("(({a}) ? {b} : {c})")),
        ]
    })
}

fn item_condition() -> impl Strategy<Value = String> {
    prop_oneof![
        (comparing(), decimal()).prop_map(|(op, side)| format!("i.rate {op} {side}")),
        text().prop_map(|text| format!("i.note.or('x') == {text}")),
        text().prop_map(|text| format!("i.note.isSet() && i.note != {text} || report.closed")),
    ]
}

fn comparison() -> impl Strategy<Value = String> {
    let codes = select(vec!["'A'", "'B'", "'C'"]);
    prop_oneof![
        3 => (integer(), comparing(), integer()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        3 => (decimal(), comparing(), decimal()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        1 => (comparing(), -3_i64..4).prop_map(|(op, whole)| format!("report.amount {op} {whole}")),
        3 => (text(), comparing(), text()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        1 => (text(), select(vec!["startsWith", "endsWith", "contains"]), text())
            .prop_map(|(a, method, b)| format!("({a}).{method}({b})")),
        1 => codes.clone().prop_map(|code| format!("report.status == {code}")),
        1 => (codes.clone(), codes.clone()).prop_map(|(a, b)| format!("report.status in [{a}, {b}]")),
        1 => codes.prop_map(|code| format!("report.former.or('B') != {code}")),
        1 => (text(), text(), text()).prop_map(|(a, b, c)| format!("{a} in [{b}, {c}]")),
        1 => text().prop_map(|a| format!("{a} in report.tags")),
    ]
}

fn comparing() -> impl Strategy<Value = &'static str> {
    select(vec!["==", "!=", "<", "<=", ">", ">="])
}

fn integer() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        3 => select(vec!["report.year", "report.count", "size(report.tags)", "report.id.size()"]).prop_map(str::to_owned),
        2 => (-4_i64..5).prop_map(|value| value.to_string()),
        1 => select(vec!["9223372036854775807", "-9223372036854775808", "-report.year"]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        let op = select(vec!["+", "-", "*", "/", "%"]);
        prop_oneof![
            4 => (inner.clone(), op, inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            2 => (inner.clone(), select(vec!["+", "-", "*"]), inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} ({b})")),
            1 => inner.prop_map(|a| format!("-({a})")),
        ]
    })
}

/// Quarters and their sums and products: what a float holds exactly.
fn decimal() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        3 => select(vec!["report.amount", "report.rate.or(0.5)", "report.overtime[0].rate"]).prop_map(str::to_owned),
        2 => (-8_i64..9).prop_map(|quarters| format!("{:?}", quarters as f64 / 4.0)),
    ];
    leaf.prop_recursive(2, 4, 2, |inner| {
        let op = select(vec!["+", "-", "*"]);
        prop_oneof![
            3 => (inner.clone(), op, inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            1 => inner.prop_map(|a| format!("-({a})")),
        ]
    })
}

fn text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => select(vec!["report.id", "report.title.or('x')", "report.tags[0]", "text(report.count)", "report.title.or(report.id)"])
            .prop_map(str::to_owned),
        3 => select(vec!["''", "'x'", "\"A\"", "'one'", r"'A-1 \u00e9'", r"r'\d'", r"'\'\t\\'"]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            2 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} + {b}")),
            1 => (inner, select(vec!["lower()", "upper()", "trim()", "skip(2)"])).prop_map(|(a, method)| format!("({a}).{method}")),
        ]
    })
}

fn quarter() -> impl Strategy<Value = Value> {
    (-8_i64..9).prop_map(|quarters| Value::Decimal(Decimal::new(quarters * 25, 2)))
}

fn perhaps(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    proptest::option::of(value).prop_map(|value| value.unwrap_or(Value::Absent))
}
