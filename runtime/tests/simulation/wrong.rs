//! Deliberately broken variants: each must be noticed, or the suite would not notice a real defect of its kind either.
//!
//! In: nothing. Out: rules of life that are wrong, disks that lie, interfaces that forget. Never knows: how they are
//! noticed.

use tieline_runtime::{
    journal::{Change, Entry, Filter, Guard, Store},
    lifecycle::{self, Action, Event, Illegal, Reason, Remains, Rules, State, Transition},
};

use super::{
    flows::Forgotten,
    medium::{Kind, at_once},
};

/// What the disk does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Lie {
    /// Nothing.
    #[default]
    None,
    /// Messages are acknowledged before they are synced.
    HastyAccept,
    /// A failed sync is tried again, and succeeds without its pages.
    SyncTriedAgain,
    /// A send goes out before its beginning is synced.
    HastyBegin,
    /// What was done is not written down.
    LosesDone,
    /// A torn transaction is there by half.
    HalfTransactions,
    /// Idempotency keys are not kept with the message.
    ForgetsKeys,
    /// A pause does not outlive its process.
    ForgetsPauses,
    /// An operator's retry is written without what it means for tries and doubts.
    HalfRetries,
    /// An operator's discard reaches what a worker has just taken.
    DiscardsWhatIsTaken,
    /// A replay goes out under the idempotency keys of what it repeats.
    ReplaysUnderOldKeys,
    /// The answer to a request is not kept with its end.
    LosesAnswers,
    /// A request is answered before its end is synced.
    HastyAnswer,
    /// What should be sealed is not.
    SealsNothing,
    /// A data key is not kept with what it seals.
    LosesDataKeys,
    /// Bodies reach the disk later than the messages that they are of.
    BodiesUnsynced,
    /// What is erased keeps its content.
    KeepsContent,
    /// A store that was away goes on as if what nobody heard of had not been written.
    GoesOn,
}

impl Lie {
    /// What is written instead of a transaction.
    pub(super) fn spoil(self, changes: &mut Vec<Change>) {
        match self {
            Self::LosesDone => changes.retain(|change| !matches!(change, Change::Done { .. })),
            Self::LosesAnswers => changes.retain(|change| !matches!(change, Change::Answer { .. })),
            Self::HalfRetries => changes.retain(|change| !matches!(change, Change::Again { .. })),
            Self::DiscardsWhatIsTaken => {
                if let [Change::Claim { seq, guard, .. }, ..] = changes[..] {
                    let guard = Guard { lease: guard.lease + 1, from: State::InFlight };
                    let (state, reason, detail) = (State::Discarded, Some(Reason::Operator), String::new());
                    changes.push(Change::State { seq, guard, state, reason, detail, due_ms: None, at_ms: 0 });
                    let (who, role, action) = ("ops".to_owned(), "operator".to_owned(), "discard".to_owned());
                    changes.push(Change::Audit(Box::new(Entry { who, role, action, ..Entry::default() })));
                }
            }
            _ => {}
        }
    }

    /// The place that a message will probably get.
    pub(super) fn guess(self, kept: &dyn Store) -> Option<i64> {
        (self == Self::HastyAccept).then(|| {
            let newest = at_once(kept.messages(Filter { limit: 1, ..Filter::default() }));
            newest.ok().and_then(|rows| rows.first().map(|row| row.seq + 1)).unwrap_or(1)
        })
    }
}

/// A runtime with at most one thing wrong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Variant {
    pub(super) name: &'static str,
    pub(super) rules: Rules,
    pub(super) lie: Lie,
    /// What its disk is made of.
    pub(super) kind: Kind,
    /// What the service has forgotten of its documents.
    pub(super) forgotten: Forgotten,
}

/// As it is.
pub(super) const RIGHT: Variant = Variant {
    name: "right",
    rules: lifecycle::next,
    lie: Lie::None,
    kind: Kind::Memory,
    forgotten: Forgotten::Nothing,
};

const fn rules(name: &'static str, rules: Rules) -> Variant {
    Variant { name, rules, ..RIGHT }
}

const fn lie(name: &'static str, lie: Lie) -> Variant {
    Variant { name, lie, ..RIGHT }
}

