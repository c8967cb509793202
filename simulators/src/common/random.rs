//! In: a seed. Out: the same numbers every time, one independent stream per name.
//! Never knows: what the numbers are used for. Not for secrets that matter: everything here is a fake.

use std::sync::Mutex;

/// A SplitMix64 stream (Steele, Lea and Flood, 2014): small, fast, the same on every platform.
#[derive(Debug)]
pub(crate) struct Random {
    state: Mutex<u64>,
}

impl Random {
    /// The stream `name` of `seed`; streams of different names are independent of call order among partners.
    pub(crate) fn new(seed: u64, name: &str) -> Self {
        let start = name.bytes().fold(seed ^ 0x9e37_79b9_7f4a_7c15, |state, byte| mix(state ^ u64::from(byte)));
        Random { state: Mutex::new(start) }
    }

    /// The next 64 bits.
    pub(crate) fn next(&self) -> u64 {
        let mut state = lock(&self.state);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(*state)
    }

    /// `digits` lower-case hexadecimal digits.
    pub(crate) fn hex(&self, digits: usize) -> String {
        let mut text = String::with_capacity(digits + 16);
        while text.len() < digits {
            text.push_str(&format!("{:016x}", self.next()));
        }
        text.truncate(digits);
        text
    }

    /// A UUID of version 4 made from the stream.
    pub(crate) fn uuid(&self) -> String {
        uuid::Builder::from_random_bytes((u128::from(self.next()) << 64 | u128::from(self.next())).to_be_bytes())
            .into_uuid()
            .to_string()
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Locks a mutex whose data stays meaningful when a holder panicked: a simulator goes on.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_stream() {
        let (a, b) = (Random::new(7, "vms"), Random::new(7, "vms"));
        let first: Vec<u64> = (0..4).map(|_| a.next()).collect();
        assert_eq!(first, (0..4).map(|_| b.next()).collect::<Vec<_>>());
        assert_ne!(Random::new(7, "srm").next(), first[0]);
        assert_eq!(a.hex(20).len(), 20);
        assert_eq!(a.uuid().len(), 36);
    }
}
