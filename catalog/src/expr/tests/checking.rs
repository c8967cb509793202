//! Tables of expressions: what they become, or why they are refused.

use super::*;

macro_rules! tables {
    ($($name:ident: $want:expr => [$($text:expr),* $(,)?];)*) => {$(
        #[test]
        fn $name() {
            let table = table(&[$($text),*], $want);
            insta::assert_snapshot!(table);
        }
    )*};
}

tables! {
    conditions: Want::Type(&Type::Bool) => [
        "report.workUnitNumber == 0",
        "0 == report.workUnitNumber",
        "report.workUnitNumber >= 0.50",
        "report.workUnitNumber + 1 > 2 * 3",
        "report.year % 4 == 0 && report.year % 100 != 0",
        "report.status == 'validated'",
        "'validated' != report.status",
        "report.status in ['validated']",
        "!(report.status in ['validated'])",
        "report.id in ['A', \"B\", 'C\\'s']",
        "report.id in ['not yet', 'done']",
        "report.id in report.tags",
        "'A' in report.tags",
        "report.closed",
        "!report.closed || report.startDate < '2026-01-31' && report.modifiedAt >= '2026-01-31T08:30:00Z'",
        "(report.closed || report.year > 2025) && report.startTime == '08:30:00'",
        "report.id.startsWith('AR-') && !report.id.endsWith(\"X\") && report.id.contains('1')",
        "report.id.matches(r'^\\d+$')",
        "text(report.workUnitNumber) + 'x' == report.id",
        "size(report.id) > 3 && report.tags.size() == 0",
        "report.id.trim().lower().upper().skip(2) == ''",
        "report.overtime.exists(item, item.rate > 1.5)",
        "report.overtime.all(item, item.note.isSet() && item.note != report.id)",
        "rows[0].id == other.id",
        "rows[count].year == -1",
        "report['first-name'] == 'Ada'",
        "report.closed == (report.year == 2026)",
        "report.year > 2000 ? report.closed : false",
        "report.year - -1 > -(1)",
        "-report.year < 0",
        "report . id=='x'\n&&report.closed",
    ];
    optionals: Want::Type(&Type::Bool) => [
        "report.title == 'x'",
        "report.title.isSet()",
        "report.title.or('') == 'x'",
        "report.title.or(report.id) == 'x'",
        "report.title.or(other.title).or('-') == 'x'",
        "report.rate.or(0) > 1",
        "report.former.or('validated') == report.former.or('notValidated')",
        "report.former.or('valid') == 'validated'",
        "report.rate.or('none') > 1",
        "report.extra.amount > 0",
        "report.extra.currency.or('EUR') == 'EUR'",
        "report.overtime.size() > 0",
    ];
    narrowing: Want::Type(&Type::Bool) => [
        "report.title.isSet() && report.title == 'x'",
        "report.title == 'x' && report.title.isSet()",
        "report.title.isSet() && report.rate.isSet() && report.title == 'x' && report.rate > 0",
        "!report.title.isSet() || report.title == 'x'",
        "report.title.isSet() || report.title == 'x'",
        "report.title.isSet() ? report.title == 'x' : false",
        "!report.title.isSet() ? report.closed : report.title == 'x'",
        "report.extra.isSet() && report.extra.amount > 0 && report.extra.currency.isSet()",
        "report.extra.currency.isSet() && report.extra.amount > 0 && report.extra.currency == 'EUR'",
        "(report.title.isSet() && report.closed) && report.title == 'x'",
        "(report.title.isSet() || report.closed) && report.title == 'x'",
        "!(report.title.isSet() && report.closed) || report.title == 'x'",
        "other.title.isSet() && report.title == 'x'",
        "report.title.isSet() && report.title.isSet()",
        "report.title.isSet() && report.title.or('') == 'x'",
        "rows[0].title.isSet() && rows[0].title == 'x'",
        "rows[0].title.isSet() && rows[1].title == 'x'",
        "rows.exists(row, row.title.isSet() && row.title == 'x')",
        "rows.exists(row, row.title.isSet()) && rows.exists(row, row.title == 'x')",
    ];
    misspelt: Want::Type(&Type::Bool) => [
        "report.workUnitNumbr == 0",
        "report.WORKUNITNUMBER == 0",
        "report.work_unit_number == 0",
        "reprot.id == 'x'",
        "workUnitNumber == 0",
        "validated == report.status",
        "report.amount > 0",
        "report.nothingLikeIt == 0 && report.yaer == 1 && reprot.id == 'x'",
        "report.status == 'validatd'",
        "report.status == 'Validated'",
        "report.status == \"Validated\"",
        "report.status in ['validated', 'rejected']",
        "report.id.startswith('x')",
        "report.id.length() > 3",
        "has(report.title)",
        "report.id.frobnicate()",
        "rows.id == 'x'",
        "report.id.x == 1",
        "report.id.size > 3",
        "report.overtime.any(x, x.rate > 0)",
        "broken.x.y == 1",
        "broken.x == 1 && report.idd == 'x'",
    ];
    types: Want::Type(&Type::Bool) => [
        "report.year == '2026'",
        "report.year == 'x'",
        "report.id == 5",
        "report.closed == 'true'",
        "report.year == report.workUnitNumber",
        "report.year == 2026.0",
        "report.year == 2026.5",
        "report.status == report.id",
        "report.status == report.former.or('validated')",
        "report.status == report.unitPrice.currency.or('')",
        "report.status > 'validated'",
        "report.closed < true",
        "report.unitPrice == report.unitPrice",
        "report.unitPrice == other.unitPrice",
        "report.tags == rows",
        "report.id + 1 == 'x'",
        "report.id * 2 == 4",
        "report.workUnitNumber % 2 == 0",
        "-report.id == 'x'",
        "!report.id",
        "report.id",
        "report.status",
        "report.tags",
        "report.unitPrice",
        "report.year && report.closed",
        "report.startDate < 'soon'",
        "report.startDate < '2026-02-30'",
        "report.modifiedAt == '2026-01-31'",
        "'x' in report.id",
        "report.id in report.year",
        "report.year in ['a']",
        "report.year in report.tags",
        "report.id in ['a', 1]",
        "report.closed ? report.id : report.year",
        "report.year.startsWith('20')",
        "report.status.lower() == 'x'",
        "report.tags.contains('x')",
        "report.id.startsWith(5)",
        "report.id.skip(-1) == ''",
        "report.id.matches('[')",
        "report.id.matches(report.title.or(''))",
        "report.id.matches('(?=x)')",
        "rows['x'] == 1",
        "rows[-1].id == 'x'",
        "rows[report.id].id == 'x'",
        "report.id[0] == 'x'",
        "size(report.year) == 1",
        "size() == 1",
        "text(report) == 'x'",
        "startsWith(report.id, 'x')",
        "report.id.startsWith() == 1",
        "rows.all(report, report.closed)",
        "rows.all(5, true)",
        "report.id.all(x, true)",
        "rows == []",
    ];
    constants: Want::Type(&Type::Bool) => [
        "1 == 1",
        "'a' == 'b' && report.closed",
        "report.id == report.id",
        "report.closed && true",
        "!false",
        "report.id == 'A' && report.id == 'B'",
        "report.id == 'A' && report.closed && 'B' == report.id",
        "report.id == 'A' || report.id == 'B'",
        "report.id != 'A' || report.id != 'B'",
        "report.id != 'A' && report.id != 'B'",
        "report.workUnitNumber == 1.0 && report.workUnitNumber == 1.00",
        "report.status in ['validated', 'notValidated']",
        "report.id in []",
        "report.id.isSet()",
        "report.id.or('x') == 'y'",
        "report.year / 0 == 1",
        "report.year % 0 == 1",
        "report.workUnitNumber / 0.00 == 1",
        "true ? report.closed : false",
    ];
    grammar: Want::Type(&Type::Bool) => [
        "",
        "   ",
        "report.id = 'x'",
        "report.id === 'x'",
        "report.year <> 1 and report.closed or not report.closed",
        "report.year =< 1",
        "report.closed & report.closed",
        "report.id == “x”",
        "report.id == 'x",
        "report.id == 'x\\d'",
        "(report.closed",
        "report.closed)",
        "report.closed report.closed",
        "report.",
        "report..id",
        "report.id == null",
        "report.title is null",
        "report.year == 1e3",
        "report.year == 5days",
        "report.year == 99999999999999999999",
        "report.workUnitNumber == 0.1234567890123456789012345678901",
        "report.year == 9223372036854775807 || report.year == -9223372036854775808",
        "report.id == ${x}",
        "{a: 1}",
        "report.closed ? true",
        "== 1",
        "report.closed &&",
        "report.year — 1 == 2",
        "TRUE",
        "rows[",
        "size(report.id",
        "\u{0}",
        "report.id == '\\u00e9' || report.id == '\\uZZZZ'",
    ];
    values: Want::Anything => [
        "report.unitPrice",
        "report.title",
        "[report.id, 'x']",
        "[1, report.workUnitNumber]",
        "[]",
        "'a' + 'b'",
        "1 + 2 * 3",
        "(1 + 2) * 3",
        "report.closed ? 'yes' : 'no'",
        "report.closed ? 1 : report.workUnitNumber",
        "report.closed ? report.title : 'no'",
        "a ? b ? 1 : 2 : 3",
        "rows[0].overtime[1].rate",
        "rows[0].overtime[1].note",
    ];
}

