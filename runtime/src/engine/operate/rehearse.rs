//! A dry run: what a replay would send, beside what was to be sent. Nothing goes out, nothing is kept.
//!
//! In: a handler, the old and the new content, the steps on record. Out: every call of the new run with its mapped body,
//! masked, and how it differs. Never knows: networks, the journal.
//!
//! Steps answer with the replies on record, so the run goes as far as the record does. A step that has no reply on
//! record is shown and ends the rehearsal: what its target would answer is not known. "Before" is what the dead-letter
//! record kept of the step that failed; for the other steps it is the original content mapped by the document of today,
//! because what they sent then is not kept.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::FutureExt as _;
use similar::TextDiff;

use crate::{
    descriptor::Operation,
    door::Promise,
    flow::{End, Exchange, Handler, Input, Run, Steps, Stop, Why},
    format::{json, mask::masked},
    journal::{Delivery, Grave, Material, codec},
    value::{Record, Value},
};

/// One call of the new run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsed {
    /// Step.
    pub step: String,
    /// System it calls.
    pub system: &'static str,
    /// Operation it calls.
    pub operation: &'static str,
    /// What was to be sent, as indented JSON, masked.
    pub before: Option<String>,
    /// What would be sent now.
    pub after: String,
    /// Unified diff from one to the other; empty if they are equal.
    pub diff: String,
}

/// A dry run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// Every call in order.
    pub calls: Vec<Rehearsed>,
    /// How the run ends, as far as it can be known; one sentence.
    pub end: String,
}

/// Answers from the record, and writes down what was asked.
struct Stage {
    known: HashMap<String, Delivery>,
    calls: Mutex<Vec<Call>>,
    unknown: Mutex<Option<String>>,
}

struct Call {
    step: String,
    operation: &'static Operation,
    text: String,
}

pub(super) async fn rehearse(
    handler: &Arc<dyn Handler>,
    input: &Input,
    before: Option<Value>,
    material: &Material,
    grave: Option<&Grave>,
) -> Rehearsal {
    let old = Input { body: before.unwrap_or(Value::Null), parameters: input.parameters.clone() };
    let (old_calls, _) = play(handler, &old, material).await;
    let (new_calls, end) = play(handler, input, material).await;
    let calls = new_calls.into_iter().map(|call| {
        let old = old_calls.iter().find(|old| old.step == call.step);
        let grave = grave.filter(|grave| grave.step == call.step);
        let kept = grave.and_then(|grave| kept_text(grave, old.unwrap_or(&call)));
        let before = kept.or_else(|| old.map(|old| old.text.clone()));
        compared(call, before)
    });
    Rehearsal { calls: calls.collect(), end }
}

fn compared(call: Call, before: Option<String>) -> Rehearsed {
    let Call { step, operation, text: after } = call;
    let diff = before.as_ref().filter(|before| **before != after).map_or_else(String::new, |before| {
        TextDiff::from_lines(before.as_str(), after.as_str())
            .unified_diff()
            .context_radius(3)
            .header("before", "after")
            .to_string()
    });
    Rehearsed { step, system: operation.system.name, operation: operation.name, before, after, diff }
}

/// The body that the dead-letter record kept. Parameters are not kept there; they are those that the original content has
/// under the document of today.
fn kept_text(grave: &Grave, call: &Call) -> Option<String> {
    let body = codec::decode(grave.mapped.as_ref()?).ok()?;
    let (parameters, _) = call.text.split_once(BODY)?;
    Some(format!("{parameters}{BODY}{}\n", pretty(&masked(&body, call.operation.sensitive))))
}

/// Between the parameters of a call and its body.
const BODY: &str = "body: ";

async fn play(handler: &Arc<dyn Handler>, input: &Input, material: &Material) -> (Vec<Call>, String) {
    let known = material.deliveries.iter().filter(|delivery| delivery.done);
    let known = known.map(|delivery| (delivery.step.clone(), delivery.clone())).collect();
    let stage = Arc::new(Stage { known, calls: Mutex::default(), unknown: Mutex::default() });
    let run = Run::new(Arc::clone(&stage) as _);
    let result = AssertUnwindSafe(handler.run(input, &run)).catch_unwind().await;
    let unknown = stage.unknown.lock().unwrap_or_else(PoisonError::into_inner).take();
    let calls = std::mem::take(&mut *stage.calls.lock().unwrap_or_else(PoisonError::into_inner));
    let end = match (unknown, result) {
        (Some(step), _) => format!("goes on after `{step}` as its target answers"),
        (None, Ok(Ok(End::Delivered))) => "would be DELIVERED".to_owned(),
        (None, Ok(Ok(End::Replied { status, .. }))) => format!("would be DELIVERED, with a reply of status {status}"),
        (None, Ok(Ok(End::Discarded { reason }))) => format!("would be DISCARDED: {reason}"),
        (None, Ok(Err(stop))) => stopped(stop),
        (None, Err(_)) => "would crash: the flow panicked".to_owned(),
    };
    (calls, end)
}

fn stopped(stop: Stop) -> String {
    match stop.into_why() {
        Why::Mapping(error) => format!("would be given up (MAP): {error}"),
        Why::Schema(violations) => format!("would be given up (SCHEMA): {violations}"),
        Why::Business(sentence) => format!("would be given up (BUSINESS): {sentence}"),
        Why::Step => "would stop without a cause".to_owned(),
    }
}

impl Steps for Stage {
    fn exchange<'a>(&'a self, exchange: Exchange<'a>) -> Promise<'a, Result<Value, Stop>> {
        Box::pin(async move {
            let text = text(exchange.operation, exchange.request.parameters(), exchange.request.payload());
            let call = Call { step: exchange.name.clone(), operation: exchange.operation, text };
            let mut unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
            if unknown.is_some() {
                // A flow that goes on after it was stopped shows nothing more.
                return Err(Stop::step());
            }
            self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
            let reply = self.known.get(&exchange.name).and_then(|delivery| delivery.reply.as_ref());
            match reply.and_then(|reply| codec::decode(reply).ok()) {
                Some(reply) => Ok(reply),
                None => {
                    *unknown = Some(exchange.name.clone());
                    Err(Stop::step())
                }
            }
        })
    }
}

/// Parameters and body, a line each field, masked.
fn text(operation: &Operation, parameters: &[(String, String)], body: &Value) -> String {
    let mut record = Record::new();
    for (name, value) in parameters {
        record.put(name, value);
    }
    let parameters = match masked(&Value::Record(record), operation.sensitive) {
        Value::Record(record) if record.iter().next().is_none() => String::new(),
        parameters => format!("parameters: {}\n", pretty(&parameters)),
    };
    format!("{parameters}{BODY}{}\n", pretty(&masked(body, operation.sensitive)))
}

fn pretty(value: &Value) -> String {
    let text = json::write(value);
    serde_json::from_str::<serde_json::Value>(&text)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or(text)
}
