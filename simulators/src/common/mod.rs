//! What every partner is built from: clock, faults, journal, tokens, listeners, HTTP.

pub(crate) mod clock;
pub(crate) mod core;
pub(crate) mod faults;
pub(crate) mod journal;
pub(crate) mod listener;
pub(crate) mod random;
pub(crate) mod text;
pub(crate) mod tokens;
pub(crate) mod web;
