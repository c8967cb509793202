//! What a person may decide about messages: another round, an end, a way for those behind it.
//!
//! In: decisions with who, as what, and why. Out: transitions of the life cycle, each in one transaction with its row in
//! the audit log. Never knows: HTTP, tokens; whether somebody *may* decide was found out before.
//!
//! **Retry** runs the same message again: the steps that are done answer as recorded, so the step that failed sends the
//! body it wanted to send then, under the same idempotency key. That holds only under the document it was accepted
//! under, so a dead message of an older document is not retried but replayed. **Replay** (`replay`) runs the content
//! through the document of today as a new message, under a new key. `rehearse` shows what that would send, and sends
//! nothing. `pause` holds an interface or a target.

mod acknowledge;
mod elsewhere;
mod erase;
mod pause;
mod rehearse;
mod replay;

use super::{
    Engine,
    core::{Core, Payload},
    order,
    queue::{Ticket, Withdrawn},
    waiters::Ended,
    work::remains,
};
use crate::{
    journal::{Change, Entry, Guard, Mark, Row, StoreError},
    lifecycle::{Action, Event, Reason, State, Transition},
    message::Violations,
};

pub use erase::Open;
pub use pause::Way;
pub use rehearse::{Rehearsal, Rehearsed};
pub use replay::{MOST, Order, Replayed};
pub(super) use replay::{follow_made_good, made_good, make_good};

/// Who decides, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Subject of a token or certificate.
    pub who: String,
    /// Role, as a word.
    pub role: &'static str,
    /// The person's own reason.
    pub why: String,
}

/// Why a decision is not carried out.
#[derive(Debug, Clone, PartialEq)]
pub enum Declined {
    /// There is nothing of that name.
    Missing(String),
    /// It cannot happen to it as it stands; with the way out.
    Conflict(String),
    /// The (edited) content breaks the rules of today's document.
    Invalid(Box<Violations>),
    /// Not now.
    Unavailable(String),
}

/// What can be decided about one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Another round, with a new timetable.
    Retry,
    /// Another round under today's document, although it was accepted under another.
    RetryToday,
    /// Nothing (more) is to be delivered.
    Discard,
    /// Dealt with elsewhere.
    Resolve,
    /// Those behind it in its order key may pass.
    Skip,
}

impl Verb {
    /// The word in the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retry | Self::RetryToday => "retry",
            Self::Discard => "discard",
            Self::Resolve => "resolve",
            Self::Skip => "skip",
        }
    }

    const fn event(self) -> Event {
        match self {
            Self::Retry | Self::RetryToday => Event::OperatorRetry,
            Self::Discard => Event::OperatorDiscard,
            Self::Resolve => Event::OperatorResolve,
            Self::Skip => Event::OperatorSkip,
        }
    }
}

impl Decision {
    /// The row of the audit log.
    pub fn entry(&self, at_ms: i64, action: &str, subject: &str, result: &str) -> Entry {
        Entry {
            at_ms,
            who: self.who.clone(),
            role: self.role.to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            why: self.why.clone(),
            result: result.to_owned(),
        }
    }
}

/// A message that has not ended, in the hand of whoever decides about it.
enum Taken {
    Parked(Ticket<Payload>),
    Queued(Withdrawn<Payload>),
}

impl Taken {
    const fn ticket(&self) -> &Ticket<Payload> {
        match self {
            Self::Parked(ticket) | Self::Queued(Withdrawn { ticket, .. }) => ticket,
        }
    }

    fn into_ticket(self) -> Ticket<Payload> {
        match self {
            Self::Parked(ticket) | Self::Queued(Withdrawn { ticket, .. }) => ticket,
        }
    }
}

impl Engine {
    /// Carries out a decision about one message; its state from then on.
    ///
    /// # Errors
    /// [`Declined`]: nothing was done.
    pub async fn decide(&self, id: &str, verb: Verb, decision: &Decision) -> Result<State, Declined> {
        // One decision at a time: what was read is still true when it is written.
        let _turn = self.core.deciding.lock().await;
        decide(&self.core, id, verb, decision).await
    }
}

