//! Retention: what is past its time is deleted, a little at a time.
//!
//! In: how long things are kept, a clock. Out: a store that does not grow for ever. Never knows: SQL, what messages hold.
//!
//! The environment says how long; a document may say it for its own interface, and that content goes before the record does.
//! Content that is past its time is erased like on a person's demand ([`super::erasure`]), by `retention`.
//!
//! Only messages that have ended are deleted, never one that still blocks its order key; dead letters have a time of their own,
//! counted from their end. The audit log stays. Rows are deleted in place instead of being moved to a file for each
//! day: their space is used again, one file stays one file to back up, and between two slices the writer has time for
//! others.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{Store, StoreError};
use crate::{clock::Clock, descriptor::Kept, metrics::Metrics};

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

/// How long the messages of a service are kept.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// What the environment says.
    pub all: Retention,
    /// What the documents say of each interface.
    pub own: Vec<(&'static str, Kept)>,
}

/// What is past its time, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// The content of messages that ended before goes, their record stays.
    pub content_ms: Option<i64>,
    /// Messages that ended before go.
    pub ended_ms: i64,
    /// Dead letters that ended before go.
    pub dead_ms: i64,
}

/// One slice of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prune {
    /// Behind this place; 0 to begin a round.
    pub after: i64,
    /// For interfaces that have no times of their own.
    pub all: Before,
    /// Times of single interfaces.
    pub own: Arc<BTreeMap<String, Before>>,
    /// Now: for idempotency keys, which carry their own time, and for the record of what was erased.
    pub now_ms: i64,
    /// At most so many messages are looked at, and so many keys.
    pub most: usize,
}

impl Prune {
    /// The times of an interface.
    #[must_use]
    pub fn of(&self, interface: &str) -> Before {
        self.own.get(interface).copied().unwrap_or(self.all)
    }

    /// Whoever was accepted then or later is not past any time.
    #[must_use]
    pub fn newest_ms(&self) -> i64 {
        let latest = |before: &Before| before.ended_ms.max(before.dead_ms).max(before.content_ms.unwrap_or(i64::MIN));
        self.own.values().map(latest).fold(latest(&self.all), i64::max)
    }
}

/// What came of a slice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pruned {
    /// Where the next slice begins; `None` when the round is over.
    pub next: Option<i64>,
    /// Messages that were deleted.
    pub messages: u64,
    /// How many of them were dead letters, by interface.
    pub dead: BTreeMap<String, u64>,
    /// Messages that lost their content and keep their record.
    pub content: u64,
    /// Idempotency keys that were forgotten.
    pub keys: u64,
}

/// Who erases what is past its time.
pub(crate) const WHO: &str = "retention";

/// The times that follow from the rules.
fn before(rules: &Rules, now_ms: i64) -> (Before, Arc<BTreeMap<String, Before>>) {
    let ago = |days: u32| now_ms.saturating_sub(i64::from(days).saturating_mul(super::datakey::DAY_MS));
    let Retention { keep_days, keep_dead_days } = rules.all;
    let of = |kept: Kept| Before {
        content_ms: kept.content_days.map(ago),
        ended_ms: ago(kept.days.unwrap_or(keep_days)),
        dead_ms: ago(kept.dead_days.unwrap_or(keep_dead_days)),
    };
    let own = rules.own.iter().filter(|(_, kept)| *kept != Kept::BY_ENVIRONMENT);
    (of(Kept::BY_ENVIRONMENT), Arc::new(own.map(|(name, kept)| ((*name).to_owned(), of(*kept))).collect()))
}

/// Deletes what is past its time, once. How much that was. The gauge of dead letters follows each slice, so that it is
/// right as well where a round is broken off.
///
/// # Errors
/// The store cannot be written.
pub async fn sweep(store: &dyn Store, rules: &Rules, now_ms: i64, metrics: &Metrics) -> Result<Pruned, StoreError> {
    let (all_before, own) = before(rules, now_ms);
    let (mut all, mut after) = (Pruned::default(), 0);
    loop {
        let started = std::time::Instant::now();
        let slice = Prune { after, all: all_before, own: Arc::clone(&own), now_ms, most: SLICE };
        let slice = store.prune(slice).await?;
        all.messages += slice.messages;
        all.content += slice.content;
        all.keys += slice.keys;
        for (interface, _) in &rules.own {
            let gone = slice.dead.get(*interface).copied().unwrap_or_default();
            if gone > 0 {
                metrics.dead_letters(interface, i64::try_from(gone).unwrap_or(i64::MAX).saturating_neg());
            }
        }
        for (interface, dead) in slice.dead {
            *all.dead.entry(interface).or_default() += dead;
        }
        match slice.next {
            Some(next) => after = next,
            None => return Ok(all),
        }
        // Real time: it is the machine that is spared.
        tokio::time::sleep(started.elapsed().min(Duration::from_secs(1)) * REST).await;
    }
}

/// Sweeps at the start and every hour, for ever.
pub async fn keep(store: Arc<dyn Store>, rules: Rules, (clock, metrics): (Arc<dyn Clock>, Arc<Metrics>)) {
    loop {
        let now_ms = clock.now_ms();
        match sweep(&*store, &rules, now_ms, &metrics).await {
            Ok(Pruned { messages: 0, content: 0, keys: 0, .. }) => {}
            Ok(Pruned { messages, content, dead, keys, .. }) => {
                tracing::info!(
                    messages,
                    contents = content,
                    dead_letters = dead.values().sum::<u64>(),
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
