//! Replay: the content of a message that has ended becomes a new message and runs through the document of today.
//!
//! In: an id or a filter, maybe an edited body, a decision. Out: new messages, each with where it comes from, written
//! in one transaction with its row in the audit log. Never knows: HTTP.
//!
//! The old message becomes RESOLVED when the new one is delivered, in that transaction. The new one has an id of its
//! own, so its outbound idempotency keys are new: a target that remembers the old ones does the work. Nothing is
//! replayed twice by accident: a message with a replay that is under way or delivered is refused unless asked for again.

use std::sync::Arc;

use super::{
    Decision, Declined, Engine, failed,
    rehearse::{Rehearsal, rehearse},
};
use crate::{
    engine::{
        accept::{hand_in, new_id, order_key},
        core::{Core, Payload},
        order,
    },
    flow::{Admitted, Handler, Input},
    journal::{Accepted, Change, Filter, Material, NewMessage, Origin, Row, StoreError, Story, codec},
    lifecycle::State,
    message::Violations,
    searchable,
};

/// Most messages of one bulk replay; more are asked for with `after`.
pub const MOST: usize = 200;

/// Time between two messages of a bulk replay: a target that has just come back is not run over.
const PACE_MS: i64 = 50;

/// What to replay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Order {
    /// The body instead of the original one, as JSON text.
    pub body: Option<Vec<u8>>,
    /// Even if a replay is under way or was delivered.
    pub again: bool,
}

/// What came of one message of a replay.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// The old message.
    pub id: String,
    /// Its place in the order of acceptance.
    pub seq: i64,
    /// The new message.
    pub outcome: Result<String, Declined>,
}

/// A message that may be replayed, with everything needed.
struct Source {
    row: Row,
    handler: usize,
    material: Material,
    nonce: u32,
    raw: Vec<u8>,
    input: Input,
    admitted: Admitted,
}

impl Engine {
    /// Replays one message; the id of the new one.
    ///
    /// # Errors
    /// [`Declined`]: nothing was accepted.
    pub async fn replay(&self, id: &str, order: &Order, batch: &str, decision: &Decision) -> Result<String, Declined> {
        let core = &self.core;
        let _turn = core.deciding.lock().await;
        if !core.ready() {
            return Err(Declined::Unavailable("the service is starting or stopping".to_owned()));
        }
        let source = source(core, id, order).await?;
        let origin = Origin {
            replay_of: id.to_owned(),
            batch: batch.to_owned(),
            nonce: source.nonce,
            edited: order.body.is_some(),
            who: decision.who.clone(),
            role: decision.role.to_owned(),
            why: decision.why.clone(),
        };
        enter(core, source, origin).await
    }

    /// What a replay would send, beside what was to be sent; nothing is sent and nothing is kept.
    ///
    /// # Errors
    /// [`Declined`]: it could not be replayed.
    pub async fn rehearse(&self, id: &str, order: &Order) -> Result<Rehearsal, Declined> {
        let order = Order { again: true, ..order.clone() };
        let source = source(&self.core, id, &order).await?;
        let story = self.core.store.story(id).await.map_err(|error| failed(&self.core, &error))?;
        let grave = story.and_then(|story| story.grave);
        let handler = &self.core.handlers[source.handler];
        let before = codec::decode(&source.material.message.raw).ok();
        Ok(rehearse(handler, &source.input, before, &source.material, grave.as_ref()).await)
    }

    /// Replays what a filter finds, newest first, at most [`MOST`] and not faster than one in 50 ms.
    ///
    /// # Errors
    /// [`Declined`]: the journal cannot be read. What comes of each message is in its [`Replayed`].
    pub async fn replay_all(
        &self,
        filter: Filter,
        batch: &str,
        decision: &Decision,
    ) -> Result<Vec<Replayed>, Declined> {
        let rows = self.core.store.messages(filter).await.map_err(|error| failed(&self.core, &error))?;
        let mut replayed = Vec::with_capacity(rows.len());
        for row in rows {
            let outcome = self.replay(&row.id, &Order::default(), batch, decision).await;
            if outcome.is_ok() {
                self.pace().await;
            }
            let unavailable = matches!(outcome, Err(Declined::Unavailable(_)));
            replayed.push(Replayed { id: row.id, seq: row.seq, outcome });
            if unavailable {
                break;
            }
        }
        Ok(replayed)
    }

    /// Waits between two decisions of a bulk.
    pub async fn pace(&self) {
        let next_ms = self.core.clock.now_ms().saturating_add(PACE_MS);
        self.core.clock.sleep_until(next_ms).await;
    }
}

