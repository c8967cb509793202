//! What came of one try of one message, and what to keep about it.
//!
//! In: how a flow ended, halted, stopped or panicked. Out: [`Conclusion`]. Never knows: the journal, the queue, the clock.

use std::any::Any;

use super::{
    steps::{Halt, Journalled},
    waiters::Ended,
};
use crate::{
    flow::{End, Stop, Why},
    journal::{Answer, Change, Grave, Guard, Row, codec},
    lifecycle::{self, Event, Reason},
};

/// What came of a try.
pub(super) struct Conclusion {
    pub(super) event: Event,
    pub(super) sentence: String,
    pub(super) grave: Grave,
    pub(super) changes: Vec<Change>,
    /// What the message was before, if its claim is among the changes.
    pub(super) claimed_from: Option<Guard>,
    pub(super) ended: Ended,
    pub(super) target: &'static str,
    /// The message that was given up, and whose content is delivered now.
    pub(super) makes_good: Option<Row>,
}

impl Conclusion {
    /// Nothing to keep but the event, nobody to tell.
    fn of(event: Event, sentence: String, target: &'static str) -> Self {
        Self {
            event,
            sentence,
            grave: Grave::default(),
            changes: Vec::new(),
            claimed_from: None,
            ended: Ended::Silent,
            target,
            makes_good: None,
        }
    }

    /// Given up: the sentence stands in the dead-letter record too.
    fn given_up(at_ms: i64, (reason, partner): (Reason, bool), sentence: String, target: &'static str) -> Self {
        let detail = sentence.clone();
        Self {
            grave: Grave { sentence: sentence.clone(), at_ms, ..Grave::default() },
            ended: Ended::GivenUp { reason, target_status: None, partner, detail },
            ..Self::of(Event::GiveUp(reason), sentence, target)
        }
    }

    /// The flow came to its end.
    pub(super) fn ended(seq: i64, end: End, target: &'static str) -> Self {
        match end {
            End::Delivered => Self::of(Event::Delivered, String::new(), target),
            End::Discarded { reason } => Self::of(Event::Discarded, reason, target),
            End::Replied { status, body } => Self {
                changes: vec![Change::Answer { seq, answer: Answer { status, body: codec::encode(&body) } }],
                ended: Ended::Replied { status, body },
                ..Self::of(Event::Delivered, String::new(), target)
            },
        }
    }

    /// A step did not get further.
    pub(super) fn halted(at_ms: i64, halt: Halt) -> Self {
        let ended = match halt.event {
            Event::GiveUp(reason) => {
                Ended::GivenUp { reason, target_status: halt.status, partner: false, detail: halt.sentence.clone() }
            }
            Event::Retry { due_ms } | Event::Wait { due_ms, .. } => Ended::Later { due_ms: Some(due_ms) },
            _ => Ended::Later { due_ms: None },
        };
        let grave = Grave {
            sentence: halt.sentence.clone(),
            class: halt.class,
            step: halt.step,
            system: halt.system.to_owned(),
            operation: halt.operation.to_owned(),
            tries: halt.tries,
            mapped: halt.mapped,
            field_errors: String::new(),
            at_ms,
        };
        Self { grave, changes: halt.changes, ended, ..Self::of(halt.event, halt.sentence, halt.system) }
    }

    /// The flow stopped between its steps.
    pub(super) fn stopped(at_ms: i64, stop: Stop, target: &'static str) -> Self {
        let (reason, sentence, field_errors, partner) = match stop.into_why() {
            Why::Mapping(error) => (Reason::Map, error.to_string(), error.to_string(), false),
            Why::Schema(violations) => {
                (Reason::Schema, violations.to_string(), violations.to_string(), violations.subject().is_some())
            }
            Why::Business(sentence) => (Reason::Business, sentence, String::new(), false),
            // Only the engine makes this one, together with a halt: a flow that kept one from an earlier try is at fault.
            Why::Step => (Reason::CrashLoop, "the flow stopped without a cause".to_owned(), String::new(), false),
        };
        let mut conclusion = Self::given_up(at_ms, (reason, partner), sentence, target);
        conclusion.grave.field_errors = field_errors;
        conclusion
    }

    /// The journal does not have the content any more as it was written: a person has to know.
    pub(super) fn unreadable(at_ms: i64, why: String, target: &'static str) -> Self {
        Self::given_up(at_ms, (Reason::Schema, false), why, target)
    }

    /// The flow panicked; `crashes` counts this one.
    pub(super) fn crashed(
        at_ms: i64,
        (seq, crashes): (i64, u32),
        target: &'static str,
        panic: &(dyn Any + Send),
    ) -> Self {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without words");
        let given_up = Self::given_up(at_ms, (Reason::CrashLoop, false), format!("the flow panicked: {words}"), target);
        let again = Ended::Later { due_ms: None };
        Self {
            event: Event::Crashed { crashes },
            changes: vec![Change::Crashes { seq, crashes }],
            ended: if crashes >= lifecycle::CRASH_LIMIT { given_up.ended } else { again },
            ..given_up
        }
    }

    /// It was begun under another revision of the document: a person decides.
    pub(super) fn outdated(sentence: String, target: &'static str) -> Self {
        Self { ended: Ended::Later { due_ms: None }, ..Self::of(Event::Outdated, sentence, target) }
    }

    /// A start of a timetable that falls into earlier runs.
    pub(super) fn overlap(unfinished: usize, target: &'static str) -> Self {
        Self::of(Event::Dropped(Reason::Overlap), format!("{unfinished} earlier runs are unfinished"), target)
    }

    /// Without the sensitive values of the message, whoever wrote the sentences.
    pub(super) fn clean(mut self, steps: &Journalled) -> Self {
        self.sentence = steps.clean(&self.sentence);
        self.grave.sentence = steps.clean(&self.grave.sentence);
        self.grave.field_errors = steps.clean(&self.grave.field_errors);
        if let Ended::GivenUp { detail, .. } = &mut self.ended {
            *detail = steps.clean(detail);
        }
        self
    }
}
