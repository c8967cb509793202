//! The timetable on the page against the sends that a partner system saw.
//!
//! In: a retry policy and the virtual times of sends. Out: a verdict in words. Never knows: scenes, systems.

use catalog::model::{Backoff, Retry};

use super::report::Notes;

/// How late a send may be, in virtual milliseconds, beyond the jitter that the policy allows: time to work, and the
/// grain of a fast clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slack(pub(crate) u64);

/// Notes whether sends came at the promised times: never early, and late only by jitter and slack.
pub(crate) fn compare(retry: &Retry, sends_ms: &[u64], slack: Slack, notes: &mut Notes) {
    let promised = words(&retry.sends_ms());
    let first = sends_ms.first().copied().unwrap_or_default();
    let observed: Vec<u64> = sends_ms.iter().map(|at| at.saturating_sub(first)).collect();
    let ok = observed.len() == retry.retries as usize + 1 && on_time(retry, &observed, slack);
    notes.judged(
        format!("sends at {promised}, each late by at most {} %", retry.jitter_percent),
        format!("sends at {}", words(&observed)),
        ok,
    );
}

/// Notes whether the first sends of a timetable came at the promised times, when the message got through before its end.
pub(crate) fn compare_first(retry: &Retry, sends_ms: &[u64], slack: Slack, notes: &mut Notes) {
    let part = Retry {
        retries: u32::try_from(sends_ms.len().saturating_sub(1)).unwrap_or(u32::MAX).min(retry.retries),
        ..retry.clone()
    };
    compare(&part, sends_ms, slack, notes);
}

/// Every gap lies between the policy's delay and the delay with full jitter, plus slack. A fast clock is read in
/// milliseconds of the wall: a hundredth early is its grain, not a broken promise.
fn on_time(retry: &Retry, sends: &[u64], slack: Slack) -> bool {
    let mut delay = retry.interval_ms.min(retry.cap_ms);
    sends.windows(2).all(|pair| {
        let gap = pair[1].saturating_sub(pair[0]);
        let latest = delay + delay * u64::from(retry.jitter_percent) / 100 + slack.0;
        let kept = gap + delay / 100 >= delay && gap <= latest;
        if retry.backoff == Backoff::Exponential {
            delay = delay.saturating_mul(2).min(retry.cap_ms);
        }
        kept
    })
}

/// `0 s, 30 s, 1 min 30`.
fn words(times_ms: &[u64]) -> String {
    let times: Vec<String> = times_ms.iter().map(|ms| moment(*ms)).collect();
    if times.is_empty() { "no time at all".to_owned() } else { times.join(", ") }
}

/// A moment after the first send, to the second.
pub(crate) fn moment(ms: u64) -> String {
    let seconds = ms / 1000;
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::model::Span;

    fn verdict(sends: &[u64]) -> bool {
        let retry = Retry {
            phrase: String::new(),
            retries: 3,
            interval_ms: 30_000,
            backoff: Backoff::Exponential,
            cap_ms: 3_600_000,
            jitter_percent: 10,
            retry_after_cap_ms: 3_600_000,
            span: Span::default(),
        };
        let mut notes = Notes::new("");
        compare(&retry, sends, Slack(2_000), &mut notes);
        notes.observations().first().is_some_and(|observation| observation.ok)
    }

    #[test]
    fn a_timetable_is_kept_or_not() {
        let cases: [(&[u64], bool); 5] = [
            (&[5_000, 36_000, 98_000, 224_000], true),
            (&[0, 30_000, 90_000, 210_000], true),
            (&[0, 25_000, 90_000, 210_000], false),
            (&[0, 30_000, 90_000], false),
            (&[0, 30_000, 90_000, 250_000], false),
        ];
        for (sends, kept) in cases {
            assert_eq!(verdict(sends), kept, "{sends:?}");
        }
    }
}
