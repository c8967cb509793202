//! When to send again.
//!
//! In: a retry policy and the end of a failed try. Out: an absolute time, or that the policy is used up.
//! Never knows: what is sent.

use crate::{descriptor::Retry, random::Random};

/// When to repeat after the `tries`-th counted try ended at `end_ms`; `None` if the policy is used up.
///
/// Delay before retry k = min(cap, interval × factor^(k-1)) × (1 + U[0, jitter]): only ever later than the page says. A
/// later `Retry-After` wins, up to its own cap.
#[must_use]
pub fn next_due(policy: &Retry, tries: u32, end_ms: i64, retry_after_ms: Option<u64>, random: &Random) -> Option<i64> {
    if tries > policy.retries {
        return None;
    }
    let asked_ms = retry_after_ms.unwrap_or(0).min(policy.retry_after_cap_ms);
    Some(end_ms.saturating_add_unsigned(jittered(delay_ms(policy, tries), policy, random).max(asked_ms)))
}

/// The documented delay before the `k`-th retry, without jitter.
#[must_use]
pub fn delay_ms(policy: &Retry, k: u32) -> u64 {
    let factor = u64::from(policy.factor).checked_pow(k.saturating_sub(1)).unwrap_or(u64::MAX);
    policy.interval_ms.saturating_mul(factor).min(policy.cap_ms)
}

/// From the first send to the last one, with all the jitter there can be, against a target that answers at once.
#[must_use]
pub fn span_ms(policy: &Retry) -> u64 {
    let with_jitter = |delay_ms: u64| delay_ms.saturating_add(delay_ms / 100 * u64::from(policy.jitter_percent));
    // After 64 doublings every delay is capped: the rest of a long policy is so many times the same.
    let first = (1..=policy.retries.min(64)).map(|k| with_jitter(delay_ms(policy, k))).fold(0, u64::saturating_add);
    let rest = u64::from(policy.retries.saturating_sub(64));
    first.saturating_add(with_jitter(delay_ms(policy, policy.retries)).saturating_mul(rest))
}

fn jittered(delay_ms: u64, policy: &Retry, random: &Random) -> u64 {
    let most = delay_ms.saturating_mul(u64::from(policy.jitter_percent)) / 100;
    delay_ms.saturating_add(random.up_to(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Retry = Retry {
        retries: 3,
        interval_ms: 30_000,
        factor: 2,
        cap_ms: 3_600_000,
        jitter_percent: 0,
        retry_after_cap_ms: 3_600_000,
        give_up_after_ms: None,
    };

    /// Sends of a policy against a target that answers at once, in seconds.
    fn sends(policy: &Retry) -> Vec<i64> {
        let random = Random::seeded(1);
        let mut sends = vec![0];
        while let Some(due_ms) =
            next_due(policy, u32::try_from(sends.len()).unwrap(), sends[sends.len() - 1] * 1000, None, &random)
        {
            sends.push(due_ms / 1000);
        }
        sends
    }

    #[test]
    fn the_whole_takes_so_long() {
        assert_eq!(span_ms(&POLICY), 210_000);
        assert_eq!(span_ms(&Retry { retries: 0, ..POLICY }), 0);
        assert_eq!(span_ms(&Retry { retries: 100, factor: 1, jitter_percent: 10, ..POLICY }), 3_300_000);
    }

    #[test]
    fn phrases_become_these_sends() {
        assert_eq!(sends(&POLICY), [0, 30, 90, 210], "3x every 30s, exponential backoff");
        assert_eq!(sends(&Retry { factor: 1, ..POLICY }), [0, 30, 60, 90], "3x every 30s");
        assert_eq!(sends(&Retry { retries: 2, factor: 1, ..POLICY }), [0, 30, 60], "3 attempts every 30s");
        assert_eq!(sends(&Retry { retries: 0, ..POLICY }), [0], "none");
        assert_eq!(sends(&Retry { cap_ms: 40_000, ..POLICY }), [0, 30, 70, 110], "the cap holds");
    }

    #[test]
    fn huge_policies_saturate() {
        let policy = Retry { retries: u32::MAX, interval_ms: u64::MAX, factor: u32::MAX, cap_ms: u64::MAX, ..POLICY };
        assert_eq!(next_due(&policy, 400, 1, None, &Random::seeded(1)), Some(i64::MAX));
    }

    #[test]
    fn jitter_is_only_ever_later_and_within_its_share() {
        let (policy, random) = (Retry { jitter_percent: 10, ..POLICY }, Random::seeded(42));
        let dues: Vec<_> = (0..200).filter_map(|_| next_due(&policy, 1, 0, None, &random)).collect();
        assert!(dues.iter().all(|due_ms| (30_000..=33_000).contains(due_ms)));
        assert!(dues.iter().any(|due_ms| *due_ms > 30_000));
    }

    #[test]
    fn a_later_retry_after_wins_up_to_its_cap() {
        let due = |asked_ms| next_due(&POLICY, 1, 0, Some(asked_ms), &Random::seeded(1));
        assert_eq!(due(1_000), Some(30_000), "an earlier one does not");
        assert_eq!(due(45_000), Some(45_000));
        assert_eq!(due(86_400_000), Some(3_600_000));
    }
}
