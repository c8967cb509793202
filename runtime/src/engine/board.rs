//! What is going on right now, per interface: counts without asking the journal.
//!
//! In: messages that are accepted, change state, end. Out: counts and ages. Never knows: payloads.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    journal::Lanes,
    lifecycle::{Reason, State},
};

/// Messages that have not ended.
#[derive(Debug)]
pub(super) struct Board {
    interfaces: Vec<Mutex<BTreeMap<i64, Open>>>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    lane: u8,
    accepted_ms: i64,
    state: State,
    reason: Option<Reason>,
}

/// How much there is left to do for an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Backlog {
    /// Messages that have not ended.
    pub(crate) messages: usize,
    /// When the oldest of them was accepted.
    pub(crate) oldest_ms: Option<i64>,
}

/// Messages that wait.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// For the next time of their timetable.
    pub(super) retrying: usize,
    /// For something else, by reason.
    pub(super) held: BTreeMap<Reason, usize>,
}

impl Board {
    pub(super) fn new(interfaces: usize) -> Self {
        Self { interfaces: (0..interfaces).map(|_| Mutex::default()).collect() }
    }

    /// A message is there. Whether it was not known yet.
    pub(super) fn opened(&self, handler: usize, (seq, lane): (i64, u8), accepted_ms: i64) -> bool {
        let mut open = self.of(handler);
        let known = open.contains_key(&seq);
        open.entry(seq).or_insert(Open { lane, accepted_ms, state: State::Accepted, reason: None });
        !known
    }

    /// Whether the message has not ended, as far as is known here.
    pub(super) fn knows(&self, handler: usize, seq: i64) -> bool {
        self.of(handler).contains_key(&seq)
    }

    /// Forgets messages of lanes that are not held any more.
    pub(super) fn shut(&self, lanes: Lanes) {
        for handler in 0..self.interfaces.len() {
            self.of(handler).retain(|_, entry| !lanes.contains(entry.lane));
        }
    }

    pub(super) fn changed(&self, handler: usize, seq: i64, state: State, reason: Option<Reason>) {
        let mut open = self.of(handler);
        if state.is_end() {
            open.remove(&seq);
        } else if let Some(entry) = open.get_mut(&seq) {
            (entry.state, entry.reason) = (state, reason);
        }
    }

    pub(super) fn backlog(&self, handler: usize) -> Backlog {
        let open = self.of(handler);
        Backlog { messages: open.len(), oldest_ms: open.first_key_value().map(|(_, entry)| entry.accepted_ms) }
    }

    /// Whether a message of the interface is held for this reason.
    pub(super) fn holds(&self, handler: usize, reason: Reason) -> bool {
        self.of(handler).values().any(|entry| entry.state == State::Held && entry.reason == Some(reason))
    }

    /// Messages of all interfaces that are held for this reason.
    pub(super) fn held(&self, reason: Reason) -> Vec<i64> {
        let handlers = 0..self.interfaces.len();
        let held = |entry: &Open| entry.state == State::Held && entry.reason == Some(reason);
        handlers
            .flat_map(|handler| {
                let open = self.of(handler);
                open.iter().filter(|(_, entry)| held(entry)).map(|(seq, _)| *seq).collect::<Vec<_>>()
            })
            .collect()
    }

    /// How many of those that have not ended were accepted then or earlier.
    pub(super) fn accepted_until(&self, handler: usize, ms: i64) -> usize {
        self.of(handler).values().filter(|entry| entry.accepted_ms <= ms).count()
    }

    /// Whether a message that is not held was accepted then or earlier: the interface does not keep up.
    pub(super) fn is_overdue(&self, handler: usize, ms: i64) -> bool {
        self.of(handler).values().any(|entry| entry.state != State::Held && entry.accepted_ms <= ms)
    }

    /// Who waits for what.
    pub(super) fn waiting(&self, handler: usize) -> Waiting {
        let mut waiting = Waiting::default();
        for entry in self.of(handler).values() {
            match (entry.state, entry.reason) {
                (State::Retrying, _) => waiting.retrying += 1,
                (State::Held, Some(reason)) => *waiting.held.entry(reason).or_default() += 1,
                _ => {}
            }
        }
        waiting
    }

    fn of(&self, handler: usize) -> MutexGuard<'_, BTreeMap<i64, Open>> {
        self.interfaces[handler].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
