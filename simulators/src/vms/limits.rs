//! In: the moment of a call and how many others are in flight. Out: nothing, or the answer that refuses it.
//! Never knows: what the call is about.

use std::collections::VecDeque;
use std::sync::Mutex;

use serde_json::json;

use super::{Settings, problem};
use crate::common::random::lock;
use crate::common::web::Answer;

const SECOND_MS: i64 = 1000;
const DAY_MS: i64 = 86_400_000;

/// Calls counted on the virtual clock.
#[derive(Debug, Default)]
pub(super) struct Limits(Mutex<Counters>);

#[derive(Debug, Default)]
struct Counters {
    /// Arrivals of the last second.
    recent: VecDeque<i64>,
    day: i64,
    today: usize,
}

impl Limits {
    /// Refuses a call beyond the quota of the day, the pace of a second (both by the API proxy, with its own fault
    /// body) or the one call at a time (by 11VMS itself). Refused calls count like any other.
    pub(super) fn check(&self, settings: &Settings, now_ms: i64, others: usize) -> Option<Answer> {
        let mut counters = lock(&self.0);
        if counters.day != now_ms.div_euclid(DAY_MS) {
            counters.day = now_ms.div_euclid(DAY_MS);
            counters.today = 0;
        }
        counters.today += 1;
        while counters.recent.front().is_some_and(|at| *at <= now_ms - SECOND_MS) {
            counters.recent.pop_front();
        }
        counters.recent.push_back(now_ms);
        if counters.today > settings.per_day {
            let text = "Rate limit quota violation. Quota limit  exceeded. Identifier : _default";
            return Some(fault(settings, text, "policies.ratelimit.QuotaViolation"));
        }
        if counters.recent.len() > settings.per_second {
            let text = format!("Spike arrest violation. Allowed rate : {}ps", settings.per_second);
            return Some(fault(settings, &text, "policies.ratelimit.SpikeArrestViolation"));
        }
        (others >= settings.concurrency).then(|| {
            problem(429, "TOO_MANY_REQUESTS", "another call of this client is still running").header("retry-after", "1")
        })
    }

    pub(super) fn today(&self) -> usize {
        lock(&self.0).today
    }

    pub(super) fn reset(&self) {
        *lock(&self.0) = Counters::default();
    }
}

fn fault(settings: &Settings, text: &str, code: &str) -> Answer {
    let body = json!({ "fault": { "faultstring": text, "detail": { "errorcode": code } } });
    Answer::json(settings.limit_status, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(limits: &Limits, settings: &Settings, at: i64, others: usize, expect: Option<(u16, &str)>) {
        let answer = limits.check(settings, at, others);
        let seen = answer.map(|a| (a.status, String::from_utf8_lossy(&a.body).into_owned()));
        match (seen, expect) {
            (None, None) => {}
            (Some((status, body)), Some((want, part))) => {
                assert_eq!(status, want);
                assert!(body.contains(part), "{body}");
            }
            (seen, expect) => panic!("at {at}: {seen:?}, expected {expect:?}"),
        }
    }

    #[test]
    fn the_eleventh_call_of_a_second_is_arrested() {
        let (limits, settings) = (Limits::default(), Settings::default());
        (0..10).for_each(|n| check(&limits, &settings, 1000 + n * 50, 0, None));
        check(&limits, &settings, 1500, 0, Some((500, "SpikeArrestViolation")));
        check(&limits, &settings, 2600, 0, None);
    }

    #[test]
    fn a_second_call_at_the_same_time_is_refused() {
        let (limits, settings) = (Limits::default(), Settings::default());
        check(&limits, &settings, 1000, 0, None);
        check(&limits, &settings, 1001, 1, Some((429, "still running")));
    }

    #[test]
    fn the_quota_ends_with_the_day() {
        let settings = Settings { per_day: 2, limit_status: 429, ..Settings::default() };
        let limits = Limits::default();
        check(&limits, &settings, 0, 0, None);
        check(&limits, &settings, 2_000, 0, None);
        check(&limits, &settings, 4_000, 0, Some((429, "QuotaViolation")));
        check(&limits, &settings, DAY_MS, 0, None);
    }
}
