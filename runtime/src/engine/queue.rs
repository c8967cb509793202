//! Whose turn it is.
//!
//! In: tickets of messages that have not ended. Out: the next ones to run. Pure: a structure in memory, no clock, no
//! tasks. Never knows: what a message holds.
//!
//! A message that waits for its time holds up nobody; with an order key only the oldest of the key is eligible. One that
//! is given up keeps its place where it blocks its key; where it does not, it leaves a gap that later ones are told of.
//!
//! Only messages of lanes that this process holds are in here. A ticket of a lane that was given up since is let go of
//! wherever it turns up: the message is in the journal, and whoever takes the lane next finds it there.

mod tenures;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

pub(super) use tenures::Tenure;

use crate::{
    journal::{Guard, Lanes},
    lifecycle::State,
};
use tenures::Tenures;

/// A message in the queue.
#[derive(Debug, Clone)]
pub(super) struct Ticket<P> {
    /// Place in the order of acceptance.
    pub(super) seq: i64,
    /// Index of the handler.
    pub(super) handler: usize,
    /// Its lane, and since when we have it.
    pub(super) tenure: Tenure,
    /// State in the journal.
    pub(super) state: State,
    /// Lease number in the journal.
    pub(super) lease: u32,
    /// How often the process died on it.
    pub(super) crashes: u32,
    /// Its place in the line of its order key.
    pub(super) turn: Option<Turn>,
    /// What the engine keeps with it.
    pub(super) payload: P,
}

/// A place in the line of an order key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Turn {
    line: (usize, String),
    number: u64,
}

/// A message that was taken out of the queue for a decision.
#[derive(Debug)]
pub(super) struct Withdrawn<P> {
    pub(super) ticket: Ticket<P>,
    /// When it was to run, if it waited for its time.
    pub(super) due_ms: Option<i64>,
}

/// All messages that wait.
#[derive(Debug)]
pub(super) struct Queue<P> {
    ready: Vec<VecDeque<Ticket<P>>>,
    running: Vec<usize>,
    due: BTreeMap<(i64, i64), Ticket<P>>,
    lines: HashMap<(usize, String), Line<P>>,
    gaps: HashMap<(usize, String), (u8, BTreeSet<i64>)>,
    tenures: Tenures,
    /// Newcomers of lanes that are opening, with their order keys.
    late: Vec<(Ticket<P>, Option<String>)>,
    next_turn: u64,
    first: usize,
}

#[derive(Debug)]
struct Line<P> {
    lane: u8,
    turns: VecDeque<u64>,
    waiting: HashMap<u64, Ticket<P>>,
}

impl<P> Queue<P> {
    /// An empty queue for so many handlers.
    pub(super) fn new(handlers: usize) -> Self {
        Self {
            ready: (0..handlers).map(|_| VecDeque::new()).collect(),
            running: vec![0; handlers],
            due: BTreeMap::new(),
            lines: HashMap::new(),
            gaps: HashMap::new(),
            tenures: Tenures::new(),
            late: Vec::new(),
            next_turn: 0,
            first: 0,
        }
    }

    /// Takes a place in the line of an order key, before the message is even committed.
    pub(super) fn reserve(&mut self, handler: usize, key: &str, tenure: Tenure) -> Turn {
        let (turn, line) = self.turn((handler, key.to_owned()), tenure.lane);
        line.turns.push_back(turn.number);
        turn
    }

    /// Takes the first place in the line: for what stands there in the stead of another one.
    pub(super) fn reserve_first(&mut self, handler: usize, key: &str, tenure: Tenure) -> Turn {
        let (turn, line) = self.turn((handler, key.to_owned()), tenure.lane);
        line.turns.push_front(turn.number);
        turn
    }

    fn turn(&mut self, line: (usize, String), lane: u8) -> (Turn, &mut Line<P>) {
        let number = self.next_turn;
        self.next_turn += 1;
        let entry = self.lines.entry(line.clone());
        let entry = entry.or_insert_with(|| Line { lane, turns: VecDeque::new(), waiting: HashMap::new() });
        (Turn { line, number }, entry)
    }

    /// These lanes are held from now on. What was left in them may be pushed; newcomers wait until they are settled.
    pub(super) fn open(&mut self, lanes: Lanes) {
        self.tenures.open(lanes);
    }