async fn source(core: &Core, id: &str, order: &Order) -> Result<Source, Declined> {
    let story = core.store.story(id).await.map_err(|error| failed(core, &error))?;
    let Story { row, replays, .. } = story.ok_or_else(|| Declined::Missing(format!("there is no message {id}")))?;
    if !row.state.is_end() {
        return Err(Declined::Conflict(format!("{id} is {}: only what has ended is replayed", row.state)));
    }
    super::settled(core, &row)?;
    super::not_erased(&row)?;
    let good = |state: State| !state.is_end() || state == State::Delivered;
    if let Some(replay) = replays.iter().find(|replay| good(replay.state) && !order.again) {
        let problem = format!("{id} was replayed already as {}, which is {}", replay.id, replay.state);
        return Err(Declined::Conflict(problem));
    }
    let handler = super::handler(core, &row)?;
    let material = core.store.material(row.seq).await.map_err(|error| failed(core, &error))?;
    let material = material.ok_or_else(|| Declined::Conflict(format!("the body of {id} is not kept any more")))?;
    let raw = order.body.clone().unwrap_or_else(|| material.message.raw.clone());
    let body = codec::decode(&raw)
        .map_err(|error| Declined::Invalid(Box::new(Violations::one("", format!("the body is not JSON: {error}")))))?;
    let input = Input { body, parameters: material.message.parameters.clone() };
    let admitted = core.handlers[handler].admit(&input).map_err(|wrong| Declined::Invalid(Box::new(wrong)))?;
    let nonce = u32::try_from(replays.len()).unwrap_or(u32::MAX).saturating_add(1);
    Ok(Source { row, handler, material, nonce, raw, input, admitted })
}

async fn enter(core: &Arc<Core>, source: Source, origin: Origin) -> Result<String, Declined> {
    let Source { handler, material, raw, input, admitted, row, .. } = source;
    let interface = core.handlers[handler].interface();
    let tokens = searchable::tokens(interface.searchable, &input);
    let accepted_ms = core.clock.now_ms();
    let order_key = order_key(interface, &admitted);
    let message = NewMessage {
        id: new_id(core, accepted_ms, order_key.as_ref()),
        interface: interface.smart_id.to_owned(),
        digest: interface.digest.to_owned(),
        principal: row.principal,
        // The sender's key belongs to the message that the sender sent.
        key: None,
        order_key: order_key.clone(),
        traceparent: material.message.traceparent,
        request_id: row.request_id,
        parameters: material.message.parameters,
        raw,
        tokens,
        accepted_ms,
        origin: Some(Box::new(origin)),
        relayed: false,
        sealed: None,
    };
    let id = message.id.clone();
    let (mut place, committed) = hand_in(core, handler, message);
    let (seq, here) = match committed.await {
        Ok(Accepted::New { seq }) => (seq, true),
        Ok(Accepted::Handed { seq }) => (seq, false),
        other => {
            place.give_up(core);
            let error = other.err().unwrap_or_else(|| StoreError::Refused("it was recognised".to_owned()));
            return Err(failed(core, &error));
        }
    };
    core.metrics.accepted(interface.smart_id);
    // What blocked its order key hands its place over: the content comes in its turn after all.
    let blocked = core.parked.take(row.seq);
    if here {
        if let Some(blocked) = blocked {
            place.instead_of(core, blocked);
        }
        let payload = Payload { id: id.clone(), accepted_ms, outdated: false, waits_on: None, fresh: None };
        if let Some(ticket) = place.take(core, seq, payload) {
            core.push(ticket);
        }
    } else {
        place.give_up(core);
        if let Some(blocked) = blocked {
            order::release(core, &blocked);
        }
    }
    tracing::info!(interface = interface.smart_id, message = id, "replayed");
    Ok(id)
}

/// A replay was delivered: the message that it makes good, if it is still given up.
pub(in crate::engine) async fn made_good(core: &Core, origin: &Origin) -> Option<Row> {
    match core.store.story(&origin.replay_of).await {
        Ok(story) => story.map(|story| story.row).filter(|old| matches!(old.state, State::Dead | State::Failed)),
        Err(error) => {
            core.store_failed(&error);
            None
        }
    }
}

/// What is written about it, together with the end of the replay.
pub(in crate::engine) fn make_good(core: &Core, old: &Row, by: &str) -> Change {
    Change::MadeGood { seq: old.seq, detail: format!("made good by {by}"), at_ms: core.clock.now_ms() }
}

/// What follows once that is durable.
pub(in crate::engine) fn follow_made_good(core: &Core, old: &Row) {
    let of = |handler: &Arc<dyn Handler>| handler.interface().smart_id == old.interface;
    let Some(handler) = core.handlers.iter().position(of) else { return };
    if old.state == State::Dead {
        core.metrics.dead_letters(core.handlers[handler].interface().smart_id, -1);
    }
    order::made_good(core, handler, old);
}
