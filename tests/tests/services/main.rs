//! Suites about running services: what partners, callers and operators of a compiled service live through.
//!
//! One program, because each would link the runtime, the generated service and the simulators for itself.
//! `cargo nextest run -p tieline-tests --test services crash` runs one suite.

mod alerts;
mod crash;
mod operate;
mod outcomes;
mod serve;
mod store;
mod transport;
