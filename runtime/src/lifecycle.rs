//! The life of a message: states, events, and what follows.
//!
//! In: a state and an event. Out: the next state and what must be done about it, or [`Illegal`]. Never knows: stores,
//! clocks, networks. Terminal states are left only by a person's decision; nothing here deletes.
//!
//! HELD for CIRCUIT, QUOTA, PAUSED or KEY is mostly not stored: a message that waits in memory stays ACCEPTED, READY or
//! RETRYING in the journal, and whoever shows it asks the engine what it waits for. It is stored when a message that
//! was already running came to a target that is not called now: its try is over then, and none is used up.

mod event;
mod state;
mod trouble;

pub use event::{Action, Event, Illegal, Transition};
pub use state::{Reason, State};
pub use trouble::{Severity, Trouble};

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
        (InFlight, Event::Wait { due_ms, hold: Reason::Target }) => {
            to(Held, Some(Reason::Target), vec![Action::Alert(Reason::Target), Action::RunAt(due_ms)])
        }
        (InFlight, Event::Wait { due_ms, hold }) => to(Held, Some(hold), vec![Action::RunAt(due_ms)]),
        (InFlight, Event::Doubt) => to(Held, Some(Reason::Unknown), vec![Action::Alert(Reason::Unknown)]),
        (InFlight, Event::GiveUp(reason)) => give_up(reason, remains),
        (InFlight, Event::Crashed { crashes }) if crashes >= CRASH_LIMIT => give_up(Reason::CrashLoop, remains),
        (InFlight, Event::Crashed { .. } | Event::Interrupted) | (Dead | Held | Retrying, Event::OperatorRetry) => {
            to(Ready, None, vec![Action::Run])
        }
        (Accepted | Ready | Retrying | Held, Event::Dropped(reason)) => {
            to(Discarded, Some(reason), vec![Action::Release])
        }
        (Accepted | Ready | Retrying | Held, Event::Outdated) => {
            to(Held, Some(Reason::Revision), vec![Action::Alert(Reason::Revision)])
        }
        (Accepted | Ready | Retrying | Held, Event::OperatorDiscard) => {
            to(Discarded, Some(Reason::Operator), vec![Action::Release])
        }
        (Dead, Event::OperatorDiscard) => to(Discarded, Some(Reason::Operator), vec![Action::Unblock]),
        // Its reason stays what it was.
        (Dead, Event::OperatorSkip) => to(Dead, None, vec![Action::Unblock]),
        (Held, Event::OperatorResolve) => to(Resolved, Some(Reason::Operator), vec![Action::Release]),
        (Dead | Failed, Event::OperatorResolve | Event::Replayed) => {
            to(Resolved, Some(Reason::Operator), vec![Action::Unblock])
        }
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
