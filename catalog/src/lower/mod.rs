//! Parsed documents become the types of the model: shapes read, names resolved, expressions typed.
//!
//! In: documents. Out: [`crate::model`] types, as far as each document can be understood. Never knows: files, rules
//! that span documents, digests.

mod arguments;
mod auth;
mod convert;
pub(crate) mod environment;
mod errors;
mod example;
mod flow;
mod header;
mod headings;
pub(crate) mod interface;
mod locate;
mod lookup;
mod mapping;
mod message;
mod operation;
mod parameters;
mod repeated;
mod retention;
mod rule;
mod searchable;
pub(crate) mod settings;
mod structure;
pub(crate) mod system;
mod table;
mod timetable;
mod trigger;
mod types;
mod values;
