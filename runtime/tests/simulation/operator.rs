//! Operators: what people decide about messages, at any time.
//!
//! In: an engine, a choice. Out: decisions as the operator's listener carries them out. Never knows: whether they are wise.

use std::sync::Arc;

use tieline_runtime::{
    engine::{Decision, Engine, Open, Order, Verb},
    journal::Scope,
    lifecycle::State,
};

use super::{flows, history::History, life::Life};

/// What an operator decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    Retry,
    Discard,
    Resolve,
    Skip,
    Replay,
    Erase,
}

impl Choice {
    pub(super) const ALL: [Self; 6] =
        [Self::Retry, Self::Discard, Self::Resolve, Self::Skip, Self::Replay, Self::Erase];

    /// States that it is meant for.
    fn fits(self, state: State) -> bool {
        match self {
            Self::Retry => matches!(state, State::Dead | State::Held | State::Retrying),
            Self::Discard => !matches!(state, State::Delivered | State::Discarded | State::Failed | State::Resolved),
            Self::Resolve => matches!(state, State::Dead | State::Failed | State::Held),
            Self::Skip => state == State::Dead,
            Self::Replay => state.is_end(),
            Self::Erase => state.is_end() && state != State::Dead,
        }
    }
}

/// Interfaces and systems that can be paused.
pub(super) const SCOPES: usize = 4;

fn scope(number: usize) -> Scope {
    match number % SCOPES {
        0 => Scope::Interface("SIM-SHOP-ERP-ORDER-V1".to_owned()),
        1 => Scope::Interface("SIM-SHOP-ERP-CONTRACT-V1".to_owned()),
        2 => Scope::Target("ERP".to_owned()),
        _ => Scope::Target("Bank".to_owned()),
    }
}

fn decision() -> Decision {
    Decision { who: "ops".to_owned(), role: "operator", why: "looked at it".to_owned() }
}

/// A message to decide about: mostly one that the choice is meant for, now and then any.
pub(super) fn pick(life: &Life, choice: Choice, number: usize) -> Option<String> {
    let fitting: Vec<_> = life.messages.values().filter(|known| number % 8 == 7 || choice.fits(known.state)).collect();
    let picked = fitting.get(number.checked_rem(fitting.len())?)?;
    Some(picked.message.id.clone())
}

pub(super) async fn decide(engine: Arc<Engine>, history: History, choice: Choice, id: String) {
    let verb = match choice {
        Choice::Retry => Verb::Retry,
        Choice::Discard => Verb::Discard,
        Choice::Resolve => Verb::Resolve,
        Choice::Skip => Verb::Skip,
        Choice::Replay => {
            let done = engine.replay(&id, &Order::default(), "batch", &decision()).await;
            return note(&history, "an operator replayed", done.is_ok());
        }
        Choice::Erase => {
            let done = engine.erase(&id, Open::Refuse, &decision()).await;
            return note(&history, "an operator erased", done.is_ok());
        }
    };
    let done = engine.decide(&id, verb, &decision()).await;
    note(&history, &format!("an operator decided: {}", verb.as_str()), done.is_ok());
}

fn note(history: &History, what: &str, done: bool) {
    if done {
        history.coverage.sometimes(what);
    } else {
        history.coverage.sometimes("a decision was declined");
    }
}

pub(super) async fn pause(engine: Arc<Engine>, number: usize) {
    // A decision that the journal does not take is none.
    engine.pause(scope(number), &decision()).await.ok();
}

pub(super) async fn resume(engine: Arc<Engine>, number: usize) {
    engine.resume(scope(number), &decision()).await.ok();
}

/// The system that an operation is of, as a scope.
pub(super) fn target_of(operation: &str) -> Scope {
    Scope::Target(if operation == flows::PAY.name { "Bank" } else { "ERP" }.to_owned())
}
