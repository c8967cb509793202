//! Conversions as data.

use jiff::civil;
use rust_decimal::Decimal;

use super::*;

fn check<T: std::fmt::Debug>(result: Result<T, Reason>, expect: &str) {
    let found = match result {
        Ok(value) => format!("{value:?}"),
        Err(reason) => reason.to_string(),
    };
    assert_eq!(found, expect);
}

#[test]
fn numbers_out_of_texts() {
    check(to_integer(" 0042 "), "42");
    check(to_integer("-7"), "-7");
    check(to_integer("4.0"), "is not a whole number of 64 bit");
    check(to_integer("ORD-17"), "is not a whole number of 64 bit");
    check(to_decimal("0620.50"), "620.50");
    check(to_decimal("1,5"), "is not a decimal of at most 28 digits");
    check(to_decimal("0.00000000000000000000000000001"), "is not a decimal of at most 28 digits");
}

#[test]
fn arithmetic_never_overflows_silently() {
    check(add(i64::MAX, 1), "the result has too many digits");
    check(multiply(Decimal::MAX, Decimal::TWO), "the result has too many digits");
    check(negate(i64::MIN), "the result has too many digits");
    check(divide(7_i64, 0), "division by zero");
    check(divide(-7_i64, 2), "-3");
    check(remainder(-7_i64, 2), "-1");
    check(divide(Decimal::ONE, Decimal::from(4)), "0.25");
    check(remainder(Decimal::ONE, Decimal::ZERO), "division by zero");
    check(subtract(Decimal::new(5, 1), Decimal::new(50, 2)), "0.00");
    assert_eq!(round(Decimal::new(25, 1), 0), Decimal::from(3));
    assert_eq!(round(Decimal::new(-25, 1), 0), Decimal::from(-3));
    assert_eq!(round(Decimal::new(1005, 3), 2), Decimal::new(101, 2));
}

#[test]
fn days_depend_on_the_zone() {
    let instant = "2026-02-28T23:30:00Z".parse().unwrap();
    check(date_in(instant, "Europe/Paris"), "2026-03-01");
    check(date_in(instant, "America/New_York"), "2026-02-28");
    check(date_in(instant, "Mars/Olympus"), "there is no time zone Mars/Olympus");
}

#[test]
fn dates_by_pattern() {
    check(format_date(civil::date(2026, 2, 1), "%d.%m.%Y"), "\"01.02.2026\"");
    check(format_date(civil::date(2026, 2, 1), "%H"), "cannot be written as %H");
    check(format_date("2026-02-01T05:00:11Z".parse::<jiff::Timestamp>().unwrap(), "%Y%m%d_%H%M"), "\"20260201_0500\"");
    check(parse_date("01-02-26", "%d-%m-%y"), "2026-02-01");
    check(parse_date("31-02-26", "%d-%m-%y"), "does not fit the pattern %d-%m-%y");
    check(parse_date("2026-02-01", "%d-%m-%y"), "does not fit the pattern %d-%m-%y");
    check(parse_time("17:30", "%H:%M"), "17:30:00");
    check(parse_instant("20260201050011", "%Y%m%d%H%M%S"), "2026-02-01T05:00:11Z");
}

#[test]
fn texts_are_counted_in_characters() {
    assert_eq!(pad_left("10", 10, '0'), "0000000010");
    assert_eq!(pad_left("12345", 3, '0'), "12345");
    assert_eq!(truncate("Übergröße", 4), "Über");
    assert_eq!((skip("Übergröße", 4).as_str(), skip("ab", 9).as_str(), skip("ab", -1).as_str()), ("größe", "", "ab"));
    assert_eq!(length("größe"), 5);
    assert_eq!(concat(&["a", "", "b"], "/"), "a//b");
    check(split("PlannedOrders_20260201_PF", "_", 2), "\"PF\"");
    check(split("a", "_", 1), "has no part 1 when split at \"_\"");
    assert_eq!((upper("straße"), lower("ÄB"), trim(" x\t")), ("STRASSE".to_owned(), "äb".to_owned(), "x".to_owned()));
}

#[test]
fn scalars_as_text() {
    assert_eq!(to_text(&Decimal::new(2150, 2)), "21.50");
    assert_eq!(to_text(&true), "true");
    assert_eq!(to_text(&civil::date(2026, 2, 1)), "2026-02-01");
    assert_eq!(to_text(&None::<String>), "");
}

#[test]
fn items_and_patterns() {
    check(item(&[1, 2], 1), "2");
    check(item(&[1, 2], 2), "there is no item 2 in a list of 2");
    check(item::<i32>(&[], -1), "there is no item -1 in a list of 0");
    assert!(matches("x-PF", "PF$") && !matches("x-WP", "PF$"));
    assert!(!matches("x", "("), "a pattern that does not compile matches nothing");
}
