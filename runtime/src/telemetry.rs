//! Traces and log records for OpenTelemetry collectors: OTLP over HTTP, protobuf.
//!
//! In: what the listener, the engine and the log say about messages. Out: `POST …/v1/traces` and `…/v1/logs`. Never knows:
//! payloads: a span is made from identifiers, states, classes and durations, and from nothing else.
//!
//! A message's trace outlives the process: its `traceparent` is in the journal, every try is a child of the span under
//! which the message was accepted, and every call goes out with a span of its own. That is why spans are written as
//! records with the ids that the journal and the partners have, and not kept open in memory by a tracer. Records go
//! through a bounded queue: what does not fit, or cannot be exported, is counted and thrown away; nobody ever waits.

mod export;
mod logs;
mod spans;
mod trace;

use std::sync::{Arc, OnceLock};

use tokio::sync::mpsc;

pub use export::Exporter;
pub(crate) use logs::LogLayer;
pub(crate) use spans::{Called, Ran, Served, called, ran, scheduled, served};
pub(crate) use trace::{child, parse, root};

use crate::metrics::{Metrics, Signal};
use export::Record;

/// One exporter a process, as there is one log: both are reached from everywhere.
static QUEUE: OnceLock<Queue> = OnceLock::new();

/// The way to the exporter.
struct Queue {
    records: mpsc::Sender<Record>,
    metrics: Arc<Metrics>,
    sample_percent: u8,
    traces: bool,
    logs: bool,
}

impl Queue {
    fn put(&self, signal: Signal, record: Record) {
        if self.records.try_send(record).is_err() {
            self.metrics.telemetry_dropped(signal, 1);
        }
    }
}

/// The queue, if spans are exported.
fn traces() -> Option<&'static Queue> {
    QUEUE.get().filter(|queue| queue.traces)
}

/// The queue, if log records are exported.
fn logs() -> Option<&'static Queue> {
    QUEUE.get().filter(|queue| queue.logs)
}
