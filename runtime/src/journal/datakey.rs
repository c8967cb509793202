//! Data keys as a store keeps them: only wrapped.
//!
//! In: nothing. Out: plain data. Never knows: cryptography, key-encryption keys.

/// A key that seals what one interface accepted on one day. A store keeps it only wrapped; destroying it makes what it
/// sealed unreadable for ever, in backups too.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct DataKey {
    /// UUID.
    pub id: String,
    /// Smart ID; empty for the key of indexes.
    pub interface: String,
    /// Day of acceptance, days since 1970, UTC.
    pub day: i64,
    /// Name of the key-encryption key that wraps it.
    pub kek: String,
    /// The key, wrapped; `None` once it was destroyed.
    pub wrapped: Option<Vec<u8>>,
    /// When it was made, milliseconds since 1970; once it was destroyed, when that was.
    pub at_ms: i64,
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { id, interface, day, kek, wrapped, .. } = self;
        let destroyed = wrapped.is_none();
        write!(f, "DataKey({id}, {interface:?}, day {day}, under {kek:?}, destroyed {destroyed})")
    }
}

/// Which data keys, in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyFilter {
    /// Only this one.
    pub id: Option<String>,
    /// Only those that are not destroyed and not wrapped by this key-encryption key.
    pub not_under: Option<String>,
    /// Only behind this id (keyset paging).
    pub after: Option<String>,
    /// At most so many.
    pub limit: usize,
}

/// Whose data keys are destroyed, and with them everything that was sealed under them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shred {
    /// Smart ID.
    pub interface: String,
    /// First day of acceptance, days since 1970, UTC.
    pub from_day: i64,
    /// Last day.
    pub until_day: i64,
    /// When this happens, milliseconds since 1970.
    pub at_ms: i64,
}

/// Milliseconds of a day.
pub(crate) const DAY_MS: i64 = 86_400_000;

/// Days since 1970, UTC.
pub(crate) const fn day_of(at_ms: i64) -> i64 {
    at_ms.div_euclid(DAY_MS)
}
