//! The breaker of one target: whether it is called now, and how many calls at a time.
//!
//! In: what came of calls, and when (milliseconds since 1970). Out: whether a call may start. Pure. Never knows: clocks,
//! messages, limits of the partner.
//!
//! It opens at once when the target refuses us as such (class TARGET), and when of at least 20 calls within 30 seconds
//! half or more failed (RETRYABLE or UNKNOWN). With fewer calls it never opens for failures, so the timetable on a page
//! is exact for a message that fails while few others do. When its pause is over one call finds out; then calls start
//! slowly: one at a time, two, four, … A call that finds out and fails uses up no try of its message.

use std::collections::VecDeque;

use crate::descriptor::Class;

/// First and longest pause after a system refused us as such: somebody has to act there.
pub(super) const FIRST_PAUSE_MS: u64 = 30_000;
pub(super) const LONGEST_PAUSE_MS: u64 = 600_000;

/// First and longest pause after too many failures: one call every few seconds burdens nobody, and finds out soon.
const FIRST_TROUBLE_MS: u64 = 1_000;
const LONGEST_TROUBLE_MS: u64 = 4_000;

/// The window in which calls are counted, and how many there must be.
const WINDOW_S: i64 = 30;
const FEWEST_CALLS: u64 = 20;

#[derive(Debug, Default)]
pub(super) struct Breaker {
    state: State,
    window: Window,
    start: Option<SlowStart>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum State {
    #[default]
    Closed,
    Open(Pause),
    /// One call is finding out.
    Trying(Pause),
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Pause {
    until_ms: i64,
    length_ms: u64,
    kind: Kind,
}

/// Why calls are held back.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// The target refused us as such.
    Refused,
    /// Too many calls failed.
    Trouble,
}

impl Kind {
    const fn first_ms(self) -> u64 {
        match self {
            Self::Refused => FIRST_PAUSE_MS,
            Self::Trouble => FIRST_TROUBLE_MS,
        }
    }

    const fn longest_ms(self) -> u64 {
        match self {
            Self::Refused => LONGEST_PAUSE_MS,
            Self::Trouble => LONGEST_TROUBLE_MS,
        }
    }
}

/// Where the breaker of a system stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Calls pass.
    Closed,
    /// No call passes until then.
    Open {
        /// Milliseconds since 1970.
        until_ms: i64,
    },
    /// One call is finding out.
    HalfOpen,
}

/// Calls after the breaker closed: so many at a time, and how many of those have succeeded.
#[derive(Debug, Clone, Copy)]
struct SlowStart {
    at_a_time: usize,
    succeeded: usize,
}

/// What a call's outcome did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing of note.
    None,
    /// The breaker was closed, and is open now.
    Opened,
    /// The call was the one that finds out, and the target is no better: it is not the fault of the call's message.
    InVain,
}

impl Breaker {
    /// Whether a call may start now; when to look again if not.
    pub(super) fn look(&self, now_ms: i64) -> Result<(), i64> {
        match self.state {
            State::Open(pause) if now_ms < pause.until_ms => Err(pause.until_ms),
            State::Trying(pause) => Err(later(now_ms, (pause.length_ms / 4).max(500))),
            State::Open(_) | State::Closed => Ok(()),
        }
    }

    /// A call starts; true if it is the one that finds out.
    pub(super) fn start(&mut self) -> bool {
        if let State::Open(pause) = self.state {
            self.state = State::Trying(pause);
            return true;
        }
        false
    }

    /// Calls at a time while starting slowly.
    pub(super) fn at_a_time(&self) -> Option<usize> {
        self.start.map(|start| start.at_a_time)
    }

