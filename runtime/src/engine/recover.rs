//! Starting on what the last process left.
//!
//! In: the journal's unfinished messages. Out: tickets in the queue. Never knows: what the messages hold.
//!
//! What was in flight was interrupted: it runs again, and a step whose outcome is not known is asked about or sent again
//! as its operation allows. Crashes use up no tries; a message that was in flight at two crashes is taken for the cause.

use std::collections::HashMap;

use super::{
    core::{Core, Payload},
    limits, order,
    queue::Ticket,
    work::remains,
};
use crate::{
    alert::Cause,
    journal::{Change, Grave, Lanes, Mark, StoreError, Unfinished},
    lifecycle::{Action, Event, Reason, State, Transition},
};

/// Queues everything that has not ended. How many that were.
pub(super) async fn recover(core: &Core) -> Result<usize, StoreError> {
    let by_name: HashMap<&str, usize> =
        core.handlers.iter().enumerate().map(|(index, handler)| (handler.interface().smart_id, index)).collect();
    core.store.pauses().await?.into_iter().for_each(|pause| core.paused.set(pause));
    let today = limits::day(core.clock.now_ms());
    for (system, calls) in core.store.calls(today).await? {
        // Those of systems that no interface calls any more count for nobody.
        if let Some(system) = core.systems().find(|known| known.name == system) {
            core.gate(system).called(today, calls);
        }
    }
    let mut unfinished = core.store.unfinished(Lanes::ALL).await?;
    // Whoever holds the first place of a key takes it before those that were accepted earlier and wait behind it.
    unfinished.sort_by_key(|message| !matches!(message.mark, Some(Mark::Blocks | Mark::Heir)));
    let mut count = 0;
    for message in unfinished {
        // Messages of an interface that this build does not have stay where they are: another build may.
        let Some(handler) = by_name.get(message.interface.as_str()) else {
            tracing::warn!(interface = message.interface, message = message.id, "no handler for an unfinished message");
            continue;
        };
        resume(core, *handler, message).await?;
        count += 1;
    }
    for (interface, dead) in core.store.dead().await? {
        if let Some(handler) = by_name.get(interface.as_str()) {
            let name = core.handlers[*handler].interface().smart_id;
            core.metrics.dead_letters(name, i64::try_from(dead).unwrap_or(i64::MAX));
        }
    }
    Ok(count)
}

async fn resume(core: &Core, handler: usize, message: Unfinished) -> Result<(), StoreError> {
    let outdated = message.digest != core.handlers[handler].interface().digest;
    let mut ticket = Ticket {
        seq: message.seq,
        handler,
        state: message.state,
        lease: message.lease,
        crashes: message.crashes,
        turn: message.order_key.as_deref().map(|key| core.queue().reserve(handler, key)),
        payload: Payload { id: message.id, accepted_ms: message.accepted_ms, outdated, waits_on: None, fresh: None },
    };
    if ticket.state.is_end() {
        order::ended(core, ticket, message.mark);
        return Ok(());
    }
    core.board.opened(handler, ticket.seq, ticket.payload.accepted_ms);
    core.board.changed(handler, ticket.seq, ticket.state, message.reason);
    if ticket.state == State::InFlight {
        interrupted(core, &mut ticket).await?;
    }
    match (ticket.state, message.due_ms) {
        (state, _) if state.is_end() => {
            let interface = core.handlers[handler].interface();
            let mark = order::mark(interface, &ticket, state);
            order::ended(core, ticket, mark);
        }
        // Held until a person decides; it keeps its place in the line.
        (State::Held, None) => core.parked.keep(ticket),
        // What was paused may go on by now; if not, it waits again.
        (State::Held, Some(_)) if message.reason == Some(Reason::Paused) => core.push(ticket),
        (State::Retrying | State::Held, Some(due_ms)) => core.push_at(due_ms, ticket),
        _ => core.push(ticket),
    }
    Ok(())
}

/// The process died while the message was in flight.
async fn interrupted(core: &Core, ticket: &mut Ticket<Payload>) -> Result<(), StoreError> {
    let interface = core.handlers[ticket.handler].interface();
    let (seq, at_ms) = (ticket.seq, core.clock.now_ms());
    ticket.crashes += 1;
    let transition = (core.rules)(ticket.state, Event::Crashed { crashes: ticket.crashes }, remains(interface))
        .map_err(|illegal| StoreError::Refused(illegal.to_string()))?;
    let Transition { state, reason, actions } = transition;
    let detail = match reason {
        Some(_) => format!("the process died {} times while it was in flight", ticket.crashes),
        None => String::new(),
    };
    let mut changes = vec![
        Change::Crashes { seq, crashes: ticket.crashes },
        Change::State { seq, guard: ticket.guard(), state, reason, detail: detail.clone(), due_ms: None, at_ms },
    ];
    for action in actions {
        match action {
            Action::Bury(_) => {
                let grave = Grave { sentence: detail.clone(), at_ms, ..Grave::default() };
                changes.push(Change::Bury { seq, grave: Box::new(grave) });
            }
            Action::Alert(reason) => changes.extend(core.alerts.raise(&Cause {
                interface,
                target: interface.target,
                reason,
                message_id: &ticket.payload.id,
                detail: &detail,
            })),
            Action::Run | Action::RunAt(_) | Action::Release | Action::Unblock => {}
        }
    }
    changes.extend(order::mark(interface, ticket, state).map(|mark| Change::Mark { seq, mark }));
    core.store.commit(changes).await?;
    core.board.changed(ticket.handler, seq, state, reason);
    if reason == Some(Reason::CrashLoop) {
        // A dead one is counted with all others that the journal holds.
        core.metrics.ended(interface.smart_id, state.as_str(), at_ms.saturating_sub(ticket.payload.accepted_ms));
    }
    ticket.state = state;
    Ok(())
}
