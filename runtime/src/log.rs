//! The structured log: to stderr, as text or JSON.
//!
//! In: a format. Out: a subscriber for the whole process. Never knows: payloads; callers log ids, states and reasons,
//! never bodies. `RUST_LOG` narrows or widens it.

use std::str::FromStr;

use tracing_subscriber::{EnvFilter, fmt};

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
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let started = match format {
        Format::Text => builder.with_ansi(false).try_init(),
        Format::Json => builder.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init(),
    };
    // Somebody who embeds the runtime has a subscriber already: theirs stays.
    drop(started);
}

/// The trace id inside a `traceparent` (W3C Trace Context), for log lines; empty if it is not one.
#[must_use]
pub fn trace_id(traceparent: &str) -> &str {
    traceparent.split('-').nth(1).unwrap_or_default()
}