    /// What came of a call. `trying`: it is the one that finds out; `most`: calls at a time that the partner allows.
    pub(super) fn report(&mut self, class: Class, (trying, most): (bool, usize), now_ms: i64) -> Effect {
        let failed = matches!(class, Class::Retryable | Class::Unknown);
        self.window.count(now_ms, failed);
        let bad = failed && self.window.is_bad();
        match (class, self.state) {
            (Class::Target, State::Closed) => self.open(now_ms, Kind::Refused),
            (_, State::Closed) if bad => self.open(now_ms, Kind::Trouble),
            (Class::Target, State::Trying(pause)) if trying => self.reopen(now_ms, Kind::Refused, pause),
            (_, State::Trying(pause)) if trying && failed && pause.kind == Kind::Trouble => {
                self.reopen(now_ms, Kind::Trouble, pause)
            }
            // It speaks to us again: from here the timetable decides.
            (_, State::Trying(_)) if trying => self.close(),
            (_, State::Closed) if !failed => self.faster(most),
            // Calls that were under way when it opened.
            _ => Effect::None,
        }
    }

    /// The call that was finding out came to nothing: the next one finds out.
    pub(super) fn lost(&mut self, now_ms: i64) {
        if let State::Trying(pause) = self.state {
            self.state = State::Open(Pause { until_ms: now_ms, ..pause });
        }
    }

    pub(super) fn standing(&self) -> Standing {
        match self.state {
            State::Closed => Standing::Closed,
            State::Open(pause) => Standing::Open { until_ms: pause.until_ms },
            State::Trying(_) => Standing::HalfOpen,
        }
    }

    fn open(&mut self, now_ms: i64, kind: Kind) -> Effect {
        self.state = State::Open(Pause { until_ms: later(now_ms, kind.first_ms()), length_ms: kind.first_ms(), kind });
        self.start = None;
        Effect::Opened
    }

    fn reopen(&mut self, now_ms: i64, kind: Kind, pause: Pause) -> Effect {
        let doubled_ms = pause.length_ms.saturating_mul(2).min(kind.longest_ms());
        let length_ms = if kind == pause.kind { doubled_ms } else { kind.first_ms() };
        self.state = State::Open(Pause { until_ms: later(now_ms, length_ms), length_ms, kind });
        Effect::InVain
    }

    /// What was counted before belongs to the time before.
    fn close(&mut self) -> Effect {
        *self = Self { start: Some(SlowStart { at_a_time: 1, succeeded: 0 }), ..Self::default() };
        Effect::None
    }

    fn faster(&mut self, most: usize) -> Effect {
        let Some(start) = &mut self.start else { return Effect::None };
        start.succeeded += 1;
        if start.succeeded >= start.at_a_time {
            *start = SlowStart { at_a_time: start.at_a_time * 2, succeeded: 0 };
        }
        if start.at_a_time >= most {
            self.start = None;
        }
        Effect::None
    }
}

/// Calls and failures by second.
#[derive(Debug, Default)]
struct Window {
    seconds: VecDeque<(i64, u64, u64)>,
}

impl Window {
    fn count(&mut self, now_ms: i64, failed: bool) {
        let second = now_ms.div_euclid(1_000);
        while self.seconds.front().is_some_and(|(first, ..)| *first <= second - WINDOW_S) {
            self.seconds.pop_front();
        }
        match self.seconds.back_mut() {
            Some((last, calls, failures)) if *last >= second => {
                (*calls, *failures) = (*calls + 1, *failures + u64::from(failed));
            }
            _ => self.seconds.push_back((second, 1, u64::from(failed))),
        }
    }

    fn is_bad(&self) -> bool {
        let (calls, failures) =
            self.seconds.iter().fold((0, 0), |(calls, failures), (_, c, f)| (calls + c, failures + f));
        calls >= FEWEST_CALLS && failures * 2 >= calls
    }
}

