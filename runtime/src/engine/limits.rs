//! What a partner system allows: calls at a time, a second, a day; and what its breaker allows.
//!
//! In: the limits of a [`System`], a clock. Out: permission to call, or until when not to. Never knows: messages.
//!
//! Calls of the day are counted in the journal, too (`Called`, with the beginning of the call), so a restart forgets none.
//! Calls of a second and at a time start afresh: a process that just started has none under way.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::breaker::{Breaker, Effect, Standing};
use crate::{
    clock::Clock,
    descriptor::{Class, System},
    journal::Change,
    lifecycle::Reason,
};

/// Calls at a time where a system names no limit: the bound on duplicates after a crash.
const MAX_IN_FLIGHT: u32 = 16;

const DAY_MS: i64 = 86_400_000;

/// The way to one system.
pub(super) struct Gate {
    system: &'static System,
    clock: Arc<dyn Clock>,
    at_a_time: Arc<Semaphore>,
    state: Mutex<GateState>,
    /// There is room for another call of a slow start.
    room: Notify,
}

#[derive(Default)]
struct GateState {
    /// When the next call may start, microseconds.
    next_us: i64,
    /// The day being counted, and its calls.
    day: (i64, u64),
    /// Calls under way.
    calls: usize,
    breaker: Breaker,
}

/// Not now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shut {
    pub(super) until_ms: i64,
    pub(super) hold: Reason,
    pub(super) why: String,
}

/// Permission for one call; must be told what came of it.
pub(super) struct Permit {
    gate: Arc<Gate>,
    _at_a_time: OwnedSemaphorePermit,
    /// This call finds out whether the target is back.
    trying: bool,
    day: i64,
    reported: bool,
}

impl Gate {
    pub(super) fn new(system: &'static System, clock: Arc<dyn Clock>) -> Self {
        let at_a_time = system.max_concurrency.unwrap_or(MAX_IN_FLIGHT).max(1);
        let at_a_time = Arc::new(Semaphore::new(usize::try_from(at_a_time).unwrap_or(1)));
        Self { system, clock, at_a_time, state: Mutex::default(), room: Notify::new() }
    }

    /// Waits for its turn, as the system's limits say.
    ///
    /// # Errors
    /// [`Shut`] if the breaker is open or the day's calls are used up; waiting here would take a place from others.
    pub(super) async fn pass(self: &Arc<Self>) -> Result<Permit, Shut> {
        self.look()?;
        let at_a_time = Arc::clone(&self.at_a_time).acquire_owned().await;
        // The semaphore is never closed; were it, no further call would be allowed.
        let closing = |_| self.shut(Reason::Circuit, self.clock.now_ms(), "is not called any more: the service stops");
        let at_a_time = at_a_time.map_err(closing)?;
        let Started { start_ms, day, trying } = loop {
            // Registered before looking: room that comes up in between is not missed.
            let room = self.room.notified();
            if let Some(started) = self.enter()? {
                break started;
            }
            room.await;
        };
        let permit = Permit { gate: Arc::clone(self), _at_a_time: at_a_time, trying, day, reported: false };
        self.clock.sleep_until(start_ms).await;
        Ok(permit)
    }

    /// Whether it is worth queueing.
    pub(super) fn look(&self) -> Result<(), Shut> {
        self.allowed(&self.state(), self.clock.now_ms())
    }

    fn allowed(&self, state: &GateState, now_ms: i64) -> Result<(), Shut> {
        state.breaker.look(now_ms).map_err(|until_ms| {
            self.shut(Reason::Circuit, until_ms, "is not called now: it refused us, or too many calls failed")
        })?;
        let today = day(now_ms);
        let spent = self.system.max_per_day.is_some_and(|most| state.day.0 == today && state.day.1 >= most);
        if spent { Err(self.shut(Reason::Quota, (today + 1) * DAY_MS, "has had its calls of the day")) } else { Ok(()) }
    }

