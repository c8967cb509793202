//! How many requests an endpoint takes.
//!
//! In: the present. Out: yes, or how long to wait. Never knows: who is calling.

use std::sync::{Mutex, PoisonError};

/// A bucket that holds a minute's worth of requests and fills evenly.
#[derive(Debug)]
pub(crate) struct RateLimit {
    per_minute: u64,
    state: Mutex<State>,
}

/// Tokens are counted in sixty-thousandths of a request, so that a millisecond refills a whole number of them.
#[derive(Debug)]
struct State {
    left: u64,
    at_ms: i64,
}

const REQUEST: u64 = 60_000;

impl RateLimit {
    pub(crate) fn per_minute(limit: u64) -> Self {
        // A limit beyond this is none.
        let per_minute = limit.min(1 << 40);
        Self { per_minute, state: Mutex::new(State { left: per_minute * REQUEST, at_ms: i64::MIN }) }
    }

    /// Takes one request.
    ///
    /// # Errors
    /// Seconds until there is room for one.
    pub(crate) fn take(&self, now_ms: i64) -> Result<(), u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let passed_ms = u64::try_from(now_ms.saturating_sub(state.at_ms)).unwrap_or(0).min(60_000);
        state.at_ms = state.at_ms.max(now_ms);
        state.left = (state.left + passed_ms * self.per_minute).min(self.per_minute * REQUEST);
        match state.left.checked_sub(REQUEST) {
            Some(left) => {
                state.left = left;
                Ok(())
            }
            None => {
                let wait_ms = (REQUEST - state.left).div_ceil(self.per_minute.max(1));
                Err(wait_ms.div_ceil(1000).max(1))
            }
        }
    }
}
