//! The service: arguments in, exit code out.
//!
//! In: the digest and handlers that generated code registers. Out: a running service. Never knows: documents.

use std::{process::ExitCode, sync::Arc};

use crate::flow::Handler;

/// Runs a service until it is told to stop: what the generated `main` calls.
#[must_use]
pub fn main(_digest: &'static str, _handlers: Vec<Arc<dyn Handler>>) -> ExitCode {
    ExitCode::from(2)
}
