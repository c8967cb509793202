//! The door's first half: a message becomes durable, or is recognised, or refused.
//!
//! In: an arrival. Out: its place in the journal and the queue. Never knows: HTTP types, flows.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tracing::Instrument as _;

use super::{
    core::{Core, Fresh, Kept, Payload},
    finish::finished,
    order,
    queue::{Tenure, Ticket, Turn},
    work,
};
use crate::{
    descriptor::{DeliveryOrder, Interface, KeySource, Overlap, Trigger},
    door::{Arrival, Receipt, Refusal},
    flow::{Admitted, Input},
    journal::{Accepted, IdempotencyKey, NewMessage, StoreError},
    lifecycle::State,
    searchable, telemetry,
};

/// Larger messages are not kept in memory but read back when their turn comes.
const LARGEST_FRESH: usize = 64 << 10;

/// Order key of all messages of an interface that keeps strict order, or whose runs do not overlap.
pub(super) const WHOLE_INTERFACE: &str = "*";

/// Checks a message against its interface's rules. The body goes over to the input: it may be large.
pub(super) fn admit(core: &Core, arrival: &mut Arrival) -> Result<(Input, Admitted), Refusal> {
    let body = std::mem::take(&mut arrival.body);
    let input = Input { body, parameters: arrival.parameters.clone() };
    let admitted = core.handlers[arrival.handler].admit(&input).map_err(Refusal::Invalid)?;
    Ok((input, admitted))
}

/// Accepts a message: resolves after commit and sync. `waiting` is called once its id is certain and before it can run.
///
/// Dropping the promise does not take the message back. Whoever calls may hang up at any moment, and then nobody asks
/// for the answer any more; a message that was handed to the journal must be queued all the same, or it would lie there
/// until the next start, with every later message of its order key behind it.
pub(super) async fn accept(
    core: &Arc<Core>,
    arrival: Arrival,
    waiting: impl FnOnce(&str) + Send + 'static,
) -> Result<Receipt, Refusal> {
    accept_beside(core, arrival, Beside::Any, waiting).await
}

/// How many unfinished messages of its interface a new one may stand beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    /// Any number.
    Any,
    /// So many; beside more it is recorded as DISCARDED for OVERLAP, and does not run.
    Unfinished(usize),
}

/// Like [`accept`], for a message that may be one too many.
pub(super) async fn accept_beside(
    core: &Arc<Core>,
    arrival: Arrival,
    beside: Beside,
    waiting: impl FnOnce(&str) + Send + 'static,
) -> Result<Receipt, Refusal> {
    finished(keep(Arc::clone(core), arrival, beside, waiting).in_current_span()).await
}

fn not_ready() -> Refusal {
    Refusal::Unavailable { retry_after_s: 1, reason: "the service is starting or stopping".to_owned() }
}

