//! Synchronous requests: the caller waits for the flow's reply.
//!
//! In: an arrival. Out: the reply, or a receipt when it takes longer than the caller may wait, or a refusal.
//! Never knows: HTTP types.

use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;

use super::{accept, core::Core, direct, waiters::Ended};
use crate::{
    descriptor::Trigger,
    door::{Arrival, Receipt, Refusal, Replied},
    journal::codec,
    lifecycle::Reason,
};

/// Wait where the trigger names none.
const TIMEOUT_MS: u64 = 5_000;

/// Another process may run the message: then the journal is asked this often what came of it.
const ELSEWHERE_MS: u64 = 250;

/// Runs a request.
pub(super) async fn request(core: &Arc<Core>, arrival: Arrival) -> Result<Replied, Refusal> {
    match core.handlers[arrival.handler].interface().trigger {
        Trigger::Request { durable: false, timeout_ms, .. } => direct::request(core, arrival, timeout_ms).await,
        Trigger::Request { timeout_ms, .. } => durable(core, arrival, timeout_ms).await,
        Trigger::Http(_) | Trigger::Schedule { .. } => durable(core, arrival, TIMEOUT_MS).await,
    }
}

async fn durable(core: &Arc<Core>, arrival: Arrival, timeout_ms: u64) -> Result<Replied, Refusal> {
    let deadline_ms = core.clock.now_ms().saturating_add_unsigned(timeout_ms);
    let mut patience = core.clock.patience(timeout_ms);
    let waiting: Arc<Mutex<Option<oneshot::Receiver<Ended>>>> = Arc::default();
    let (slot, waiters) = (Arc::clone(&waiting), Arc::clone(core));
    let wait = move |id: &str| {
        if let Ok(mut waiting) = slot.lock() {
            *waiting = Some(waiters.waiters.wait(id));
        }
    };
    let receipt = accept::accept(core, arrival, wait).await?;
    if receipt.replayed
        && let Some(replied) = remembered(core, &receipt.message_id).await?
    {
        return Ok(replied);
    }
    let Some(mut ended) = waiting.lock().ok().and_then(|mut waiting| waiting.take()) else {
        return Ok(Replied::Later(receipt));
    };
    loop {
        let end = tokio::select! {
            biased;
            end = &mut ended => end,
            () = &mut patience => return Ok(Replied::Later(receipt)),
            () = core.clock.patience(ELSEWHERE_MS), if core.held.is_shared() => {
                match remembered(core, &receipt.message_id).await? {
                    Some(replied) => return Ok(replied),
                    None => continue,
                }
            }
        };
        let Ok(end) = end else { return Ok(Replied::Later(receipt)) };
        match end {
            // There is another try before the caller's time is over: worth waiting for.
            Ended::Later { due_ms } if due_ms.is_none_or(|due_ms| due_ms < deadline_ms) => {
                ended = core.waiters.wait(&receipt.message_id);
            }
            end => return answer(end, receipt),
        }
    }
}

/// The answer an earlier, equal request got.
async fn remembered(core: &Core, id: &str) -> Result<Option<Replied>, Refusal> {
    let failed = |detail: String| Refusal::Failed { status: 500, reason: Reason::Schema.as_str(), detail };
    let answer = core.store.answer(id).await.map_err(|error| failed(error.to_string()))?;
    if let Some(answer) = answer {
        let body = codec::decode(&answer.body).map_err(|error| failed(error.to_string()))?;
        return Ok(Some(Replied::Done { status: answer.status, body }));
    }
    let story = core.store.story(id).await.map_err(|error| failed(error.to_string()))?;
    let Some((state, reason, detail)) = story.map(|story| (story.row.state, story.row.reason, story.row.detail)) else {
        return Ok(None);
    };
    match reason.filter(|_| state.is_end()) {
        Some(reason) => Err(refusal(reason, None, false, detail)),
        None => Ok(None),
    }
}

fn answer(ended: Ended, receipt: Receipt) -> Result<Replied, Refusal> {
    match ended {
        Ended::Replied { status, body } => Ok(Replied::Done { status, body }),
        Ended::GivenUp { reason, target_status, partner, detail } => {
            Err(refusal(reason, target_status, partner, detail))
        }
        Ended::Silent | Ended::Later { .. } => Ok(Replied::Later(receipt)),
    }
}

/// What a caller is told about a request that failed for good.
pub(super) fn refusal(reason: Reason, target_status: Option<u16>, partner: bool, detail: String) -> Refusal {
    let status = match (reason, target_status) {
        // "Not there" and "in the way" are the caller's business; every other refusal of content is 422.
        (Reason::Permanent, Some(status @ (404 | 409 | 410))) => status,
        (Reason::Schema | Reason::Target | Reason::Exhausted, _) if partner || reason != Reason::Schema => 502,
        (Reason::Permanent | Reason::Map | Reason::Schema | Reason::Business | Reason::Route, _) => 422,
        (Reason::Unknown, _) => 504,
        (Reason::Paused, _) => 503,
        _ => 500,
    };
    Refusal::Failed { status, reason: reason.as_str(), detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_told_whose_fault_it_was() {
        let check = |reason, target_status, partner, expect: u16| match refusal(
            reason,
            target_status,
            partner,
            String::new(),
        ) {
            Refusal::Failed { status, .. } => assert_eq!(status, expect, "{reason} {target_status:?}"),
            other => panic!("{other:?}"),
        };
        check(Reason::Permanent, Some(400), false, 422);
        check(Reason::Permanent, Some(404), false, 404);
        check(Reason::Schema, None, true, 502);
        check(Reason::Schema, None, false, 422);
        check(Reason::Exhausted, Some(503), false, 502);
        check(Reason::Unknown, None, false, 504);
        check(Reason::CrashLoop, None, false, 500);
        check(Reason::Business, None, false, 422);
    }
}
