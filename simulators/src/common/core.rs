//! In: name, clock, seed. Out: what every partner has: faults, journal, tokens, random stream, a door that opens and shuts.
//! Never knows: any partner's protocol.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tokio::sync::watch;

use super::clock::SimClock;
use super::faults::{Effect, Fault, FaultPlan};
use super::journal::{Entry, Journal};
use super::random::{Random, lock};
use super::tokens::Tokens;

/// What all partners have in common. Its content is reached through [`Partner`].
#[derive(Debug)]
pub struct Core {
    pub(crate) name: &'static str,
    pub(crate) clock: SimClock,
    pub(crate) journal: Journal,
    pub(crate) faults: FaultPlan,
    pub(crate) tokens: Tokens,
    pub(crate) random: Random,
    pub(crate) door: watch::Sender<Door>,
    pub(crate) listeners: Mutex<Vec<watch::Receiver<bool>>>,
    in_flight: AtomicUsize,
}

/// Whether a partner listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Open,
    Shut,
    Gone,
}

/// Counts a call as in flight until dropped.
pub(crate) struct InFlight<'a> {
    core: &'a Core,
    /// Calls that were in flight when this one arrived.
    pub(crate) others: usize,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.core.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Core {
    pub(crate) fn new(name: &'static str, clock: SimClock, seed: u64) -> Self {
        Core {
            name,
            clock,
            journal: Journal::default(),
            faults: FaultPlan::default(),
            tokens: Tokens::default(),
            random: Random::new(seed, name),
            door: watch::Sender::new(Door::Open),
            listeners: Mutex::default(),
            in_flight: AtomicUsize::new(0),
        }
    }

    pub(crate) fn enter(&self) -> InFlight<'_> {
        InFlight { core: self, others: self.in_flight.fetch_add(1, Ordering::SeqCst) }
    }

    pub(crate) fn plan(&self, faults: Vec<Fault>) {
        for fault in faults {
            match fault.effect {
                Effect::Down => self.set_door(Door::Shut),
                Effect::Up => self.set_door(Door::Open),
                _ => self.faults.add([fault]),
            }
        }
    }

    pub(crate) fn set_door(&self, door: Door) {
        self.door.send_if_modified(|now| {
            let change = *now != door && *now != Door::Gone;
            if change {
                *now = door;
            }
            change
        });
    }

    /// Waits until every listener of this partner is in the state the door asks for.
    pub(crate) async fn settled(&self) {
        let want = *self.door.borrow() == Door::Open;
        let listeners = lock(&self.listeners).clone();
        for mut listener in listeners {
            // A listener that is gone cannot change any more: nothing to wait for.
            let _ = listener.wait_for(|open| *open == want).await;
        }
    }
}

/// What a test, the demo and the control plane can do with any partner.
pub trait Partner: Send + Sync {
    /// The parts all partners share.
    fn core(&self) -> &Core;

    /// The partner's memory as JSON, for assertions and for people.
    fn state(&self) -> Value;

    /// Puts the partner's own memory back to its fixtures; [`Partner::reset`] does this and more.
    fn reset_state(&self);

    /// Short name, as in the control plane's paths (`vms`, `srm`, …).
    fn name(&self) -> &'static str {
        self.core().name
    }

    /// Adds faults behind those still pending. [`Effect::Down`] and [`Effect::Up`] act at once.
    fn faults(&self, faults: Vec<Fault>) {
        self.core().plan(faults);
    }

    /// The faults not used up yet.
    fn pending_faults(&self) -> Vec<Fault> {
        self.core().faults.pending()
    }

    /// Forgets all pending faults.
    fn clear_faults(&self) {
        self.core().faults.clear();
    }

    /// Every call since the last reset, oldest first, with virtual times.
    fn journal(&self) -> Vec<Entry> {
        self.core().journal.entries()
    }

    /// The calls of one operation since the last reset.
    fn calls(&self, operation: &str) -> Vec<Entry> {
        self.journal().into_iter().filter(|entry| entry.operation == operation).collect()
    }

    /// Back to the start: fixtures, no faults, empty journal, door open. Tokens stay valid, and ids never repeat, so that
    /// a service that lives on does not take new events for old ones.
    fn reset(&self) {
        let core = self.core();
        core.faults.clear();
        core.journal.clear();
        core.set_door(Door::Open);
        self.reset_state();
    }

    /// Every token issued so far stops being valid.
    fn expire_tokens(&self) {
        self.core().tokens.revoke_all();
    }

    /// Stops listening and closes every connection; returns when connections are refused.
    fn down(&self) -> impl Future<Output = ()> + Send
    where
        Self: Sized,
    {
        async {
            self.core().set_door(Door::Shut);
            self.core().settled().await;
        }
    }

    /// Listens again on the same port; returns when connections are accepted.
    fn up(&self) -> impl Future<Output = ()> + Send
    where
        Self: Sized,
    {
        async {
            self.core().set_door(Door::Open);
            self.core().settled().await;
        }
    }
}
