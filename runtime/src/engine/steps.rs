//! Journalled steps: what is known done answers from the journal, everything else is sent, and its outcome kept.
//!
//! In: exchanges of a flow. Out: replies, or a halt with what follows from it. Never knows: queues, callers.
//!
//! Before the first byte of a send goes out, its beginning is durable: after a crash the step is known to be in doubt.

use std::{
    collections::HashMap,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::future::poll_immediate;

use super::{
    core::{Core, Subject},
    ledger::Ledger,
    limits::{Permit, Shut},
    verdict::{self, Asked, Known, Scene, Verdict},
};
use crate::{
    descriptor::{Class, OnUnknown, Operation, Override, Repeat},
    door::Promise,
    flow::{Exchange, Probe, Request, Steps, Stop},
    format::scrub::Scrubber,
    journal::{Attempt, Change, Delivery, StoreError, class_word, codec},
    lifecycle::{Event, Reason},
    telemetry,
    transport::{Call, Outcome},
    value::Value,
};

/// A message that found its target paused looks again after this long; resuming the target wakes it at once.
const LOOK_AGAIN_MS: i64 = 60_000;

/// Why a try of a message is over, and what to keep about it.
#[derive(Debug)]
pub(super) struct Halt {
    pub(super) event: Event,
    /// One sentence for people.
    pub(super) sentence: String,
    pub(super) class: Option<Class>,
    /// HTTP status of the target, where there was one.
    pub(super) status: Option<u16>,
    pub(super) step: String,
    pub(super) system: &'static str,
    pub(super) operation: &'static str,
    pub(super) tries: u32,
    pub(super) mapped: Option<Vec<u8>>,
    /// To be committed together with the message's state.
    pub(super) changes: Vec<Change>,
}

/// The steps of one try of one message.
pub(super) struct Journalled {
    core: Arc<Core>,
    subject: Arc<Subject>,
    ledger: Arc<Ledger>,
    known: Mutex<HashMap<String, Delivery>>,
    halt: Mutex<Option<Halt>>,
    /// Values that no text may quote: of the message, and of everything sent and read so far.
    scrubber: Mutex<Scrubber>,
}

/// What stays the same while a step is worked on.
struct Work<'a> {
    exchange: &'a Exchange<'a>,
    known: Delivery,
    key: String,
    start_ms: i64,
}

impl Journalled {
    pub(super) fn new(core: Arc<Core>, subject: Arc<Subject>, ledger: Arc<Ledger>, deliveries: Vec<Delivery>) -> Self {
        let known = deliveries.into_iter().map(|delivery| (delivery.step.clone(), delivery)).collect();
        let scrubber = Mutex::new(subject.scrubber.clone());
        Self { core, subject, ledger, known: Mutex::new(known), halt: Mutex::default(), scrubber }
    }

    /// A text without sensitive values.
    pub(super) fn clean(&self, text: &str) -> String {
        self.scrubber.lock().unwrap_or_else(PoisonError::into_inner).clean(text)
    }

    /// From now on no text may quote the sensitive values of this.
    fn keep_out(&self, tree: &Value, operation: &Operation) {
        if !operation.sensitive.is_empty() {
            self.scrubber.lock().unwrap_or_else(PoisonError::into_inner).add(tree, operation.sensitive);
        }
    }