    /// Takes a place in the second and the day; `None` while a slow start has no room.
    fn enter(&self) -> Result<Option<Started>, Shut> {
        let now_ms = self.clock.now_ms();
        let mut state = self.state();
        self.allowed(&state, now_ms)?;
        if state.breaker.at_a_time().is_some_and(|most| state.calls >= most) {
            return Ok(None);
        }
        let today = day(now_ms);
        if state.day.0 != today {
            state.day = (today, 0);
        }
        state.day.1 += 1;
        state.calls += 1;
        let started = |start_ms, trying| Ok(Some(Started { start_ms, day: today, trying }));
        let trying = state.breaker.start();
        let Some(per_second) = self.system.max_per_second.filter(|most| *most > 0) else {
            return started(now_ms, trying);
        };
        let start_us = state.next_us.max(now_ms.saturating_mul(1_000));
        state.next_us = start_us.saturating_add(i64::from(1_000_000_u32.div_ceil(per_second)));
        started(start_us.saturating_add(999).div_euclid(1_000), trying)
    }

    /// What an earlier process counted on this day.
    pub(super) fn called(&self, day: i64, calls: u64) {
        self.state().day = (day, calls);
    }

    fn report(&self, class: Class, trying: bool) -> Effect {
        let now_ms = self.clock.now_ms();
        let mut state = self.state();
        state.calls = state.calls.saturating_sub(1);
        let effect = state.breaker.report(class, (trying, self.most()), now_ms);
        drop(state);
        self.room.notify_waiters();
        effect
    }

    /// Until when the breaker is open, if it is.
    pub(super) fn open_until_ms(&self) -> Option<i64> {
        match self.standing() {
            Standing::Open { until_ms } => Some(until_ms),
            Standing::Closed | Standing::HalfOpen => None,
        }
    }

    /// Where the breaker stands.
    pub(super) fn standing(&self) -> Standing {
        self.state().breaker.standing()
    }

    /// The system.
    pub(super) fn name(&self) -> &'static str {
        self.system.name
    }

    /// Calls of today, and the most of a day.
    pub(super) fn calls_today(&self) -> (u64, Option<u64>) {
        let (day, calls) = self.state().day;
        let is_today = day == self.clock.now_ms().div_euclid(DAY_MS);
        (if is_today { calls } else { 0 }, self.system.max_per_day)
    }

    /// Calls under way, and the most at a time.
    pub(super) fn in_flight(&self) -> (usize, usize) {
        (self.state().calls, self.most())
    }

    fn most(&self) -> usize {
        usize::try_from(self.system.max_concurrency.unwrap_or(MAX_IN_FLIGHT).max(1)).unwrap_or(1)
    }

    fn shut(&self, hold: Reason, until_ms: i64, why: &str) -> Shut {
        Shut { until_ms, hold, why: format!("{} {why}", self.system.name) }
    }

    fn state(&self) -> MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When a call may start, and what it counts as.
struct Started {
    start_ms: i64,
    day: i64,
    trying: bool,
}

/// The day of a time, in days since 1970, UTC.
pub(super) const fn day(now_ms: i64) -> i64 {
    now_ms.div_euclid(DAY_MS)
}

impl Permit {
    /// Says what came of the call; its class from then on. A call that finds out, and finds the target no better, says
    /// nothing about its message: it counts as refused by the target as such.
    pub(super) fn report(mut self, class: Class) -> Class {
        self.reported = true;
        match self.gate.report(class, self.trying) {
            // Whether the work was done must be found out, whatever the target's health.
            Effect::InVain if class != Class::Unknown => Class::Target,
            _ => class,
        }
    }

    /// The count for the journal, where the partner allows so many a day.
    pub(super) fn called(&self) -> Option<Change> {
        let Gate { system, .. } = &*self.gate;
        system.max_per_day.map(|_| Change::Called { system: system.name, day: self.day })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.reported {
            return;
        }
        // The call was dropped before it came to anything: whoever was to find out did not.
        let now_ms = self.gate.clock.now_ms();
        let mut state = self.gate.state();
        state.calls = state.calls.saturating_sub(1);
        if self.trying {
            state.breaker.lost(now_ms);
        }
        drop(state);
        self.gate.room.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::TokioClock, descriptor::OutboundAuth};

