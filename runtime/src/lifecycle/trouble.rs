//! What can be wrong: with messages, and with the service that carries them.
//!
//! In: nothing. Out: [`Trouble`], with the words that alerts, journal and metrics use. Never knows: channels.

use std::fmt;

use super::Reason;

/// The reason class of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trouble {
    /// Messages are dead, held or failed for this reason.
    Message(Reason),
    /// The oldest message that has not ended is older than agreed.
    Late,
    /// A start of a timetable did not happen at its time.
    ScheduleMissed,
    /// The wall clock moved by more than a correction.
    ClockJumped,
    /// The clock of an instance and the database's differ by more than a correction.
    ClocksDiffer,
    /// More than 80 % of the allowed store are used.
    StoreNearlyFull,
    /// A certificate is about to expire, or has.
    CertificateExpires,
    /// A secret is about to expire, or has, by the date that the environment gives.
    SecretExpires,
    /// Alerts do not get through a channel.
    ChannelFails,
}

/// Those that are not about single messages.
const OTHERS: [(Trouble, &str); 8] = [
    (Trouble::Late, "LATE"),
    (Trouble::ScheduleMissed, "SCHEDULE_MISSED"),
    (Trouble::ClockJumped, "CLOCK_JUMPED"),
    (Trouble::ClocksDiffer, "CLOCKS_DIFFER"),
    (Trouble::StoreNearlyFull, "STORE_NEARLY_FULL"),
    (Trouble::CertificateExpires, "CERTIFICATE_EXPIRES"),
    (Trouble::SecretExpires, "SECRET_EXPIRES"),
    (Trouble::ChannelFails, "ALERT_CHANNEL_FAILS"),
];

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// For the record: it is over.
    Info,
    /// Nothing is lost and it may end by itself; look at it in working hours.
    Warning,
    /// A message needs a person.
    Error,
    /// The service itself is in danger.
    Critical,
}

impl Trouble {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Message(reason) => reason.as_str(),
            _ => OTHERS.iter().find(|(trouble, _)| *trouble == self).map_or("", |(_, word)| word),
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let other = OTHERS.iter().find(|(_, known)| *known == word).map(|(trouble, _)| *trouble);
        other.or_else(|| Reason::from_word(word).map(Self::Message))
    }

    /// How much it matters while it lasts.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Message(Reason::CrashLoop) | Self::StoreNearlyFull | Self::ChannelFails => Severity::Critical,
            Self::Message(
                Reason::Target
                | Reason::Business
                | Reason::Unknown
                | Reason::Circuit
                | Reason::Quota
                | Reason::Paused
                | Reason::Revision
                | Reason::Overlap,
            )
            | Self::Late
            | Self::ClockJumped
            | Self::ClocksDiffer
            | Self::CertificateExpires
            | Self::SecretExpires => Severity::Warning,
            Self::Message(_) | Self::ScheduleMissed => Severity::Error,
        }
    }

    /// What it is, in a few words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Message(Reason::Target) => "target unavailable, messages are held",
            Self::Message(Reason::Circuit) => "target fails too often, messages are held",
            Self::Message(Reason::Unknown) => "outcome unknown",
            Self::Message(Reason::Business) => "message needs a decision",
            Self::Message(Reason::Key) => "an earlier message of the same key blocks others",
            Self::Message(Reason::Revision) => "messages wait for a decision about their revision",
            Self::Message(_) => "delivery failed",
            Self::Late => "messages are later than agreed",
            Self::ScheduleMissed => "a scheduled start was missed",
            Self::ClockJumped => "the wall clock jumped",
            Self::ClocksDiffer => "the clocks of an instance and of the database differ",
            Self::StoreNearlyFull => "the store is nearly full",
            Self::CertificateExpires => "a certificate expires",
            Self::SecretExpires => "a secret expires",
            Self::ChannelFails => "alerts do not get through",
        }
    }
}

impl From<Reason> for Trouble {
    fn from(reason: Reason) -> Self {
        Self::Message(reason)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_and_none_is_used_twice() {
        let all: Vec<Trouble> = OTHERS
            .iter()
            .map(|(trouble, _)| *trouble)
            .chain(Reason::ALL.iter().map(|reason| Trouble::Message(*reason)))
            .collect();
        for trouble in all {
            assert_eq!(Trouble::from_word(trouble.as_str()), Some(trouble), "{trouble}");
            assert!(!trouble.words().is_empty());
        }
        assert_eq!(Trouble::from_word("NO_SUCH_WORD"), None);
    }
}
