//! One try of one message: claim, run the flow, keep what came of it.
//!
//! In: a ticket. Out: the message's next state in the journal, and what follows from it. Never knows: other messages.

use std::{
    future::{Future, poll_fn},
    panic::AssertUnwindSafe,
    pin::pin,
    sync::Arc,
    task::Poll,
};

use futures_util::FutureExt as _;
use tracing::Instrument as _;

use super::{
    conclusion::Conclusion,
    core::{Core, Payload, Subject},
    lanes::Held,
    ledger::Ledger,
    material::{Material, material},
    operate, order,
    queue::Ticket,
    steps::{Halt, Journalled},
    verdict,
    waiters::Ended,
};
use crate::{
    alert::Cause,
    descriptor::Interface,
    flow::Run,
    format::scrub::Scrubber,
    journal::{Change, Mark, Material as Kept, StoreError},
    lifecycle::{self, Action, Event, Reason, Remains, State, Transition},
    log, telemetry,
};

/// Runs a message once.
pub(super) async fn run(core: Arc<Core>, ticket: Ticket<Payload>) {
    let handler = ticket.handler;
    let interface = core.handlers[handler].interface();
    let span = tracing::info_span!(
        "message",
        interface = interface.smart_id,
        message = ticket.payload.id,
        trace = tracing::field::Empty
    );
    let (seq, tenure) = (ticket.seq, ticket.tenure);
    let attempt = attempt(&core, ticket, interface).instrument(span);
    match core.held.cut(tenure) {
        None => attempt.await,
        Some(cut) => tokio::select! {
            biased;
            // Wherever it stands: the message is somebody else's, or will be recovered.
            () = cut.cancelled() => {}
            () = under(&core.held, attempt) => {}
        },
    }
    core.settled(seq);
    core.over(handler, tenure.lane);
}

/// Work under a hold: a process that was stopped, wherever that was, goes no further once its time is over.
async fn under(held: &Held, work: impl Future<Output = ()>) {
    let mut work = pin!(work);
    poll_fn(|context| if held.counts() { work.as_mut().poll(context) } else { Poll::Ready(()) }).await;
}

async fn attempt(core: &Arc<Core>, mut ticket: Ticket<Payload>, interface: &'static Interface) {
    // When its time is over it is tried even so: that ends it.
    let latest_ms = latest_ms(core, &ticket).unwrap_or(i64::MAX);
    if core.clock.now_ms() < latest_ms
        && let Some(shut) = core.held_back(interface, ticket.payload.waits_on)
    {
        let due_ms = shut.until_ms.min(latest_ms);
        core.waiters.tell(&ticket.payload.id, &Ended::Later { due_ms: Some(due_ms) });
        return core.push_at(due_ms, ticket);
    }
    match outdated(core, &mut ticket, interface).await {
        Ok(None) => {}
        Ok(Some(conclusion)) => {
            conclude(core, ticket, interface, conclusion).await;
            return;
        }
        Err(error) => return postpone(core, ticket, &error),
    }
    let before = ticket.guard();
    let claim = match claim(core, &mut ticket, interface).await {
        Ok(claim) => claim,
        Err(error) => return postpone(core, ticket, &error),
    };
    let material = match material(core, &mut ticket).await {
        Ok(material) => material,
        // Waiting does not bring back what is gone, and nobody else waits for it.
        Err(StoreError::Damaged(why)) => {
            let mut conclusion = Conclusion::unreadable(core.clock.now_ms(), why, interface.target);
            conclusion.claimed_from = claim.as_ref().map(|_| before);
            conclusion.changes.extend(claim);
            conclude(core, ticket, interface, conclusion).await;
            return;
        }
        Err(error) => {
            let ticket = if claim.is_some() { ticket.back_to(before) } else { ticket };
            return postpone(core, ticket, &error);
        }
    };
    tracing::Span::current().record("trace", log::trace_id(&material.fresh.traceparent));
    let subject = subject(core, &ticket, interface, &material);
    let (accepted, traceparent) = (material.fresh.traceparent.clone(), subject.traceparent.clone());
    let (start_ms, crashes, id) = (core.clock.now_ms(), ticket.crashes, ticket.payload.id.clone());
    let origin = material.origin.clone();
    let ledger = Arc::new(Ledger::new(Arc::clone(&core.store), claim));
    let mut conclusion = flow(core, &ticket, subject, material, &ledger).await;
    let rest = match ledger.close().await {
        Ok(rest) => rest,
        Err(error) => return postpone(core, ticket.back_to(before), &error),
    };
    conclusion.changes.splice(0..0, rest.changes);
    conclusion.claimed_from = rest.claims.then_some(before);
    if let (Some(origin), Event::Delivered) = (origin, conclusion.event) {
        conclusion.makes_good = operate::made_good(core, &origin).await;
    }
    let Some((state, reason)) = conclude(core, ticket, interface, conclusion).await else { return };
    telemetry::ran(&telemetry::Ran {
        accepted: &accepted,
        traceparent: &traceparent,
        smart_id: interface.smart_id,
        message_id: &id,
        state: state.as_str(),
        reason: reason.map(Reason::as_str),
        crashes,
        times_ms: (start_ms, core.clock.now_ms()),
    });
}

