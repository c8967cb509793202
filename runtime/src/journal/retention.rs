//! Retention: what is past its time is deleted, a little at a time.
//!
//! In: how long things are kept, a clock. Out: a store that does not grow for ever. Never knows: SQL, what messages hold.
//!
//! Only messages that have ended are deleted, never one that still blocks its order key; dead letters have a time of their own,
//! counted from their end. The audit log stays. Rows are deleted in place instead of being moved to a file for each
//! day: their space is used again, one file stays one file to back up, and between two slices the writer has time for
//! others.

use std::{sync::Arc, time::Duration};

use super::{Store, StoreError};
use crate::clock::Clock;

/// Messages that are looked at in one transaction.
const SLICE: usize = 100;
/// Between two slices the store is left alone for so many times as long as the slice took.
const REST: u32 = 4;
/// Between two rounds.
const ROUND_MS: i64 = 3_600_000;

/// How long messages are kept after their end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Days for messages that ended as delivered, discarded, resolved or failed.
    pub keep_days: u32,
    /// Days for dead letters, which wait for a person.
    pub keep_dead_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { keep_days: 30, keep_dead_days: 90 }
    }
}

/// One slice of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prune {
    /// Behind this place; 0 to begin a round.
    pub after: i64,
    /// Messages that ended before are past their time.
    pub ended_before_ms: i64,
    /// Dead letters that ended before are past their time.
    pub dead_before_ms: i64,
    /// Now: for idempotency keys, which carry their own time.
    pub now_ms: i64,
    /// At most so many messages are looked at, and so many keys.
    pub most: usize,
}

/// What came of a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// Where the next slice begins; `None` when the round is over.
    pub next: Option<i64>,
    /// Messages that were deleted.
    pub messages: u64,
    /// How many of them were dead letters.
    pub dead: u64,
    /// Idempotency keys that were forgotten.
    pub keys: u64,
}

/// Deletes what is past its time, once. How much that was.
///
/// # Errors
/// The store cannot be written.
pub async fn sweep(store: &dyn Store, retention: Retention, now_ms: i64) -> Result<Pruned, StoreError> {
    let before = |days: u32| now_ms.saturating_sub(i64::from(days).saturating_mul(super::datakey::DAY_MS));
    let (ended_before_ms, dead_before_ms) = (before(retention.keep_days), before(retention.keep_dead_days));
    let (mut all, mut after) = (Pruned::default(), 0);
    loop {
        let started = std::time::Instant::now();
        let slice = store.prune(Prune { after, ended_before_ms, dead_before_ms, now_ms, most: SLICE }).await?;
        all.messages += slice.messages;
        all.dead += slice.dead;
        all.keys += slice.keys;
        match slice.next {
            Some(next) => after = next,
            None => return Ok(all),
        }
        // Real time: it is the machine that is spared.
        tokio::time::sleep(started.elapsed().min(Duration::from_secs(1)) * REST).await;
    }
}

/// Sweeps at the start and every hour, for ever.
pub async fn keep(store: Arc<dyn Store>, retention: Retention, clock: Arc<dyn Clock>) {
    loop {
        let now_ms = clock.now_ms();
        match sweep(&*store, retention, now_ms).await {
            Ok(Pruned { messages: 0, keys: 0, .. }) => {}
            Ok(Pruned { messages, dead, keys, .. }) => {
                tracing::info!(
                    messages,
                    dead_letters = dead,
                    idempotency_keys = keys,
                    "deleted what was past its time"
                );
            }
            Err(StoreError::Closed) => return,
            Err(error) => tracing::warn!(%error, "retention could not be kept; it is tried again"),
        }
        clock.sleep_until(now_ms.saturating_add(ROUND_MS)).await;
    }
}
