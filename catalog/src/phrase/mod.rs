//! The small phrases of front matter: retry policies, timetables, durations, sizes, shares.
//!
//! In: a text and its place. Out: the canonical value of the model, or the [`Problem`]. Never knows: YAML, clocks.

mod amount;
mod missed;
mod retry;
mod schedule;
mod zone;

#[cfg(test)]
mod tests;

pub use crate::problem::Problem;
pub use amount::{availability, bytes, duration_ms, human, percent};
pub use missed::missed;
pub use retry::{RetryForm, choice, describe_retry, explicit_retry, retry, timetable};
pub use schedule::{describe_schedule, schedule};
