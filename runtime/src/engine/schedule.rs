//! Interfaces that start by a timetable.
//!
//! In: timetables. Out: arrivals, one per nominal instant. Never knows: flows.
//!
//! The nominal instant is the idempotency key, so no start happens twice, whatever the clock does. What becomes of starts
//! that nobody was there for, and of one that falls into the run of an earlier one, is the document's to say; a start
//! that is left out raises an alert, one that is skipped for an earlier run is a message of its own, DISCARDED(OVERLAP).
//! Except where runs may overlap, the starts of an interface go one after the other, like messages of one order key, also
//! after a crash; starts that are made up for wait for each other and are never skipped.
//!
//! Counting goes on from the last start on record, which outlives its message. Where there is none, it begins when the
//! process starts.

mod plan;

use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::plan::{Start, Timetable};
use super::{
    accept::{self, Beside, WHOLE_INTERFACE},
    core::Core,
    watch,
};
use crate::{
    descriptor::{Overlap, Trigger},
    door::{Arrival, Refusal},
    journal::{Change, Filter, StoreError, lane::lane_of},
    telemetry,
    value::Value,
};

/// The sender of starts.
const PRINCIPAL: &str = "schedule";
const SCHEDULED_AT: &str = "scheduledAt";
/// Between two questions to a journal that does not answer.
const AGAIN_MS: u64 = 1_000;

/// One task for each interface with a timetable.
pub(super) fn start(core: &Arc<Core>, stop: &CancellationToken) -> Vec<JoinHandle<()>> {
    let mut tasks = Vec::new();
    for (index, handler) in core.handlers.iter().enumerate() {
        let Trigger::Schedule { cron, zone, missed, catch_up_ms, .. } = handler.interface().trigger else { continue };
        match Timetable::new(cron, zone, missed, catch_up_ms) {
            Ok(timetable) => {
                let (core, stop) = (Arc::clone(core), stop.clone());
                tasks.push(tokio::spawn(async move {
                    tokio::select! {
                        biased;
                        () = stop.cancelled() => {}
                        () = keep_to(core, index, timetable) => {}
                    }
                }));
            }
            Err(problem) => tracing::error!(interface = handler.interface().smart_id, problem, "no timetable"),
        }
    }
    tasks
}

/// Of several processes the one that holds the lane of the interface's starts keeps its timetable.
async fn keep_to(core: Arc<Core>, handler: usize, timetable: Timetable) {
    let lane = lane_of(core.handlers[handler].interface().smart_id, Some(WHOLE_INTERFACE), "");
    let up_ms = core.clock.now_ms();
    loop {
        core.held.gained(lane).await;
        tokio::select! {
            biased;
            () = core.held.lost(lane) => {}
            () = follow(&core, handler, (&timetable, up_ms)) => return,
        }
    }
}

async fn follow(core: &Arc<Core>, handler: usize, (timetable, up_ms): (&Timetable, i64)) {
    let mut last_ms = last_start_ms(core, handler, up_ms).await;
    loop {
        let now_ms = core.clock.now_ms();
        let plan = timetable.plan(last_ms, now_ms);
        if plan.left_out > 0 {
            watch::left_out(core, handler, plan.left_out).await;
        }
        for start in &plan.starts {
            start_at(core, handler, *start).await;
        }
        last_ms = last_ms.max(now_ms);
        let Some(next_ms) = timetable.after(last_ms) else { return };
        core.clock.sleep_until(next_ms).await;
    }
}

/// Hands the start in until the journal has it.
async fn start_at(core: &Arc<Core>, handler: usize, start: Start) {
    let beside = match core.handlers[handler].interface().trigger {
        Trigger::Schedule { overlap: Overlap::Skip, .. } if !start.late => Beside::Unfinished(0),
        Trigger::Schedule { overlap: Overlap::QueueOne, .. } if !start.late => Beside::Unfinished(1),
        _ => Beside::Any,
    };
    loop {
        match accept::accept_beside(core, arrival(core, handler, start.nominal_ms), beside, |_| {}).await {
            Ok(_) => {
                on_record(core, handler, start.nominal_ms).await;
                return watch::started(core, handler, start.nominal_ms).await;
            }
            Err(Refusal::Unavailable { retry_after_s, .. }) => core.clock.sleep(u64::from(retry_after_s) * 1_000).await,
            Err(refusal) => return tracing::error!(?refusal, "a scheduled start was refused"),
        }
    }
}

/// Until its message is past its time, that one says so too.
async fn on_record(core: &Core, handler: usize, nominal_ms: i64) {
    let interface = core.handlers[handler].interface().smart_id.to_owned();
    if let Err(error) = core.store.commit(vec![Change::Started { interface, nominal_ms }]).await {
        core.store_failed(&error);
    }
}

/// Where to count from: the nominal instant of the last start on record, or when this process came up. Counting from there because the
/// journal could not be read would leave starts out and tell nobody, so it is asked until it answers.
async fn last_start_ms(core: &Core, handler: usize, up_ms: i64) -> i64 {
    loop {
        match last_start(core, handler).await {
            Ok(last_ms) => return last_ms.unwrap_or(up_ms),
            Err(error) => {
                core.store_failed(&error);
                core.clock.sleep(AGAIN_MS).await;
            }
        }
    }
}

async fn last_start(core: &Core, handler: usize) -> Result<Option<i64>, StoreError> {
    let smart_id = core.handlers[handler].interface().smart_id;
    let kept = core.store.last_starts().await?;
    let kept_ms = kept.into_iter().find_map(|(interface, nominal_ms)| (interface == smart_id).then_some(nominal_ms));
    let filter = Filter {
        interface: Some(smart_id.to_owned()),
        principal: Some(PRINCIPAL.to_owned()),
        limit: 1,
        ..Filter::default()
    };
    let Some(row) = core.store.messages(filter).await?.pop() else { return Ok(kept_ms) };
    let material = match core.store.material(row.seq).await {
        // Its content is gone, the time when it was accepted is not.
        Err(StoreError::Damaged(_)) => None,
        other => other?,
    };
    let nominal = material.and_then(|material| {
        let mut parameters = material.message.parameters.into_iter();
        let (_, nominal) = parameters.find(|(name, _)| name == SCHEDULED_AT)?;
        Some(nominal.parse::<Timestamp>().ok()?.as_millisecond())
    });
    // One that lost its content was started by a build that kept no record, or the record says it better.
    Ok(nominal.or(kept_ms).or(Some(row.accepted_ms)).max(kept_ms))
}

fn arrival(core: &Core, handler: usize, nominal_ms: i64) -> Arrival {
    let nominal = Timestamp::from_millisecond(nominal_ms).unwrap_or_default().to_string();
    Arrival {
        handler,
        raw: Vec::new(),
        body: Value::Null,
        key: Some(nominal.clone()),
        parameters: vec![(SCHEDULED_AT.to_owned(), nominal)],
        principal: PRINCIPAL.to_owned(),
        traceparent: telemetry::root(&core.random),
        request_id: core.random.id(nominal_ms),
    }
}