async fn keep(
    core: Arc<Core>,
    mut arrival: Arrival,
    beside: Beside,
    waiting: impl FnOnce(&str) + Send + 'static,
) -> Result<Receipt, Refusal> {
    if !core.ready() {
        return Err(not_ready());
    }
    let core = &core;
    let (input, admitted) = admit(core, &mut arrival)?;
    let interface = core.handlers[arrival.handler].interface();
    let handler = arrival.handler;
    let tokens = searchable::tokens(interface.searchable, &input);
    let message = NewMessage { tokens, ..new_message(core, interface, arrival, &admitted) };
    let small = message.raw.len() <= LARGEST_FRESH;
    let room = if small { core.place(message.raw.len()) } else { None };
    let raw = if small && room.is_none() { core.keep_raw(&message) } else { None };
    let (id, accepted_ms, traceparent) = (message.id.clone(), message.accepted_ms, message.traceparent.clone());
    let begun_ms = core.clock.steady_ms();
    let (place, committed) = hand_in(core, handler, message);
    let accepted = committed.await;
    let ended_ms = core.clock.steady_ms();
    core.pace.accepted(ended_ms.saturating_sub(begun_ms), ended_ms);
    if !matches!(accepted, Ok(Accepted::New { .. })) {
        place.give_up(core);
    }
    match accepted {
        Ok(Accepted::New { seq }) => {
            core.metrics.accepted(interface.smart_id);
            tracing::debug!(interface = interface.smart_id, message = id, trace = traceparent, "accepted");
            if matches!(interface.trigger, Trigger::Schedule { .. }) {
                telemetry::scheduled(&traceparent, interface.smart_id, &id, accepted_ms);
            }
            waiting(&id);
            let unfinished = core.board.backlog(handler).messages;
            let read = |room| Kept::Read(Arc::new(Fresh { input, traceparent, _place: Some(room) }));
            let fresh = raw.or_else(|| room.map(read));
            let payload = Payload { id: id.clone(), accepted_ms, outdated: false, waits_on: None, fresh };
            match (place.take(core, seq, payload), beside) {
                (Some(ticket), Beside::Unfinished(most)) if unfinished > most => {
                    work::overlaps(core, ticket, unfinished).await;
                }
                (Some(ticket), _) => core.push(ticket),
                (None, _) => {}
            }
            Ok(Receipt { message_id: id, replayed: false })
        }
        Ok(Accepted::Handed { .. }) => {
            core.metrics.accepted(interface.smart_id);
            tracing::debug!(
                interface = interface.smart_id,
                message = id,
                trace = traceparent,
                "accepted and handed on"
            );
            core.held.ring();
            waiting(&id);
            Ok(Receipt { message_id: id, replayed: false })
        }
        Ok(Accepted::Replayed { id }) => {
            waiting(&id);
            Ok(Receipt { message_id: id, replayed: true })
        }
        Ok(Accepted::KeyReused) => Err(Refusal::KeyReused),
        Err(error) => {
            core.store_failed(&error);
            let retry_after_s = if matches!(error, StoreError::Full { .. }) { 60 } else { 1 };
            Err(Refusal::Unavailable { retry_after_s, reason: "the journal does not take messages now".to_owned() })
        }
    }
}

pub(super) type Committed = crate::door::Promise<'static, Result<Accepted, StoreError>>;

/// The place of a message that is handed in: of its lane, and of its order key.
pub(super) struct Place {
    handler: usize,
    lane: u8,
    order_key: Option<String>,
    /// Since when the lane is ours, if newcomers of it may be queued.
    tenure: Option<Tenure>,
    turn: Option<Turn>,
}

/// Hands the message to the journal. With an order key its place in the line is taken under the same lock, so that the
/// order of the line is the order of the journal.
pub(super) fn hand_in(core: &Core, handler: usize, message: NewMessage) -> (Place, Committed) {
    let (lane, order_key) = (message.lane(), message.order_key.clone());
    let relayed = message.relayed;
    let mut queue = core.queue();
    let tenure = queue.settled(lane);
    let Some(key) = order_key.as_ref().filter(|_| !relayed) else {
        drop(queue);
        let place = Place { handler, lane, order_key, tenure, turn: None };
        return (place, core.store.accept(message));
    };
    let turn = tenure.map(|tenure| queue.reserve(handler, key, tenure));
    let committed = core.store.accept(message);
    (Place { handler, lane, order_key, tenure, turn }, committed)
}

impl Place {
    /// The message does not come, or not here.
    pub(super) fn give_up(&self, core: &Core) {
        if let Some(turn) = &self.turn {
            core.queue().release(turn);
            core.wake.notify_one();
        }
    }

    /// The message repeats one that kept its place in its line, and takes it over.
    pub(super) fn instead_of(&mut self, core: &Core, blocked: Ticket<Payload>) {
        if self.tenure == Some(blocked.tenure) {
            self.give_up(core);
            self.turn = blocked.turn;
        } else {
            order::release(core, &blocked);
        }
    }

