//! The structured log: to stderr, as text or JSON.
//!
//! In: a format. Out: a subscriber for the whole process. Never knows: payloads; callers log ids, states and reasons,
//! never bodies. `RUST_LOG` narrows or widens it.

use std::str::FromStr;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::telemetry::LogLayer;

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(format!("`{word}` is no log format: write `text` or `json`")),
        }
    }
}

/// Starts the log of this process; a second start changes nothing.
pub fn start(format: Format) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false).with_ansi(false);
    let registry = tracing_subscriber::registry().with(filter).with(LogLayer);
    let started = match format {
        Format::Text => registry.with(lines).try_init(),
        Format::Json => {
            let lines = lines.json().flatten_event(true).with_current_span(true).with_span_list(false);
            registry.with(lines).try_init()
        }
    };
    // Somebody who embeds the runtime has a subscriber already: theirs stays.
    drop(started);
}

/// Says where a task panicked. What it said is left out: it may quote a message.
pub(crate) fn silence_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "somewhere".to_owned(), ToString::to_string);
        tracing::error!(place, "a task panicked");
    }));
}

/// The trace id inside a `traceparent` (W3C Trace Context), for log lines; empty if it is not one.
#[must_use]
pub fn trace_id(traceparent: &str) -> &str {
    traceparent.split('-').nth(1).unwrap_or_default()
}

/// The trace id of a `traceparent`, or the text itself if it has no parts.
pub(crate) fn trace_id_or_itself(text: &str) -> &str {
    if text.contains('-') { trace_id(text) } else { text }
}
