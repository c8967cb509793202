//! The small phrases of front matter: retry policies, timetables, durations, sizes, shares.
//!
//! In: a text and its place. Out: the canonical value of the model, or the [`Problem`]. Never knows: YAML, clocks.

pub use crate::problem::Problem;

use crate::model::{Retry, Schedule, Span};

/// A retry phrase: `3x every 30s, exponential backoff`, `3 attempts every 30s`, `none`.
///
/// # Errors
///
/// `E-RETRY` for a phrase that cannot become a timetable, `E-CHOICE` for a left-over choice of a template.
pub fn retry(text: &str, at: Span) -> Result<Retry, Problem> {
    Err(Problem::new("E-RETRY", at, text))
}

/// A schedule: `Daily 08:30 PM Europe/Paris`, `Every 4 hours`, a five-field cron expression. `zone` is the front
/// matter's `zone:`; the phrase may name it instead.
///
/// # Errors
///
/// `E-SCHEDULE` when no times follow from it, `E-ZONE` when the zone is missing or no IANA name.
pub fn schedule(text: &str, zone: Option<&str>, at: Span) -> Result<Schedule, Problem> {
    let _ = zone;
    Err(Problem::new("E-SCHEDULE", at, text))
}

/// A duration in milliseconds: `30s`, `2 min`, `1h 30m`, `7d`, `300 ms`.
///
/// # Errors
///
/// `E-DURATION`.
pub fn duration_ms(text: &str, at: Span) -> Result<u64, Problem> {
    Err(Problem::new("E-DURATION", at, text))
}

/// A size in bytes: `10 MB` (10,000,000), `512 KiB` (524,288), `100` (bytes).
///
/// # Errors
///
/// `E-BYTES`.
pub fn bytes(text: &str, at: Span) -> Result<u64, Problem> {
    Err(Problem::new("E-BYTES", at, text))
}

/// A whole share of hundred: `10%`.
///
/// # Errors
///
/// `E-PERCENT`.
pub fn percent(text: &str, at: Span) -> Result<u8, Problem> {
    Err(Problem::new("E-PERCENT", at, text))
}

/// An availability, canonical: `99.9 %` becomes `99.9%`.
///
/// # Errors
///
/// `E-PERCENT`.
pub fn availability(text: &str, at: Span) -> Result<String, Problem> {
    Err(Problem::new("E-PERCENT", at, text))
}

/// When a message that fails at once is sent, for people: `0 s`, `30 s`, `1 min 30`, `3 min 30`.
#[must_use]
pub fn timetable(retry: &Retry) -> Vec<String> {
    retry.sends_ms().iter().map(|at| human(*at)).collect()
}

/// A retry policy in one sentence.
#[must_use]
pub fn describe_retry(retry: &Retry) -> String {
    retry.phrase.clone()
}

/// A schedule in one sentence, with its zone.
#[must_use]
pub fn describe_schedule(schedule: &Schedule) -> String {
    schedule.phrase.clone()
}

/// A duration for people: `300 ms`, `30 s`, `1 min 30`, `2 h`, `1 h 30 min`, `7 days`.
#[must_use]
pub fn human(ms: u64) -> String {
    format!("{ms} ms")
}
