//! Calling partner systems.
//!
//! In: a [`Call`]. Out: an [`Outcome`], always: whatever goes wrong on the way is a class, never an error.
//! Never knows: journals, retries, alerts, flows.
//!
//! [`NetTransport`] finds the partner and picks the protocol; the protocol modules build and read messages; `wire`
//! sends them; `classify` holds the one table that turns what came back into a class.

mod classify;
mod csrf;
mod net;
mod odata;
mod paging;
mod partner;
mod rest;
mod rfc;
mod sftp;
mod token;
mod url;
pub(crate) mod wire;

use std::{future::Future, pin::Pin};

use crate::{
    descriptor::{Class, Operation, Override},
    flow::Request,
    metrics::SystemFigures,
    value::Value,
};

pub(crate) use classify::retry_after_ms;
pub use net::NetTransport;
pub use token::{Credentials, TokenError, TokenSource};
pub use wire::http_client;
pub(crate) use wire::{Wire, send};

/// One try to make a system do something.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// What.
    pub operation: &'static Operation,
    /// With what.
    pub request: &'a Request,
    /// What replies mean to the interface on whose behalf it is made: comes before the operation's own rules. Empty for
    /// a probe, whose question is not the interface's.
    pub overrides: &'static [Override],
    /// Delivery id: stable over tries and crashes; goes out as idempotency key where the operation takes one.
    pub key: &'a str,
    /// W3C `traceparent` of this call.
    pub traceparent: &'a str,
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The class, by the operation's rules first and the protocol's after.
    pub class: Class,
    /// HTTP status, where there was one.
    pub status: Option<u16>,
    /// The reply as a tree; `Null` when there was none or it could not be read.
    pub reply: Value,
    /// The first 4 KiB of the reply as text, for people.
    pub excerpt: String,
    /// What the partner asked for with `Retry-After`, milliseconds.
    pub retry_after_ms: Option<u64>,
    /// Why this class, one sentence without secrets.
    pub reason: String,
}

impl Outcome {
    /// An outcome without any reply.
    #[must_use]
    pub fn without_reply(class: Class, reason: impl Into<String>) -> Self {
        Self {
            class,
            status: None,
            reply: Value::Null,
            excerpt: String::new(),
            retry_after_ms: None,
            reason: reason.into(),
        }
    }
}

/// The network, by parameter.
pub trait Transport: Send + Sync + 'static {
    /// Makes one try. Never longer than the operation's timeout plus the time to connect.
    fn exchange<'a>(&'a self, call: Call<'a>) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

    /// What is known about the systems of the environment, by name.
    fn figures(&self) -> Vec<(String, SystemFigures)> {
        Vec::new()
    }
}

/// What fuzz targets reach of this module.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;

#[cfg(test)]
mod tests;
