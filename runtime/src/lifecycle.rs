//! The life of a message: states, events, and what follows.
//!
//! In: a state and an event. Out: the next state and what must be done about it, or [`Illegal`]. Never knows: stores,
//! clocks, networks. Terminal states are left only by a person's decision; nothing here deletes.

use std::fmt;

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Committed and synced; its sender has its 202.
    Accepted,
    /// Waiting for its turn after an interruption.
    Ready,
    /// Its flow is running.
    InFlight,
    /// Waiting for the next time of the timetable.
    Retrying,
    /// Waiting for something that is not the message's fault, or for a person.
    Held,
    /// Done.
    Delivered,
    /// Nothing to do, on purpose.
    Discarded,
    /// In the dead-letter list, with everything needed to decide.
    Dead,
    /// Given up by an interface without dead-letter list; the record stays.
    Failed,
    /// Given up, and made good by a later message.
    Resolved,
}

/// Why a message is held, dead or failed: a closed set, each with a runbook section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// A message breaks its own rules, ours or a partner's reply.
    Schema,
    /// A mapping row could not be done.
    Map,
    /// No route fits.
    Route,
    /// The target refused for good.
    Permanent,
    /// The timetable is used up.
    Exhausted,
    /// Nobody knows whether the target did the work.
    Unknown,
    /// The target as such is unavailable to us.
    Target,
    /// The process died while working on it, again.
    CrashLoop,
    /// The document sends it to the dead-letter list.
    Business,
    /// A person decided.
    Operator,
}

macro_rules! words {
    ($ty:ident: $($variant:ident $word:literal),* $(,)?) => {
        impl $ty {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word used on pages, in the journal, in metrics.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),*
                }
            }

            /// Reads the word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        impl fmt::Display for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words!(State:
    Accepted "ACCEPTED", Ready "READY", InFlight "IN_FLIGHT", Retrying "RETRYING", Held "HELD",
    Delivered "DELIVERED", Discarded "DISCARDED", Dead "DEAD", Failed "FAILED", Resolved "RESOLVED",
);
words!(Reason:
    Schema "SCHEMA", Map "MAP", Route "ROUTE", Permanent "PERMANENT", Exhausted "EXHAUSTED", Unknown "UNKNOWN",
    Target "TARGET", CrashLoop "CRASH_LOOP", Business "BUSINESS", Operator "OPERATOR",
);

impl State {
    /// True for the ends: nothing but a person's decision follows.
    #[must_use]
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Delivered | Self::Discarded | Self::Dead | Self::Failed | Self::Resolved)
    }
}

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
        /// True if somebody must be told: the target refused us; false if we only wait for our turn.
        alert: bool,
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
    /// A person wants another round.
    OperatorRetry,
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
    /// Let the next message of its order key go, and answer who waits.
    Release,
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

/// Crashes after which a message is taken for their cause.
pub const CRASH_LIMIT: u32 = 2;

/// What an interface does with messages it gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remains {
    /// DEAD, in the dead-letter list.
    DeadLetter,
    /// FAILED, a record.
    Record,
}

/// A set of rules: [`next`], or in tests a wrong one, to show that it is noticed.
pub type Rules = fn(State, Event, Remains) -> Result<Transition, Illegal>;

/// The next state, and what follows.
///
/// # Errors
/// [`Illegal`] if the event cannot happen in this state; the caller has a defect then, and must change nothing.
pub fn next(state: State, event: Event, remains: Remains) -> Result<Transition, Illegal> {
    use State::{Accepted, Dead, Delivered, Discarded, Failed, Held, InFlight, Ready, Resolved, Retrying};
    let transition = match (state, event) {
        (Accepted | Ready | Retrying | Held, Event::Claimed) => to(InFlight, None, vec![]),
        (InFlight, Event::Delivered) => to(Delivered, None, vec![Action::Release]),
        (InFlight, Event::Discarded) => to(Discarded, None, vec![Action::Release]),
        (InFlight, Event::Retry { due_ms }) => to(Retrying, None, vec![Action::RunAt(due_ms)]),
        (InFlight, Event::Wait { due_ms, alert: true }) => {
            to(Held, Some(Reason::Target), vec![Action::Alert(Reason::Target), Action::RunAt(due_ms)])
        }
        (InFlight, Event::Wait { due_ms, alert: false }) => to(Held, Some(Reason::Target), vec![Action::RunAt(due_ms)]),
        (InFlight, Event::Doubt) => to(Held, Some(Reason::Unknown), vec![Action::Alert(Reason::Unknown)]),
        (InFlight, Event::GiveUp(reason)) => give_up(reason, remains),
        (InFlight, Event::Crashed { crashes }) if crashes >= CRASH_LIMIT => give_up(Reason::CrashLoop, remains),
        (InFlight, Event::Crashed { .. } | Event::Interrupted) | (Dead | Held, Event::OperatorRetry) => {
            to(Ready, None, vec![Action::Run])
        }
        (Dead | Failed, Event::Replayed) => to(Resolved, None, vec![]),
        _ => return Err(Illegal { state, event }),
    };
    Ok(transition)
}

fn give_up(reason: Reason, remains: Remains) -> Transition {
    let state = match remains {
        Remains::DeadLetter => State::Dead,
        Remains::Record => State::Failed,
    };
    to(state, Some(reason), vec![Action::Bury(reason), Action::Alert(reason), Action::Release])
}

fn to(state: State, reason: Option<Reason>, actions: Vec<Action>) -> Transition {
    Transition { state, reason, actions }
}

#[cfg(test)]
mod tests;