    /// What was left in these lanes is queued: newcomers that waited for that, with their order keys.
    pub(super) fn settle(&mut self, lanes: Lanes) -> Vec<(Ticket<P>, Option<String>)> {
        self.tenures.settle(lanes);
        let (late, others) =
            std::mem::take(&mut self.late).into_iter().partition(|(ticket, _)| lanes.contains(ticket.tenure.lane));
        self.late = others;
        late
    }

    /// These lanes are not held any more: whatever is known of their messages is forgotten.
    pub(super) fn shut(&mut self, lanes: Lanes) {
        self.tenures.shut(lanes);
        let stays = |ticket: &Ticket<P>| !lanes.contains(ticket.tenure.lane);
        self.ready.iter_mut().for_each(|ready| ready.retain(stays));
        self.due.retain(|_, ticket| stays(ticket));
        self.late.retain(|(ticket, _)| stays(ticket));
        self.lines.retain(|_, line| !lanes.contains(line.lane));
        self.gaps.retain(|_, (lane, _)| !lanes.contains(*lane));
    }

    /// A newcomer of a lane that is opening.
    pub(super) fn later(&mut self, ticket: Ticket<P>, key: Option<String>) {
        self.late.push((ticket, key));
    }

    /// Since when the lane is held, if it is.
    pub(super) fn tenure(&self, lane: u8) -> Option<Tenure> {
        self.tenures.of(lane)
    }

    /// The same, if newcomers may be queued.
    pub(super) fn settled(&self, lane: u8) -> Option<Tenure> {
        self.tenures.settled(lane)
    }

    /// Whether what was begun in this tenure still counts.
    pub(super) fn holds(&self, tenure: Tenure) -> bool {
        self.tenures.holds(tenure)
    }

    /// Lanes that are held.
    pub(super) fn held(&self) -> Lanes {
        self.tenures.held()
    }

    /// Lanes of which a try is under way.
    pub(super) fn busy(&self) -> Lanes {
        self.tenures.busy()
    }

    /// A message of the key was given up, and those behind it go on.
    pub(super) fn open_gap(&mut self, handler: usize, key: &str, (seq, lane): (i64, u8)) {
        if self.tenures.of(lane).is_some() {
            self.gaps.entry((handler, key.to_owned())).or_insert((lane, BTreeSet::new())).1.insert(seq);
        }
    }

    /// It was made good, or a person said that it is not to be delivered.
    pub(super) fn close_gap(&mut self, handler: usize, key: &str, seq: i64) {
        let line = (handler, key.to_owned());
        let Some((_, gaps)) = self.gaps.get_mut(&line) else { return };
        gaps.remove(&seq);
        if gaps.is_empty() {
            self.gaps.remove(&line);
        }
    }

    /// Whether another message of the ticket's key is missing.
    pub(super) fn has_gap(&self, ticket: &Ticket<P>) -> bool {
        let gaps = ticket.turn.as_ref().and_then(|turn| self.gaps.get(&turn.line));
        gaps.is_some_and(|(_, gaps)| gaps.iter().any(|missing| *missing != ticket.seq))
    }

    /// The message may run as soon as there is room (and its key's line has come to it).
    pub(super) fn push(&mut self, ticket: Ticket<P>) {
        if !self.holds(ticket.tenure) {
            return;
        }
        if let Some(turn) = &ticket.turn
            && let Some(line) = self.lines.get_mut(&turn.line)
            && line.turns.front() != Some(&turn.number)
        {
            line.waiting.insert(turn.number, ticket);
            return;
        }
        self.ready[ticket.handler].push_back(ticket);
    }

    /// The message may run from `due_ms` on.
    pub(super) fn push_at(&mut self, due_ms: i64, ticket: Ticket<P>) {
        if !self.holds(ticket.tenure) {
            return;
        }
        self.due.insert((due_ms, ticket.seq), ticket);
    }

