//! What happened at all: a simulation in which nothing interesting happens proves nothing.
//!
//! In: names of interesting events, as they happen. Out: how often each did. Never knows: seeds.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Events that must happen somewhere in a suite of seeds.
pub(super) const INTERESTING: &[&str] = &[
    "a batch was committed, but nobody heard of it",
    "a batch was torn by a crash",
    "a sync failed",
    "the disk was full",
    "the store could not be reached",
    "it was done, but the answer was lost",
    "the quota refused a message",
    "callers hung up",
    "a message was accepted again",
    "a key came with another body",
    "a message was in flight when the process died",
    "a process stopped in order with messages in flight",
    "a message waited for its key",
    "the target refused us",
    "an outcome was unknown",
    "a probe found the work",
    "a probe found nothing",
    "a reply was lost after the work",
    "a request came late",
    "a request came twice",
    "the target named a time",
    "a flow panicked",
    "a schedule fired",
    "an operator decided: retry",
    "an operator decided: discard",
    "an operator decided: resolve",
    "an operator decided: skip",
    "a dead one held up its line",
    "an operator replayed",
    "an operator erased",
    "a caller had its reply",
    "a caller was told of a failure",
    "a reply took too long",
    "a replay made a message good",
    "a decision was declined",
    "an operator paused",
    "HELD PAUSED",
    "DELIVERED",
    "DISCARDED",
    "FAILED",
    "HELD TARGET",
    "HELD UNKNOWN",
    "DEAD PERMANENT",
    "DEAD EXHAUSTED",
    "DEAD CRASH_LOOP",
    "DEAD BUSINESS",
];

/// Events that must happen somewhere in the seeds that run on a real file.
pub(super) const OF_FILES: &[&str] = &[
    "a batch was committed, but nobody heard of it",
    "a batch was torn by a crash",
    "a body was there without its message",
    "a body was erased",
    "a message was in flight when the process died",
    "a sync failed",
    "DELIVERED",
];

/// Events that must happen somewhere in the seeds behind encryption.
pub(super) const OF_SEALED: &[&str] = &[
    "data keys were wrapped anew",
    "a body was erased",
    "a batch was torn by a crash",
    "a caller had its reply",
    "a message waited for its key",
    "an operator replayed",
    "DELIVERED",
];

/// How often each interesting event happened. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Coverage(Arc<Mutex<BTreeMap<String, u64>>>);

impl Coverage {
    /// It happened.
    pub(super) fn sometimes(&self, what: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(what) {
            Some(count) => *count += 1,
            None => drop(counts.insert(what.to_owned(), 1)),
        }
    }

    /// Adds the counts of another world.
    pub(super) fn add(&self, other: &Self) {
        let other = other.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        other.into_iter().for_each(|(what, count)| *counts.entry(what).or_default() += count);
    }

    /// Of these events, those that never happened.
    pub(super) fn missing(&self, events: &[&'static str]) -> Vec<&'static str> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        events.iter().filter(|what| !counts.contains_key(**what)).copied().collect()
    }

    /// One line an event.
    pub(super) fn lines(&self) -> Vec<String> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(what, count)| format!("{count:>8} × {what}")).collect()
    }
}
