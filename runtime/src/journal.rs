//! The journal: what must survive.
//!
//! In: messages and changes. Out: promises kept by a commit and a sync, and the story of every message. Never knows:
//! flows, networks, the clock: every time comes in with a change.
//!
//! One conformance suite (`journal/conformance.rs`) runs over every store.

pub mod audit;
mod change;
pub(crate) mod codec;
mod datakey;
pub(crate) mod erasure;
pub mod lane;
mod memory;
mod operating;
mod postgres;
mod record;
pub mod retention;
mod sealed;
mod sqlite;
mod token;
mod words;

#[cfg(test)]
mod conformance;

pub use audit::{AuditFilter, AuditPage, Audited, Entry, Head};
pub use change::{Change, Guard, Mark};
pub(crate) use datakey::{DAY_MS, day_of};
pub use datakey::{DataKey, KeyFilter, Shred};
pub use erasure::Erased;
pub use lane::{Holding, Lanes, Lease};
pub use memory::MemoryStore;
pub use operating::{Origin, Pause, Replay, Scope};
pub use postgres::{PostgresOptions, PostgresStore};
pub(crate) use record::class_word;
pub use record::{
    Accepted, Acknowledged, Answer, Attempt, Delivery, Filter, Grave, IdempotencyKey, Incident, Material, NewMessage,
    Post, PostState, Row, Sealed, Story, Unfinished,
};
pub use retention::{Prune, Pruned};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use sealed::fuzz as fuzz_sealed;
pub(crate) use sealed::unreadable;
pub use sealed::{KeyRing, SealedStore};
pub use sqlite::SqliteStore;
pub use token::Token;

use std::sync::Arc;

use crate::{door::Promise, metrics::Metrics};

