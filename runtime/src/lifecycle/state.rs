//! Where a message stands, and why: closed sets of words.
//!
//! In: nothing. Out: [`State`] and [`Reason`], with the words that pages, journal and metrics use. Never knows: events.

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

/// Why a message is held, dead, failed or discarded: a closed set, each with a runbook section.
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
    /// The target is not called now: too many calls failed, and it gets time to recover. Ends by itself.
    Circuit,
    /// The partner has had the calls of the day that it allows. Ends by itself.
    Quota,
    /// A person paused the interface or the target.
    Paused,
    /// An earlier message of the same order key is not done.
    Key,
    /// The document of today is another than the one it was accepted under, and says that a person decides.
    Revision,
    /// It was not delivered within the time that its document gives it.
    Expired,
    /// A start of a timetable fell into the run of the one before.
    Overlap,
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
    Circuit "CIRCUIT", Quota "QUOTA", Paused "PAUSED", Key "KEY", Revision "REVISION", Expired "EXPIRED",
    Overlap "OVERLAP",
);

impl State {
    /// True for the ends: nothing but a person's decision follows.
    #[must_use]
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Delivered | Self::Discarded | Self::Dead | Self::Failed | Self::Resolved)
    }
}