    /// The next messages to run now, each handler in turn but none that is paused, and when to look again at the latest.
    /// `most` says how many of a handler run at a time while so many of it wait.
    pub(super) fn take(
        &mut self,
        now_ms: i64,
        most: impl Fn(usize) -> usize,
        paused: impl Fn(usize) -> bool,
    ) -> (Vec<Ticket<P>>, Option<i64>) {
        while let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= now_ms) {
            let ticket = entry.remove();
            self.push(ticket);
        }
        let mut taken = Vec::new();
        let handlers = self.ready.len();
        for offset in 0..handlers {
            let handler = (self.first + offset) % handlers;
            if self.ready[handler].is_empty() || paused(handler) {
                continue;
            }
            let most = most(self.ready[handler].len());
            while self.running[handler] < most
                && let Some(ticket) = self.ready[handler].pop_front()
            {
                self.running[handler] += 1;
                self.tenures.started(ticket.tenure.lane);
                taken.push(ticket);
            }
        }
        self.first = (self.first + 1) % handlers.max(1);
        (taken, self.due.first_key_value().map(|((due_ms, _), _)| *due_ms))
    }

    /// Takes a message out, wherever it waits; its place in the line of its order key stays.
    pub(super) fn withdraw(&mut self, seq: i64) -> Option<Withdrawn<P>> {
        if let Some(key) = self.due.keys().find(|(_, of)| *of == seq).copied() {
            let ticket = self.due.remove(&key)?;
            return Some(Withdrawn { ticket, due_ms: Some(key.0) });
        }
        let waiting = self.lines.values_mut().find_map(|line| {
            let number = *line.waiting.iter().find(|(_, ticket)| ticket.seq == seq)?.0;
            line.waiting.remove(&number)
        });
        let ready = || {
            self.ready.iter_mut().find_map(|ready| {
                let at = ready.iter().position(|ticket| ticket.seq == seq)?;
                ready.remove(at)
            })
        };
        waiting.or_else(ready).map(|ticket| Withdrawn { ticket, due_ms: None })
    }

    /// Those of these messages that wait for their time may run at once.
    pub(super) fn hurry(&mut self, seqs: &[i64]) {
        let keys: Vec<_> = self.due.keys().filter(|(_, seq)| seqs.contains(seq)).copied().collect();
        for ticket in keys.iter().filter_map(|key| self.due.remove(key)).collect::<Vec<_>>() {
            self.push(ticket);
        }
    }

    /// Whether the message waits for an earlier one of its order key.
    pub(super) fn waits_for_key(&self, seq: i64) -> bool {
        self.lines.values().any(|line| line.waiting.values().any(|ticket| ticket.seq == seq))
    }

    /// A message that was taken does not run any more.
    pub(super) fn rest(&mut self, handler: usize, lane: u8) {
        self.tenures.ended(lane);
        self.running[handler] = self.running[handler].saturating_sub(1);
    }

    /// The message has ended (or was never committed): the next of its key may go.
    pub(super) fn release(&mut self, turn: &Turn) {
        let Some(line) = self.lines.get_mut(&turn.line) else { return };
        line.turns.retain(|number| *number != turn.number);
        let next = line.turns.front().and_then(|number| line.waiting.remove(number));
        if line.turns.is_empty() {
            self.lines.remove(&turn.line);
        }
        if let Some(ticket) = next {
            self.ready[ticket.handler].push_back(ticket);
        }
    }
}

impl Turn {
    /// The order key.
    pub(super) fn key(&self) -> &str {
        &self.line.1
    }
}

impl<P> Ticket<P> {
    /// What must still be true in the journal for this ticket to have its say.
    pub(super) const fn guard(&self) -> Guard {
        Guard { lease: self.lease, from: self.state }
    }

