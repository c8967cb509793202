//! Lines of the log as OTLP log records.
//!
//! In: events and spans of `tracing`. Out: records with the message's trace. Never knows: what is logged; whoever logs
//! keeps payloads out.

use std::{
    fmt::{Debug, Write as _},
    time::{SystemTime, UNIX_EPOCH},
};

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue, any_value},
    logs::v1::{LogRecord, SeverityNumber},
};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record as Recorded},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use super::{export::Record, logs, spans::text};
use crate::metrics::Signal;

/// Longest text of a field.
const LONGEST: usize = 4_096;

/// Hands every line to the exporter, if there is one.
pub(crate) struct LogLayer;

/// Fields of a span or an event.
#[derive(Default)]
struct Fields {
    message: String,
    trace: String,
    attributes: Vec<KeyValue>,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LogLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let (Some(span), Some(_)) = (context.span(id), logs()) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Recorded<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let Some(queue) = logs() else { return };
        // What the exporter says about itself must not keep it busy for ever.
        if metadata.target().starts_with(super::export::TARGET) {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.attributes.extend(outer.attributes.iter().cloned());
                if fields.trace.is_empty() {
                    fields.trace.clone_from(&outer.trace);
                }
            }
        }
        let (severity, word) = severity(*metadata.level());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos());
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        fields.attributes.push(text("code.namespace", metadata.target()));
        queue.put(
            Signal::Logs,
            Record::Log(Box::new(LogRecord {
                time_unix_nano: now,
                observed_time_unix_nano: now,
                severity_number: severity.into(),
                severity_text: word.to_owned(),
                body: Some(AnyValue { value: Some(any_value::Value::StringValue(fields.message)) }),
                attributes: fields.attributes,
                trace_id: trace_bytes(&fields.trace),
                ..LogRecord::default()
            })),
        );
    }
}

const fn severity(level: Level) -> (SeverityNumber, &'static str) {
    match level {
        Level::ERROR => (SeverityNumber::Error, "ERROR"),
        Level::WARN => (SeverityNumber::Warn, "WARN"),
        Level::INFO => (SeverityNumber::Info, "INFO"),
        Level::DEBUG => (SeverityNumber::Debug, "DEBUG"),
        Level::TRACE => (SeverityNumber::Trace, "TRACE"),
    }
}

/// The trace id of a line; nothing if it has none.
fn trace_bytes(trace: &str) -> Vec<u8> {
    let whole = (trace.len() == 32).then(|| u128::from_str_radix(trace, 16).ok()).flatten();
    whole.filter(|id| *id != 0).map(|id| id.to_be_bytes().to_vec()).unwrap_or_default()
}

impl Fields {
    fn put(&mut self, field: &Field, value: &str) {
        let value = crate::format::mask::cut(value, LONGEST);
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            "trace" => crate::log::trace_id_or_itself(value).clone_into(&mut self.trace),
            name => self.attributes.push(text(name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        // Writing to a String cannot fail.
        write!(text, "{value:?}").ok();
        self.put(field, &text);
    }
}