    /// Why the try is over, if a step ended it.
    pub(super) fn take_halt(&self) -> Option<Halt> {
        self.halt.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn perform(&self, exchange: &Exchange<'_>) -> Result<Value, Halt> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&exchange.name).cloned();
        let known = known.unwrap_or_default();
        if let (true, Some(reply)) = (known.done, &known.reply) {
            let reply = codec::decode(reply);
            if let Ok(reply) = &reply {
                self.keep_out(reply, exchange.operation);
            }
            return reply.map_err(|error| {
                let sentence = format!("the recorded reply of `{}` cannot be read: {error}", exchange.name);
                halted(exchange, Event::GiveUp(Reason::Schema), sentence)
            });
        }
        let key = format!("{}.{}", self.subject.id, exchange.name);
        let mut work = Work { exchange, known, key, start_ms: 0 };
        if work.known.doubt && exchange.operation.repeat == Repeat::Repeats {
            match exchange.probe {
                Some(probe) => {
                    if let Some(reply) = self.ask(&mut work, probe).await? {
                        return Ok(reply);
                    }
                }
                None if self.subject.interface.on_unknown == OnUnknown::Hold && !work.known.decided => {
                    let sentence = format!("nobody knows whether `{}` was done before the process died", exchange.name);
                    return Err(halted(exchange, Event::Doubt, sentence));
                }
                None => {}
            }
        }
        self.send(work).await
    }

    /// Asks whether an earlier send did the work: the answer if so, nothing if it is to be sent again.
    async fn ask(&self, work: &mut Work<'_>, probe: &Probe<'_>) -> Result<Option<Value>, Halt> {
        work.start_ms = self.core.clock.now_ms();
        let (mut outcome, reopens_ms) = self.call(work, probe.operation, &probe.request).await?;
        let end_ms = self.core.clock.now_ms();
        let mut asked = Asked::NoAnswer;
        if matches!(outcome.class, Class::Delivered | Class::Duplicate) {
            match (probe.found)(&outcome.reply) {
                Ok(true) => {
                    outcome.class = Class::Duplicate;
                    outcome.reason = format!("`{}` shows that an earlier send did it", probe.operation.name);
                    return Ok(Some(self.done(work, outcome, end_ms)));
                }
                Ok(false) => asked = Asked::Absent,
                Err(violations) => {
                    (outcome.class, outcome.reason) = (Class::Retryable, violations.to_string());
                }
            }
        }
        match verdict::on_probe(asked, &outcome, known(work), self.scene(end_ms, reopens_ms)) {
            Some(Verdict::Halt { event, tries, doubt }) => {
                outcome.reason = match asked {
                    Asked::Absent => {
                        format!("`{}` shows that no send did it, and no try is left", probe.operation.name)
                    }
                    Asked::NoAnswer => format!("asking `{}`: {}", probe.operation.name, outcome.reason),
                };
                Err(self.failed(work, &outcome, end_ms, (event, tries, doubt)))
            }
            Some(Verdict::Done) | None => {
                work.known.doubt = false;
                Ok(None)
            }
        }
    }

    async fn send(&self, mut work: Work<'_>) -> Result<Value, Halt> {
        let exchange = work.exchange;
        let permit = self.permit(exchange, exchange.operation).await?;
        work.start_ms = self.core.clock.now_ms();
        let begin = Change::Begin {
            seq: self.subject.seq,
            step: exchange.name.clone(),
            system: exchange.operation.system.name.to_owned(),
            operation: exchange.operation.name.to_owned(),
            at_ms: work.start_ms,
        };
        let begun = self.ledger.hand_in(permit.called().into_iter().chain([begin]));
        // A read that is repeated harms nobody: only what has an effect waits until its beginning is durable.
        if exchange.operation.repeat != Repeat::Harmless {
            begun.await.map_err(|error| self.store_failed(exchange, &error))?;
        }
        self.ledger.claimed().await.map_err(|error| self.store_failed(exchange, &error))?;
        if let Some(halt) = self.run_out(exchange) {
            return Err(halt);
        }
        let (outcome, reopens_ms) = self
            .exchange_with(permit, &work, (exchange.operation, self.subject.interface.outcomes), &exchange.request)
            .await;
        let end_ms = self.core.clock.now_ms();
        match verdict::on_send(&outcome, known(&work), self.scene(end_ms, reopens_ms)) {
            Verdict::Done => Ok(self.done(&work, outcome, end_ms)),
            Verdict::Halt { event, tries, doubt } => Err(self.failed(&work, &outcome, end_ms, (event, tries, doubt))),
        }
    }

    /// Asks an operation within the limits of its system; the interface's rules are not about questions.
    async fn call(
        &self,
        work: &Work<'_>,
        operation: &'static Operation,
        request: &Request,
    ) -> Result<(Outcome, i64), Halt> {
        let permit = self.permit(work.exchange, operation).await?;
        if let Some(called) = permit.called() {
            drop(self.core.store.commit(vec![called]));
        }
        if let Some(halt) = self.run_out(work.exchange) {
            return Err(halt);
        }
        Ok(self.exchange_with(permit, work, (operation, &[]), request).await)
    }

    /// A process that was stopped, or cut off, finds here that others may be at work on the message by now.
    fn run_out(&self, exchange: &Exchange<'_>) -> Option<Halt> {
        if self.core.may_send(self.subject.tenure) {
            return None;
        }
        let due_ms = self.core.clock.now_ms();
        let why = "the hold on the lane of the message has run out: nothing was sent".to_owned();
        Some(halted(exchange, Event::Wait { due_ms, hold: Reason::Circuit }, why))
    }

    async fn permit(&self, exchange: &Exchange<'_>, operation: &'static Operation) -> Result<Permit, Halt> {
        if self.core.paused.target(operation.system.name) {
            let due_ms = self.core.clock.now_ms().saturating_add(LOOK_AGAIN_MS);
            let why = format!("{} is paused", operation.system.name);
            return Err(halted(exchange, Event::Wait { due_ms, hold: Reason::Paused }, why));
        }
        let gate = self.core.gate(operation.system);
        let mut passing = pin!(gate.pass());
        let passed = match poll_immediate(passing.as_mut()).await {
            Some(passed) => passed,
            None => {
                self.ledger.waits(self.subject.seq);
                passing.await
            }
        };
        passed.map_err(|Shut { until_ms, hold, why }| halted(exchange, Event::Wait { due_ms: until_ms, hold }, why))
    }

    /// The outcome, and when the target may be called again should it have refused us.
    async fn exchange_with(
        &self,
        permit: Permit,
        work: &Work<'_>,
        (operation, overrides): (&'static Operation, &'static [Override]),
        request: &Request,
    ) -> (Outcome, i64) {
        let traceparent = telemetry::child(&self.subject.traceparent, &self.core.random);
        let call = Call { operation, overrides, request, key: &work.key, traceparent: &traceparent };
        let start_ms = self.core.clock.now_ms();
        let mut outcome = self.core.transport.exchange(call).await;
        outcome.class = permit.report(outcome.class);
        self.keep_out(request.payload(), operation);
        self.keep_out(&outcome.reply, operation);
        (outcome.reason, outcome.excerpt) = (self.clean(&outcome.reason), self.clean(&outcome.excerpt));
        self.told(work, operation, &outcome, (&traceparent, start_ms));
        let now_ms = self.core.clock.now_ms();
        (outcome, self.core.gate(operation.system).open_until_ms().unwrap_or(now_ms))
    }

    /// Counts, logs and traces a call.
    fn told(
        &self,
        work: &Work<'_>,
        operation: &'static Operation,
        outcome: &Outcome,
        (traceparent, start_ms): (&str, i64),
    ) {
        let (word, end_ms) = (class_word(outcome.class), self.core.clock.now_ms());
        self.core.metrics.called(operation.system.name, end_ms.saturating_sub(start_ms));
        self.core.metrics.attempt(self.subject.interface.smart_id, &work.exchange.name, word);
        let failed = !matches!(outcome.class, Class::Delivered | Class::Duplicate);
        let (step, system, status) = (&work.exchange.name, operation.system.name, outcome.status);
        if failed {
            let reason = &outcome.reason;
            tracing::info!(step, operation = operation.name, system, class = word, status, reason, "called");
        } else {
            tracing::debug!(step, operation = operation.name, system, class = word, status, "called");
        }
        telemetry::called(&telemetry::Called {
            try_traceparent: &self.subject.traceparent,
            traceparent,
            smart_id: self.subject.interface.smart_id,
            message_id: &self.subject.id,
            step: &work.exchange.name,
            system: operation.system.name,
            operation: operation.name,
            attempt: work.known.attempts + 1,
            class: word,
            status: outcome.status,
            failed,
            times_ms: (start_ms, end_ms),
        });
    }

    fn scene(&self, end_ms: i64, reopens_ms: i64) -> Scene<'_> {
        Scene { interface: self.subject.interface, end_ms, reopens_ms, random: &self.core.random }
    }