    /// The message is in the journal, for us. Its ticket, unless the lane was lost since, in which case whoever takes it
    /// finds the message; or is only just taken, and was maybe found already.
    pub(super) fn take(self, core: &Core, seq: i64, payload: Payload) -> Option<Ticket<Payload>> {
        let Self { handler, lane, order_key, tenure: reserved, turn } = self;
        let mut queue = core.queue();
        let tenure = queue.tenure(lane)?;
        let accepted_ms = payload.accepted_ms;
        let mut ticket =
            Ticket { seq, handler, tenure, state: State::Accepted, lease: 0, crashes: 0, turn: None, payload };
        if queue.settled(lane).is_none() {
            queue.later(ticket, order_key);
            return None;
        }
        if !core.board.opened(handler, (seq, lane), accepted_ms) {
            return None;
        }
        ticket.turn = match reserved == Some(tenure) {
            true => turn,
            false => order_key.map(|key| queue.reserve(handler, &key, tenure)),
        };
        Some(ticket)
    }
}

fn new_message(core: &Core, interface: &'static Interface, arrival: Arrival, admitted: &Admitted) -> NewMessage {
    let accepted_ms = core.clock.now_ms();
    let window_ms = i64::try_from(interface.idempotency_window_s).unwrap_or(i64::MAX).saturating_mul(1_000);
    let key = idempotency_key(interface, &arrival, admitted).map(|key| IdempotencyKey {
        key_hash: Sha256::digest(key.as_bytes()).into(),
        body_hash: body_hash(&arrival),
        expires_ms: accepted_ms.saturating_add(window_ms),
    });
    let order_key = order_key(interface, admitted);
    // Earlier ones of the key may have come in elsewhere. Starts of a timetable are made by the owner of their lane alone.
    let starts = matches!(interface.trigger, Trigger::Schedule { .. });
    let relayed = core.held.is_shared() && order_key.is_some() && !starts;
    NewMessage {
        id: new_id(core, accepted_ms, order_key.as_ref()),
        interface: interface.smart_id.to_owned(),
        digest: interface.digest.to_owned(),
        principal: arrival.principal,
        key,
        order_key,
        traceparent: arrival.traceparent,
        request_id: arrival.request_id,
        parameters: arrival.parameters,
        raw: arrival.raw,
        tokens: Vec::new(),
        accepted_ms,
        origin: None,
        relayed,
        sealed: None,
    }
}

/// An id, which decides about the lane where there is no order key.
pub(super) fn new_id(core: &Core, accepted_ms: i64, order_key: Option<&String>) -> String {
    if order_key.is_some() { core.random.id(accepted_ms) } else { core.new_id(accepted_ms) }
}

/// What the message must not overtake, or be overtaken by.
pub(super) fn order_key(interface: &Interface, admitted: &Admitted) -> Option<String> {
    match interface.order {
        DeliveryOrder::None => match interface.trigger {
            Trigger::Schedule { overlap: Overlap::Skip | Overlap::QueueOne, .. } => Some(WHOLE_INTERFACE.to_owned()),
            _ => None,
        },
        // A server's text has no NUL: the key is the same before and after it was there.
        DeliveryOrder::PerKey(_) => admitted.order_key.as_ref().map(|key| key.replace('\0', "\u{fffd}")),
        DeliveryOrder::Strict(_) => Some(WHOLE_INTERFACE.to_owned()),
    }
}

/// What makes two messages of one sender the same. A timetable's nominal instant comes with the arrival: it starts
/// nothing twice.
fn idempotency_key(interface: &Interface, arrival: &Arrival, admitted: &Admitted) -> Option<String> {
    match (&interface.trigger, interface.idempotency) {
        (Trigger::Schedule { .. }, _) | (_, KeySource::Header(_) | KeySource::CloudEvent | KeySource::Webhook) => {
            arrival.key.clone()
        }
        (_, KeySource::Message) => admitted.idempotency_key.clone(),
        (_, KeySource::Body) => Some(body_hash(arrival).iter().map(|byte| format!("{byte:02x}")).collect()),
    }
}

/// The same key must come with the same content: body and parameters, each with its length so that none runs over.
fn body_hash(arrival: &Arrival) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in arrival.parameters.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update(&arrival.raw);
    hash.finalize().into()
}
