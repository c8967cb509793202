//! Randomness, by parameter.
//!
//! In: a seed. Out: numbers, the same for the same seed. Never knows: what they are for. Not for keys or secrets.

use std::sync::atomic::{AtomicU64, Ordering};

/// A SplitMix64 sequence (Steele, Lea, Flood 2014): small, fast, even, and safe to share between tasks.
#[derive(Debug)]
pub struct Random {
    state: AtomicU64,
}

impl Random {
    /// The sequence of a seed.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self { state: AtomicU64::new(seed) }
    }

    /// A sequence nobody can foretell, seeded by the operating system.
    #[must_use]
    pub fn from_system() -> Self {
        let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
        Self::seeded(high ^ low.rotate_left(32))
    }

    /// The next number.
    pub fn next(&self) -> u64 {
        let state = self.state.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed).wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `limit`, both included.
    pub fn up_to(&self, limit: u64) -> u64 {
        let wide = u128::from(self.next()) * (u128::from(limit) + 1);
        u64::try_from(wide >> 64).unwrap_or(limit)
    }

    /// 16 bytes.
    pub fn bytes(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.next().to_be_bytes());
        bytes[8..].copy_from_slice(&self.next().to_be_bytes());
        bytes
    }

    /// A UUIDv7 (RFC 9562) of the given time: sorts by time, text form.
    pub fn id(&self, now_ms: i64) -> String {
        let random = self.bytes();
        let mut tail = [0; 10];
        tail.copy_from_slice(&random[..10]);
        uuid::Builder::from_unix_timestamp_millis(u64::try_from(now_ms).unwrap_or(0), &tail).into_uuid().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_sequence_within_its_limit() {
        let (one, two) = (Random::seeded(7), Random::seeded(7));
        for limit in [0, 1, 9, 1000, u64::MAX] {
            let value = one.up_to(limit);
            assert_eq!(value, two.up_to(limit));
            assert!(value <= limit);
        }
        assert_ne!(one.bytes(), one.bytes());
    }

    #[test]
    fn ids_sort_by_time() {
        let random = Random::seeded(1);
        assert!(random.id(1_767_225_600_000) < random.id(1_767_225_600_001));
    }
}