    /// As it was before something that the journal did not take.
    pub(super) fn back_to(self, before: Guard) -> Self {
        Self { lease: before.lease, state: before.from, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(handlers: usize) -> (Queue<()>, Tenure) {
        let mut queue = Queue::new(handlers);
        queue.open(Lanes::ALL);
        queue.settle(Lanes::ALL);
        let tenure = queue.tenure(0).unwrap();
        (queue, tenure)
    }

    fn ticket(tenure: Tenure, seq: i64, turn: Option<Turn>) -> Ticket<()> {
        Ticket { seq, handler: 0, tenure, state: State::Accepted, lease: 0, crashes: 0, turn, payload: () }
    }

    fn take(queue: &mut Queue<()>, now_ms: i64, most: usize) -> Vec<i64> {
        queue.take(now_ms, |_| most, |_| false).0.into_iter().map(|ticket| ticket.seq).collect()
    }

    #[test]
    fn waiting_ones_hold_up_nobody_and_room_is_kept() {
        let (mut queue, lane) = queue(1);
        queue.push_at(100, ticket(lane, 1, None));
        for seq in 2..=4 {
            queue.push(ticket(lane, seq, None));
        }
        assert_eq!(queue.take(0, |_| 2, |_| false).1, Some(100));
        assert_eq!(take(&mut queue, 0, 2), [] as [i64; 0], "no room for a third");
        queue.rest(0, 0);
        assert_eq!(take(&mut queue, 100, 2), [4]);
        queue.rest(0, 0);
        assert_eq!(take(&mut queue, 100, 2), [1]);
    }

    #[test]
    fn the_oldest_of_a_key_goes_first_even_if_it_comes_later() {
        let (mut queue, lane) = queue(1);
        let (first, second) = (queue.reserve(0, "4711", lane), queue.reserve(0, "4711", lane));
        let other = queue.reserve(0, "4712", lane);
        queue.push(ticket(lane, 2, Some(second.clone())));
        queue.push(ticket(lane, 3, Some(other)));
        assert_eq!(take(&mut queue, 0, 9), [3], "the second waits for the first to be committed");
        queue.push(ticket(lane, 1, Some(first.clone())));
        assert_eq!(take(&mut queue, 0, 9), [1]);
        queue.push_at(50, ticket(lane, 1, Some(first.clone())));
        assert_eq!(take(&mut queue, 0, 9), [] as [i64; 0], "and for its retries");
        assert_eq!(take(&mut queue, 50, 9), [1]);
        queue.release(&first);
        assert_eq!(take(&mut queue, 50, 9), [2]);
        queue.release(&second);
        assert!(queue.lines.len() == 1, "empty lines are forgotten");
    }

    #[test]
    fn a_reservation_that_comes_to_nothing_blocks_nobody() {
        let (mut queue, lane) = queue(1);
        let (first, second) = (queue.reserve(0, "k", lane), queue.reserve(0, "k", lane));
        queue.push(ticket(lane, 2, Some(second)));
        queue.release(&first);
        assert_eq!(take(&mut queue, 0, 9), [2]);
    }

    #[test]
    fn handlers_have_room_of_their_own() {
        let (mut queue, lane) = queue(2);
        queue.push(ticket(lane, 1, None));
        queue.push(ticket(lane, 2, None));
        queue.push(Ticket { handler: 1, ..ticket(lane, 3, None) });
        assert_eq!(take(&mut queue, 0, 1), [1, 3]);
    }

    #[test]
    fn a_lane_that_is_given_up_leaves_nothing_behind_and_begins_anew() {
        let (mut queue, zero) = queue(1);
        let one = queue.tenure(1).unwrap();
        let (first, second) = (queue.reserve(0, "k", one), queue.reserve(0, "k", one));
        queue.push(ticket(one, 1, Some(first.clone())));
        queue.push(ticket(one, 2, Some(second)));
        queue.push(ticket(zero, 3, None));
        queue.push_at(5, ticket(one, 4, None));
        queue.open_gap(0, "k", (9, 1));
        assert_eq!(take(&mut queue, 0, 1), [1]);
        queue.shut(Lanes::NONE.with(1));
        assert_eq!((queue.busy(), queue.held().contains(1)), (Lanes::NONE.with(1), false));
        // The try that was under way comes back with a result for a line that is not there.
        queue.push_at(6, ticket(one, 1, Some(first.clone())));
        queue.release(&first);
        queue.rest(0, 1);
        assert_eq!((take(&mut queue, 9, 9), queue.lines.len(), queue.gaps.len()), (vec![3], 0, 0));

        queue.open(Lanes::NONE.with(1));
        let again = queue.tenure(1).unwrap();
        queue.later(ticket(again, 7, None), Some("k".to_owned()));
        let left = queue.reserve(0, "k", again);
        queue.push(ticket(again, 2, Some(left.clone())));
        let late = queue.settle(Lanes::NONE.with(1));
        assert_eq!(late.iter().map(|(ticket, _)| ticket.seq).collect::<Vec<_>>(), [7]);
        let turn = queue.reserve(0, "k", again);
        queue.push(ticket(again, 7, Some(turn)));
        let heir = queue.reserve_first(0, "k", again);
        queue.push(ticket(again, 8, Some(heir)));
        assert_eq!(take(&mut queue, 9, 9), [2, 8], "newcomers wait behind what was left");
        queue.release(&first);
        assert_eq!(take(&mut queue, 9, 9), [] as [i64; 0], "a turn of another tenure releases nobody");
    }
}
