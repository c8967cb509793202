//! Whose bytes a change carries.
//!
//! In: messages as they are accepted, read and ended. Out: id, interface and day of a message by its place. Never knows: what
//! is sealed.
//!
//! A change names its message by place; sealing needs to know whose it is, at once. Whoever changes a message has
//! accepted or read it before, through the same store: it is remembered then, while it is open, and a while longer.

use std::{
    collections::{HashMap, HashSet, VecDeque, hash_map::Entry},
    sync::{Arc, Mutex, PoisonError},
};

/// Messages that have ended, or were only looked at, and are still remembered.
const MOST_ENDED: usize = 8_192;

/// A message, as far as sealing cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) id: Arc<str>,
    pub(super) interface: Arc<str>,
    /// Day of acceptance.
    pub(super) day: i64,
}

/// Whether a message may be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Open,
    Ended,
}

/// Messages by place.
#[derive(Debug, Default)]
pub(super) struct Subjects(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    by_seq: HashMap<i64, (Subject, Life)>,
    /// Those that may be forgotten, oldest first.
    ended: VecDeque<i64>,
    /// One text for each interface, not one for each message.
    interfaces: HashSet<Arc<str>>,
}

impl Subjects {
    /// An interface's name, shared.
    pub(super) fn interface(&self, name: &str) -> Arc<str> {
        self.with(|known| known.interface(name))
    }

    /// Remembers a message that is open.
    pub(super) fn open(&self, seq: i64, subject: Subject) {
        self.with(|known| drop(known.by_seq.insert(seq, (subject, Life::Open))));
    }

    /// Remembers a message for a while, unless it is known.
    pub(super) fn seen(&self, seq: i64, subject: Subject) {
        self.with(|known| {
            if let Entry::Vacant(place) = known.by_seq.entry(seq) {
                place.insert((subject, Life::Ended));
                known.may_go(seq);
            }
        });
    }

    /// The message goes on.
    pub(super) fn goes_on(&self, seq: i64) {
        self.with(|known| known.now(seq, Life::Open));
    }

    /// The message has ended.
    pub(super) fn ended(&self, seq: i64) {
        self.with(|known| {
            known.now(seq, Life::Ended);
            known.may_go(seq);
        });
    }

    pub(super) fn get(&self, seq: i64) -> Option<Subject> {
        self.with(|known| known.by_seq.get(&seq).map(|(subject, _)| subject.clone()))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Known) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Known {
    fn interface(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.interfaces.get(name) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = name.into();
        self.interfaces.insert(Arc::clone(&shared));
        shared
    }

    fn now(&mut self, seq: i64, life: Life) {
        if let Some((_, known)) = self.by_seq.get_mut(&seq) {
            *known = life;
        }
    }

    fn may_go(&mut self, seq: i64) {
        self.ended.push_back(seq);
        if self.ended.len() > MOST_ENDED
            && let Some(oldest) = self.ended.pop_front()
            && self.by_seq.get(&oldest).is_some_and(|(_, life)| *life == Life::Ended)
        {
            self.by_seq.remove(&oldest);
        }
    }
}
