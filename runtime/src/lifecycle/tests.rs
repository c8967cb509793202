//! The whole table: every state, every event.

use super::*;

const EVENTS: &[Event] = &[
    Event::Claimed,
    Event::Delivered,
    Event::Discarded,
    Event::Retry { due_ms: 5 },
    Event::Wait { due_ms: 5, hold: Reason::Target },
    Event::Wait { due_ms: 5, hold: Reason::Circuit },
    Event::Doubt,
    Event::GiveUp(Reason::Permanent),
    Event::Crashed { crashes: 1 },
    Event::Crashed { crashes: 2 },
    Event::Interrupted,
    Event::Dropped(Reason::Expired),
    Event::Outdated,
    Event::OperatorRetry,
    Event::OperatorDiscard,
    Event::OperatorSkip,
    Event::OperatorResolve,
    Event::Replayed,
];

/// One line a state that has events, as the reference draws it. What is not in the table is illegal.
const TABLE: &[(State, Event, State, &[Action])] = {
    use Action::{Alert, Bury, Release, Run, RunAt, Unblock};
    use State::{Accepted, Dead, Delivered, Discarded, Failed, Held, InFlight, Ready, Resolved, Retrying};
    &[
        (Accepted, Event::Claimed, InFlight, &[]),
        (Ready, Event::Claimed, InFlight, &[]),
        (Retrying, Event::Claimed, InFlight, &[]),
        (Held, Event::Claimed, InFlight, &[]),
        (InFlight, Event::Delivered, Delivered, &[Release]),
        (InFlight, Event::Discarded, Discarded, &[Release]),
        (InFlight, Event::Retry { due_ms: 5 }, Retrying, &[RunAt(5)]),
        (InFlight, Event::Wait { due_ms: 5, hold: Reason::Target }, Held, &[Alert(Reason::Target), RunAt(5)]),
        (InFlight, Event::Wait { due_ms: 5, hold: Reason::Circuit }, Held, &[RunAt(5)]),
        (InFlight, Event::Doubt, Held, &[Alert(Reason::Unknown)]),
        (
            InFlight,
            Event::GiveUp(Reason::Permanent),
            Dead,
            &[Bury(Reason::Permanent), Alert(Reason::Permanent), Release],
        ),
        (InFlight, Event::Crashed { crashes: 1 }, Ready, &[Run]),
        (InFlight, Event::Crashed { crashes: 2 }, Dead, &[Bury(Reason::CrashLoop), Alert(Reason::CrashLoop), Release]),
        (InFlight, Event::Interrupted, Ready, &[Run]),
        (Held, Event::OperatorRetry, Ready, &[Run]),
        (Dead, Event::OperatorRetry, Ready, &[Run]),
        (Accepted, Event::Dropped(Reason::Expired), Discarded, &[Release]),
        (Accepted, Event::Outdated, Held, &[Alert(Reason::Revision)]),
        (Accepted, Event::OperatorDiscard, Discarded, &[Release]),
        (Ready, Event::Dropped(Reason::Expired), Discarded, &[Release]),
        (Ready, Event::Outdated, Held, &[Alert(Reason::Revision)]),
        (Ready, Event::OperatorDiscard, Discarded, &[Release]),
        (Retrying, Event::Dropped(Reason::Expired), Discarded, &[Release]),
        (Retrying, Event::Outdated, Held, &[Alert(Reason::Revision)]),
        (Retrying, Event::OperatorDiscard, Discarded, &[Release]),
        (Held, Event::Dropped(Reason::Expired), Discarded, &[Release]),
        (Held, Event::Outdated, Held, &[Alert(Reason::Revision)]),
        (Held, Event::OperatorDiscard, Discarded, &[Release]),
        (Retrying, Event::OperatorRetry, Ready, &[Run]),
        (Dead, Event::OperatorDiscard, Discarded, &[Unblock]),
        (Dead, Event::OperatorSkip, Dead, &[Unblock]),
        (Held, Event::OperatorResolve, Resolved, &[Release]),
        (Dead, Event::OperatorResolve, Resolved, &[Unblock]),
        (Failed, Event::OperatorResolve, Resolved, &[Unblock]),
        (Dead, Event::Replayed, Resolved, &[Unblock]),
        (Failed, Event::Replayed, Resolved, &[Unblock]),
    ]
};

#[test]
fn every_state_and_event_is_as_the_table_says() {
    for state in State::ALL {
        for event in EVENTS {
            let expect = TABLE
                .iter()
                .find(|(from, on, ..)| from == state && on == event)
                .map(|(_, _, to, actions)| (*to, actions.to_vec()))
                .ok_or(Illegal { state: *state, event: *event });
            let found = next(*state, *event, Remains::DeadLetter).map(|step| (step.state, step.actions));
            assert_eq!(found, expect, "{state} {event:?}");
        }
    }
}

#[test]
fn without_a_dead_letter_list_the_record_stays_as_failed() {
    let transition = next(State::InFlight, Event::GiveUp(Reason::Exhausted), Remains::Record).unwrap();
    assert_eq!((transition.state, transition.reason), (State::Failed, Some(Reason::Exhausted)));
    assert!(transition.actions.contains(&Action::Alert(Reason::Exhausted)));
}

#[test]
fn words_are_read_back() {
    for state in State::ALL {
        assert_eq!(State::from_word(state.as_str()), Some(*state));
    }
    for reason in Reason::ALL {
        assert_eq!(Reason::from_word(reason.as_str()), Some(*reason));
    }
    assert_eq!(State::from_word("GONE"), None);
}

#[test]
fn only_a_person_moves_what_has_ended() {
    let by_a_person = |event: Event| {
        matches!(
            event,
            Event::OperatorRetry
                | Event::OperatorDiscard
                | Event::OperatorSkip
                | Event::OperatorResolve
                | Event::Replayed
        )
    };
    for (from, event, ..) in TABLE.iter().filter(|(from, ..)| from.is_end()) {
        assert!(by_a_person(*event), "{from} {event:?}");
    }
}