fn subject(core: &Core, ticket: &Ticket<Payload>, interface: &'static Interface, material: &Material) -> Subject {
    let mut scrubber = Scrubber::default();
    scrubber.add(&material.fresh.input.body, interface.sensitive);
    Subject {
        seq: ticket.seq,
        id: ticket.payload.id.clone(),
        interface,
        tenure: ticket.tenure,
        traceparent: telemetry::child(&material.fresh.traceparent, &core.random),
        scrubber,
    }
}

/// A flow that was begun under another revision of the document is not finished under this one unless a person says so:
/// its steps may be others by now. What was only accepted, or failed without effect, runs under this one.
async fn outdated(
    core: &Core,
    ticket: &mut Ticket<Payload>,
    interface: &'static Interface,
) -> Result<Option<Conclusion>, StoreError> {
    if !ticket.payload.outdated {
        return Ok(None);
    }
    let Some(Kept { message, deliveries }) = core.store.material(ticket.seq).await? else { return Ok(None) };
    let begun = deliveries.iter().find(|delivery| (delivery.done || delivery.doubt) && !delivery.decided);
    let Some(begun) = begun else {
        tracing::info!(message = message.id, accepted_under = message.digest, "runs under today's revision");
        ticket.payload.outdated = false;
        return Ok(None);
    };
    let sentence = format!(
        "`{}` was begun under revision {} of the document; this service has {}",
        begun.step, message.digest, interface.digest
    );
    Ok(Some(Conclusion::outdated(sentence, interface.target)))
}

/// Takes the message. A new one is claimed together with what is written first, which is before the first byte of any call.
/// One that was tried before, or that an earlier process left, is claimed before its flow runs: a flow that kills the
/// process before it calls anybody is counted from its second time on.
async fn claim(
    core: &Core,
    ticket: &mut Ticket<Payload>,
    interface: &'static Interface,
) -> Result<Option<Change>, StoreError> {
    let transition = (core.rules)(ticket.state, Event::Claimed, remains(interface))
        .map_err(|illegal| StoreError::Refused(illegal.to_string()))?;
    let gap = core.queue().has_gap(ticket);
    let change = Change::Claim { seq: ticket.seq, guard: ticket.guard(), gap };
    let held = if ticket.payload.fresh.is_some() {
        Some(change)
    } else {
        core.store.commit(vec![change]).await?;
        None
    };
    (ticket.state, ticket.lease) = (transition.state, ticket.lease + 1);
    core.took(ticket.seq, ticket.lease);
    core.board.changed(ticket.handler, ticket.seq, transition.state, None);
    Ok(held)
}

