//! What stands still because a person said so: interfaces and targets that are paused, messages that wait for a decision.
//!
//! In: pauses, tickets. Out: whether something is paused, and the ticket of a message that was decided about. Never
//! knows: who may decide.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{core::Payload, queue::Ticket};
use crate::journal::{Lanes, Pause, Scope};

/// Interfaces and targets that are paused. The journal has them too; this is what is looked at before every send.
#[derive(Debug, Default)]
pub(super) struct Paused {
    pauses: Mutex<BTreeMap<Scope, Pause>>,
}

impl Paused {
    pub(super) fn interface(&self, smart_id: &str) -> bool {
        self.has(|scope| matches!(scope, Scope::Interface(name) if name == smart_id))
    }

    pub(super) fn target(&self, system: &str) -> bool {
        self.has(|scope| matches!(scope, Scope::Target(name) if name == system))
    }

    pub(super) fn set(&self, pause: Pause) {
        self.pauses().insert(pause.scope.clone(), pause);
    }

    pub(super) fn clear(&self, scope: &Scope) {
        self.pauses().remove(scope);
    }

    pub(super) fn get(&self, scope: &Scope) -> Option<Pause> {
        self.pauses().get(scope).cloned()
    }

    pub(super) fn list(&self) -> Vec<Pause> {
        self.pauses().values().cloned().collect()
    }

    /// All of them, as the journal has them: somebody else may have decided.
    pub(super) fn replace(&self, pauses: Vec<Pause>) {
        *self.pauses() = pauses.into_iter().map(|pause| (pause.scope.clone(), pause)).collect();
    }

    fn has(&self, is: impl Fn(&Scope) -> bool) -> bool {
        self.pauses().keys().any(is)
    }

    fn pauses(&self) -> MutexGuard<'_, BTreeMap<Scope, Pause>> {
        self.pauses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Messages that are held until a person decides. Their tickets keep their places in the lines of their order keys.
#[derive(Debug, Default)]
pub(super) struct Parked {
    tickets: Mutex<HashMap<i64, Ticket<Payload>>>,
}

impl Parked {
    pub(super) fn keep(&self, ticket: Ticket<Payload>) {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner).insert(ticket.seq, ticket);
    }

    pub(super) fn take(&self, seq: i64) -> Option<Ticket<Payload>> {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner).remove(&seq)
    }

    /// Forgets those of lanes that are not held any more.
    pub(super) fn shut(&self, lanes: Lanes) {
        let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.retain(|_, ticket| !lanes.contains(ticket.tenure.lane));
    }

    pub(super) fn holds(&self, seq: i64) -> bool {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&seq)
    }
}
