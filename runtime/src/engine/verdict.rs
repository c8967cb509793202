//! What follows from the outcome of a try.
//!
//! In: the outcome of a send, what is known about the step, the policy. Out: a [`Verdict`]. Pure. Never knows: stores,
//! networks, other messages.

use super::breaker::{FIRST_PAUSE_MS, LONGEST_PAUSE_MS};
use crate::{
    descriptor::{Class, Interface, OnUnknown, Repeat},
    lifecycle::{Event, Reason},
    random::Random,
    timetable,
    transport::Outcome,
};

/// What is known about the step that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// Tries counted against the timetable before this one.
    pub(super) tries: u32,
    /// All tries before this one, also those that were not the message's fault.
    pub(super) attempts: u32,
    /// An earlier send may have done the work.
    pub(super) doubt: bool,
    /// What a repetition does.
    pub(super) repeat: Repeat,
    /// There is a way to ask.
    pub(super) probe: bool,
}

/// Where and when the try ended.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) interface: &'a Interface,
    pub(super) end_ms: i64,
    /// When the target may be called again after it refused us.
    pub(super) reopens_ms: i64,
    pub(super) random: &'a Random,
}

impl Scene<'_> {
    /// Until the target may be called again, and longer each time: a target that refuses only this message, while others
    /// get through, must not be called without end. A little later than the target reopens: the one that was refused
    /// must not be the first to try each time, or its refusals would keep the target shut for all others.
    fn wait(&self, known: Known) -> Event {
        let refused = known.attempts.saturating_sub(known.tries);
        let pause_ms = FIRST_PAUSE_MS.saturating_mul(1 << refused.min(16)).min(LONGEST_PAUSE_MS);
        let due_ms = self.reopens_ms.max(self.end_ms.saturating_add_unsigned(pause_ms));
        let due_ms = due_ms.saturating_add_unsigned(pause_ms / BEHIND);
        Event::Wait { due_ms, hold: Reason::Target }
    }

    /// The next time of the timetable after this many counted tries.
    fn due(&self, tries: u32, outcome: &Outcome) -> Option<i64> {
        timetable::next_due(&self.interface.retry, tries, self.end_ms, outcome.retry_after_ms, self.random)
    }
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The step is done.
    Done,
    /// This try of the message is over.
    Halt {
        /// What happens to the message.
        event: Event,
        /// Tries counted against the timetable so far.
        tries: u32,
        /// A send may have done the work, and nobody knows.
        doubt: bool,
    },
}

/// What follows once the clock is looked at: from `latest_ms` on nothing is sent any more. Waiting for a target counts,
/// a person's pause does not: who pauses an interface does not want its messages to die.
pub(super) fn in_time(event: Event, end_ms: i64, latest_ms: Option<i64>) -> Event {
    let Some(latest_ms) = latest_ms else { return event };
    match event {
        Event::Retry { due_ms } if due_ms >= latest_ms => Event::GiveUp(Reason::Expired),
        Event::Wait { hold: Reason::Paused, .. } => event,
        Event::Wait { .. } if end_ms >= latest_ms => Event::GiveUp(Reason::Expired),
        Event::Wait { due_ms, hold } => Event::Wait { due_ms: due_ms.min(latest_ms), hold },
        event => event,
    }
}

/// A final question is asked after this long where the policy has no interval.
const ASK_AFTER_MS: u64 = 10_000;

/// Who was refused comes this fraction of its pause later than others.
const BEHIND: u64 = 8;

/// The verdict on a send.
pub(super) fn on_send(outcome: &Outcome, known: Known, scene: Scene<'_>) -> Verdict {
    let Scene { interface, end_ms, .. } = scene;
    let tries = known.tries + 1;
    let due = scene.due(tries, outcome);
    let again = |spent| due.map_or(Event::GiveUp(spent), |due_ms| Event::Retry { due_ms });
    let halt = |event, doubt| Verdict::Halt { event, tries, doubt };
    match outcome.class {
        Class::Delivered | Class::Duplicate => Verdict::Done,
        Class::Permanent => halt(Event::GiveUp(Reason::Permanent), known.doubt),
        Class::Target => Verdict::Halt { event: scene.wait(known), tries: known.tries, doubt: known.doubt },
        Class::Retryable => halt(again(Reason::Exhausted), known.doubt),
        Class::Unknown if known.repeat != Repeat::Repeats => halt(again(Reason::Exhausted), true),
        // Even after the last send the question is worth asking: the work may be done.
        Class::Unknown if known.probe => {
            let ask_ms = end_ms.saturating_add_unsigned(interface.retry.interval_ms.max(ASK_AFTER_MS));
            halt(Event::Retry { due_ms: due.unwrap_or(ask_ms) }, true)
        }
        Class::Unknown => match interface.on_unknown {
            OnUnknown::Retry => halt(again(Reason::Unknown), true),
            OnUnknown::Hold => halt(Event::Doubt, true),
        },
    }
}

/// What follows from asking whether an earlier send did its work, where the answer did not settle it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// The work is not there.
    Absent,
    /// No usable answer.
    NoAnswer,
}

/// The verdict after asking; `None`: send again.
pub(super) fn on_probe(asked: Asked, outcome: &Outcome, known: Known, scene: Scene<'_>) -> Option<Verdict> {
    let spent = known.tries > scene.interface.retry.retries;
    let halt = |event, tries, doubt| Some(Verdict::Halt { event, tries, doubt });
    match (asked, outcome.class) {
        (Asked::Absent, _) if spent => halt(Event::GiveUp(Reason::Exhausted), known.tries, false),
        (Asked::Absent, _) => None,
        (Asked::NoAnswer, Class::Target) => halt(scene.wait(known), known.tries, true),
        (Asked::NoAnswer, _) if spent => halt(Event::GiveUp(Reason::Unknown), known.tries, true),
        (Asked::NoAnswer, _) => {
            let tries = known.tries + 1;
            let again = scene.due(tries, outcome).map(|due_ms| Event::Retry { due_ms });
            let event = again.unwrap_or(Event::GiveUp(Reason::Unknown));
            halt(event, tries, true)
        }
    }
}
