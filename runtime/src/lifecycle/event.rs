//! What happens to a message, and what follows.
//!
//! In: nothing. Out: [`Event`], [`Action`], [`Transition`], [`Illegal`]. Never knows: which event may follow which.

use super::{Reason, State};

/// What happens to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A worker takes it.
    Claimed,
    /// The flow reached its end.
    Delivered,
    /// The flow discarded it.
    Discarded,
    /// A step failed and the timetable has another time.
    Retry {
        /// When, milliseconds since 1970.
        due_ms: i64,
    },
    /// The target is not available, or is not to be called now; no try was used.
    Wait {
        /// When to look again.
        due_ms: i64,
        /// What it waits for: [`Reason::Target`] if the target refused us, and then somebody is told;
        /// [`Reason::Circuit`], [`Reason::Quota`] or [`Reason::Paused`] if it only waits for its turn.
        hold: Reason,
    },
    /// A step's outcome is unknown and the document says a person decides.
    Doubt,
    /// No further try.
    GiveUp(Reason),
    /// The process died, or the flow panicked, while it was in flight: the `crashes`-th time.
    Crashed {
        /// How often so far, this time included.
        crashes: u32,
    },
    /// The service is shutting down and the step in hand came to no result.
    Interrupted,
    /// It is not run at all, for [`Reason::Expired`] or [`Reason::Overlap`].
    Dropped(Reason),
    /// The document of today is another than the one it was accepted under, and wants a person to decide.
    Outdated,
    /// A person wants another round: same delivery, same body, tries from zero.
    OperatorRetry,
    /// A person ends it: nothing (more) is to be delivered.
    OperatorDiscard,
    /// A person lets the later messages of its order key pass; it stays dead.
    OperatorSkip,
    /// A person has dealt with it elsewhere.
    OperatorResolve,
    /// A replay of it was delivered.
    Replayed,
}

/// What must be done with a transition, after it is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Run it as soon as there is room.
    Run,
    /// Run it at this time.
    RunAt(i64),
    /// Write the dead-letter record, in the same transaction.
    Bury(Reason),
    /// Raise an incident, in the same transaction.
    Alert(Reason),
    /// It is over: answer who waits, and let the next message of its order key go, unless its end blocks the key.
    Release,
    /// Let the next message of its order key go, although it is dead.
    Unblock,
}

/// A step of a life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The state from now on.
    pub state: State,
    /// Why, where the state has a reason.
    pub reason: Option<Reason>,
    /// What to do.
    pub actions: Vec<Action>,
}

/// An event that cannot happen in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{event:?} cannot happen to a message that is {state}")]
pub struct Illegal {
    /// The state.
    pub state: State,
    /// The event.
    pub event: Event,
}
