//! Lanes: how messages are shared between processes.
//!
//! In: order keys and ids. Out: one of 64 lanes, and sets of them. Never knows: who owns one.
//!
//! All messages of an order key are in one lane, and a lane is worked on by one process at a time: so that one keeps
//! their order in its memory.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// How many there are.
pub const LANES: u8 = 64;

/// How long a lane is held without being renewed: after that another process takes it.
pub const LEASE_MS: u64 = 15_000;

/// How long after its last renewal a process works on a lane: it steps down well before others take over, by a clock that
/// nobody sets.
pub const TRUST_MS: u64 = 10_000;

/// How often leases are renewed.
pub const RENEW_MS: u64 = 5_000;

/// What a process holds, and what changed when it asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// Lanes to work on.
    pub held: Lanes,
    /// Those among them that it has to start on: taken now, or to be started over because nobody knows what was written.
    pub taken: Lanes,
    /// Those among the taken whose owner did not let go of them itself: it died, or was cut off, at work.
    pub orphaned: Lanes,
    /// How many are more than a fair share: to be let go of when nothing of them is under way.
    pub surplus: u32,
    /// How long this holds, counted from before it was asked for; `None`: for ever, the store has one process.
    pub trust_ms: Option<u64>,
    /// How many processes are at work on the store, this one included; `None` if it never has more than one.
    pub members: Option<u32>,
    /// What the server of the store takes for the present, milliseconds since 1970-01-01T00:00:00Z; `None`: it has no clock
    /// of its own.
    pub clock_ms: Option<i64>,
}

impl Holding {
    /// What the only process of a store holds.
    #[must_use]
    pub const fn all() -> Self {
        Self {
            held: Lanes::ALL,
            taken: Lanes::ALL,
            orphaned: Lanes::ALL,
            surplus: 0,
            trust_ms: None,
            members: None,
            clock_ms: None,
        }
    }

    /// Whether others have more than this one, and will let go of some.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.members.is_some_and(|members| self.held.len() < u32::from(LANES) / members.max(1))
    }
}

/// How long lanes are held. On a busy server a longer lease is renewed in time; a shorter one is taken over sooner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    ms: u64,
}

impl Lease {
    /// The shortest and the longest, in seconds.
    pub const BOUNDS_S: (u64, u64) = (3, 300);

    /// A lease of so many seconds; `None` outside of [`Lease::BOUNDS_S`].
    #[must_use]
    pub fn of_seconds(seconds: u64) -> Option<Self> {
        (Self::BOUNDS_S.0..=Self::BOUNDS_S.1).contains(&seconds).then_some(Self { ms: seconds * 1_000 })
    }

    /// How long a lane is held without being renewed.
    #[must_use]
    pub const fn lasts_ms(self) -> u64 {
        self.ms
    }

    /// How long a process works on a lane after its last renewal.
    #[must_use]
    pub const fn trust_ms(self) -> u64 {
        self.ms / 3 * 2
    }

    /// How often it is renewed.
    #[must_use]
    pub const fn renew_ms(self) -> u64 {
        self.ms / 3
    }
}

impl Default for Lease {
    fn default() -> Self {
        Self { ms: LEASE_MS }
    }
}

/// The lane of a message: of its order key within its interface, or of its id.
#[must_use]
pub fn lane_of(interface: &str, order_key: Option<&str>, id: &str) -> u8 {
    let mut hash = Sha256::new();
    match order_key {
        Some(key) => {
            hash.update(interface.as_bytes());
            hash.update([0]);
            hash.update(key.as_bytes());
        }
        None => hash.update(id.as_bytes()),
    }
    hash.finalize()[0] % LANES
}

/// A set of lanes.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Lanes(u64);

impl Lanes {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// All of them: what a process owns that has its store for itself.
    pub const ALL: Self = Self(u64::MAX);

    /// Whether this lane belongs to the set.
    #[must_use]
    pub const fn contains(self, lane: u8) -> bool {
        self.0 & bit(lane) != 0
    }

    /// The set with this lane.
    #[must_use]
    pub const fn with(self, lane: u8) -> Self {
        Self(self.0 | bit(lane))
    }

    /// Lanes in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Lanes in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Lanes in this set and not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// So many of them, those with the highest numbers.
    #[must_use]
    pub fn last(self, most: u32) -> Self {
        let skipped = usize::try_from(self.len().saturating_sub(most)).unwrap_or(usize::MAX);
        self.iter().skip(skipped).collect()
    }

    /// One after the other, in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..LANES).filter(move |lane| self.contains(*lane))
    }
}

const fn bit(lane: u8) -> u64 {
    1 << (lane % LANES)
}

impl FromIterator<u8> for Lanes {
    fn from_iter<T: IntoIterator<Item = u8>>(lanes: T) -> Self {
        lanes.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_lane_and_ids_are_spread_over_all() {
        let lane = |key| lane_of("A-B-C-V1", Some(key), "any");
        assert_eq!(lane("4711"), lane_of("A-B-C-V1", Some("4711"), "other"));
        assert_ne!(lane("4711"), lane("4712"));
        // Where messages were put by an earlier build must be where this one looks.
        assert_eq!((lane("4711"), lane_of("A-B-C-V1", None, "m1")), (25, 10));
        let met: Lanes = (0..2_000).map(|id| lane_of("i", None, &id.to_string())).collect();
        assert_eq!(met, Lanes::ALL);
    }

    #[test]
    fn sets_behave_as_sets() {
        let some: Lanes = [3, 63, 3].into_iter().collect();
        assert_eq!((some.len(), some.contains(63), some.contains(0)), (2, true, false));
        assert_eq!(some.iter().collect::<Vec<_>>(), [3, 63]);
        assert_eq!(Lanes::ALL.without(some).or(some), Lanes::ALL);
        assert_eq!(some.without(Lanes::ALL), Lanes::NONE);
        assert_eq!(format!("{some:?}"), "{3, 63}");
        assert_eq!((some.last(1), some.last(9), some.last(0)), (Lanes::NONE.with(63), some, Lanes::NONE));
    }

    #[test]
    fn a_process_steps_down_before_others_take_over() {
        let lease = Lease::default();
        assert_eq!((lease.lasts_ms(), lease.trust_ms(), lease.renew_ms()), (LEASE_MS, TRUST_MS, RENEW_MS));
        assert_eq!((Lease::of_seconds(2), Lease::of_seconds(301)), (None, None));
        assert!(Lease::of_seconds(3).is_some_and(|lease| lease.trust_ms() < lease.lasts_ms()));
    }
}