/// Where messages are kept.
///
/// Writes happen in the order in which these methods are **called** (not polled): a change that was handed in earlier
/// is durable whenever a later one is. A batch is one transaction; a change sees what those before it in the batch did.
pub trait Store: Send + Sync + 'static {
    /// Keeps a message, or recognises it. Resolves after commit and sync.
    fn accept(&self, message: NewMessage) -> Promise<'static, Result<Accepted, StoreError>>;
    /// Makes changes, all or none. Resolves after commit and sync; dropping the promise does not take them back.
    fn commit(&self, changes: Vec<Change>) -> Promise<'static, Result<(), StoreError>>;
    /// Renews this process's hold on its lanes, lets go of `release`, and takes what is free up to a fair share. A store
    /// with one process gives all lanes for ever.
    fn hold(&self, release: Lanes) -> Promise<'static, Result<Holding, StoreError>> {
        let _ = release;
        Box::pin(std::future::ready(Ok(Holding::all())))
    }
    /// The same for a process that is about to stop: takes nothing more, and lets the others know.
    fn depart(&self, release: Lanes) -> Promise<'static, Result<Holding, StoreError>> {
        self.hold(release)
    }
    /// Resolves when another process has accepted something for a lane of this one. May come late or not at all: it
    /// saves waiting, and nothing depends on it.
    fn rung(&self) -> Promise<'static, ()> {
        Box::pin(std::future::pending())
    }
    /// Messages of these lanes that have not ended, and those whose end later ones of their order key must know of;
    /// oldest first.
    fn unfinished(&self, lanes: Lanes) -> Promise<'static, Result<Vec<Unfinished>, StoreError>>;
    /// Messages of this process's lanes that other processes accepted, or that a person decided about elsewhere, since
    /// this was asked last; also those that ended thereby. After an error they are only among the [`Store::unfinished`].
    fn arrivals(&self) -> Promise<'static, Result<Vec<Unfinished>, StoreError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
    /// What running a message again needs; `None` if there is no such message.
    fn material(&self, seq: i64) -> Promise<'static, Result<Option<Material>, StoreError>>;
    /// What a synchronous message was answered, if it was.
    fn answer(&self, id: &str) -> Promise<'static, Result<Option<Answer>, StoreError>>;
    /// Messages, newest first.
    fn messages(&self, filter: Filter) -> Promise<'static, Result<Vec<Row>, StoreError>>;
    /// The whole story of a message.
    fn story(&self, id: &str) -> Promise<'static, Result<Option<Story>, StoreError>>;
    /// Dead-letter records, newest first.
    fn graves(&self, filter: Filter) -> Promise<'static, Result<Vec<(Row, Grave)>, StoreError>>;
    /// How many messages of these lanes are dead, by interface. Counts rows: not for every look. A store that one process
    /// has for itself counts all.
    fn dead(&self, lanes: Lanes) -> Promise<'static, Result<Vec<(String, u64)>, StoreError>>;
    /// Incidents, newest first, the open ones before the resolved.
    fn incidents(&self, limit: usize) -> Promise<'static, Result<Vec<Incident>, StoreError>>;
    /// Alerts on their way, oldest first; with `sent`, also those that have arrived or were given up.
    fn posts(&self, sent: bool, limit: usize) -> Promise<'static, Result<Vec<Post>, StoreError>>;
    /// Rows of the audit log.
    fn audit(&self, filter: AuditFilter) -> Promise<'static, Result<Vec<Audited>, StoreError>>;
    /// The end of the audit log.
    fn audit_head(&self) -> Promise<'static, Result<Head, StoreError>>;
    /// Everything that is paused.
    fn pauses(&self) -> Promise<'static, Result<Vec<Pause>, StoreError>>;
    /// How often systems were called on a day (days since 1970, UTC), of those that allow so many a day.
    fn calls(&self, day: i64) -> Promise<'static, Result<Vec<(String, u64)>, StoreError>>;
    /// The last start of every interface with a timetable, by its nominal time.
    fn last_starts(&self) -> Promise<'static, Result<Vec<(String, i64)>, StoreError>>;
    /// Data keys, in the order of their ids.
    fn data_keys(&self, filter: KeyFilter) -> Promise<'static, Result<Vec<DataKey>, StoreError>>;
    /// How large the store is; `None` for one that keeps no files of its own.
    fn size(&self) -> Option<Size> {
        None
    }
    /// Whom to tell about every transaction from now on; stores that have none tell nobody.
    fn watch(&self, metrics: Arc<Metrics>) {
        drop(metrics);
    }
    /// Idempotency keys that are not forgotten yet, each with the place of its message. Reads them all: for exports.
    fn known_keys(&self, _now_ms: i64) -> Promise<'static, Result<Vec<(i64, IdempotencyKey)>, StoreError>> {
        let refused = "this kind of store does not list its idempotency keys: it cannot be exported whole";
        Box::pin(std::future::ready(Err(StoreError::Refused(refused.to_owned()))))
    }
    /// What is wrong with the store's own structure, one sentence each. Reads everything.
    fn examine(&self) -> Promise<'static, Result<Vec<String>, StoreError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
    /// Deletes some of what is past its time. A store that lets go of its past by other means has nothing to do here.
    fn prune(&self, _slice: Prune) -> Promise<'static, Result<Pruned, StoreError>> {
        Box::pin(std::future::ready(Ok(Pruned::default())))
    }
    /// Waits until everything handed in is durable, and closes.
    fn close(&self) -> Promise<'static, ()>;
}

/// Size of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Bytes in use.
    pub used_bytes: u64,
    /// The limit, where there is one; at nine tenths nothing more is accepted.
    pub max_bytes: Option<u64>,
}

/// Why the journal did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// 90 % of the allowed size are used: nothing more is accepted, work under way goes on.
    #[error("the store is nearly full: {used_bytes} of {max_bytes} bytes are used")]
    Full {
        /// Bytes in use.
        used_bytes: u64,
        /// The limit.
        max_bytes: u64,
    },
    /// Commit or sync failed. What is on the disk is uncertain: the process must stop and recover from it.
    #[error("the store cannot keep its promise any more: {0}")]
    Broken(String),
    /// Somebody else took the message, or it has ended: the result is thrown away. Nothing of these changes was made.
    #[error("the message has been taken or ended since")]
    Stale,
    /// The store cannot be reached now, and nobody knows whether this was done. It is not handed in again: what is true is
    /// read from the store once it is back. Why stands in `postgres/writer.rs`.
    #[error("the store cannot be reached now: {0}")]
    Unavailable(String),
    /// This change could not be made, and was not.
    #[error("the store refused: {0}")]
    Refused(String),
    /// What was read is not what was written, or its key was destroyed: this content is gone, the rest is not.
    #[error("{0}")]
    Damaged(String),
    /// The store was written by a newer build.
    #[error("the store has schema version {found}, this build knows up to {known}: start the newer build")]
    Newer {
        /// Version in the file.
        found: i64,
        /// Newest version this build can read.
        known: i64,
    },
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}
