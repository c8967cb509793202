//! Which lanes the queue takes tickets of, and since when.
//!
//! In: lanes that are taken, settled, given up. Out: tenures, and whether one still counts. Pure. Never knows: stores,
//! leases, what a ticket holds.
//!
//! A lane that is given up and taken again is another tenure: whatever was begun in the one before has no say any more. As
//! long as a lane is opening, what the last owner left is being queued; newcomers wait behind it.

use crate::journal::{Lanes, lane::LANES};

/// A lane, as this process has it since it took it last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Tenure {
    /// The lane.
    pub(in crate::engine) lane: u8,
    number: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Shut,
    Opening,
    Open,
}

#[derive(Debug, Clone, Copy)]
struct Berth {
    standing: Standing,
    number: u32,
    /// Tries under way.
    busy: usize,
}

/// All lanes.
#[derive(Debug)]
pub(in crate::engine) struct Tenures {
    berths: Vec<Berth>,
}

impl Tenures {
    /// None of them is held.
    pub(super) fn new() -> Self {
        let shut = Berth { standing: Standing::Shut, number: 0, busy: 0 };
        Self { berths: vec![shut; usize::from(LANES)] }
    }

    /// They are held from now on; what was left in them is still to be queued.
    pub(super) fn open(&mut self, lanes: Lanes) {
        self.each(lanes, |berth| (berth.standing, berth.number) = (Standing::Opening, berth.number.wrapping_add(1)));
    }

    /// What was left in them is queued.
    pub(super) fn settle(&mut self, lanes: Lanes) {
        self.each(lanes, |berth| {
            if berth.standing == Standing::Opening {
                berth.standing = Standing::Open;
            }
        });
    }

    /// They are not held any more.
    pub(super) fn shut(&mut self, lanes: Lanes) {
        self.each(lanes, |berth| berth.standing = Standing::Shut);
    }

    /// Since when the lane is held, if it is.
    pub(super) fn of(&self, lane: u8) -> Option<Tenure> {
        let berth = self.berth(lane);
        (berth.standing != Standing::Shut).then_some(Tenure { lane, number: berth.number })
    }

    /// The same, if newcomers may be queued.
    pub(super) fn settled(&self, lane: u8) -> Option<Tenure> {
        self.of(lane).filter(|_| self.berth(lane).standing == Standing::Open)
    }

    /// Whether what was begun in this tenure still counts.
    pub(super) fn holds(&self, tenure: Tenure) -> bool {
        self.of(tenure.lane) == Some(tenure)
    }

    /// Lanes that are held.
    pub(super) fn held(&self) -> Lanes {
        (0..LANES).filter(|lane| self.of(*lane).is_some()).collect()
    }

    /// Lanes, held or not any more, of which a try is under way.
    pub(super) fn busy(&self) -> Lanes {
        (0..LANES).filter(|lane| self.berth(*lane).busy > 0).collect()
    }

    /// A try begins.
    pub(super) fn started(&mut self, lane: u8) {
        self.each(Lanes::NONE.with(lane), |berth| berth.busy += 1);
    }

    /// A try is over.
    pub(super) fn ended(&mut self, lane: u8) {
        self.each(Lanes::NONE.with(lane), |berth| berth.busy = berth.busy.saturating_sub(1));
    }

    fn berth(&self, lane: u8) -> Berth {
        self.berths[usize::from(lane % LANES)]
    }

    fn each(&mut self, lanes: Lanes, change: impl Fn(&mut Berth)) {
        lanes.iter().for_each(|lane| change(&mut self.berths[usize::from(lane)]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_begun_before_a_lane_was_lost_has_no_say_when_it_is_back() {
        let (mut tenures, lane) = (Tenures::new(), Lanes::NONE.with(3));
        assert_eq!((tenures.of(3), tenures.held()), (None, Lanes::NONE));
        tenures.open(lane);
        let first = tenures.of(3).unwrap();
        assert_eq!(tenures.settled(3), None, "newcomers wait");
        tenures.settle(lane);
        assert_eq!((tenures.settled(3), tenures.held()), (Some(first), lane));
        tenures.started(3);
        tenures.shut(lane);
        assert!(!tenures.holds(first) && tenures.busy() == lane, "its tries are still under way");
        tenures.settle(lane);
        assert_eq!(tenures.of(3), None, "only what was opened is settled");
        tenures.open(lane);
        tenures.ended(3);
        assert!(!tenures.holds(first) && tenures.busy().is_empty());
        assert_ne!(tenures.of(3), Some(first));
    }
}