fn later(now_ms: i64, pause_ms: u64) -> i64 {
    now_ms.saturating_add_unsigned(pause_ms)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn report(breaker: &mut Breaker, class: Class, now_ms: i64) -> Effect {
        let trying = breaker.start();
        breaker.report(class, (trying, 16), now_ms)
    }

    /// How many failures after so many successes, one call each `every_ms`, until it opens.
    fn opens_after(successes: u64, every_ms: i64) -> Option<u64> {
        let mut breaker = Breaker::default();
        for call in 0..successes {
            report(&mut breaker, Class::Delivered, i64::try_from(call).unwrap() * every_ms);
        }
        (1..=100).find(|failure| {
            report(&mut breaker, Class::Retryable, i64::try_from(successes + failure - 1).unwrap() * every_ms)
                == Effect::Opened
        })
    }

    #[test]
    fn half_of_twenty_calls_in_thirty_seconds_open_it() {
        let cases = [
            (0, 10, Some(20)),
            (10, 10, Some(10)),
            (19, 10, Some(19)),
            (50, 10, Some(50)),
            // 15 calls in 30 seconds are too few, however many fail.
            (0, 2_000, None),
            // Only the last 30 calls count.
            (60, 1_000, Some(15)),
        ];
        for (successes, every_ms, expect) in cases {
            assert_eq!(opens_after(successes, every_ms), expect, "{successes} {every_ms}");
        }
        let mut breaker = Breaker::default();
        for call in 0..100 {
            assert_eq!(
                report(&mut breaker, Class::Permanent, call),
                Effect::None,
                "a refused message is no trouble of the target"
            );
        }
    }

    #[test]
    fn pauses_grow_by_their_kind_and_one_call_finds_out() {
        let cases: [(Class, Class, &[i64]); 3] = [
            (Class::Retryable, Class::Retryable, &[1_000, 2_000, 4_000, 4_000]),
            (Class::Target, Class::Target, &[30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000]),
            (Class::Retryable, Class::Target, &[1_000, 30_000, 60_000]),
        ];
        for (first, class, pauses) in cases {
            let (mut breaker, mut now_ms) = (Breaker::default(), 0);
            while report(&mut breaker, first, 0) != Effect::Opened {}
            for pause_ms in pauses {
                assert_eq!(breaker.look(now_ms), Err(now_ms + pause_ms), "{class:?}");
                now_ms += pause_ms;
                assert_eq!(breaker.look(now_ms), Ok(()));
                assert!(breaker.start(), "this one finds out");
                assert!(breaker.look(now_ms).is_err() && !breaker.start(), "and only this one");
                assert_eq!(breaker.report(class, (true, 16), now_ms), Effect::InVain);
            }
        }
    }

    #[test]
    fn after_it_closed_calls_start_slowly() {
        let mut breaker = Breaker::default();
        report(&mut breaker, Class::Target, 0);
        assert_eq!(report(&mut breaker, Class::Permanent, 30_000), Effect::None);
        let mut most = Vec::new();
        while let Some(at_a_time) = breaker.at_a_time() {
            most.push(at_a_time);
            report(&mut breaker, Class::Delivered, 30_000);
        }
        assert_eq!(most, [1, 2, 2, 4, 4, 4, 4, 8, 8, 8, 8, 8, 8, 8, 8]);
    }

    #[test]
    fn a_call_that_never_ended_leaves_finding_out_to_the_next() {
        let mut breaker = Breaker::default();
        report(&mut breaker, Class::Target, 0);
        assert!(breaker.start());
        breaker.lost(30_500);
        assert_eq!(breaker.look(30_500), Ok(()));
        assert!(breaker.start());
    }

    proptest! {
        /// Whatever comes of calls: it never stays shut longer than its longest pause, and never lets two find out.
        #[test]
        fn it_always_opens_up_again(calls in prop::collection::vec((0..6_u8, 0..40_000_i64), 1..200)) {
            let classes = [Class::Delivered, Class::Duplicate, Class::Retryable, Class::Unknown, Class::Target, Class::Permanent];
            let (mut breaker, mut now_ms) = (Breaker::default(), 0);
            for (class, wait_ms) in calls {
                now_ms += wait_ms;
                if let Err(until_ms) = breaker.look(now_ms) {
                    prop_assert!(until_ms > now_ms);
                    prop_assert!(until_ms - now_ms <= i64::try_from(LONGEST_PAUSE_MS).unwrap());
                    now_ms = until_ms;
                    prop_assert_eq!(breaker.look(now_ms), Ok(()));
                }
                let trying = breaker.start();
                prop_assert!(!trying || !breaker.start());
                breaker.report(classes[usize::from(class)], (trying, 16), now_ms);
                prop_assert!(breaker.standing() != Standing::HalfOpen);
            }
        }
    }
}
