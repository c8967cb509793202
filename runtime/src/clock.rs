//! Time, by parameter.
//!
//! In: nothing. Out: the present and waits, on whatever clock the service was started with. Never knows: who waits.
//!
//! Every wait of the runtime (retry, timeout, token expiry, alert) is on this clock, so a service under test can live
//! through a day in a second and still keep its timetable. Waiting is what a fast clock shortens; work is not: a
//! partner's reply takes as long as it takes, so the limit on it stays what the document says ([`Clock::patience`]).

use std::{
    future::Future,
    str::FromStr,
    sync::LazyLock,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use jiff::Timestamp;

use crate::door::Promise;

/// Where time comes from.
pub trait Clock: Send + Sync + 'static {
    /// The present, milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> i64;

    /// Resolves once [`Clock::now_ms`] is at least `due_ms`; at once if it already is.
    fn sleep_until(&self, due_ms: i64) -> Promise<'_, ()>;

    /// Milliseconds on a clock that nobody sets: it only ever goes forward, at the pace of this one. A clock that is
    /// steady itself need not say more.
    fn steady_ms(&self) -> i64 {
        self.now_ms()
    }

    /// Whether it goes as fast as other people's clocks, and so can be held against theirs.
    fn keeps_pace(&self) -> bool {
        true
    }

    /// The present as a timestamp.
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms()).unwrap_or_default()
    }

    /// Resolves after `ms` milliseconds of this clock.
    fn sleep(&self, ms: u64) -> Promise<'_, ()> {
        self.sleep_until(self.now_ms().saturating_add_unsigned(ms))
    }

    /// Resolves when work has had the `ms` milliseconds it may take. The same as [`Clock::sleep`] unless the clock runs
    /// ahead of the machine that does the work.
    fn patience(&self, ms: u64) -> Promise<'_, ()> {
        self.sleep(ms)
    }
}

/// A future took longer than it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("took longer than allowed")]
pub struct Elapsed;

/// Waits for `future`, which is work, at most the `ms` milliseconds that `clock` allows it.
///
/// # Errors
/// [`Elapsed`]; the future is dropped then.
pub async fn timeout<T>(clock: &dyn Clock, ms: u64, future: impl Future<Output = T>) -> Result<T, Elapsed> {
    tokio::select! {
        biased;
        value = future => Ok(value),
        () = clock.patience(ms) => Err(Elapsed),
    }
}

/// The machine's clock, or one that runs faster: virtual now = origin + (real now − origin) × factor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScaledClock {
    factor: f64,
    origin_ms: i64,
}

/// Longest real wait before the clock is looked at again, so that a wall-clock jump is noticed.
const LOOK_AGAIN: Duration = Duration::from_secs(20);

/// Machines' clocks go wrong by less than this part.
const PACE: f64 = 0.01;

impl ScaledClock {
    /// The machine's own clock.
    pub const SYSTEM: Self = Self { factor: 1.0, origin_ms: 0 };

    /// A clock that agreed with the machine's at `origin_ms` and runs `factor` times as fast; `None` unless
    /// `factor` is positive and finite.
    #[must_use]
    pub fn new(factor: f64, origin_ms: i64) -> Option<Self> {
        (factor.is_finite() && factor > 0.0).then_some(Self { factor, origin_ms })
    }

    /// How long `virtual_time` takes on the machine's clock.
    fn real(&self, virtual_ms: i64) -> Duration {
        Duration::try_from_secs_f64(to_f64(virtual_ms) / self.factor / 1000.0).unwrap_or_default()
    }
}

impl Clock for ScaledClock {
    fn now_ms(&self) -> i64 {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        if self.factor == 1.0 {
            return i64::try_from(real.as_millis()).unwrap_or(i64::MAX);
        }
        let since_origin_ms = real.as_secs_f64() * 1000.0 - to_f64(self.origin_ms);
        self.origin_ms.saturating_add(to_i64(since_origin_ms * self.factor))
    }

    fn keeps_pace(&self) -> bool {
        (self.factor - 1.0).abs() < PACE
    }

    fn steady_ms(&self) -> i64 {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        to_i64(START.elapsed().as_secs_f64() * 1000.0 * self.factor)
    }

