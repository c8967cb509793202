//! In: what happened at a partner's door. Out: the list of it, in order of arrival, with virtual times.
//! Never knows: what a call meant.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::random::lock;

/// One call as a partner saw it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Counts up from 1; a gap means a reset in between.
    pub seq: u64,
    /// Arrival, virtual Unix milliseconds.
    pub at: i64,
    /// When the reply was handed over or the connection dropped, virtual Unix milliseconds.
    pub until: Option<i64>,
    /// What was asked for, in the words of the system document (`get-activity-report`, `token`, …).
    pub operation: String,
    /// HTTP method, SFTP request or SMTP verb.
    pub method: String,
    /// Path with query.
    pub path: String,
    /// Status of the reply; `None` while it is worked on and when no reply was sent.
    pub status: Option<u16>,
    /// Names of the faults that hit the call, joined by `+`.
    pub effect: Option<String>,
    /// The business key the call is about.
    pub key: Option<String>,
    /// Request body, cut after 16 KiB; empty for token requests, which carry secrets.
    pub body: String,
}

const MAX_BODY: usize = 16 * 1024;
const MAX_ENTRIES: usize = 50_000;

/// A partner's calls, oldest first. Keeps the last 50,000.
#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    next: u64,
    entries: std::collections::VecDeque<Entry>,
}

impl Journal {
    /// Notes an arrival and returns its number.
    pub(crate) fn open(&self, mut entry: Entry, body: &[u8]) -> u64 {
        let mut state = lock(&self.0);
        state.next += 1;
        entry.seq = state.next;
        entry.body = String::from_utf8_lossy(&body[..body.len().min(MAX_BODY)]).into_owned();
        if state.entries.len() >= MAX_ENTRIES {
            state.entries.pop_front();
        }
        state.entries.push_back(entry);
        state.next
    }

    /// Completes the entry `seq`, unless a reset removed it meanwhile.
    pub(crate) fn close(&self, seq: u64, change: impl FnOnce(&mut Entry)) {
        let mut state = lock(&self.0);
        if let Some(entry) = state.entries.iter_mut().rev().find(|entry| entry.seq == seq) {
            change(entry);
        }
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        lock(&self.0).entries.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).entries.clear();
    }
}
