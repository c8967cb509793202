//! Which starts of a timetable are to be made now.
//!
//! In: a timetable, the last start that is known, the present. Out: [`Plan`]. Pure. Never knows: journals, clocks.

use std::collections::VecDeque;

use croner::Cron;
use jiff::{Timestamp, tz::TimeZone};

use crate::descriptor::Missed;

/// A start that comes no later than this is on time: it takes a moment to wake up, or to restart.
const ON_TIME_MS: i64 = 60_000;

/// A cron expression in its zone, and what it does about starts that nobody was there for.
#[derive(Debug, Clone)]
pub(super) struct Timetable {
    cron: Cron,
    zone: TimeZone,
    missed: Missed,
    catch_up_ms: u64,
}

/// A start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    /// When it was to be, milliseconds since 1970.
    pub(super) nominal_ms: i64,
    /// Its time has passed: it is made up for.
    pub(super) late: bool,
}

/// What is to be started now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// In order.
    pub(super) starts: Vec<Start>,
    /// How many starts are left out.
    pub(super) left_out: u64,
}

impl Timetable {
    /// Reads cron expression and zone.
    pub(super) fn new(cron: &str, zone: &str, missed: Missed, catch_up_ms: u64) -> Result<Self, String> {
        let zone = TimeZone::get(zone).map_err(|error| error.to_string())?;
        let cron = cron.parse().map_err(|error| format!("`{cron}`: {error}"))?;
        Ok(Self { cron, zone, missed, catch_up_ms })
    }

    /// The first start after an instant. In the gap of spring it is the first instant after the gap; what comes twice in
    /// autumn comes the first time only.
    pub(super) fn after(&self, after_ms: i64) -> Option<i64> {
        let after = Timestamp::from_millisecond(after_ms).ok()?.to_zoned(self.zone.clone());
        self.cron.find_next_occurrence(&after, false).ok().map(|next| next.timestamp().as_millisecond())
    }

    /// What is to be started at `now_ms` when everything up to `last_ms` has been dealt with.
    pub(super) fn plan(&self, last_ms: i64, now_ms: i64) -> Plan {
        let most = match self.missed {
            Missed::Skip => 0,
            Missed::Once => 1,
            Missed::All { most } => usize::try_from(most).unwrap_or(usize::MAX),
        };
        let mut plan = Plan::default();
        let mut late = VecDeque::new();
        let mut at_ms = last_ms.max(now_ms.saturating_sub_unsigned(self.catch_up_ms));
        while let Some(nominal_ms) = self.after(at_ms).filter(|next| *next <= now_ms) {
            at_ms = nominal_ms;
            if now_ms.saturating_sub(nominal_ms) <= ON_TIME_MS {
                plan.starts.push(Start { nominal_ms, late: false });
                continue;
            }
            late.push_back(Start { nominal_ms, late: true });
            if late.len() > most {
                late.pop_front();
                plan.left_out += 1;
            }
        }
        plan.starts.splice(0..0, late);
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: u64 = 86_400_000;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn starts_follow_the_zone_through_the_change_of_clocks() {
        let nightly = Timetable::new("30 2 * * *", "Europe/Paris", Missed::Once, DAY_MS).unwrap();
        let next = |after: &str| nightly.after(at(after)).unwrap();
        assert_eq!(next("2026-03-28T12:00:00Z"), at("2026-03-29T01:00:00Z"), "02:30 does not exist: 03:00 summer time");
        assert_eq!(next("2026-10-24T12:00:00Z"), at("2026-10-25T00:30:00Z"), "02:30 comes twice: the first");
        assert_eq!(next("2026-10-25T00:30:00Z"), at("2026-10-26T01:30:00Z"), "and only the first");
        assert!(Timetable::new("61 * * * *", "Europe/Paris", Missed::Once, DAY_MS).is_err());
        assert!(Timetable::new("0 3 * * *", "Europe/Atlantis", Missed::Once, DAY_MS).is_err());
    }

    #[test]
    fn missed_starts_are_made_up_for_as_the_document_says() {
        let hourly = |missed, catch_up_ms| Timetable::new("0 * * * *", "UTC", missed, catch_up_ms).unwrap();
        // Last start at 00:00; down until 05:00:30.
        let (last_ms, now_ms) = (at("2026-02-01T00:00:00Z"), at("2026-02-01T05:00:30Z"));
        let check = |missed, catch_up_ms, expect: &[&str], left_out| {
            let plan = hourly(missed, catch_up_ms).plan(last_ms, now_ms);
            let told: Vec<String> = plan
                .starts
                .iter()
                .map(|start| {
                    let hour = Timestamp::from_millisecond(start.nominal_ms).unwrap().strftime("%H:%M").to_string();
                    format!("{hour}{}", if start.late { " late" } else { "" })
                })
                .collect();
            assert_eq!(
                (told.as_slice(), plan.left_out),
                (expect.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>().as_slice(), left_out),
                "{missed:?}"
            );
        };
        check(Missed::Once, DAY_MS, &["04:00 late", "05:00"], 3);
        check(Missed::Skip, DAY_MS, &["05:00"], 4);
        check(Missed::All { most: 3 }, DAY_MS, &["02:00 late", "03:00 late", "04:00 late", "05:00"], 1);
        check(Missed::All { most: 99 }, DAY_MS, &["01:00 late", "02:00 late", "03:00 late", "04:00 late", "05:00"], 0);
        check(Missed::All { most: 99 }, 2 * 3_600_000, &["04:00 late", "05:00"], 0);
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_planned_twice_and_nothing_early(
            most in 1_u32..5, spans in proptest::collection::vec(1_i64..20_000_000, 1..20),
        ) {
            let timetable = Timetable::new("*/10 * * * *", "Europe/Paris", Missed::All { most }, DAY_MS).unwrap();
            let mut last_ms = at("2026-10-24T20:00:00Z");
            let mut seen = std::collections::BTreeSet::new();
            for span_ms in spans {
                let now_ms = last_ms + span_ms;
                for start in timetable.plan(last_ms, now_ms).starts {
                    proptest::prop_assert!(start.nominal_ms > last_ms && start.nominal_ms <= now_ms);
                    proptest::prop_assert!(seen.insert(start.nominal_ms));
                }
                last_ms = now_ms;
            }
        }
    }
}
