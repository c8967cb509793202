//! Reason codes: why a message ended badly or waits, and what to do about it.
//!
//! In: the closed set of codes. Out: [`ReasonsPage`]. Never knows: a particular message.

use askama::Template;

use super::context::{Context, Shell};
use crate::routes::At;

/// One reason.
#[derive(Debug)]
pub(crate) struct Reason {
    pub(crate) code: &'static str,
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) action: &'static str,
}

/// The page.
#[derive(Template)]
#[template(path = "reasons.html")]
pub(crate) struct ReasonsPage {
    shell: Shell,
    reasons: &'static [Reason],
}

impl ReasonsPage {
    /// Its path.
    pub(crate) const PATH: &'static str = "reasons/index.html";

    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>) -> Self {
        let at = At::new(Self::PATH);
        Self {
            shell: context.shell(&at, "docs", "Reason codes").under("Manual", &at.to("docs/index.html")),
            reasons: REASONS,
        }
    }
}

const REASONS: &[Reason] = &[
    Reason {
        code: "SCHEMA",
        id: "schema",
        title: "A message or a reply does not fit its table",
        meaning: "A field is missing, has another type, or breaks a constraint. A caller's body is refused with 400 before it is stored; here it was a reply of a system.",
        action: "Compare the reply in the message's story with the table on the interface's page. Either the system is wrong, or the document: correct it, build, and send the message again.",
    },
    Reason {
        code: "MAP",
        id: "map",
        title: "A mapping rule has no answer for a value",
        meaning: "A lookup table has no row for the value, a text could not be read as a number or date, or a list was too short.",
        action: "The story names row and value. Add the row, or correct the value at its source.",
    },
    Reason {
        code: "ROUTE",
        id: "route",
        title: "No way of a route fits",
        meaning: "None of the conditions of a route holds for the message, and nothing is said about the rest.",
        action: "Look at the conditions of the route on the interface's page; either a way is missing, or the message should not exist.",
    },
    Reason {
        code: "PERMANENT",
        id: "permanent",
        title: "The system said no",
        meaning: "The answer means that the same message will be refused again: a 4xx, a RETURN of type E or A, a missing permission.",
        action: "Read the excerpt of the reply in the story; it says what the system did not like. Correct the data in the source and let it send again.",
    },
    Reason {
        code: "EXHAUSTED",
        id: "exhausted",
        title: "Every send of the timetable failed",
        meaning: "The system did not answer, or answered that it cannot at the moment, as often as the document allows.",
        action: "Find out whether the system is back. Messages that came later may have been delivered already, so mind the order.",
    },
    Reason {
        code: "UNKNOWN",
        id: "unknown",
        title: "Nobody knows whether the work was done",
        meaning: "The reply was lost after the request was sent, and the operation is not one that may simply be repeated.",
        action: "Look in the target whether the work is there. If it is, the message is done; if not, it may be sent again.",
    },
    Reason {
        code: "TARGET",
        id: "target",
        title: "The system refuses us as such",
        meaning: "Token, certificate or host key are not accepted. It is not the message's fault: messages wait and no send is used up.",
        action: "Renew the credential in the environment. Waiting messages go on by themselves.",
    },
    Reason {
        code: "CRASH_LOOP",
        id: "crash-loop",
        title: "The service ended while it worked on this message, more than once",
        meaning: "The message was set aside so that it cannot take the others with it.",
        action: "Keep the message, read the log of the service around its attempts, and report it.",
    },
    Reason {
        code: "BUSINESS",
        id: "business",
        title: "The document says that this is an error",
        meaning: "A dead-letter step of the flow was reached; its reason stands with the message.",
        action: "Do what the runbook on the interface's page says about that reason.",
    },
    Reason {
        code: "OPERATOR",
        id: "operator",
        title: "A person ended it",
        meaning: "Somebody with the right to do so decided that the message is not to be delivered.",
        action: "Nothing; the story says who and why.",
    },
    Reason {
        code: "CIRCUIT",
        id: "circuit",
        title: "The system gets time to recover",
        meaning: "At least half of twenty or more calls failed within 30 seconds, or the system refused us as such. Until a single call succeeds again, nothing else is sent, and no send of any timetable is used up.",
        action: "Nothing; waiting messages go on by themselves, slowly at first. Find out what is wrong with the system.",
    },
    Reason {
        code: "QUOTA",
        id: "quota",
        title: "The system has had its calls of the day",
        meaning: "Its document says how many calls it bears in a day (UTC), and so many have been made.",
        action: "Nothing; messages go on at midnight UTC. If the system bears more, say so in its document.",
    },
    Reason {
        code: "PAUSED",
        id: "paused",
        title: "A person paused the interface or the system",
        meaning: "Messages are accepted and kept, and none is sent until somebody resumes.",
        action: "Resume when the reason for the pause is gone; the audit log says who paused, and why.",
    },
    Reason {
        code: "KEY",
        id: "key",
        title: "An earlier message of the same order key is not done",
        meaning: "The document asks for delivery in order. An earlier message is being retried, is held, or is dead.",
        action: "Deal with the earlier message: retry it, resolve it, or skip it so that the later ones may pass.",
    },
    Reason {
        code: "REVISION",
        id: "revision",
        title: "The document changed since the message was accepted",
        meaning: "The message was accepted under an earlier contract, and the document says that a person decides what becomes of it.",
        action: "Read what changed in the history. Replay the message, which runs it through today's document from its beginning, or discard it.",
    },
    Reason {
        code: "EXPIRED",
        id: "expired",
        title: "Too old to be delivered",
        meaning: "The document gives messages a time to live, and it was over before the message could be delivered.",
        action: "Nothing, if the sender expects it so. Else find out what kept the message waiting.",
    },
    Reason {
        code: "OVERLAP",
        id: "overlap",
        title: "The run before was not over",
        meaning: "A start of the timetable came while the previous run was still going, and the document says that it is left out.",
        action: "If it happens often, the timetable is too tight for the work.",
    },
];