    static VMS: System = System {
        name: "11VMS",
        auth: OutboundAuth::None,
        cloud_connector: false,
        max_concurrency: Some(1),
        max_per_second: Some(10),
        max_per_day: Some(5),
    };

    fn gate() -> (Arc<Gate>, Arc<dyn Clock>) {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::starting_at(0));
        (Arc::new(Gate::new(&VMS, Arc::clone(&clock))), clock)
    }

    #[tokio::test(start_paused = true)]
    async fn calls_are_paced_and_counted_by_the_day() {
        let (gate, clock) = gate();
        for call in 0..5 {
            let permit = gate.pass().await.ok().unwrap();
            assert_eq!(clock.now_ms(), call * 100);
            permit.report(Class::Delivered);
        }
        assert_eq!(gate.pass().await.err().map(|shut| shut.until_ms), Some(DAY_MS));
        clock.sleep_until(DAY_MS).await;
        assert!(gate.pass().await.is_ok(), "a new day");
    }

    #[tokio::test(start_paused = true)]
    async fn one_at_a_time_means_one() {
        let (gate, _) = gate();
        let first = gate.pass().await.ok().unwrap();
        let waiting = tokio::time::timeout(std::time::Duration::from_secs(60), gate.pass()).await;
        assert!(waiting.is_err(), "the second waits for the first");
        first.report(Class::Delivered);
        assert!(gate.pass().await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_open_the_breaker_for_growing_pauses_and_one_call_tries() {
        let (gate, clock) = gate();
        gate.pass().await.ok().unwrap().report(Class::Target);
        assert_eq!(gate.pass().await.err().map(|shut| shut.until_ms), Some(30_000));
        clock.sleep_until(30_000).await;
        let trying = gate.pass().await.ok().unwrap();
        assert!(gate.pass().await.is_err(), "only one tries");
        trying.report(Class::Target);
        assert_eq!(gate.open_until_ms(), Some(90_000));
        clock.sleep_until(90_000).await;
        drop(gate.pass().await);
        assert_eq!(gate.pass().await.ok().unwrap().report(Class::Retryable), Class::Retryable);
        assert_eq!(gate.open_until_ms(), None, "it spoke to us: the timetable decides from here");
    }

    static WIDE: System = System {
        name: "SRM7",
        auth: OutboundAuth::None,
        cloud_connector: false,
        max_concurrency: None,
        max_per_second: None,
        max_per_day: Some(100),
    };

    #[tokio::test(start_paused = true)]
    async fn a_target_that_comes_back_is_not_run_over() {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::starting_at(0));
        let gate = Arc::new(Gate::new(&WIDE, Arc::clone(&clock)));
        for _ in 0..20 {
            gate.pass().await.ok().unwrap().report(Class::Retryable);
        }
        let shut = gate.pass().await.err().unwrap();
        assert_eq!((shut.until_ms, shut.hold), (1_000, Reason::Circuit));
        clock.sleep_until(1_000).await;
        assert_eq!(gate.pass().await.ok().unwrap().report(Class::Retryable), Class::Target, "no fault of the message");
        clock.sleep_until(3_000).await;
        gate.pass().await.ok().unwrap().report(Class::Delivered);
        let mut under_way = Vec::new();
        let mut most = Vec::new();
        for _ in 0..5 {
            while let Some(Ok(permit)) = futures_util::future::poll_immediate(std::pin::pin!(gate.pass())).await {
                under_way.push(permit);
            }
            most.push(under_way.len());
            for permit in under_way.drain(..) {
                permit.report(Class::Delivered);
            }
        }
        assert_eq!(most, [1, 2, 4, 8, 16]);
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_an_earlier_process_made_count() {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::starting_at(DAY_MS + 5));
        let gate = Arc::new(Gate::new(&WIDE, Arc::clone(&clock)));
        gate.called(1, 99);
        let last = gate.pass().await.ok().unwrap();
        assert_eq!(last.called(), Some(Change::Called { system: "SRM7", day: 1 }));
        last.report(Class::Delivered);
        let shut = gate.pass().await.err().unwrap();
        assert_eq!((shut.until_ms, shut.hold), (2 * DAY_MS, Reason::Quota));
    }
}