/// Whoever calls holds the turn.
async fn decide(core: &Core, id: &str, verb: Verb, decision: &Decision) -> Result<State, Declined> {
    let row = find(core, id).await?;
    not_erased(&row)?;
    let handler = handler(core, &row)?;
    let other = row.digest != core.handlers[handler].interface().digest;
    if verb == Verb::Retry && other && (row.state == State::Dead || row.reason == Some(Reason::Revision)) {
        return Err(Declined::Conflict(format!(
            "{id} was accepted under another revision ({}) of the document: replay it, which runs its content \
             through the document of today, or retry it under today's revision",
            row.digest
        )));
    }
    let here = core.queue().settled(row.lane()).is_some();
    if !here {
        return elsewhere::decide(core, (&row, handler), verb, decision).await;
    }
    settled(core, &row)?;
    let taken = if row.state.is_end() { None } else { Some(withdraw(core, &row)?) };
    let state = taken.as_ref().map_or(row.state, |taken| taken.ticket().state);
    let remains = remains(core.handlers[handler].interface());
    let transition = match (core.rules)(state, verb.event(), remains) {
        Ok(_) if verb == Verb::Skip && !core.parked.holds(row.seq) => {
            return Err(Declined::Conflict(format!("no other message of an order key waits for {id}")));
        }
        Ok(transition) => transition,
        Err(_) => {
            restore(core, taken);
            return Err(Declined::Conflict(format!("{id} is {state}: there is nothing to {}", verb.as_str())));
        }
    };
    let reason = if verb == Verb::Skip { row.reason } else { transition.reason };
    let changes = changes(core, &row, (Guard { lease: row.lease, from: state }, verb), (&transition, reason), decision);
    if let Err(error) = core.store.commit(changes).await {
        restore(core, taken);
        return Err(failed(core, &error));
    }
    tracing::info!(
        message = id,
        who = decision.who,
        action = verb.as_str(),
        state = transition.state.as_str(),
        "decided"
    );
    let ticket = taken.map(Taken::into_ticket).map(|mut ticket| {
        ticket.payload.outdated &= verb != Verb::RetryToday;
        ticket
    });
    follow(core, handler, &row, ticket, &transition);
    Ok(transition.state)
}

impl Engine {
    /// Puts on record that somebody did something that changes nothing else.
    ///
    /// # Errors
    /// [`Declined`]: it is not on record.
    pub async fn record(&self, decision: &Decision, action: &str, subject: &str, result: &str) -> Result<(), Declined> {
        let core = &self.core;
        let entry = decision.entry(core.clock.now_ms(), action, subject, result);
        core.store.commit(vec![Change::Audit(Box::new(entry))]).await.map_err(|error| failed(core, &error))
    }

    /// Puts on record that somebody was refused something. Nothing depends on it; if the journal fails, the log says so.
    pub async fn record_refusal(&self, decision: &Decision, action: &str, subject: &str, why: &str) {
        tracing::warn!(who = decision.who, role = decision.role, action, subject, why, "refused");
        // What is not on record was told above.
        let _ = self.record(decision, action, subject, &format!("refused: {why}")).await;
    }

    /// A new UUIDv7.
    #[must_use]
    pub fn new_id(&self) -> String {
        self.core.random.id(self.core.clock.now_ms())
    }

    /// The present, milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.core.clock.now_ms()
    }
}

/// Everything a decision writes, in one transaction.
fn changes(
    core: &Core,
    row: &Row,
    (guard, verb): (Guard, Verb),
    (transition, reason): (&Transition, Option<Reason>),
    decision: &Decision,
) -> Vec<Change> {
    let (seq, at_ms) = (row.seq, core.clock.now_ms());
    let detail = match (transition.state, verb) {
        (State::Ready, _) => String::new(),
        (_, Verb::Skip) => row.detail.clone(),
        _ => format!("{}: {}", decision.who, decision.why),
    };
    let mut changes = vec![
        Change::State { seq, guard, state: transition.state, reason, detail, due_ms: None, at_ms },
        Change::Audit(Box::new(decision.entry(at_ms, verb.as_str(), &row.id, "done"))),
    ];
    if transition.state == State::Ready {
        changes.push(Change::Again { seq });
    }
    if verb == Verb::Skip {
        changes.push(Change::Mark { seq, mark: Mark::Gap });
    }
    changes
}

