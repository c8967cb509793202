//! Accept, journal, deliver: the runtime of generated services.
//!
//! In: constants and handlers of generated code, an environment, the network. Out: durable messages, delivered at
//! least once or visibly dead. Never knows: documents.
//!
//! The way of a message: [`http`] reads and authenticates → [`door`] → the engine journals it (only then `202`) → the
//! [`flow`] runs, its steps going through [`transport`] → delivered, discarded or dead, each with its story.

pub mod admin;
pub mod alert;
pub mod clock;
pub mod convert;
pub mod descriptor;
pub mod door;
pub mod engine;
pub mod environment;
pub mod example;
pub mod flow;
pub mod format;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
pub mod http;
pub mod journal;
pub mod lifecycle;
pub mod log;
pub mod message;
pub mod metrics;
pub mod random;
pub(crate) mod searchable;
pub mod service;
pub mod telemetry;
pub mod timetable;
pub mod tls;
pub mod tool;
pub mod transport;
pub mod value;

/// A point in time, UTC.
pub use jiff::Timestamp as Instant;
/// A calendar day.
pub use jiff::civil::Date;
/// A time of day.
pub use jiff::civil::Time;
pub use rust_decimal::Decimal;

pub use convert::{At, MappingError};
pub use descriptor::{
    Class, DeliveryOrder, Endpoint, Format, InboundAuth, Interface, Kept, KeySource, Matches, Method, Missed, OnDead,
    OnUnknown, Operation, OutboundAuth, OutcomeRule, Overlap, Override, Paging, Place, Protocol, Repeat, Retry,
    Searchable, System, Trigger,
};
pub use flow::{Admitted, End, Exchange, Handler, Input, Probe, Request, Run, Running, Step, Steps, Stop};
pub use message::{Fields, Items, Message, Number, Sensitive, Slot, Text, UnknownFields, Violation, Violations};
/// What a service takes its memory from: messages are read by one thread and let go of by another, which is where the
/// system's own allocator is slow. A `main` says so itself, since a library has no say in it.
pub use mimalloc::MiMalloc as Allocator;
pub use service::main;
pub use value::{Record, ToValue, Value};
