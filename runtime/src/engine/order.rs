//! What the end of a message means for those behind it in the order of its key.
//!
//! In: messages that end, or have ended. Out: marks for the journal, places in lines, gaps. Never knows: why they ended.
//!
//! A message that goes to the dead-letter list blocks its key, unless its document says `continue`: those behind it are
//! HELD(KEY) until a person retries, replays, discards, resolves or skips it. A replay takes the place of what it
//! repeats. Where nobody is asked (`continue`, no dead-letter list, skipped) later ones are claimed with `gap`, until the
//! missing one is made good or a person says that it is not to be delivered.

use super::{
    core::{Core, Payload},
    queue::Ticket,
};
use crate::{
    descriptor::{Interface, OnDead},
    journal::{Mark, Row},
    lifecycle::State,
};

/// The mark of a message that goes to this state, where it has a place in a line.
pub(super) fn mark(interface: &Interface, ticket: &Ticket<Payload>, state: State) -> Option<Mark> {
    ticket.turn.as_ref()?;
    // A timetable whose runs do not overlap has lines, too, but what died there was no part of an order.
    match (state, interface.order.on_dead()?) {
        (State::Dead, OnDead::BlockKey) => Some(Mark::Blocks),
        (State::Dead | State::Failed, _) => Some(Mark::Gap),
        _ => None,
    }
}

/// A message has ended: it keeps its place, or those behind it go on.
pub(super) fn ended(core: &Core, ticket: Ticket<Payload>, mark: Option<Mark>) {
    let Some(turn) = &ticket.turn else { return };
    match mark {
        Some(Mark::Blocks) => {
            let payload = Payload { fresh: None, ..ticket.payload.clone() };
            return core.park(Ticket { payload, ..ticket });
        }
        Some(Mark::Gap) => core.queue().open_gap(ticket.handler, turn.key(), (ticket.seq, ticket.tenure.lane)),
        Some(Mark::Heir) | None => {}
    }
    release(core, &ticket);
}

/// The next of the ticket's key may go.
pub(super) fn release(core: &Core, ticket: &Ticket<Payload>) {
    if let Some(turn) = &ticket.turn {
        core.queue().release(turn);
        core.wake.notify_one();
    }
}

/// A message that was given up is not missing any more.
pub(super) fn made_good(core: &Core, handler: usize, row: &Row) {
    if let Some(key) = &row.order_key {
        core.queue().close_gap(handler, key, row.seq);
    }
    if let Some(blocked) = core.parked.take(row.seq) {
        release(core, &blocked);
    }
}