    /// Keeps the reply: with the end of the flow if that follows at once, with the next step's beginning if that does, by
    /// itself if the flow waits for anything.
    fn done(&self, work: &Work<'_>, outcome: Outcome, end_ms: i64) -> Value {
        let seq = self.subject.seq;
        let bytes = codec::encode(&outcome.reply);
        let attempt = attempt(work, &outcome, end_ms);
        let delivery = Delivery {
            step: work.exchange.name.clone(),
            done: true,
            attempts: attempt.n,
            reply: Some(bytes.clone()),
            ..work.known.clone()
        };
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(work.exchange.name.clone(), delivery);
        self.ledger.hold(Change::Done { seq, attempt, reply: bytes });
        outcome.reply
    }

    fn failed(
        &self,
        work: &Work<'_>,
        outcome: &Outcome,
        end_ms: i64,
        (event, tries, doubt): (Event, u32, bool),
    ) -> Halt {
        let seq = self.subject.seq;
        let changes = vec![Change::Failed { seq, attempt: attempt(work, outcome, end_ms), tries, doubt }];
        let exchange = work.exchange;
        Halt {
            class: Some(outcome.class),
            status: outcome.status,
            tries,
            mapped: Some(codec::encode(exchange.request.payload())),
            changes,
            ..halted(exchange, event, outcome.reason.clone())
        }
    }

