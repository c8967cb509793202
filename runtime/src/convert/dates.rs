//! Dates, times and points in time.
//!
//! In: instants, dates, texts, IANA zone names, `strftime` patterns. Out: the same. Never knows: today.

use jiff::{
    Timestamp, civil,
    fmt::strtime::{self, BrokenDownTime},
    tz::TimeZone,
};

use super::Reason;

/// Anything a pattern can write.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Moment {
    Date(civil::Date),
    Time(civil::Time),
    Instant(Timestamp),
}

impl From<civil::Date> for Moment {
    fn from(date: civil::Date) -> Self {
        Self::Date(date)
    }
}

impl From<civil::Time> for Moment {
    fn from(time: civil::Time) -> Self {
        Self::Time(time)
    }
}

impl From<Timestamp> for Moment {
    fn from(instant: Timestamp) -> Self {
        Self::Instant(instant)
    }
}

/// The day it is in a zone.
///
/// # Errors
/// There is no such zone.
pub fn date_in(instant: Timestamp, zone: &str) -> Result<civil::Date, Reason> {
    let zone = TimeZone::get(zone).map_err(|_| Reason::new(format!("there is no time zone {zone}")))?;
    Ok(instant.to_zoned(zone).date())
}

/// Written with a pattern (`%Y-%m-%d`); a point in time is written in UTC.
///
/// # Errors
/// The pattern asks for something the value does not have, such as the hour of a date.
pub fn format_date(moment: impl Into<Moment>, pattern: &str) -> Result<String, Reason> {
    format_moment(moment.into(), pattern)
}

/// Read with a pattern (`%d-%m-%y`).
///
/// # Errors
/// The text does not fit the pattern, or there is no such day.
pub fn parse_date(text: &str, pattern: &str) -> Result<civil::Date, Reason> {
    parse(text, pattern)?.to_date().map_err(|_| unfit(pattern))
}

/// Read with a pattern (`%H:%M`).
///
/// # Errors
/// The text does not fit the pattern.
pub fn parse_time(text: &str, pattern: &str) -> Result<civil::Time, Reason> {
    parse(text, pattern)?.to_time().map_err(|_| unfit(pattern))
}

/// Read with a pattern; without an offset in it, as UTC.
///
/// # Errors
/// The text does not fit the pattern.
pub fn parse_instant(text: &str, pattern: &str) -> Result<Timestamp, Reason> {
    let parsed = parse(text, pattern)?;
    parsed
        .to_timestamp()
        .or_else(|_| parsed.to_datetime()?.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()))
        .map_err(|_| unfit(pattern))
}

fn format_moment(moment: Moment, pattern: &str) -> Result<String, Reason> {
    let written = match moment {
        Moment::Date(date) => strtime::format(pattern, date),
        Moment::Time(time) => strtime::format(pattern, time),
        Moment::Instant(instant) => strtime::format(pattern, &instant.to_zoned(TimeZone::UTC)),
    };
    written.map_err(|_| Reason::new(format!("cannot be written as {pattern}")))
}

fn parse(text: &str, pattern: &str) -> Result<BrokenDownTime, Reason> {
    strtime::parse(pattern, text.trim()).map_err(|_| unfit(pattern))
}

fn unfit(pattern: &str) -> Reason {
    Reason::new(format!("does not fit the pattern {pattern}"))
}
