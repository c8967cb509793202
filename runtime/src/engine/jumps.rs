//! A wall clock that jumps.
//!
//! In: the wall clock and a steady one. Out: an alert when one moves against the other. Never knows: channels.
//!
//! Due times are instants of the wall clock, so they follow it; somebody has to know.

use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{core::Core, watch};
use crate::{
    alert::{Condition, SERVICE},
    lifecycle::Trouble,
};

/// The wall clock is held against the machine's steady one this often.
const LOOK_EVERY_MS: u64 = 30_000;
/// A wall clock that moves by more than this against the steady one has jumped.
const JUMP_MS: i64 = 5_000;

/// Holds the wall clock against the steady one, and says when it has jumped.
pub(super) fn watch_clock(core: &Arc<Core>, stop: &CancellationToken) -> JoinHandle<()> {
    let (core, stop) = (Arc::clone(core), stop.clone());
    tokio::spawn(async move {
        let mut before = (core.clock.now_ms(), core.clock.steady_ms());
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = core.clock.sleep(LOOK_EVERY_MS) => {}
            }
            let now = (core.clock.now_ms(), core.clock.steady_ms());
            if let Some(jump_ms) = jump(before, now) {
                tracing::warn!(jump_ms, "the wall clock jumped");
                watch::tell(&core, jumped(jump_ms)).await;
            }
            before = now;
        }
    })
}

/// By how much the wall clock moved against the steady one, if that is more than clocks are corrected by.
fn jump(before: (i64, i64), now: (i64, i64)) -> Option<i64> {
    let jump_ms = now.0.saturating_sub(before.0).saturating_sub(now.1.saturating_sub(before.1));
    (jump_ms.saturating_abs() > JUMP_MS).then_some(jump_ms)
}

fn jumped(jump_ms: i64) -> Condition {
    let way = if jump_ms > 0 { "forward" } else { "back" };
    Condition {
        interface: SERVICE.to_owned(),
        target: "clock".to_owned(),
        trouble: Trouble::ClockJumped,
        count: 1,
        message_id: String::new(),
        detail: format!("the wall clock went {way} by {} s; due times follow it", jump_ms.saturating_abs() / 1_000),
        channels: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_corrected_has_not_jumped() {
        let check = |wall: (i64, i64), steady: (i64, i64), expect| {
            assert_eq!(jump((wall.0, steady.0), (wall.1, steady.1)), expect, "{wall:?} {steady:?}");
        };
        check((0, 30_000), (0, 30_000), None);
        check((0, 34_999), (0, 30_000), None);
        check((0, 36_000), (0, 30_000), Some(6_000));
        check((100_000, 70_000), (0, 30_000), Some(-60_000));
        check((0, 900_000), (0, 900_000), None);
    }
}