/// The journal did not answer: nothing was done, the message stays where it is and is looked at again.
fn postpone(core: &Core, ticket: Ticket<Payload>, error: &StoreError) {
    if *error == StoreError::Stale {
        // Somebody else has had the last word on this message: whatever came of this try is thrown away.
        tracing::warn!(message = ticket.payload.id, "the message was taken or ended by somebody else");
        if core.held.is_shared() {
            // It keeps its place in its line until it is known what became of it.
            core.held.doubt(&ticket.payload.id);
            core.park(ticket);
        }
        return;
    }
    core.store_failed(error);
    let due_ms = core.clock.now_ms().saturating_add(5_000);
    let state = if ticket.state == lifecycle::State::InFlight { lifecycle::State::Ready } else { ticket.state };
    core.push_at(due_ms, Ticket { state, ..ticket });
}

async fn flow(
    core: &Arc<Core>,
    ticket: &Ticket<Payload>,
    subject: Subject,
    material: Material,
    ledger: &Arc<Ledger>,
) -> Conclusion {
    let target = subject.interface.target;
    let steps = Journalled::new(Arc::clone(core), Arc::new(subject), Arc::clone(ledger), material.deliveries);
    let steps = Arc::new(steps);
    let run = Run::new(Arc::clone(&steps) as _);
    let handler = &core.handlers[ticket.handler];
    let running = AssertUnwindSafe(handler.run(&material.fresh.input, &run)).catch_unwind();
    let result = flushed_when_waiting(ledger, running).await;
    let at_ms = core.clock.now_ms();
    let conclusion = match (steps.take_halt(), result) {
        (_, Err(panic)) => Conclusion::crashed(at_ms, (ticket.seq, ticket.crashes + 1), target, &*panic),
        // A flow that swallowed the halt of a step has not delivered.
        (Some(halt), Ok(_)) => Conclusion::halted(at_ms, in_time(core, ticket, halt)),
        (None, Ok(Ok(end))) => Conclusion::ended(ticket.seq, end, target),
        (None, Ok(Err(stop))) => Conclusion::stopped(at_ms, stop, target),
    };
    conclusion.clean(&steps)
}

/// Whenever the flow has to wait, what it has done so far goes to the journal.
async fn flushed_when_waiting<T>(ledger: &Ledger, running: impl Future<Output = T>) -> T {
    let mut running = pin!(running);
    poll_fn(|context| {
        let polled = running.as_mut().poll(context);
        if polled.is_pending() {
            ledger.flush();
        }
        polled
    })
    .await
}

/// The document may give a message an end in time, counted from its acceptance.
fn in_time(core: &Core, ticket: &Ticket<Payload>, halt: Halt) -> Halt {
    Halt { event: verdict::in_time(halt.event, core.clock.now_ms(), latest_ms(core, ticket)), ..halt }
}

fn latest_ms(core: &Core, ticket: &Ticket<Payload>) -> Option<i64> {
    let after_ms = core.handlers[ticket.handler].interface().retry.give_up_after_ms?;
    Some(ticket.payload.accepted_ms.saturating_add_unsigned(after_ms))
}

/// A start of a timetable that falls into the run of an earlier one is recorded, and does not run.
pub(super) async fn overlaps(core: &Arc<Core>, ticket: Ticket<Payload>, unfinished: usize) {
    let interface = core.handlers[ticket.handler].interface();
    let conclusion = Conclusion::overlap(unfinished, interface.target);
    let _recorded = conclude(core, ticket, interface, conclusion).await;
}