    fn sleep_until(&self, due_ms: i64) -> Promise<'_, ()> {
        Box::pin(async move {
            loop {
                let left_ms = due_ms.saturating_sub(self.now_ms());
                if left_ms <= 0 {
                    return;
                }
                tokio::time::sleep(self.real(left_ms).clamp(Duration::from_micros(100), LOOK_AGAIN)).await;
            }
        })
    }

    fn patience(&self, ms: u64) -> Promise<'_, ()> {
        if self.factor <= 1.0 { self.sleep(ms) } else { Box::pin(tokio::time::sleep(Duration::from_millis(ms))) }
    }
}

impl FromStr for ScaledClock {
    type Err = String;

    /// `system`, or `scaled:<factor>@<unix milliseconds of the start>`.
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "system" {
            return Ok(Self::SYSTEM);
        }
        text.strip_prefix("scaled:")
            .and_then(|rest| rest.split_once('@'))
            .and_then(|(factor, origin)| Self::new(factor.parse().ok()?, origin.parse().ok()?))
            .ok_or_else(|| format!("`{text}` is no clock: write `system` or `scaled:60@1767225600000`"))
    }
}

#[allow(clippy::cast_precision_loss, reason = "milliseconds of a human calendar fit 53 bits")]
fn to_f64(ms: i64) -> f64 {
    ms as f64
}

#[allow(clippy::cast_possible_truncation, reason = "a cast from f64 saturates")]
fn to_i64(ms: f64) -> i64 {
    ms as i64
}

/// A clock on tokio's own time, for tests: in a runtime that was started paused it jumps to the next wait whenever
/// nothing else is left to do.
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    start: tokio::time::Instant,
    origin_ms: i64,
}

impl TokioClock {
    /// A clock that shows `origin_ms` now. Must be called inside a tokio runtime.
    #[must_use]
    pub fn starting_at(origin_ms: i64) -> Self {
        Self { start: tokio::time::Instant::now(), origin_ms }
    }
}

impl Clock for TokioClock {
    fn now_ms(&self) -> i64 {
        self.origin_ms.saturating_add(i64::try_from(self.start.elapsed().as_millis()).unwrap_or(i64::MAX))
    }

    fn sleep_until(&self, due_ms: i64) -> Promise<'_, ()> {
        let left_ms = due_ms.saturating_sub(self.now_ms());
        Box::pin(tokio::time::sleep(Duration::from_millis(u64::try_from(left_ms).unwrap_or(0))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_read_from_arguments() {
        let check = |text: &str, expect: Option<ScaledClock>| assert_eq!(text.parse().ok(), expect, "{text}");
        check("system", Some(ScaledClock::SYSTEM));
        check("scaled:60@1000", ScaledClock::new(60.0, 1000));
        check("scaled:0.5@-1", ScaledClock::new(0.5, -1));
        for wrong in ["", "scaled", "scaled:60", "scaled:0@1", "scaled:-1@1", "scaled:NaN@1", "scaled:inf@1", "fast"] {
            check(wrong, None);
        }
    }

    #[tokio::test]
    async fn a_scaled_clock_waits_in_its_own_time() {
        let origin_ms = ScaledClock::SYSTEM.now_ms();
        let clock = ScaledClock::new(1000.0, origin_ms).unwrap();
        let before = std::time::Instant::now();
        let due_ms = clock.now_ms() + 20_000;
        clock.sleep_until(due_ms).await;
        assert!(clock.now_ms() >= due_ms);
        assert!(before.elapsed() < Duration::from_secs(5), "20 s of a clock a thousand times as fast take 20 ms");
    }

    #[tokio::test]
    async fn a_fast_clock_leaves_work_its_time() {
        let clock = ScaledClock::new(1000.0, ScaledClock::SYSTEM.now_ms()).unwrap();
        let work = tokio::time::sleep(Duration::from_millis(50));
        assert_eq!(timeout(&clock, 20_000, work).await, Ok(()), "20 s for work are not 20 ms");
        let before = std::time::Instant::now();
        assert_eq!(timeout(&clock, 50, std::future::pending::<()>()).await, Err(Elapsed));
        assert!(before.elapsed() >= Duration::from_millis(50));
    }
}