#[test]
fn wanted_types() {
    let code = |values: &[&str]| Type::Code {
        declared: record(),
        field: "x".to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    let optional = |ty: Type| Type::Optional(Box::new(ty));
    let wide = code(&["validated", "notValidated", "open"]);
    let narrow = code(&["validated"]);
    let list = Type::List(Box::new(Type::Text));
    let (perhaps_text, perhaps_decimal) = (optional(Type::Text), optional(Type::Decimal));
    let cases: [(&str, Want<'_>); 21] = [
        ("report.year", Want::Type(&Type::Text)),
        ("report.title", Want::Type(&Type::Text)),
        ("report.title", Want::Type(&perhaps_text)),
        ("report.id", Want::Type(&perhaps_text)),
        ("5", Want::Type(&Type::Decimal)),
        ("5", Want::Type(&perhaps_decimal)),
        ("5", Want::Type(&Type::Text)),
        ("report.year", Want::Type(&Type::Decimal)),
        ("report.id", Want::Type(&Type::Integer)),
        ("report.status", Want::Type(&wide)),
        ("report.status", Want::Type(&narrow)),
        ("'open'", Want::Type(&wide)),
        ("'opened'", Want::Type(&wide)),
        ("report.closed ? 'open' : 'validated'", Want::Type(&wide)),
        ("report.id", Want::Type(&wide)),
        ("report.id", Want::Type(&Type::Date)),
        ("report.unitPrice", Want::Scalar),
        ("report.title", Want::Scalar),
        ("report.tags", Want::Type(&list)),
        ("[report.id]", Want::Type(&list)),
        ("report.id", Want::List),
    ];
    let shown: String =
        cases.iter().map(|(text, want)| format!("{text} for {}{}\n", wanted(*want), outcome(text, *want))).collect();
    insta::assert_snapshot!(shown);
}

pub(super) fn wanted(want: Want<'_>) -> String {
    match want {
        Want::Type(Type::Code { values, .. }) => values.join("|"),
        Want::Type(ty) => type_name(ty),
        other => format!("{other:?}"),
    }
}

#[test]
fn conditions_of_branches_are_known_inside() {
    let report = report();
    let mut scope = scope(&report);
    let condition = "report.title.isSet() && report.closed";
    let condition = check(condition, whole(condition), &scope, Want::Type(&Type::Bool)).unwrap();
    let inside = "report.title == 'x'";
    let checked = |scope: &Scope<'_>| check(inside, whole(inside), scope, Want::Type(&Type::Bool)).is_ok();
    assert!(!checked(&scope));
    let mut otherwise = scope.clone();
    otherwise.assume_not(&condition);
    assert!(!checked(&otherwise), "the other half may have failed");
    scope.assume(&condition);
    assert!(checked(&scope));
    // Whatever is bound anew under the name is another value.
    scope.bind("report", Type::Record(record()));
    assert!(!checked(&scope));
}

#[test]
fn hostile_expressions_end_quickly() {
    let cases = [
        "(".repeat(4000),
        "!".repeat(4000),
        "-".repeat(4000),
        "[".repeat(4000),
        "a.".repeat(2000),
        format!("report{}", "[0]".repeat(1000)),
        format!("1{}", " + 1".repeat(1000)),
        format!("report.closed{}", " && report.closed".repeat(200)),
        format!("{}x{}", "a ? ".repeat(800), " : b".repeat(800)),
        format!("text({})", "text(".repeat(500)),
        "'".repeat(4001),
        format!("report.id in [{}]", "'x',".repeat(900)),
        format!("report.id.matches('{}')", "(a{1000}){1000}"),
        "x".repeat(5000),
        "ü".repeat(5000),
    ];
    let began = std::time::Instant::now();
    for text in &cases {
        let report = report();
        let _ = check(text, whole(text), &scope(&report), Want::Anything);
    }
    let spent = began.elapsed();
    assert!(spent.as_secs() < 5, "{spent:?}");
    let shown: String = cases.iter().map(|text| format!("{:.24}… {:.120}\n", text, first_line(text))).collect();
    insta::assert_snapshot!(shown);
}

/// What is wrong with it, without the text it points at.
fn first_line(text: &str) -> String {
    let outcome = outcome(text, Want::Anything);
    let first = outcome.trim().lines().next().unwrap_or_default();
    first.rsplit_once("» ").map_or(first, |(_, message)| message).to_owned()
}

#[test]
fn places() {
    #[track_caller]
    fn problem_at(text: &str, at: Span, expected: (usize, usize, u32, Option<&str>)) {
        let report = report();
        let problem = check(text, at, &scope(&report), Want::Anything).unwrap_err().remove(0);
        let span = problem.span;
        assert_eq!((span.start, span.end, span.line, problem.fix.as_deref()), expected);
    }
    let text = "report.closed &&\n  report.idd == 'x'";
    let length = text.len();
    let at = |start, end| Span { start, end, line: 3 };
    // As it stands, in quotes, after escapes.
    problem_at(text, at(10, 10 + length), (10 + 26, 10 + 29, 4, Some("id")));
    problem_at(text, at(10, 12 + length), (11 + 26, 11 + 29, 4, Some("id")));
    problem_at(text, at(10, 20 + length), (10, 20 + length, 3, None));
    problem_at(text, Span::default(), (0, 0, 0, None));
}
