//! What happened, in order.
//!
//! In: events of disk, network, callers and processes. Out: a list that can be read, and the judgement of [`Life`] on
//! each as it comes. Never knows: what is simulated.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tieline_runtime::{
    Class, Repeat,
    clock::Clock,
    journal::{Change, NewMessage},
};

use super::{coverage::Coverage, life::Life};

/// Something that happened.
#[derive(Debug, Clone)]
#[allow(dead_code, reason = "histories are read by people")]
pub(super) enum Event {
    /// A process is up.
    Started,
    /// A process died; what it had not synced may be gone.
    Died,
    /// A process is shutting down in order.
    Stopping,
    /// It has.
    Stopped,
    /// A caller got its promise.
    Acked { name: String, id: String, replayed: bool },
    /// A caller was refused.
    Refused { name: String, why: String },
    /// A message is on the disk.
    Kept { seq: i64, message: Box<NewMessage> },
    /// Changes are on the disk, all of them in one transaction.
    Changed(Vec<Change>),
    /// The disk refused changes; nothing was written.
    NotWritten(Vec<Change>),
    /// A call goes out.
    Sent { key: String, operation: &'static str, repeat: Repeat },
    /// A call does its work at the target.
    Arrived { key: String, operation: &'static str },
    /// A call comes to an outcome.
    Answered { key: String, operation: &'static str, class: Class, later_ms: Option<u64> },
    /// An alert arrived at its channel.
    Told { incident: String, firing: bool },
    /// Disk, network or people do something unusual.
    Fault(String),
}

#[derive(Default)]
struct Told {
    events: Vec<(i64, Event)>,
    life: Life,
}

/// The history of one world. Clones share it.
#[derive(Clone)]
pub(super) struct History {
    clock: Arc<dyn Clock>,
    told: Arc<Mutex<Told>>,
    pub(super) coverage: Coverage,
}

impl History {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, told: Arc::default(), coverage: Coverage::default() }
    }

    pub(super) fn add(&self, event: Event) {
        let at_ms = self.clock.now_ms();
        let mut told = self.told();
        told.life.see(at_ms, &event, &self.coverage);
        told.events.push((at_ms, event));
    }

    pub(super) fn fault(&self, what: &'static str) {
        self.coverage.sometimes(what);
        self.add(Event::Fault(what.to_owned()));
    }

    /// Looks at the life of every message.
    pub(super) fn life<T>(&self, look: impl FnOnce(&mut Life) -> T) -> T {
        look(&mut self.told().life)
    }

    /// Looks at every event.
    pub(super) fn each(&self, mut look: impl FnMut(i64, &Event)) {
        self.told().events.iter().for_each(|(at_ms, event)| look(*at_ms, event));
    }

    /// One line an event.
    pub(super) fn lines(&self) -> Vec<String> {
        let told = self.told();
        told.events.iter().map(|(at_ms, event)| format!("{:>12.3} s  {event:?}", seconds(*at_ms))).collect()
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[allow(clippy::cast_precision_loss, reason = "milliseconds of a few days")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}
