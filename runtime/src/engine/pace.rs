//! How many messages of an interface run at a time: fewer while new ones have to wait for their receipt.
//!
//! In: how long each acceptance took, how many messages wait, milliseconds of a clock that nobody sets. Out: a number. Pure: no
//! clock, no tasks. Never knows: what a message holds.
//!
//! Acceptance and delivery share processor and disk. A sender waits for its receipt, a message in the journal can wait: when
//! receipts come late, delivery gives way by half, again and again, and takes it back little by little once they come in
//! time (additive increase, multiplicative decrease). It never gives way altogether, and the more messages wait, the less: a
//! load that stays higher than what can be delivered slows its senders in the end.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

/// Messages of one interface that run at a time, at most.
pub(super) const MOST: usize = 64;
/// And when delivery gives way; one more for so many that wait.
const LEAST: usize = 8;
const FOR_ONE_MORE: usize = 1_024;

/// A receipt that took longer came late.
const LATE_MS: i64 = 4;
/// So much of the time is looked at together.
const LOOK_MS: i64 = 10;
/// One late receipt of so many is a hiccup.
const HICCUP: usize = 8;
/// So much is taken back at a time.
const BACK: usize = 2;
/// Nobody was accepted for so long: nobody waits for a receipt.
const QUIET_MS: i64 = 50;

/// What is known of acceptance.
#[derive(Debug)]
pub(super) struct Pace {
    most: AtomicUsize,
    since_ms: AtomicI64,
    in_time: AtomicUsize,
    late: AtomicUsize,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self {
            most: AtomicUsize::new(MOST),
            since_ms: AtomicI64::new(i64::MIN),
            in_time: AtomicUsize::new(0),
            late: AtomicUsize::new(0),
        }
    }

    /// A message was accepted just now, in so many milliseconds.
    pub(super) fn accepted(&self, took_ms: i64, now_ms: i64) {
        let count = if took_ms > LATE_MS { &self.late } else { &self.in_time };
        count.fetch_add(1, Ordering::Relaxed);
        let since_ms = self.since_ms.load(Ordering::Relaxed);
        let over = now_ms.saturating_sub(since_ms) >= LOOK_MS;
        // Whoever moves the mark does the sum.
        if !over || self.since_ms.compare_exchange(since_ms, now_ms, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return;
        }
        let (late, in_time) = (self.late.swap(0, Ordering::Relaxed), self.in_time.swap(0, Ordering::Relaxed));
        let most = self.most.load(Ordering::Relaxed);
        let most = if late * HICCUP > late + in_time { most / 2 } else { most + BACK };
        self.most.store(most.clamp(LEAST, MOST), Ordering::Relaxed);
    }

    /// How many may run now, with so many that wait.
    pub(super) fn most(&self, waiting: usize, now_ms: i64) -> usize {
        if now_ms.saturating_sub(self.since_ms.load(Ordering::Relaxed)) > QUIET_MS {
            return MOST;
        }
        (self.most.load(Ordering::Relaxed) + waiting / FOR_ONE_MORE).min(MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Receipts of so many milliseconds each, one every millisecond.
    fn receipts(pace: &Pace, from_ms: i64, took_ms: &[i64]) {
        for (after_ms, took_ms) in (0..).zip(took_ms) {
            pace.accepted(*took_ms, from_ms + after_ms);
        }
    }

    #[test]
    fn delivery_gives_way_to_late_receipts_and_comes_back() {
        let pace = Pace::new();
        assert_eq!(pace.most(0, 0), MOST);
        receipts(&pace, 0, &[1; 100]);
        assert_eq!(pace.most(0, 100), MOST, "in time");
        receipts(&pace, 100, &[9; 100]);
        assert_eq!(pace.most(0, 200), LEAST);
        assert_eq!(pace.most(10 * FOR_ONE_MORE, 200), LEAST + 10, "the more wait, the less it gives way");
        assert_eq!(pace.most(1_000_000, 200), MOST);
        receipts(&pace, 200, &[1; 101]);
        assert_eq!(pace.most(0, 300), LEAST + 10 * BACK, "little by little");
        receipts(&pace, 300, &[1, 1, 1, 1, 1, 1, 1, 1, 9, 1, 1, 1]);
        assert!(pace.most(0, 310) > LEAST + 10 * BACK, "one late receipt is a hiccup");
    }

    #[test]
    fn when_nobody_waits_for_a_receipt_nothing_is_held_back() {
        let pace = Pace::new();
        receipts(&pace, 0, &[9; 100]);
        assert_eq!(pace.most(0, 100), LEAST);
        assert_eq!(pace.most(0, 100 + QUIET_MS + 1), MOST);
    }
}