    /// The journal could not keep the beginning: nothing was sent.
    fn store_failed(&self, exchange: &Exchange<'_>, error: &StoreError) -> Halt {
        if *error != StoreError::Stale {
            self.core.store_failed(error);
        }
        let due_ms = self.core.clock.now_ms().saturating_add(1_000);
        halted(exchange, Event::Wait { due_ms, hold: Reason::Circuit }, error.to_string())
    }
}

impl Steps for Journalled {
    fn exchange<'a>(&'a self, exchange: Exchange<'a>) -> Promise<'a, Result<Value, Stop>> {
        Box::pin(async move {
            // A flow that goes on after a halt must not cause anything more.
            if self.halt.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
                return Err(Stop::step());
            }
            self.perform(&exchange).await.map_err(|halt| {
                *self.halt.lock().unwrap_or_else(PoisonError::into_inner) = Some(halt);
                Stop::step()
            })
        })
    }
}

fn known(work: &Work<'_>) -> Known {
    Known {
        tries: work.known.tries,
        attempts: work.known.attempts,
        doubt: work.known.doubt,
        repeat: work.exchange.operation.repeat,
        probe: work.exchange.probe.is_some(),
    }
}

fn halted(exchange: &Exchange<'_>, event: Event, sentence: String) -> Halt {
    Halt {
        event,
        sentence,
        class: None,
        status: None,
        step: exchange.name.clone(),
        system: exchange.operation.system.name,
        operation: exchange.operation.name,
        tries: 0,
        mapped: None,
        changes: Vec::new(),
    }
}

fn attempt(work: &Work<'_>, outcome: &Outcome, end_ms: i64) -> Attempt {
    Attempt {
        step: work.exchange.name.clone(),
        n: work.known.attempts + 1,
        class: outcome.class,
        status: outcome.status,
        start_ms: work.start_ms,
        end_ms,
        reason: outcome.reason.clone(),
        excerpt: outcome.excerpt.clone(),
    }
}