/// What follows in memory once a decision is durable.
fn follow(core: &Core, handler: usize, row: &Row, ticket: Option<Ticket<Payload>>, transition: &Transition) {
    let interface = core.handlers[handler].interface();
    if row.state == State::Dead && transition.state != State::Dead {
        core.metrics.dead_letters(interface.smart_id, -1);
    }
    core.board.changed(handler, row.seq, transition.state, transition.reason);
    if let (true, Some(key)) = (row.state.is_end(), &row.order_key) {
        match transition.state {
            State::Dead => core.queue().open_gap(handler, key, (row.seq, row.lane())),
            _ => core.queue().close_gap(handler, key, row.seq),
        }
    }
    for action in &transition.actions {
        match action {
            Action::Run => {
                let Some(ticket) = ticket.or_else(|| reopened(core, handler, row)) else { return };
                core.board.changed(handler, row.seq, transition.state, None);
                return core.push(Ticket { state: transition.state, crashes: 0, ..ticket });
            }
            Action::Release => {
                let detail = format!("an operator ended it as {}", transition.state);
                let reason = transition.reason.unwrap_or(Reason::Operator);
                core.waiters.tell(&row.id, &Ended::GivenUp { reason, target_status: None, partner: false, detail });
                let took_ms = core.clock.now_ms().saturating_sub(row.accepted_ms);
                core.metrics.ended(interface.smart_id, transition.state.as_str(), took_ms);
                if let Some(ticket) = &ticket {
                    order::release(core, ticket);
                }
            }
            Action::Unblock => {
                if let Some(dead) = core.parked.take(row.seq) {
                    order::release(core, &dead);
                }
            }
            Action::RunAt(_) | Action::Bury(_) | Action::Alert(_) => {}
        }
    }
}

/// The ticket of a message that had ended. With an order key it goes to the end of its line, unless its place was kept.
fn reopened(core: &Core, handler: usize, row: &Row) -> Option<Ticket<Payload>> {
    let parked = core.parked.take(row.seq);
    let mut queue = core.queue();
    // A lane that was lost since is somebody else's, who finds the message as it is decided.
    let tenure = queue.settled(row.lane())?;
    core.board.opened(handler, (row.seq, tenure.lane), row.accepted_ms);
    Some(parked.unwrap_or_else(|| Ticket {
        seq: row.seq,
        handler,
        tenure,
        state: State::Ready,
        lease: row.lease,
        crashes: 0,
        turn: row.order_key.as_deref().map(|key| queue.reserve(handler, key, tenure)),
        payload: Payload {
            id: row.id.clone(),
            accepted_ms: row.accepted_ms,
            outdated: false,
            waits_on: None,
            fresh: None,
        },
    }))
}

/// Takes a message that has not ended out of the queue, so that no worker starts on it meanwhile.
fn withdraw(core: &Core, row: &Row) -> Result<Taken, Declined> {
    let parked = core.parked.take(row.seq).map(Taken::Parked);
    let taken = parked.or_else(|| core.queue().withdraw(row.seq).map(Taken::Queued));
    taken.ok_or_else(|| Declined::Conflict(format!("{} is being worked on now: try again in a moment", row.id)))
}

/// Puts it back as it was.
fn restore(core: &Core, taken: Option<Taken>) {
    match taken {
        None => {}
        Some(Taken::Parked(ticket)) => core.park(ticket),
        Some(Taken::Queued(Withdrawn { ticket, due_ms: Some(due_ms) })) => core.push_at(due_ms, ticket),
        Some(Taken::Queued(Withdrawn { ticket, due_ms: None })) => core.push(ticket),
    }
}

/// A message that has just been given up keeps its place in its line a moment later than the journal says so.
fn settled(core: &Core, row: &Row) -> Result<(), Declined> {
    let here = core.queue().settled(row.lane()).is_some();
    if here && row.mark == Some(Mark::Blocks) && !core.parked.holds(row.seq) {
        return Err(Declined::Conflict(format!("{} is being worked on now: try again in a moment", row.id)));
    }
    Ok(())
}

/// Without its content there is nothing to decide about.
fn not_erased(row: &Row) -> Result<(), Declined> {
    match &row.erased {
        Some(erased) => Err(Declined::Conflict(format!("{} was {erased}: its content is gone", row.id))),
        None => Ok(()),
    }
}

async fn find(core: &Core, id: &str) -> Result<Row, Declined> {
    let story = core.store.story(id).await.map_err(|error| failed(core, &error))?;
    story.map(|story| story.row).ok_or_else(|| Declined::Missing(format!("there is no message {id}")))
}

fn handler(core: &Core, row: &Row) -> Result<usize, Declined> {
    let found = core.handlers.iter().position(|handler| handler.interface().smart_id == row.interface);
    found.ok_or_else(|| Declined::Conflict(format!("this service does not have the interface {}", row.interface)))
}

/// A stale decision is about a message that has gone on; anything else is its trouble.
fn failed(core: &Core, error: &StoreError) -> Declined {
    match error {
        StoreError::Stale | StoreError::Refused(_) => Declined::Conflict(error.to_string()),
        other => {
            core.store_failed(other);
            Declined::Unavailable("the journal does not take decisions now".to_owned())
        }
    }
}
