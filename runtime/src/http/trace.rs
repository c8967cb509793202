//! The trace of a request.
//!
//! In: the caller's header. Out: a valid `traceparent`, the caller's trace or a new one. Never knows: exporters.

use crate::{random::Random, telemetry};

/// Keeps the caller's trace under a new span; starts a trace where there is none or a broken one.
pub(super) fn traceparent(header: Option<&str>, random: &Random) -> String {
    match header.filter(|header| telemetry::parse(header).is_some()) {
        Some(header) => telemetry::child(header, random),
        None => telemetry::root(random),
    }
}
