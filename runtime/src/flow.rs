//! What generated flows are written against.
//!
//! In: a message and a [`Run`]. Out: an [`End`] or a [`Stop`]. Never knows: HTTP servers, stores, documents.
//!
//! A flow runs from its first line each time it is tried. A step that is known done answers from the journal with
//! the reply it got then, so nothing that was done is done again, and every try maps the same values.

mod request;
mod run;
mod stop;

use std::{future::Future, pin::Pin};

pub use request::{Probe, Request};
pub use run::{Exchange, Run, Step, Steps};
pub use stop::Stop;
pub(crate) use stop::Why;

use crate::{descriptor::Interface, message::Violations, value::Value};

/// A generated interface.
pub trait Handler: Send + Sync + 'static {
    /// Its descriptor.
    fn interface(&self) -> &'static Interface;

    /// Checks a message at the door, before it is accepted: all violations at once.
    ///
    /// # Errors
    /// What is wrong with the body or the parameters, field by field.
    fn admit(&self, input: &Input) -> Result<Admitted, Violations>;

    /// Runs the flow.
    fn run<'a>(&'a self, input: &'a Input, run: &'a Run) -> Running<'a>;
}

/// A flow under way.
pub type Running<'a> = Pin<Box<dyn Future<Output = Result<End, Stop>> + Send + 'a>>;

/// A message as it came in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Input {
    /// The body; `Null` where the trigger has none.
    pub body: Value,
    /// Path and query parameters.
    pub parameters: Vec<(String, String)>,
}

/// What the door needs to know about a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Admitted {
    /// Idempotency key, where the interface has one.
    pub idempotency_key: Option<String>,
    /// Order key, where the interface is ordered.
    pub order_key: Option<String>,
}

/// How a flow ended well.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// Everything was delivered.
    Delivered,
    /// Nothing (more) to do, on purpose.
    Discarded {
        /// The document's reason.
        reason: String,
    },
    /// The caller's reply (synchronous interfaces).
    Replied {
        /// HTTP status.
        status: u16,
        /// Body.
        body: Value,
    },
}
