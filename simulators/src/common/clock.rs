//! In: the real clock. Out: virtual time, shared by simulators and the service under test.
//! Never knows: who waits, or what for.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock that may run faster than the wall: `virtual = origin + (real − origin) × factor`.
///
/// The service binary takes the same formula (`--clock`, see [`SimClock::argument`]), so a token issued by a simulator
/// expires at the same virtual instant on both sides of a process boundary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SimClock {
    origin_ms: i64,
    factor: f64,
}

impl Default for SimClock {
    fn default() -> Self {
        SimClock::system()
    }
}

impl SimClock {
    /// Real time.
    #[must_use]
    pub fn system() -> Self {
        SimClock { origin_ms: 0, factor: 1.0 }
    }

    /// Time that runs `factor` times as fast since `origin_unix_ms` (a real instant, Unix milliseconds).
    /// A factor that is not a positive finite number counts as 1.
    #[must_use]
    pub fn scaled(factor: f64, origin_unix_ms: i64) -> Self {
        let factor = if factor.is_finite() && factor > 0.0 { factor } else { 1.0 };
        SimClock { origin_ms: origin_unix_ms, factor }
    }

    /// Time that runs `factor` times as fast from now on.
    #[must_use]
    pub fn scaled_from_now(factor: f64) -> Self {
        SimClock::scaled(factor, real_ms())
    }

    /// How many virtual seconds pass in one real second.
    #[must_use]
    pub fn factor(&self) -> f64 {
        self.factor
    }

    /// Virtual now, in Unix milliseconds.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    pub fn now_ms(&self) -> i64 {
        let real = real_ms();
        if self.is_system() {
            return real;
        }
        self.origin_ms + ((real - self.origin_ms) as f64 * self.factor) as i64
    }

    /// Virtual now, in whole Unix seconds.
    #[must_use]
    pub fn now_s(&self) -> i64 {
        self.now_ms().div_euclid(1000)
    }

    /// Virtual now as RFC 3339 text in UTC with whole seconds, as most partners write it.
    #[must_use]
    pub fn now_rfc3339(&self) -> String {
        jiff::Timestamp::from_second(self.now_s()).map_or_else(|_| String::new(), |t| t.to_string())
    }

    /// The real time that `span` of virtual time takes.
    #[must_use]
    pub fn to_real(&self, span: Duration) -> Duration {
        span.div_f64(self.factor)
    }

    /// Waits for `span` of virtual time.
    pub async fn sleep(&self, span: Duration) {
        tokio::time::sleep(self.to_real(span)).await;
    }

    /// The value for the service's `--clock` option: `system`, or `scaled:<factor>@<unix-ms-of-start>`.
    #[must_use]
    pub fn argument(&self) -> String {
        if self.is_system() { "system".to_owned() } else { format!("scaled:{}@{}", self.factor, self.origin_ms) }
    }

    fn is_system(&self) -> bool {
        self.origin_ms == 0 && (self.factor - 1.0).abs() < f64::EPSILON
    }
}

fn real_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|d| i64::try_from(d.as_millis()).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scaled_clock_runs_ahead_of_its_origin() {
        let clock = SimClock::scaled(60.0, real_ms() - 1000);
        let ahead = clock.now_ms() - real_ms();
        assert!((58_000..62_000).contains(&ahead), "{ahead}");
        assert_eq!(clock.to_real(Duration::from_secs(30)), Duration::from_millis(500));
    }

    #[test]
    fn the_argument_is_what_the_service_parses() {
        assert_eq!(SimClock::system().argument(), "system");
        assert_eq!(SimClock::scaled(120.0, 1_700_000_000_000).argument(), "scaled:120@1700000000000");
        assert_eq!(SimClock::scaled(f64::NAN, 5).factor(), 1.0);
    }
}