/// Writes the next state with everything that belongs to it in one transaction, then does what follows. The state, if it
/// was written.
async fn conclude(
    core: &Arc<Core>,
    mut ticket: Ticket<Payload>,
    interface: &'static Interface,
    conclusion: Conclusion,
) -> Option<(State, Option<Reason>)> {
    let transition = match (core.rules)(ticket.state, conclusion.event, remains(interface)) {
        Ok(transition) => transition,
        Err(illegal) => {
            postpone(core, ticket, &StoreError::Refused(illegal.to_string()));
            return None;
        }
    };
    let Conclusion { sentence, grave, mut changes, claimed_from, ended, target, makes_good, .. } = conclusion;
    changes.push(state(core, &ticket, &transition, &sentence, due(&transition)));
    changes.extend(makes_good.iter().map(|old| operate::make_good(core, old, &ticket.payload.id)));
    let mark = order::mark(interface, &ticket, transition.state);
    changes.extend(mark.map(|mark| Change::Mark { seq: ticket.seq, mark }));
    for action in &transition.actions {
        match action {
            Action::Bury(_) => changes.push(Change::Bury { seq: ticket.seq, grave: Box::new(grave.clone()) }),
            Action::Alert(reason) => {
                let cause =
                    Cause { interface, target, reason: *reason, message_id: &ticket.payload.id, detail: &sentence };
                changes.extend(core.alerts.raise(&cause));
            }
            Action::Run | Action::RunAt(_) | Action::Release | Action::Unblock => {}
        }
    }
    // From here on the journal has the last word: stopping now must not write over it.
    core.settled(ticket.seq);
    if let Err(error) = core.store.commit(changes).await {
        let ticket = match claimed_from {
            Some(before) => ticket.back_to(before),
            None => ticket,
        };
        postpone(core, ticket, &error);
        return None;
    }
    let (state, reason) = (transition.state.as_str(), transition.reason.map(Reason::as_str));
    if transition.state == State::Delivered {
        tracing::debug!(state, "now");
    } else {
        tracing::info!(state, reason, sentence, "now");
    }
    if matches!(conclusion.event, Event::Crashed { .. }) {
        ticket.crashes += 1;
    }
    ticket.state = transition.state;
    let waits = matches!(conclusion.event, Event::Wait { hold: Reason::Circuit | Reason::Quota, .. });
    ticket.payload.waits_on = waits.then_some(target);
    if let Some(old) = makes_good {
        operate::follow_made_good(core, &old);
    }
    follow(core, ticket, &transition, &ended, mark);
    Some((transition.state, transition.reason))
}

fn follow(core: &Core, ticket: Ticket<Payload>, transition: &Transition, ended: &Ended, mark: Option<Mark>) {
    let interface = core.handlers[ticket.handler].interface();
    core.board.changed(ticket.handler, ticket.seq, transition.state, transition.reason);
    core.waiters.tell(&ticket.payload.id, ended);
    for action in &transition.actions {
        match action {
            Action::Run => return core.push(ticket),
            Action::RunAt(due_ms) => return core.push_at(*due_ms, ticket),
            Action::Release => {
                let took_ms = core.clock.now_ms().saturating_sub(ticket.payload.accepted_ms);
                core.metrics.ended(interface.smart_id, transition.state.as_str(), took_ms);
                if transition.state == lifecycle::State::Dead {
                    core.metrics.dead_letters(interface.smart_id, 1);
                }
                order::ended(core, ticket.clone(), mark);
            }
            Action::Alert(_) => core.alerts.wake(),
            Action::Unblock | Action::Bury(_) => {}
        }
    }
    if !transition.state.is_end() {
        // Nothing runs it again by itself: it waits for a person.
        core.park(ticket);
    }
}

fn due(transition: &Transition) -> Option<i64> {
    transition.actions.iter().find_map(|action| match action {
        Action::RunAt(due_ms) => Some(*due_ms),
        _ => None,
    })
}

fn state(core: &Core, ticket: &Ticket<Payload>, transition: &Transition, detail: &str, due_ms: Option<i64>) -> Change {
    Change::State {
        seq: ticket.seq,
        guard: ticket.guard(),
        state: transition.state,
        reason: transition.reason,
        detail: detail.to_owned(),
        due_ms,
        at_ms: core.clock.now_ms(),
    }
}

pub(super) const fn remains(interface: &Interface) -> Remains {
    if interface.dead_letter { Remains::DeadLetter } else { Remains::Record }
}
