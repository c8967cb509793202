//! Which lanes this process works on.
//!
//! In: what the store lets us hold, and until when. Out: whether a lane is ours, and who has to stop when it is not any
//! more. Never knows: how stores share, what messages hold.
//!
//! A store that one process has for itself gives all lanes for ever, and nothing here costs anything then. Where several
//! share one (`keeper`), a hold counts for two thirds of the lease, by a clock that nobody sets: after that nothing is
//! sent any more, although the store would give the lanes to others only later.

mod arrivals;
mod keeper;

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

pub(super) use keeper::Keeper;

use super::queue::Tenure;
use crate::journal::Lanes;

/// The hold, for whoever works under it.
#[derive(Debug)]
pub(super) struct Held {
    /// Several processes may be at work on the store.
    shared: AtomicBool,
    begun: Instant,
    /// Milliseconds after `begun` until which the hold counts.
    until_ms: AtomicU64,
    members: AtomicU32,
    /// By how many milliseconds the clock of the store's server is ahead of ours, at the least.
    server_ahead_ms: AtomicI64,
    /// Lanes whose messages are queued.
    open: watch::Sender<Lanes>,
    /// What stops the tries of a lane.
    cuts: Mutex<HashMap<u8, CancellationToken>>,
    /// Something for a lane of ours may be in the store.
    bell: Notify,
    /// Messages about which somebody else had a word while they were tried here.
    doubtful: Mutex<Vec<String>>,
}

/// How this process shares its store with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Lanes that it works on, of 64.
    pub lanes: u32,
    /// Processes at work on the store, this one included.
    pub instances: u32,
    /// It has heard from the store lately.
    pub in_touch: bool,
}

impl Held {
    pub(super) fn new() -> Self {
        Self {
            shared: AtomicBool::new(false),
            begun: Instant::now(),
            until_ms: AtomicU64::new(0),
            members: AtomicU32::new(1),
            server_ahead_ms: AtomicI64::new(0),
            open: watch::Sender::new(Lanes::NONE),
            cuts: Mutex::default(),
            bell: Notify::new(),
            doubtful: Mutex::default(),
        }
    }

    /// Whether others may work on the store, too.
    pub(super) fn is_shared(&self) -> bool {
        self.shared.load(Ordering::Acquire)
    }

    /// Whether the hold counts now: a process that was stopped finds here that its time is over, whatever it was about
    /// to do.
    pub(super) fn counts(&self) -> bool {
        !self.is_shared() || Instant::now() < self.until()
    }

    fn until(&self) -> Instant {
        self.begun + Duration::from_millis(self.until_ms.load(Ordering::Acquire))
    }

    fn trust(&self, until: Instant, members: u32) {
        let ms = until.saturating_duration_since(self.begun).as_millis();
        self.until_ms.store(u64::try_from(ms).unwrap_or(u64::MAX), Ordering::Release);
        self.members.store(members.max(1), Ordering::Release);
        self.shared.store(true, Ordering::Release);
    }

    /// The server said what time it is, somewhen between these two moments of ours.
    fn compare(&self, server_ms: i64, asked_ms: i64, answered_ms: i64) {
        let ahead_ms = server_ms.saturating_sub(server_ms.clamp(asked_ms, answered_ms.max(asked_ms)));
        self.server_ahead_ms.store(ahead_ms, Ordering::Release);
    }

    /// By how many milliseconds the clock of the store's server is ahead of ours, at the least; negative if it is behind.
    pub(super) fn server_ahead_ms(&self) -> i64 {
        self.server_ahead_ms.load(Ordering::Acquire)
    }

    /// How the store is shared, if it can be.
    pub(super) fn share(&self) -> Option<Share> {
        let instances = self.members.load(Ordering::Acquire);
        self.is_shared().then(|| Share { lanes: self.open.borrow().len(), instances, in_touch: self.counts() })
    }

    /// Lanes that messages are taken in for: those that need no other process.
    pub(super) fn open(&self) -> Lanes {
        *self.open.borrow()
    }

    /// Tries of these lanes may begin.
    fn prepare(&self, lanes: Lanes) {
        if self.is_shared() {
            let mut cuts = self.cuts();
            lanes.iter().for_each(|lane| drop(cuts.insert(lane, CancellationToken::new())));
        }
    }

    /// What was left in them is queued.
    fn opened(&self, lanes: Lanes) {
        self.open.send_modify(|open| *open = open.or(lanes));
    }

    /// From now on they are not ours. Their tries are stopped, unless they may come to their end.
    fn closed(&self, lanes: Lanes, stop_tries: bool) {
        self.open.send_modify(|open| *open = open.without(lanes));
        if stop_tries {
            let mut cuts = self.cuts();
            lanes.iter().filter_map(|lane| cuts.remove(&lane)).for_each(|cut| cut.cancel());
        }
    }

    /// What stops a try in this tenure; nothing does where the store has one process.
    pub(super) fn cut(&self, tenure: Tenure) -> Option<CancellationToken> {
        if !self.is_shared() {
            return None;
        }
        let cut = self.cuts().get(&tenure.lane).cloned();
        // A lane that is gone already stops it at once.
        Some(cut.unwrap_or_else(|| {
            let cut = CancellationToken::new();
            cut.cancel();
            cut
        }))
    }

    /// Resolves when the lane is ours.
    pub(super) async fn gained(&self, lane: u8) {
        let mut open = self.open.subscribe();
        // The sender lives as long as this.
        let _ = open.wait_for(|open| open.contains(lane)).await;
    }

    /// Resolves when the lane is not ours any more.
    pub(super) async fn lost(&self, lane: u8) {
        let mut open = self.open.subscribe();
        let _ = open.wait_for(|open| !open.contains(lane)).await;
    }

    /// Something was handed on, maybe to ourselves.
    pub(super) fn ring(&self) {
        self.bell.notify_one();
    }

    /// Somebody else had a word about this message: the journal has to be asked what.
    pub(super) fn doubt(&self, id: &str) {
        self.doubtful.lock().unwrap_or_else(PoisonError::into_inner).push(id.to_owned());
    }

    fn take_doubtful(&self) -> Vec<String> {
        std::mem::take(&mut *self.doubtful.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn cuts(&self) -> MutexGuard<'_, HashMap<u8, CancellationToken>> {
        self.cuts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_differ_by_what_no_way_to_the_server_explains() {
        let check = |server_ms, (asked_ms, answered_ms), expect| {
            let held = Held::new();
            held.compare(server_ms, asked_ms, answered_ms);
            assert_eq!(held.server_ahead_ms(), expect, "{server_ms} in {asked_ms}..{answered_ms}");
        };
        check(1_000, (1_000, 1_000), 0);
        check(4_000, (1_000, 9_000), 0);
        check(39_000, (1_000, 9_000), 30_000);
        check(-29_000, (1_000, 9_000), -30_000);
        // Ours was set back while we waited.
        check(6_000, (9_000, 5_000), -3_000);
    }
}