/// Every broken variant.
pub(super) const WRONG: &[Variant] = &[
    rules("a crash is not counted", |state, event, remains| match event {
        Event::Crashed { .. } => lifecycle::next(state, Event::Interrupted, remains),
        _ => lifecycle::next(state, event, remains),
    }),
    rules("the first crash is the last", |state, event, remains| match event {
        Event::Crashed { .. } => lifecycle::next(state, Event::Crashed { crashes: 9 }, remains),
        _ => lifecycle::next(state, event, remains),
    }),
    rules("the dead have no record", |state, event, remains| {
        without(state, event, remains, |action| matches!(action, Action::Bury(_)))
    }),
    rules("nobody is told of the dead", |state, event, remains| {
        without(state, event, remains, |action| matches!(action, Action::Alert(_)))
    }),
    rules("the next of a key never goes", |state, event, remains| {
        without(state, event, remains, |action| matches!(action, Action::Release))
    }),
    rules("a retry does not wait", |state, event, remains| match event {
        Event::Retry { .. } => lifecycle::next(state, Event::Retry { due_ms: 0 }, remains),
        _ => lifecycle::next(state, event, remains),
    }),
    rules("a retry lets the next of its key go", |state, event, remains| {
        let mut transition = lifecycle::next(state, event, remains)?;
        if transition.state == State::Retrying {
            transition.actions.insert(0, Action::Release);
        }
        Ok(transition)
    }),
    rules("whom an operator skips holds up its line all the same", |state, event, remains| match event {
        Event::OperatorSkip => without(state, event, remains, |action| matches!(action, Action::Unblock)),
        _ => lifecycle::next(state, event, remains),
    }),
    rules("what an operator discards holds up its line", |state, event, remains| match event {
        Event::OperatorDiscard => without(state, event, remains, |_| true),
        _ => lifecycle::next(state, event, remains),
    }),
    rules("a doubt is taken for done", |state, event, remains| match event {
        Event::Doubt => lifecycle::next(state, Event::Delivered, remains),
        _ => lifecycle::next(state, event, remains),
    }),
    rules("a refusal of the target is final", |state, event, remains| match event {
        Event::Wait { .. } => lifecycle::next(state, Event::GiveUp(Reason::Target), remains),
        _ => lifecycle::next(state, event, remains),
    }),
    rules("who gives up has delivered", |state, event, remains| match event {
        Event::GiveUp(_) => lifecycle::next(state, Event::Delivered, remains),
        _ => lifecycle::next(state, event, remains),
    }),
    rules("the last try is one too early", |state, event, remains| match event {
        Event::Retry { .. } => lifecycle::next(state, Event::GiveUp(Reason::Exhausted), remains),
        _ => lifecycle::next(state, event, remains),
    }),
    rules("records without a list are dead letters", |state, event, _| {
        lifecycle::next(state, event, Remains::DeadLetter)
    }),
    lie("accepted before synced", Lie::HastyAccept),
    lie("a failed sync is tried again", Lie::SyncTriedAgain),
    lie("sent before its beginning is synced", Lie::HastyBegin),
    lie("what was done is not written", Lie::LosesDone),
    lie("half a transaction", Lie::HalfTransactions),
    lie("keys are not kept with the message", Lie::ForgetsKeys),
    lie("a pause ends with its process", Lie::ForgetsPauses),
    lie("another round with the tries of the last", Lie::HalfRetries),
    lie("an operator discards what is being worked on", Lie::DiscardsWhatIsTaken),
    lie("a replay goes out under the keys of what it repeats", Lie::ReplaysUnderOldKeys),
    lie("a store that was away goes on", Lie::GoesOn),
    lie("what is erased keeps its content", Lie::KeepsContent),
    lie("a request's answer is not kept", Lie::LosesAnswers),
    lie("a request is answered before that is synced", Lie::HastyAnswer),
    Variant { kind: Kind::Sealed, ..lie("content is not sealed", Lie::SealsNothing) },
    Variant { kind: Kind::Sealed, ..lie("a data key is not kept with what it seals", Lie::LosesDataKeys) },
    Variant { kind: Kind::Sqlite, ..lie("a body is synced later than its message", Lie::BodiesUnsynced) },
    Variant { name: "no order", forgotten: Forgotten::Order, ..RIGHT },
    Variant { name: "the dead do not hold up their line", forgotten: Forgotten::Blocking, ..RIGHT },
];

/// The rules without some actions.
fn without(
    state: State,
    event: Event,
    remains: Remains,
    forgotten: fn(&Action) -> bool,
) -> Result<Transition, Illegal> {
    let mut transition = lifecycle::next(state, event, remains)?;
    transition.actions.retain(|action| !forgotten(action));
    Ok(transition)
}
