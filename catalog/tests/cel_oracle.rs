//! Our expressions against a second implementation of CEL: same text, same values, same result.
//!
//! In: generated expressions and records. Out: agreement. The evaluator here lives for this test only; the product
//! turns expressions into Rust.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "oracle/evaluate.rs"]
mod evaluate;
#[path = "oracle/generate.rs"]
mod generate;
#[path = "oracle/value.rs"]
mod value;

use evaluate::{Failed, evaluate};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tieline_catalog::expr::{Scope, Want, check};
use tieline_catalog::model::{Span, Type};
use value::Value;

/// Both results; `None` when our checker refuses the expression (it knows more than CEL).
fn both(text: &str, report: &Value) -> Option<(Result<Value, Failed>, Result<Value, String>)> {
    let records = value::Records::new();
    let mut scope = Scope::new(&records);
    scope.bind("report", Type::Record(value::record()));
    let expr = check(text, Span::default(), &scope, Want::Type(&Type::Bool)).ok()?;
    let ours = evaluate(&expr, &mut vec![("report".to_owned(), report.clone())]);
    Some((ours, value::cel(text, report)))
}

/// `&&` and `||` of CEL forgive an error on one side when the other decides; ours go from left to right and stop.
fn may_forgive(text: &str) -> bool {
    ["&&", "||", ".all(", ".exists("].iter().any(|sign| text.contains(sign))
}

fn agree(text: &str, report: &Value) -> Result<bool, TestCaseError> {
    let Some((ours, cel)) = both(text, report) else { return Ok(false) };
    match (&ours, &cel) {
        (Ok(ours), Ok(cel)) => prop_assert_eq!(ours, cel, "{}", text),
        (Ok(ours), Err(error)) => prop_assert!(false, "{text}: we say {ours:?}, CEL fails: {error}"),
        (Err(failed), Ok(cel)) => prop_assert!(may_forgive(text), "{text}: we fail ({failed:?}), CEL says {cel:?}"),
        (Err(_), Err(_)) => {}
    }
    Ok(true)
}

#[test]
fn generated_expressions_agree_with_cel() {
    let cases = 2000;
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let compared = std::cell::Cell::new(0_u32);
    let input = (generate::condition(), generate::report());
    runner
        .run(&input, |(text, report)| {
            compared.set(compared.get() + u32::from(agree(&text, &report)?));
            Ok(())
        })
        .unwrap();
    // A generator whose expressions are all refused would prove nothing.
    assert!(compared.get() > cases / 2, "only {} of {cases} were compared", compared.get());
}

/// The corners that a generator may miss.
#[test]
fn corners_agree_with_cel() {
    let report = generate::plain_report();
    let compared = [
        "report.year + 1 * 2 - 3 % 2 == 2028",
        "report.year - 1 - 1 == 2024",
        "report.year / 3 == 675 && -report.year / 3 == -675 && -report.year % 3 == -1",
        "report.year > 9223372036854775806 + report.count",
        "9223372036854775807 + report.year > 0",
        "-9223372036854775808 - report.year < 0",
        "report.year / (report.year - 2026) == 1",
        "report.year % (report.year - 2026) == 1",
        "!report.closed == false || report.closed",
        "report.closed ? report.year == 1 : report.year == 2026 ? true : report.closed",
        "(report.closed ? 1 : 2) + report.year == 2028",
        "report.id == \"A-1 é\" && report.id != 'x' && size(report.id) == 5",
        r"report.id in ['\u0041-1 \u00e9', 'b\n\t\'\\', r'\d']",
        r#"report.id + "\"" == 'A-1 é"'"#,
        "report.amount * 2.5 - 0.25 == 3.5",
        "report.amount == 1.5 && report.amount >= 1.50 && report.amount < 2",
        "report.overtime.all(i, i.rate > 0.0) && report.overtime.exists(i, i.note.or('') == 'late')",
        "report.overtime[1].rate == 2.0 && report.overtime[0].note.isSet() == false",
        "report.overtime[7].rate == 2.0",
        "report.tags.exists(t, t.startsWith('x')) || !report.tags.all(t, t.contains('o'))",
        "'one' in report.tags && !('two' in report.tags && report.closed)",
        "report.status in ['A', 'B'] && report.former.or('C') == 'C'",
        "report.title.isSet() && report.title == 'x' || report.id.skip(2).upper() == '1 É'",
        "report.extra.isSet() ? report.extra.amount > 1.0 : report.year > 1",
        "text(report.year).endsWith('26') && report.id.trim().lower().size() == 5",
    ];
    for text in compared {
        assert!(agree(text, &report).unwrap(), "{text} is refused");
    }
}
