//! Erasure: the content of a message goes, that it was there stays.
//!
//! In: nothing. Out: plain data. Never knows: SQL, who may erase.
//!
//! Gone are body, parameters, order key, what it can be looked for by, recorded replies, the answer, and every text that may
//! quote content: reasons and excerpts of tries, details, the dead-letter record, incidents and alerts about it. There
//! stay id, interface, sender, times, states, steps, counts, and the audit log. The hash of its idempotency key stays until its
//! window is over, so that what was erased does not come back by being sent again.

/// That a message was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// By whom.
    pub who: String,
}

/// What stands where a text was that may have quoted content.
pub(crate) const GONE: &str = "erased";

impl std::fmt::Display for Erased {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = jiff::Timestamp::from_millisecond(self.at_ms).unwrap_or_default();
        write!(f, "erased on {at:.0} by {}", self.who)
    }
}
