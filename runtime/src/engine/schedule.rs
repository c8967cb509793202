//! Interfaces that start by a timetable.
//!
//! In: cron expressions with their zones. Out: arrivals, one per nominal instant. Never knows: flows.
//!
//! The nominal instant is the idempotency key, so no start happens twice, whatever the clock does. Of the starts that
//! were missed while the service was down, one is made up for, if it is not older than a day.

use std::sync::Arc;

use croner::Cron;
use jiff::{Timestamp, tz::TimeZone};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{accept, core::Core, watch};
use crate::{
    descriptor::Trigger,
    door::{Arrival, Refusal},
    journal::Filter,
    telemetry,
    value::Value,
};

const CATCH_UP_MS: i64 = 86_400_000;

/// One task for each interface with a timetable.
pub(super) fn start(core: &Arc<Core>, stop: &CancellationToken) -> Vec<JoinHandle<()>> {
    let mut tasks = Vec::new();
    for (index, handler) in core.handlers.iter().enumerate() {
        let Trigger::Schedule { cron, zone, .. } = handler.interface().trigger else { continue };
        match timetable(cron, zone) {
            Ok((cron, zone)) => {
                let (core, stop) = (Arc::clone(core), stop.clone());
                tasks.push(tokio::spawn(async move {
                    tokio::select! {
                        biased;
                        () = stop.cancelled() => {}
                        () = fire(core, index, cron, zone) => {}
                    }
                }));
            }
            Err(problem) => tracing::error!(interface = handler.interface().smart_id, problem, "no timetable"),
        }
    }
    tasks
}

fn timetable(cron: &str, zone: &str) -> Result<(Cron, TimeZone), String> {
    let zone = TimeZone::get(zone).map_err(|error| error.to_string())?;
    let cron = cron.parse().map_err(|error| format!("`{cron}`: {error}"))?;
    Ok((cron, zone))
}

async fn fire(core: Arc<Core>, handler: usize, cron: Cron, zone: TimeZone) {
    let mut last_ms = last_fire_ms(&core, handler).await;
    loop {
        let Some(mut next_ms) = following_ms(&cron, &zone, last_ms) else { return };
        // Of several missed starts only the last is made up for.
        while let Some(later_ms) = following_ms(&cron, &zone, next_ms).filter(|later| *later <= core.clock.now_ms()) {
            next_ms = later_ms;
        }
        core.clock.sleep_until(next_ms).await;
        start_at(&core, handler, next_ms).await;
        last_ms = next_ms;
    }
}

/// Hands the start in until the journal has it.
async fn start_at(core: &Arc<Core>, handler: usize, nominal_ms: i64) {
    loop {
        match accept::accept(core, arrival(core, handler, nominal_ms), |_| {}).await {
            Ok(_) => return watch::started(core, handler, nominal_ms).await,
            Err(Refusal::Unavailable { retry_after_s, .. }) => core.clock.sleep(u64::from(retry_after_s) * 1_000).await,
            Err(refusal) => return tracing::error!(?refusal, "a scheduled start was refused"),
        }
    }
}

/// Where to count from: the last message of the interface, but at most a day back.
async fn last_fire_ms(core: &Core, handler: usize) -> i64 {
    let now_ms = core.clock.now_ms();
    let interface = Some(core.handlers[handler].interface().smart_id.to_owned());
    let rows = core.store.messages(Filter { interface, limit: 1, ..Filter::default() }).await.unwrap_or_default();
    rows.first().map_or(now_ms, |row| row.accepted_ms.max(now_ms.saturating_sub(CATCH_UP_MS)))
}

fn following_ms(cron: &Cron, zone: &TimeZone, after_ms: i64) -> Option<i64> {
    let after = Timestamp::from_millisecond(after_ms).ok()?.to_zoned(zone.clone());
    cron.find_next_occurrence(&after, false).ok().map(|next| next.timestamp().as_millisecond())
}

fn arrival(core: &Core, handler: usize, nominal_ms: i64) -> Arrival {
    let nominal = Timestamp::from_millisecond(nominal_ms).unwrap_or_default().to_string();
    Arrival {
        handler,
        raw: Vec::new(),
        body: Value::Null,
        parameters: vec![("scheduledAt".to_owned(), nominal)],
        principal: "schedule".to_owned(),
        traceparent: telemetry::root(&core.random),
        request_id: core.random.id(nominal_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_follow_the_zone_through_the_change_of_clocks() {
        let (cron, zone) = timetable("30 2 * * *", "Europe/Paris").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        let next = |after: &str| following_ms(&cron, &zone, at(after)).unwrap();
        assert_eq!(next("2026-03-28T12:00:00Z"), at("2026-03-29T01:00:00Z"), "02:30 does not exist: 03:00 summer time");
        assert_eq!(next("2026-10-24T12:00:00Z"), at("2026-10-25T00:30:00Z"), "02:30 comes twice: the first");
        assert_eq!(next("2026-10-25T00:30:00Z"), at("2026-10-26T01:30:00Z"), "and only the first");
        assert!(timetable("61 * * * *", "Europe/Paris").is_err());
        assert!(timetable("0 3 * * *", "Europe/Atlantis").is_err());
    }
}
