//! Durations, sizes and shares.
//!
//! In: a text and its place. Out: whole numbers of the smallest unit. Never knows: what they are for.

use crate::model::Span;
use crate::nearest::shorten;
use crate::problem::Problem;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Longest duration that means anything here: ten years.
const LONGEST: u64 = 3650 * DAY;

/// A duration in milliseconds: `30s`, `2 min`, `1h 30m`, `7d`, `300 ms`; also `1 min 30`, as pages print it.
///
/// # Errors
///
/// `E-DURATION`.
pub fn duration_ms(text: &str, at: Span) -> Result<u64, Problem> {
    let wrong =
        |message: String| Problem::new("E-DURATION", at, message).help("write `30s`, `2 min`, `1h 30m` or `7d`");
    let mut rest = text.trim();
    let (mut total, mut unit_before) = (0_u64, u64::MAX);
    if rest.is_empty() {
        return Err(wrong("a duration is missing".to_owned()));
    }
    while !rest.is_empty() {
        let (number, unit, behind) = cut(rest);
        let Some(value) = decimal(number) else { return Err(wrong(format!("`{}` is not a duration", shorten(text)))) };
        let unit_ms = match unit_ms(unit) {
            Some(ms) => ms,
            // `1 min 30`
            None if unit.is_empty() && unit_before == MINUTE && behind.is_empty() => SECOND,
            None if unit.is_empty() => {
                return Err(Problem::new("E-DURATION", at, format!("`{}` has no unit", shorten(text)))
                    .help(format!("write `{number}s`, `{number} min` or `{number}h`")));
            }
            None => return Err(wrong(format!("`{}` is not a unit of time", shorten(unit)))),
        };
        if unit_ms >= unit_before {
            return Err(wrong(format!("the units in `{}` do not go from large to small", shorten(text))));
        }
        let part = (value * Decimal::from(unit_ms)).normalize();
        let part = part.to_u64().filter(|_| part.is_integer() && value < Decimal::from(LONGEST));
        let Some(part) = part else { return Err(wrong(format!("`{}` is finer than a millisecond", shorten(text)))) };
        total = total.saturating_add(part);
        unit_before = unit_ms;
        rest = behind;
    }
    if total > LONGEST {
        return Err(wrong(format!("`{}` is longer than ten years", shorten(text))));
    }
    Ok(total)
}

/// A size in bytes: `10 MB` (10,000,000), `512 KiB` (524,288), `100` (bytes).
///
/// # Errors
///
/// `E-BYTES`.
pub fn bytes(text: &str, at: Span) -> Result<u64, Problem> {
    let wrong = || {
        let problem = Problem::new("E-BYTES", at, format!("`{}` is not a size", shorten(text)));
        problem.help("write `10 MB` (ten million bytes), `512 KiB` (512 × 1024 bytes) or a number of bytes")
    };
    let (number, unit, behind) = cut(text.trim());
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" | "byte" | "bytes" => 1,
        "k" | "kb" => 1000,
        "m" | "mb" => 1000 * 1000,
        "g" | "gb" => 1000 * 1000 * 1000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err(wrong()),
    };
    let value = decimal(number).and_then(|value| value.checked_mul(Decimal::from(factor))).map(|size| size.normalize());
    match value.filter(|size| size.is_integer() && behind.is_empty()).and_then(|size| size.to_u64()) {
        Some(0) | None => Err(wrong()),
        Some(size) => Ok(size),
    }
}

/// A whole share of hundred: `10%`.
///
/// # Errors
///
/// `E-PERCENT`.
pub fn percent(text: &str, at: Span) -> Result<u8, Problem> {
    share(text)
        .filter(Decimal::is_integer)
        .and_then(|value| value.to_u8())
        .ok_or_else(|| wrong_share(text, at).help("write a whole share from `0%` to `100%`"))
}

/// An availability, canonical: `99.9 %` becomes `99.9%`.
///
/// # Errors
///
/// `E-PERCENT`.
pub fn availability(text: &str, at: Span) -> Result<String, Problem> {
    share(text)
        .filter(|value| !value.is_zero())
        .map(|value| format!("{value}%"))
        .ok_or_else(|| wrong_share(text, at).help("write a share of the time, e.g. `99.9%`"))
}

/// A duration for people: `300 ms`, `30 s`, `1 min 30`, `2 h`, `1 h 30 min`, `7 days`.
#[must_use]
pub fn human(ms: u64) -> String {
    let (days, hours) = (ms / DAY, ms % DAY / HOUR);
    let (minutes, rest) = (ms % HOUR / MINUTE, ms % MINUTE);
    if ms > 0 && ms < SECOND {
        return format!("{ms} ms");
    }
    let seconds = match (rest / SECOND, rest % SECOND) {
        (whole, 0) => whole.to_string(),
        (whole, part) => format!("{whole}.{part:03}").trim_end_matches('0').to_owned(),
    };
    if days == 0 && hours == 0 {
        return match (minutes, rest) {
            (0, _) => format!("{seconds} s"),
            (_, 0) => format!("{minutes} min"),
            _ => format!("{minutes} min {seconds}"),
        };
    }
    let part = |count: u64, unit: &str| (count > 0).then(|| format!("{count} {unit}"));
    let seconds = (rest > 0).then(|| format!("{seconds} s"));
    let days = part(days, if days == 1 { "day" } else { "days" });
    let parts = [days, part(hours, "h"), part(minutes, "min"), seconds];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn wrong_share(text: &str, at: Span) -> Problem {
    Problem::new("E-PERCENT", at, format!("`{}` is not a share of hundred", shorten(text)))
}

/// The number before `%`, from 0 to 100.
fn share(text: &str) -> Option<Decimal> {
    let value = decimal(text.trim().strip_suffix('%')?.trim_end())?;
    (value <= Decimal::ONE_HUNDRED).then_some(value)
}

fn unit_ms(unit: &str) -> Option<u64> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "ms" | "millisecond" | "milliseconds" => 1,
        "s" | "sec" | "secs" | "second" | "seconds" => SECOND,
        "m" | "min" | "mins" | "minute" | "minutes" => MINUTE,
        "h" | "hr" | "hrs" | "hour" | "hours" => HOUR,
        "d" | "day" | "days" => DAY,
        "w" | "week" | "weeks" => 7 * DAY,
        _ => return None,
    })
}

/// The number, the unit and the rest of `30 min 5 s`.
fn cut(text: &str) -> (&str, &str, &str) {
    let digits = text.find(|letter: char| !(letter.is_ascii_digit() || letter == '.')).unwrap_or(text.len());
    let (number, rest) = text.split_at(digits);
    let rest = rest.trim_start();
    let letters = rest.find(|letter: char| !letter.is_alphabetic()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(letters);
    (number, unit, rest.trim_start())
}

fn decimal(text: &str) -> Option<Decimal> {
    let plain = text.len() <= 20 && text.starts_with(|letter: char| letter.is_ascii_digit()) && !text.ends_with('.');
    plain.then(|| Decimal::from_str_exact(text).ok()).flatten()
}
