//! `schedule:` of a trigger and the keys beside it become a [`Schedule`].
//!
//! In: the trigger's keys. Out: [`Schedule`]. Never knows: the clock, what is started.

use crate::fields::Record;
use crate::findings::Findings;
use crate::model::{Missed, Overlap, Schedule};
use crate::phrase;

const CATCH_UP_MS: u64 = 24 * 3_600_000;
/// Further back nobody wants to be caught up with.
const LONGEST_CATCH_UP_MS: u64 = 31 * CATCH_UP_MS;

/// Lowers the timetable of a trigger.
pub(crate) fn schedule(trigger: &Record<'_>, findings: &mut Findings) -> Option<Schedule> {
    let text = trigger.text("schedule")?;
    let catch_up_ms = trigger.duration_ms("catch_up").unwrap_or(CATCH_UP_MS);
    if catch_up_ms > LONGEST_CATCH_UP_MS {
        findings
            .add("E-SCHEDULE", trigger.span("catch_up"), "missed starts are looked for at most 31 days back")
            .help("choose a shorter time");
    }
    let missed = match trigger.text("missed").map(|text| phrase::missed(text.text, text.span)) {
        None => Missed::Once,
        Some(Ok(missed)) => missed,
        Some(Err(problem)) => {
            findings.problem(problem);
            return None;
        }
    };
    if missed == Missed::Skip && trigger.entry("catch_up").is_some() {
        findings
            .add("E-SCHEDULE", trigger.key_span("catch_up"), "no missed start is made up for, so none is looked for")
            .help("leave `catch_up` out, or choose `missed: once`");
    }
    let overlap = match trigger.text("overlap").map(|text| text.text) {
        Some("queue_one") => Overlap::QueueOne,
        Some("allow") => Overlap::Allow,
        _ => Overlap::Skip,
    };
    match phrase::schedule(text.text, trigger.text("zone").map(|zone| zone.text), text.span) {
        Ok(schedule) => Some(Schedule { missed, catch_up_ms, overlap, ..schedule }),
        Err(problem) => {
            findings.problem(problem);
            None
        }
    }
}
