//! The timetable on the page against the sends that a partner system saw.
//!
//! In: a retry policy, the tries as the journal has them, the sends as the partner saw them. Out: a verdict in words.
//! Never knows: scenes, systems.
//!
//! Three things are kept apart, so that a busy machine is not taken for a broken promise. *When a send was due* is the
//! timetable's affair and is judged to the millisecond: never before the delay is over, late by the policy's jitter at
//! most. *When it happened* is the machine's: never before it was due, and soon afterwards. *Whether it happened* is
//! told by the partner, not by the journal.

use std::time::Duration;

use catalog::model::{Backoff, Retry};

use super::report::Notes;

/// How long after it was due a send may begin, in wall-clock time. Not a promise of any page: what is later than this was
/// forgotten, not delayed by a busy machine.
const FORGOTTEN: Duration = Duration::from_secs(10);

/// A try of a step, in virtual milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Try {
    /// When the journal says that it was due, where somebody looked while the message waited.
    pub(crate) due_ms: Option<i64>,
    /// When it began.
    pub(crate) start_ms: i64,
    /// When it ended; the next delay is counted from here.
    pub(crate) end_ms: i64,
}

/// What was seen of one step.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    /// The tries in the journal.
    pub(crate) tries: &'a [Try],
    /// When the partner got a call, virtual milliseconds.
    pub(crate) arrivals_ms: &'a [i64],
    /// How many times faster than the wall clock waiting went.
    pub(crate) speed: u32,
}

/// Notes whether sends came at the promised times.
pub(crate) fn compare(retry: &Retry, seen: &Seen<'_>, notes: &mut Notes) {
    let first = seen.arrivals_ms.first().copied().unwrap_or_default();
    let arrivals: Vec<u64> = seen.arrivals_ms.iter().map(|at| at.saturating_sub(first).unsigned_abs()).collect();
    let complaint = complaint(retry, seen);
    let why = complaint.as_ref().map_or_else(|| machine(seen), |complaint| format!("; {complaint}"));
    notes.judged(
        format!("sends at {}, each late by at most {} %", words(&retry.sends_ms()), retry.jitter_percent),
        format!("sends at {}{why}", words(&arrivals)),
        complaint.is_none(),
    );
}

/// Notes whether the first sends of a timetable came at the promised times, when the message got through before its end.
pub(crate) fn compare_first(retry: &Retry, seen: &Seen<'_>, notes: &mut Notes) {
    let sends = u32::try_from(seen.arrivals_ms.len()).unwrap_or(u32::MAX);
    compare(&Retry { retries: sends.saturating_sub(1).min(retry.retries), ..retry.clone() }, seen, notes);
}

/// What the machine added to the timetable, in wall-clock time: it is part of the times that the partner saw.
fn machine(seen: &Seen<'_>) -> String {
    let fast = i64::from(seen.speed).max(1);
    let waited = seen.tries.iter().filter_map(|one| Some(one.start_ms - one.due_ms?)).max();
    let worked = seen.tries.iter().map(|one| one.end_ms - one.start_ms).max().unwrap_or_default();
    let unseen = seen.tries.iter().skip(1).filter(|one| one.due_ms.is_none()).count();
    let waited = waited.map_or_else(String::new, |ms| format!(", begun at most {} ms after it was due", ms / fast));
    let unseen = if unseen == 0 { String::new() } else { format!(", {unseen} judged without its due time") };
    format!("; on the wall clock a send took at most {} ms{waited}{unseen}", worked / fast)
}

/// What is wrong, if anything is.
fn complaint(retry: &Retry, seen: &Seen<'_>) -> Option<String> {
    let promised = retry.retries as usize + 1;
    if seen.arrivals_ms.len() != promised || seen.tries.len() != promised {
        return Some(format!("{} arrived, {} stand in the journal", seen.arrivals_ms.len(), seen.tries.len()));
    }
    let fast = i64::from(seen.speed);
    // A fast clock is read in milliseconds of the wall.
    let grain = 2 * fast;
    let forgotten = i64::try_from(FORGOTTEN.as_millis()).unwrap_or(i64::MAX).saturating_mul(fast);
    let strangers = seen.tries.iter().zip(seen.arrivals_ms);
    for (number, (one, at)) in strangers.enumerate() {
        if *at < one.start_ms - grain || *at > one.end_ms + grain {
            return Some(format!("send {} did not arrive when the journal says", number + 1));
        }
    }
    let mut delay = i64::try_from(retry.interval_ms.min(retry.cap_ms)).unwrap_or(i64::MAX);
    let cap = i64::try_from(retry.cap_ms).unwrap_or(i64::MAX);
    for (number, pair) in seen.tries.windows(2).enumerate() {
        let (earliest, latest) = (pair[0].end_ms + delay, pair[0].end_ms + delay + jitter(retry, delay));
        let due = pair[1].due_ms.unwrap_or(latest);
        let number = number + 2;
        if due < earliest || pair[1].start_ms < earliest {
            return Some(format!("send {number} came early"));
        }
        if due > latest {
            return Some(format!("send {number} was put off for longer than promised"));
        }
        if pair[1].start_ms > due + forgotten {
            return Some(format!("send {number} was forgotten for a while"));
        }
        if retry.backoff == Backoff::Exponential {
            delay = delay.saturating_mul(2).min(cap);
        }
    }
    None
}

