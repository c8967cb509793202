//! What operators' decisions leave in the journal, besides the audit log.
//!
//! In: nothing. Out: plain data. Never knows: SQL, who may decide.

use super::{Entry, NewMessage};
use crate::lifecycle::State;

/// Where a message comes from that no sender sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// Id of the message whose content it repeats.
    pub replay_of: String,
    /// Id shared by all replays of one decision.
    pub batch: String,
    /// 1 for the first replay of that message, 2 for the second, …
    pub nonce: u32,
    /// The content was changed by hand.
    pub edited: bool,
    /// Who decided.
    pub who: String,
    /// As what.
    pub role: String,
    /// Why.
    pub why: String,
}

impl Origin {
    /// The audit entry that is written in the transaction that accepts the message.
    #[must_use]
    pub fn entry(&self, message: &NewMessage) -> Entry {
        let edited = if self.edited { ", edited" } else { "" };
        Entry {
            at_ms: message.accepted_ms,
            who: self.who.clone(),
            role: self.role.clone(),
            action: "replay".to_owned(),
            subject: self.replay_of.clone(),
            why: self.why.clone(),
            result: format!("done: {} (batch {}{edited})", message.id, self.batch),
        }
    }
}

/// A later message that repeats one's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub state: State,
}

/// What can be paused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// An interface by Smart ID: none of its messages is started.
    Interface(String),
    /// A system by name: nothing is sent to it.
    Target(String),
}

impl Scope {
    /// `interface:<Smart ID>` or `target:<name>`: as in the journal and the audit log.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Interface(name) => format!("interface:{name}"),
            Self::Target(name) => format!("target:{name}"),
        }
    }

    /// Reads [`Scope::to_text`].
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("interface", name) => Some(Self::Interface(name.to_owned())),
            ("target", name) => Some(Self::Target(name.to_owned())),
            _ => None,
        }
    }
}

/// Something that is paused. It stays so over restarts until somebody resumes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// What.
    pub scope: Scope,
    /// Since when, milliseconds since 1970.
    pub since_ms: i64,
    /// By whom.
    pub who: String,
    /// Why.
    pub why: String,
}
