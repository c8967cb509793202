//! Callers that wait for the end of a message.
//!
//! In: ends. Out: the end, to everybody who waits for it. Never knows: how callers are answered.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use tokio::sync::oneshot;

use crate::{lifecycle::Reason, value::Value};

/// What a waiting caller needs to know.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ended {
    /// The flow replied.
    Replied { status: u16, body: Value },
    /// It ended well, without a reply.
    Silent,
    /// It was given up.
    GivenUp {
        reason: Reason,
        /// HTTP status of the target, where there was one.
        target_status: Option<u16>,
        /// The fault lies in a partner's reply, not in the message.
        partner: bool,
        detail: String,
    },
    /// It goes on later, at this time if known.
    Later { due_ms: Option<i64> },
}

/// Callers by message.
#[derive(Debug, Default)]
pub(super) struct Waiters {
    waiting: Mutex<HashMap<String, Vec<oneshot::Sender<Ended>>>>,
}

impl Waiters {
    /// Waits for what comes of the next try of a message.
    pub(super) fn wait(&self, id: &str) -> oneshot::Receiver<Ended> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.entry(id.to_owned()).or_default().push(sender);
        receiver
    }

    /// Tells everybody who waits.
    pub(super) fn tell(&self, id: &str, ended: &Ended) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        for caller in waiting.into_iter().flatten() {
            // A caller that has gone away is no longer interested.
            caller.send(ended.clone()).ok();
        }
    }
}
