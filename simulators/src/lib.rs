//! Faithful fakes of the partner systems, with faults on demand.
//!
//! In: a clock and a seed. Out: a [`Landscape`]: every partner of the reference catalog on a free loopback port, speaking
//! its own wire contract with its own limits and error bodies, a control plane to disturb them, a journal of every call,
//! and [`Callers`] that play the triggers against a running service.
//! Never knows: any other crate of Tieline. What a partner's public contract leaves open is marked `Assumption:`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp))]

mod common;

pub use common::clock::SimClock;
pub use common::core::{Core, Partner};
pub use common::faults::{Effect, Fault, Match};
pub use common::journal::Entry;

pub mod ans;
pub mod callers;
mod control;
mod environment;
pub mod erp;
pub mod idp;
mod landscape;
pub mod maestro;
mod oauth;
pub mod pagerduty;
pub mod salesforce;
pub mod samples;
pub mod scc;
pub mod sftp;
pub mod slack;
pub mod smtp;
pub mod srm;
pub mod teams;
mod tls;
pub mod vms;

pub use callers::{Call, CallError, Callers, Reply};
pub use idp::{Client, Token};
pub use landscape::{Landscape, Options, StartError};
