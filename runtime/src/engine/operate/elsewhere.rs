//! Decisions about messages that another process works on.
//!
//! In: a message as the journal has it, a decision. Out: the same transition, written; whoever works on the lane of the
//! message hears of it and follows. Never knows: who that is.
//!
//! Nothing of the message is in memory here, so the journal alone says whether it is still as it was seen: where its owner
//! has taken it since, the decision is refused, and nothing was done.

use super::{Decision, Declined, Verb, changes, failed};
use crate::{
    engine::{core::Core, work::remains},
    journal::{Guard, Mark, Row},
    lifecycle::State,
};

/// Writes the decision. The state of the message from then on.
pub(super) async fn decide(
    core: &Core,
    (row, handler): (&Row, usize),
    verb: Verb,
    decision: &Decision,
) -> Result<State, Declined> {
    let id = &row.id;
    if row.state == State::InFlight {
        return Err(Declined::Conflict(format!("{id} is being worked on now: try again in a moment")));
    }
    let today = core.handlers[handler].interface();
    if verb == Verb::RetryToday && row.digest != today.digest {
        // That it may run under another revision is known only to whoever runs it.
        let problem = format!("{id} is worked on by another instance: ask that one to retry it under today's revision");
        return Err(Declined::Conflict(problem));
    }
    if verb == Verb::Skip && row.mark != Some(Mark::Blocks) {
        return Err(Declined::Conflict(format!("no other message of an order key waits for {id}")));
    }
    let transition = (core.rules)(row.state, verb.event(), remains(today))
        .map_err(|_| Declined::Conflict(format!("{id} is {}: there is nothing to {}", row.state, verb.as_str())))?;
    let reason = if verb == Verb::Skip { row.reason } else { transition.reason };
    let guard = Guard { lease: row.lease, from: row.state };
    let changes = changes(core, row, (guard, verb), (&transition, reason), decision);
    core.store.commit(changes).await.map_err(|error| failed(core, &error))?;
    if transition.state.is_end() && !row.state.is_end() {
        let took_ms = core.clock.now_ms().saturating_sub(row.accepted_ms);
        core.metrics.ended(today.smart_id, transition.state.as_str(), took_ms);
    }
    let (who, action, state) = (&decision.who, verb.as_str(), transition.state.as_str());
    tracing::info!(message = id, who, action, state, "decided; another instance follows");
    Ok(transition.state)
}
