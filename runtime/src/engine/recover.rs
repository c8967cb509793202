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

/// Takes up what is not about single messages: pauses, calls of the day, how many are dead.
pub(super) async fn prepare(core: &Core) -> Result<(), StoreError> {
    core.store.pauses().await?.into_iter().for_each(|pause| core.paused.set(pause));
    let today = limits::day(core.clock.now_ms());
    for (system, calls) in core.store.calls(today).await? {
        // Those of systems that no interface calls any more count for nobody.
        if let Some(system) = core.systems().find(|known| known.name == system) {
            core.gate(system).called(today, calls);
        }
    }
    count_dead(core, Lanes::ALL).await
}

/// Counts the dead letters of these lanes. What is counted from then on follows each message's own way.
pub(super) async fn count_dead(core: &Core, lanes: Lanes) -> Result<(), StoreError> {
    let dead: HashMap<String, u64> = core.store.dead(lanes).await?.into_iter().collect();
    for handler in &core.handlers {
        let name = handler.interface().smart_id;
        let count = dead.get(name).copied().unwrap_or_default();
        core.metrics.dead_letters_are(name, i64::try_from(count).unwrap_or(i64::MAX));
    }
    Ok(())
}

/// Queues everything of these lanes that has not ended. What was in flight in lanes whose owner died was interrupted by
/// that; what was in flight in others, only by our losing sight of it. How many messages that were.
pub(super) async fn recover(core: &Core, lanes: Lanes, orphaned: Lanes) -> Result<usize, StoreError> {
    let by_name: HashMap<&str, usize> =
        core.handlers.iter().enumerate().map(|(index, handler)| (handler.interface().smart_id, index)).collect();
    let mut unfinished = core.store.unfinished(lanes).await?;
    // Whoever holds the first place of a key takes it before those that were accepted earlier and wait behind it.
    unfinished.sort_by_key(|message| !matches!(message.mark, Some(Mark::Blocks | Mark::Heir)));
    let mut count = 0;
    for message in unfinished {
        // Messages of an interface that this build does not have stay where they are: another build may.
        let Some(handler) = by_name.get(message.interface.as_str()) else {
            tracing::warn!(interface = message.interface, message = message.id, "no handler for an unfinished message");
            continue;
        };
        let died = orphaned.contains(message.lane());
        resume(core, *handler, message, died).await?;
        count += 1;
    }
    Ok(count)
}

/// Queues a message as the journal has it. `died`: whoever had it in flight died.
pub(super) async fn resume(core: &Core, handler: usize, message: Unfinished, died: bool) -> Result<(), StoreError> {
    let Some(tenure) = core.queue().tenure(message.lane()) else { return Ok(()) };
    let outdated = message.digest != core.handlers[handler].interface().digest;
    if !message.state.is_end() && !core.board.opened(handler, (message.seq, tenure.lane), message.accepted_ms) {
        return Ok(());
    }
    let turn = message.order_key.as_deref().map(|key| {
        let mut queue = core.queue();
        match message.mark {
            Some(Mark::Heir) => queue.reserve_first(handler, key, tenure),
            _ => queue.reserve(handler, key, tenure),
        }
    });
    let mut ticket = Ticket {
        seq: message.seq,
        handler,
        tenure,
        state: message.state,
        lease: message.lease,
        crashes: message.crashes,
        turn,
        payload: Payload {
            id: message.id.clone(),
            accepted_ms: message.accepted_ms,
            outdated,
            waits_on: None,
            fresh: None,
        },
    };
    if ticket.state.is_end() {
        order::ended(core, ticket, message.mark);
        return Ok(());
    }
    core.board.changed(handler, ticket.seq, ticket.state, message.reason);
    if ticket.state == State::InFlight {
        match interrupted(core, &mut ticket, died).await {
            // Somebody else had a word about it meanwhile, and will be heard.
            Err(StoreError::Stale) if core.held.is_shared() => {
                core.held.doubt(&message.id);
                core.park(ticket);
                return Ok(());
            }
            interrupted => interrupted?,
        }
    }
    if ticket.state.is_end() {
        let interface = core.handlers[handler].interface();
        let mark = order::mark(interface, &ticket, ticket.state);
        order::ended(core, ticket, mark);
    } else {
        queue(core, ticket, &message);
    }
    Ok(())
}

/// Queues a ticket as the journal has its message.
pub(super) fn queue(core: &Core, ticket: Ticket<Payload>, message: &Unfinished) {
    core.board.changed(ticket.handler, ticket.seq, ticket.state, message.reason);
    match (ticket.state, message.due_ms) {
        // Held until a person decides; it keeps its place in the line.
        (State::Held, None) => core.park(ticket),
        // What was paused may go on by now; if not, it waits again.
        (State::Held, Some(_)) if message.reason == Some(Reason::Paused) => core.push(ticket),
        (State::Retrying | State::Held, Some(due_ms)) => core.push_at(due_ms, ticket),
        _ => core.push(ticket),
    }
}

/// The message was in flight when its process died, or lost its lane.
async fn interrupted(core: &Core, ticket: &mut Ticket<Payload>, died: bool) -> Result<(), StoreError> {
    let interface = core.handlers[ticket.handler].interface();
    let (seq, at_ms) = (ticket.seq, core.clock.now_ms());
    let event = if died {
        ticket.crashes += 1;
        Event::Crashed { crashes: ticket.crashes }
    } else {
        Event::Interrupted
    };
    let transition = (core.rules)(ticket.state, event, remains(interface))
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
