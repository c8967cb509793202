//! Spans of a message: accepted, tried, called.
//!
//! In: identifiers, states, classes, times. Out: OTLP spans. Never knows: payloads, queues.
//!
//! Names and attributes follow the semantic conventions for HTTP servers and messaging; what is Tieline's own begins with
//! `tieline.`.

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue, any_value},
    trace::v1::{Span, Status, span::SpanKind, status::StatusCode},
};

use super::{
    export::Record,
    trace::{Context, parse},
    traces,
};
use crate::metrics::{Signal, without_indices};

/// A request that was answered.
pub(crate) struct Served<'a> {
    /// Our context.
    pub(crate) traceparent: &'a str,
    /// The caller's, as it came.
    pub(crate) caller: Option<&'a str>,
    pub(crate) smart_id: &'static str,
    pub(crate) method: &'a str,
    pub(crate) route: &'static str,
    pub(crate) status: u16,
    pub(crate) request_id: &'a str,
    pub(crate) times_ms: (i64, i64),
}

/// The span under which a message came in.
pub(crate) fn served(served: &Served<'_>) {
    let Some(context) = sampled(served.traceparent) else { return };
    let mut span = span(context, SpanKind::Server, served.times_ms);
    span.name = format!("{} {}", served.method, served.route);
    span.parent_span_id = served.caller.and_then(parse).map(|caller| caller.span.to_vec()).unwrap_or_default();
    span.attributes = vec![
        text("http.request.method", served.method),
        text("http.route", served.route),
        number("http.response.status_code", served.status.into()),
        text("tieline.smart_id", served.smart_id),
        text("tieline.error_id", served.request_id),
    ];
    if served.status >= 500 {
        fail(&mut span, &served.status.to_string());
    }
    put(span);
}

/// The span under which a timetable started a message.
pub(crate) fn scheduled(traceparent: &str, smart_id: &str, message_id: &str, at_ms: i64) {
    let Some(context) = sampled(traceparent) else { return };
    let mut span = span(context, SpanKind::Internal, (at_ms, at_ms));
    span.name = format!("schedule {smart_id}");
    span.attributes = vec![text("tieline.smart_id", smart_id), text("messaging.message.id", message_id)];
    put(span);
}

/// A try of a message.
pub(crate) struct Ran<'a> {
    /// The context under which it was accepted, from the journal.
    pub(crate) accepted: &'a str,
    /// The try's own.
    pub(crate) traceparent: &'a str,
    pub(crate) smart_id: &'static str,
    pub(crate) message_id: &'a str,
    pub(crate) state: &'static str,
    pub(crate) reason: Option<&'static str>,
    pub(crate) crashes: u32,
    pub(crate) times_ms: (i64, i64),
}

/// The span of a try, child of the one under which the message was accepted, however long ago.
pub(crate) fn ran(ran: &Ran<'_>) {
    let (Some(context), Some(parent)) = (sampled(ran.traceparent), parse(ran.accepted)) else { return };
    let mut span = span(context, SpanKind::Consumer, ran.times_ms);
    span.name = format!("process {}", ran.smart_id);
    span.parent_span_id = parent.span.to_vec();
    span.attributes = vec![
        text("messaging.system", "tieline"),
        text("messaging.operation.name", "process"),
        text("messaging.operation.type", "process"),
        text("messaging.destination.name", ran.smart_id),
        text("messaging.message.id", ran.message_id),
        text("tieline.smart_id", ran.smart_id),
        text("tieline.state", ran.state),
        number("tieline.crashes", ran.crashes.into()),
    ];
    if let Some(reason) = ran.reason {
        span.attributes.push(text("tieline.reason", reason));
        fail(&mut span, reason);
    }
    put(span);
}

/// A call to a system.
pub(crate) struct Called<'a> {
    /// The try's context.
    pub(crate) try_traceparent: &'a str,
    /// The one that went out with the call.
    pub(crate) traceparent: &'a str,
    pub(crate) smart_id: &'static str,
    pub(crate) message_id: &'a str,
    pub(crate) step: &'a str,
    pub(crate) system: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) attempt: u32,
    pub(crate) class: &'static str,
    pub(crate) status: Option<u16>,
    pub(crate) failed: bool,
    pub(crate) times_ms: (i64, i64),
}

/// The span of a call, child of its try.
pub(crate) fn called(called: &Called<'_>) {
    let (Some(context), Some(parent)) = (sampled(called.traceparent), parse(called.try_traceparent)) else { return };
    let mut span = span(context, SpanKind::Client, called.times_ms);
    span.name = format!("{} {}", called.smart_id, without_indices(called.step));
    span.parent_span_id = parent.span.to_vec();
    span.attributes = vec![
        text("tieline.smart_id", called.smart_id),
        text("messaging.message.id", called.message_id),
        text("tieline.step", called.step),
        text("tieline.target", called.system),
        text("tieline.operation", called.operation),
        text("tieline.class", called.class),
        number("http.request.resend_count", i64::from(called.attempt.saturating_sub(1))),
    ];
    if let Some(status) = called.status {
        span.attributes.push(number("http.response.status_code", status.into()));
    }
    if called.failed {
        fail(&mut span, called.class);
    }
    put(span);
}

fn sampled(traceparent: &str) -> Option<Context> {
    traces()?;
    parse(traceparent).filter(|context| context.is_sampled())
}

fn span(context: Context, kind: SpanKind, (start_ms, end_ms): (i64, i64)) -> Span {
    Span {
        trace_id: context.trace.to_vec(),
        span_id: context.span.to_vec(),
        flags: context.flags.into(),
        kind: kind.into(),
        start_time_unix_nano: nanos(start_ms),
        end_time_unix_nano: nanos(end_ms.max(start_ms)),
        ..Span::default()
    }
}

fn fail(span: &mut Span, kind: &str) {
    span.attributes.push(text("error.type", kind));
    span.status = Some(Status { message: String::new(), code: StatusCode::Error.into() });
}

fn put(span: Span) {
    if let Some(queue) = traces() {
        queue.put(Signal::Traces, Record::Span(Box::new(span)));
    }
}

pub(super) fn nanos(ms: i64) -> u64 {
    u64::try_from(ms).unwrap_or(0).saturating_mul(1_000_000)
}

pub(super) fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, any_value::Value::StringValue(value.to_owned()))
}

pub(super) fn number(key: &str, value: i64) -> KeyValue {
    attribute(key, any_value::Value::IntValue(value))
}

fn attribute(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}
