//! Requests that are not journalled (`durable: false`): one try, in memory.
//!
//! In: an arrival. Out: the reply or a refusal. Never knows: the journal.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::FutureExt as _;

use super::{accept, core::Core, request::refusal};
use crate::{
    clock,
    descriptor::{Class, Interface, Operation},
    door::{Arrival, Promise, Refusal, Replied},
    flow::{End, Exchange, Run, Steps, Stop, Why},
    format::scrub::Scrubber,
    journal::class_word,
    lifecycle::Reason,
    telemetry,
    transport::{Call, Outcome},
    value::Value,
};

/// Steps that only send.
struct Direct {
    core: Arc<Core>,
    interface: &'static Interface,
    id: String,
    traceparent: String,
    failure: Mutex<Option<Failure>>,
    /// Values that no text may quote.
    scrubber: Mutex<Scrubber>,
}

struct Failure {
    reason: Reason,
    status: Option<u16>,
    detail: String,
}

/// Runs a request once and forgets it.
pub(super) async fn request(core: &Arc<Core>, mut arrival: Arrival, timeout_ms: u64) -> Result<Replied, Refusal> {
    if !core.ready() {
        return Err(Refusal::Unavailable {
            retry_after_s: 1,
            reason: "the service is starting or stopping".to_owned(),
        });
    }
    let (input, _) = accept::admit(core, &mut arrival)?;
    let handler = Arc::clone(&core.handlers[arrival.handler]);
    let (interface, started_ms) = (handler.interface(), core.clock.now_ms());
    let mut scrubber = Scrubber::default();
    scrubber.add(&input.body, interface.sensitive);
    let steps = Arc::new(Direct {
        core: Arc::clone(core),
        interface,
        id: core.random.id(started_ms),
        traceparent: arrival.traceparent,
        failure: Mutex::default(),
        scrubber: Mutex::new(scrubber),
    });
    let run = Run::new(Arc::clone(&steps) as _);
    let flow = AssertUnwindSafe(handler.run(&input, &run)).catch_unwind();
    let result = clock::timeout(&*core.clock, timeout_ms, flow).await;
    let failure = steps.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
    let replied = match (failure, result) {
        (_, Err(elapsed)) => Err(refusal(Reason::Unknown, None, true, elapsed.to_string())),
        (_, Ok(Err(_panic))) => Err(refusal(Reason::CrashLoop, None, false, "the flow panicked".to_owned())),
        (Some(failure), _) => Err(refusal(failure.reason, failure.status, true, failure.detail)),
        (None, Ok(Ok(Ok(end)))) => Ok(reply(end)),
        (None, Ok(Ok(Err(stop)))) => Err(stopped(stop)),
    };
    let outcome = if replied.is_ok() { "DELIVERED" } else { "FAILED" };
    core.metrics.ended(interface.smart_id, outcome, core.clock.now_ms().saturating_sub(started_ms));
    replied
}

fn reply(end: End) -> Replied {
    match end {
        End::Replied { status, body } => Replied::Done { status, body },
        End::Delivered | End::Discarded { .. } => Replied::Done { status: 204, body: Value::Null },
    }
}

fn stopped(stop: Stop) -> Refusal {
    match stop.into_why() {
        Why::Mapping(error) => refusal(Reason::Map, None, false, error.to_string()),
        Why::Schema(violations) => {
            refusal(Reason::Schema, None, violations.subject().is_some(), violations.to_string())
        }
        Why::Business(sentence) => refusal(Reason::Business, None, false, sentence),
        Why::Step => refusal(Reason::CrashLoop, None, false, "the flow stopped without a cause".to_owned()),
    }
}

impl Direct {
    async fn send(&self, exchange: &Exchange<'_>) -> Result<Value, Failure> {
        if self.core.paused.target(exchange.operation.system.name) {
            let detail = format!("{} is paused", exchange.operation.system.name);
            return Err(Failure { reason: Reason::Paused, status: None, detail });
        }
        let gate = self.core.gate(exchange.operation.system);
        let permit =
            gate.pass().await.map_err(|shut| Failure { reason: Reason::Target, status: None, detail: shut.why })?;
        let key = format!("{}.{}", self.id, exchange.name);
        let traceparent = telemetry::child(&self.traceparent, &self.core.random);
        let (operation, request) = (exchange.operation, &exchange.request);
        let start_ms = self.core.clock.now_ms();
        let call =
            Call { operation, overrides: self.interface.outcomes, request, key: &key, traceparent: &traceparent };
        if let Some(called) = permit.called() {
            drop(self.core.store.commit(vec![called]));
        }
        let outcome = self.core.transport.exchange(call).await;
        permit.report(outcome.class);
        self.told(exchange, &outcome, (&traceparent, start_ms));
        let reason = match outcome.class {
            Class::Delivered | Class::Duplicate => {
                self.keep_out(&outcome.reply, operation);
                return Ok(outcome.reply);
            }
            Class::Retryable => Reason::Exhausted,
            Class::Unknown => Reason::Unknown,
            Class::Target => Reason::Target,
            Class::Permanent => Reason::Permanent,
        };
        self.keep_out(request.payload(), operation);
        self.keep_out(&outcome.reply, operation);
        let detail = self.scrubber.lock().unwrap_or_else(PoisonError::into_inner).clean(&outcome.reason);
        Err(Failure { reason, status: outcome.status, detail })
    }

    /// From now on no text may quote the sensitive values of this.
    fn keep_out(&self, tree: &Value, operation: &Operation) {
        if !operation.sensitive.is_empty() {
            self.scrubber.lock().unwrap_or_else(PoisonError::into_inner).add(tree, operation.sensitive);
        }
    }

    /// Counts and traces a call.
    fn told(&self, exchange: &Exchange<'_>, outcome: &Outcome, (traceparent, start_ms): (&str, i64)) {
        let (class, end_ms) = (class_word(outcome.class), self.core.clock.now_ms());
        let (smart_id, system) = (self.interface.smart_id, exchange.operation.system.name);
        self.core.metrics.attempt(smart_id, &exchange.name, class);
        self.core.metrics.called(system, end_ms.saturating_sub(start_ms));
        telemetry::called(&telemetry::Called {
            try_traceparent: &self.traceparent,
            traceparent,
            smart_id,
            message_id: &self.id,
            step: &exchange.name,
            system,
            operation: exchange.operation.name,
            attempt: 1,
            class,
            status: outcome.status,
            failed: !matches!(outcome.class, Class::Delivered | Class::Duplicate),
            times_ms: (start_ms, end_ms),
        });
    }
}

impl Steps for Direct {
    fn exchange<'a>(&'a self, exchange: Exchange<'a>) -> Promise<'a, Result<Value, Stop>> {
        Box::pin(async move {
            self.send(&exchange).await.map_err(|failure| {
                *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
                Stop::step()
            })
        })
    }
}