fn jitter(retry: &Retry, delay: i64) -> i64 {
    delay.saturating_mul(i64::from(retry.jitter_percent)) / 100
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

    /// Due, start and end of a try, in seconds; due is -1 where nobody looked.
    type Triple = (i64, i64, i64);

    /// Tries, arrivals, what is wrong.
    type Case = (&'static [Triple], &'static [i64], Option<&'static str>);

    fn verdict(tries: &[Triple], arrivals: &[i64]) -> Option<String> {
        let retry = Retry {
            phrase: String::new(),
            retries: 2,
            interval_ms: 30_000,
            backoff: Backoff::Exponential,
            cap_ms: 3_600_000,
            jitter_percent: 10,
            retry_after_cap_ms: 3_600_000,
            give_up_after_ms: None,
            span: Span::default(),
        };
        let tries: Vec<Try> = tries
            .iter()
            .map(|(due, start, end)| Try {
                due_ms: (*due >= 0).then_some(due * 1000),
                start_ms: start * 1000,
                end_ms: end * 1000,
            })
            .collect();
        let arrivals: Vec<i64> = arrivals.iter().map(|at| at * 1000).collect();
        complaint(&retry, &Seen { tries: &tries, arrivals_ms: &arrivals, speed: 20 })
    }

    #[test]
    fn what_the_machine_added_is_told() {
        let told = |tries: &[Try]| machine(&Seen { tries, arrivals_ms: &[], speed: 20 });
        let first = Try { due_ms: None, start_ms: 0, end_ms: 2_000 };
        let later = Try { due_ms: Some(33_000), start_ms: 47_000, end_ms: 48_000 };
        assert_eq!(
            told(&[first, later]),
            "; on the wall clock a send took at most 100 ms, begun at most 700 ms after it was due"
        );
        let unseen = Try { due_ms: None, ..later };
        assert_eq!(
            told(&[first, unseen]),
            "; on the wall clock a send took at most 100 ms, 1 judged without its due time"
        );
    }

    #[test]
    fn a_timetable_is_kept_or_not() {
        const KEPT: &[Triple] = &[(-1, 0, 2), (33, 33, 34), (100, 101, 103)];
        let cases: [Case; 8] = [
            (KEPT, &[1, 34, 102], None),
            (&[(-1, 0, 2), (-1, 36, 37), (97, 97, 98)], &[1, 36, 97], None),
            // The machine was busy: due in time, sent later.
            (&[(-1, 0, 2), (35, 90, 91), (151, 151, 152)], &[1, 91, 151], None),
            (&[(-1, 0, 2), (31, 32, 34), (100, 101, 103)], &[1, 34, 102], Some("send 2 came early")),
            (&[(-1, 0, 2), (33, 31, 34), (100, 101, 103)], &[1, 34, 102], Some("send 2 came early")),
            (
                &[(-1, 0, 2), (36, 36, 37), (97, 97, 98)],
                &[1, 37, 98],
                Some("send 2 was put off for longer than promised"),
            ),
            (&[(-1, 0, 2), (33, 240, 241), (302, 302, 303)], &[1, 241, 303], Some("send 2 was forgotten for a while")),
            (KEPT, &[1, 34], Some("2 arrived, 3 stand in the journal")),
        ];
        for (tries, arrivals, expected) in cases {
            assert_eq!(verdict(tries, arrivals).as_deref(), expected, "{tries:?} {arrivals:?}");
        }
        assert_eq!(verdict(KEPT, &[1, 36, 102]).as_deref(), Some("send 2 did not arrive when the journal says"));
    }
}
