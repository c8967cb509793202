//! What a partner system allows: calls at a time, a second, a day; and the breaker.
//!
//! In: the limits of a [`System`], a clock. Out: permission to call, or until when not to. Never knows: messages.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    clock::Clock,
    descriptor::{Class, System},
};

/// Calls at a time where a system names no limit: the bound on duplicates after a crash.
const MAX_IN_FLIGHT: u32 = 16;

/// First and longest pause after a system refused us as such.
pub(super) const FIRST_PAUSE_MS: u64 = 30_000;
pub(super) const LONGEST_PAUSE_MS: u64 = 600_000;

const DAY_MS: i64 = 86_400_000;

/// The way to one system.
pub(super) struct Gate {
    system: &'static System,
    clock: Arc<dyn Clock>,
    at_a_time: Arc<Semaphore>,
    state: Mutex<GateState>,
}

#[derive(Default)]
struct GateState {
    /// When the next call may start, microseconds.
    next_us: i64,
    /// The day being counted, and its calls.
    day: (i64, u64),
    breaker: Breaker,
}

#[derive(Default, Clone, Copy, PartialEq, Debug)]
enum Breaker {
    #[default]
    Closed,
    Open {
        until_ms: i64,
        pause_ms: u64,
    },
    /// One call is finding out.
    Trying {
        pause_ms: u64,
    },
}

/// Where the breaker of a system stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Calls pass.
    Closed,
    /// No call passes until then.
    Open {
        /// Milliseconds since 1970.
        until_ms: i64,
    },
    /// One call is finding out.
    HalfOpen,
}

/// Not now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shut {
    pub(super) until_ms: i64,
    pub(super) why: String,
}

/// Permission for one call; must be told what came of it.
pub(super) struct Permit {
    gate: Arc<Gate>,
    _at_a_time: OwnedSemaphorePermit,
    reported: bool,
}

impl Gate {
    pub(super) fn new(system: &'static System, clock: Arc<dyn Clock>) -> Self {
        let at_a_time = system.max_concurrency.unwrap_or(MAX_IN_FLIGHT).max(1);
        let at_a_time = Arc::new(Semaphore::new(usize::try_from(at_a_time).unwrap_or(1)));
        Self { system, clock, at_a_time, state: Mutex::default() }
    }

    /// Waits for its turn, as the system's limits say.
    ///
    /// # Errors
    /// [`Shut`] if the breaker is open or the day's calls are used up; waiting here would take a place from others.
    pub(super) async fn pass(self: &Arc<Self>) -> Result<Permit, Shut> {
        self.look()?;
        let at_a_time = Arc::clone(&self.at_a_time).acquire_owned().await;
        // The semaphore is never closed; were it, no further call would be allowed.
        let at_a_time = at_a_time.map_err(|_| self.shut(self.clock.now_ms(), "the service is stopping"))?;
        let start_ms = self.enter()?;
        let permit = Permit { gate: Arc::clone(self), _at_a_time: at_a_time, reported: false };
        self.clock.sleep_until(start_ms).await;
        Ok(permit)
    }

    /// Whether it is worth queueing.
    fn look(&self) -> Result<(), Shut> {
        let now_ms = self.clock.now_ms();
        match self.state().breaker {
            Breaker::Open { until_ms, .. } if now_ms < until_ms => Err(self.shut(until_ms, "refused us")),
            Breaker::Trying { pause_ms } => Err(self.shut(later(now_ms, pause_ms / 8), "is being tried again")),
            Breaker::Open { .. } | Breaker::Closed => Ok(()),
        }
    }

    /// Takes a place in the second and the day; when the call may start.
    fn enter(&self) -> Result<i64, Shut> {
        self.look()?;
        let now_ms = self.clock.now_ms();
        let mut state = self.state();
        let today = now_ms.div_euclid(DAY_MS);
        if state.day.0 != today {
            state.day = (today, 0);
        }
        if self.system.max_per_day.is_some_and(|most| state.day.1 >= most) {
            return Err(self.shut((today + 1) * DAY_MS, "has had its calls of the day"));
        }
        state.day.1 += 1;
        if let Breaker::Open { pause_ms, .. } = state.breaker {
            state.breaker = Breaker::Trying { pause_ms };
        }
        let Some(per_second) = self.system.max_per_second.filter(|most| *most > 0) else { return Ok(now_ms) };
        let start_us = state.next_us.max(now_ms.saturating_mul(1_000));
        state.next_us = start_us.saturating_add(i64::from(1_000_000_u32.div_ceil(per_second)));
        Ok(start_us.saturating_add(999).div_euclid(1_000))
    }

    fn report(&self, refused: bool) {
        let now_ms = self.clock.now_ms();
        let mut state = self.state();
        state.breaker = match (refused, state.breaker) {
            (false, _) => Breaker::Closed,
            (true, Breaker::Closed) => opened(now_ms, FIRST_PAUSE_MS),
            (true, Breaker::Trying { pause_ms }) => opened(now_ms, (pause_ms * 2).min(LONGEST_PAUSE_MS)),
            // Several calls were under way when the first of them was refused.
            (true, open @ Breaker::Open { .. }) => open,
        };
    }

    /// Until when the breaker is open, if it is.
    pub(super) fn open_until_ms(&self) -> Option<i64> {
        match self.state().breaker {
            Breaker::Open { until_ms, .. } => Some(until_ms),
            Breaker::Closed | Breaker::Trying { .. } => None,
        }
    }

    /// Where the breaker stands.
    pub(super) fn standing(&self) -> Standing {
        match self.state().breaker {
            Breaker::Closed => Standing::Closed,
            Breaker::Open { until_ms, .. } => Standing::Open { until_ms },
            Breaker::Trying { .. } => Standing::HalfOpen,
        }
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
        let most = usize::try_from(self.system.max_concurrency.unwrap_or(MAX_IN_FLIGHT).max(1)).unwrap_or(1);
        (most.saturating_sub(self.at_a_time.available_permits()), most)
    }

    fn shut(&self, until_ms: i64, why: &str) -> Shut {
        Shut { until_ms, why: format!("{} {why}", self.system.name) }
    }

    fn state(&self) -> MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn opened(now_ms: i64, pause_ms: u64) -> Breaker {
    Breaker::Open { until_ms: later(now_ms, pause_ms), pause_ms }
}

fn later(now_ms: i64, pause_ms: u64) -> i64 {
    now_ms.saturating_add_unsigned(pause_ms)
}

impl Permit {
    /// Says what came of the call: only a refusal of the target as such opens the breaker.
    pub(super) fn report(mut self, class: Class) {
        self.reported = true;
        self.gate.report(class == Class::Target);
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
        if let Breaker::Trying { pause_ms } = state.breaker {
            state.breaker = Breaker::Open { until_ms: now_ms, pause_ms };
        }
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
        gate.pass().await.ok().unwrap().report(Class::Retryable);
        assert_eq!(gate.open_until_ms(), None, "it spoke to us: the timetable decides from here");
    }
}
