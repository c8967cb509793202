//! Bare peers: the least program that does the same work. They say how far from the limit we are.
//!
//! In: the load that a service gets. Out: answers as a service gives them. Never knows: the runtime.

pub(crate) mod bare;
pub(crate) mod journal;
pub(crate) mod proxy;
