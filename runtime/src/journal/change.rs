//! What may change in the journal, and what must still be true for it.
//!
//! In: nothing. Out: plain data, and whether a guard holds. Never knows: SQL. Times are milliseconds since 1970.

use super::{Answer, Attempt, DataKey, Entry, Grave, Incident, Pause, Post, Scope, Shred};
use crate::lifecycle::{Reason, State};

/// A change of what is kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A message goes to another state; its mark is forgotten where an end is reached or left. Refused as [`super::StoreError::Stale`] if the guard does not hold.
    State {
        /// Message.
        seq: i64,
        /// What must still be true.
        guard: Guard,
        /// New state.
        state: State,
        /// Why.
        reason: Option<Reason>,
        /// Why, for people.
        detail: String,
        /// When it is looked at again.
        due_ms: Option<i64>,
        /// When this happened.
        at_ms: i64,
    },
    /// A worker takes a message: it is in flight under the next lease. Refused as [`super::StoreError::Stale`] if the
    /// guard does not hold.
    Claim {
        /// Message.
        seq: i64,
        /// What must still be true.
        guard: Guard,
        /// An earlier message of its order key was given up before: it is delivered with a gap before it.
        gap: bool,
    },
    /// What the end of a message means for the later ones of its order key; comes behind the change to that end.
    Mark {
        /// Message.
        seq: i64,
        /// The meaning.
        mark: Mark,
    },
    /// One more call of a system that allows so many a day.
    Called {
        /// System.
        system: &'static str,
        /// Days since 1970, UTC.
        day: i64,
    },
    /// A timetable has started its interface. Kept for ever, unlike the message.
    Started {
        /// Smart ID.
        interface: String,
        /// The time that the timetable says.
        nominal_ms: i64,
    },
    /// The process died (or the flow panicked) while the message was in flight.
    Crashes {
        /// Message.
        seq: i64,
        /// How often so far.
        crashes: u32,
    },
    /// A message waits for room at a target: a crash from now on is not its fault.
    Waits {
        /// Message.
        seq: i64,
    },
    /// A step is about to send: from now on its outcome is in doubt, and the message is in flight again.
    Begin {
        /// Message.
        seq: i64,
        /// Step name.
        step: String,
        /// System called.
        system: String,
        /// Operation called.
        operation: String,
        /// When.
        at_ms: i64,
    },
    /// A step succeeded.
    Done {
        /// Message.
        seq: i64,
        /// The try that succeeded; folds into the delivery.
        attempt: Attempt,
        /// Recorded reply ([`super::codec`]).
        reply: Vec<u8>,
    },
    /// A try of a step failed.
    Failed {
        /// Message.
        seq: i64,
        /// The try.
        attempt: Attempt,
        /// Tries counted against the timetable so far.
        tries: u32,
        /// The outcome stays in doubt.
        doubt: bool,
    },
    /// A message is given up.
    Bury {
        /// Message.
        seq: i64,
        /// Everything needed to decide.
        grave: Box<Grave>,
    },
    /// A synchronous message was answered.
    Answer {
        /// Message.
        seq: i64,
        /// The answer.
        answer: Answer,
    },
    /// A person gives a message another round: crashes and the tries of steps that are not done start again, and steps
    /// in doubt may be sent again.
    Again {
        /// Message.
        seq: i64,
    },
    /// A replay of a message was delivered: it is RESOLVED, unless it is neither DEAD nor FAILED any more.
    MadeGood {
        /// Message.
        seq: i64,
        /// By what, for people.
        detail: String,
        /// When.
        at_ms: i64,
    },
    /// Something is paused.
    Pause(Box<Pause>),
    /// It goes on.
    Resume(Scope),
    /// An entry of the audit log.
    Audit(Box<Entry>),
    /// An incident begins, goes on, or is over.
    Incident(Box<Incident>),
    /// An alert is on its way, was tried, has arrived or was given up.
    Post(Box<Post>),
    /// A data key, kept unless its id is known.
    DataKey(Box<DataKey>),
    /// A data key under another key-encryption key; nothing if it was destroyed meanwhile.
    Rewrap(Box<DataKey>),
    /// The content of a message that has ended goes ([`super::erasure`]). Refused as [`super::StoreError::Stale`] if it has
    /// not ended, or if somebody still has to decide about it.
    Erase {
        /// Message.
        seq: i64,
        /// By whom.
        who: String,
        /// When.
        at_ms: i64,
    },
    /// Data keys are destroyed.
    Shred(Box<Shred>),
}

/// What must be true of a message for a change of its state to be made: nobody took it since, and it has not ended since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// Lease number: how often it was taken. A worker that lost its message holds an older one.
    pub lease: u32,
    /// The state it was seen in. An end is left only by a change that saw this very end; states before the end are the
    /// holder's own business.
    pub from: State,
}

impl Guard {
    /// Whether a message in this state under this lease may be changed.
    #[must_use]
    pub fn holds(self, lease: u32, state: State) -> bool {
        self.lease == lease && (self.from == state || !(self.from.is_end() || state.is_end()))
    }
}

/// What a message means for the later ones of its order key, besides its place in the order of acceptance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// They wait until a person decides.
    Blocks,
    /// They go on, and say that one before them is missing.
    Gap,
    /// It repeats one that held the first place of the key, and stands there in its stead: before all others. Given by a
    /// store when it accepts such a replay; the one it repeats loses its mark.
    Heir,
}

impl Mark {
    /// The word in the journal.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Blocks => "BLOCKS",
            Self::Gap => "GAP",
            Self::Heir => "HEIR",
        }
    }

    /// Reads the word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Blocks, Self::Gap, Self::Heir].into_iter().find(|mark| mark.as_str() == word)
    }
}
