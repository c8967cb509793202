//! Whose turn it is.
//!
//! In: tickets of messages that have not ended. Out: the next ones to run. Pure: a structure in memory, no clock, no
//! tasks. Never knows: what a message holds.
//!
//! A message that waits for its time holds up nobody; with an order key only the oldest of the key is eligible. One that
//! is given up keeps its place where it blocks its key; where it does not, it leaves a gap that later ones are told of.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use crate::{journal::Guard, lifecycle::State};

/// A message in the queue.
#[derive(Debug, Clone)]
pub(super) struct Ticket<P> {
    /// Place in the order of acceptance.
    pub(super) seq: i64,
    /// Index of the handler.
    pub(super) handler: usize,
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
    gaps: HashMap<(usize, String), BTreeSet<i64>>,
    next_turn: u64,
    first: usize,
}

#[derive(Debug)]
struct Line<P> {
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
            next_turn: 0,
            first: 0,
        }
    }

    /// Takes a place in the line of an order key, before the message is even committed.
    pub(super) fn reserve(&mut self, handler: usize, key: &str) -> Turn {
        let (line, number) = ((handler, key.to_owned()), self.next_turn);
        self.next_turn += 1;
        let entry = self.lines.entry(line.clone());
        entry.or_insert_with(|| Line { turns: VecDeque::new(), waiting: HashMap::new() }).turns.push_back(number);
        Turn { line, number }
    }

    /// A message of the key was given up, and those behind it go on.
    pub(super) fn open_gap(&mut self, handler: usize, key: &str, seq: i64) {
        self.gaps.entry((handler, key.to_owned())).or_default().insert(seq);
    }

    /// It was made good, or a person said that it is not to be delivered.
    pub(super) fn close_gap(&mut self, handler: usize, key: &str, seq: i64) {
        let line = (handler, key.to_owned());
        let Some(gaps) = self.gaps.get_mut(&line) else { return };
        gaps.remove(&seq);
        if gaps.is_empty() {
            self.gaps.remove(&line);
        }
    }

    /// Whether another message of the ticket's key is missing.
    pub(super) fn has_gap(&self, ticket: &Ticket<P>) -> bool {
        let gaps = ticket.turn.as_ref().and_then(|turn| self.gaps.get(&turn.line));
        gaps.is_some_and(|gaps| gaps.iter().any(|missing| *missing != ticket.seq))
    }

    /// The message may run as soon as there is room (and its key's line has come to it).
    pub(super) fn push(&mut self, ticket: Ticket<P>) {
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
    pub(super) fn rest(&mut self, handler: usize) {
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

    fn ticket(seq: i64, turn: Option<Turn>) -> Ticket<()> {
        Ticket { seq, handler: 0, state: State::Accepted, lease: 0, crashes: 0, turn, payload: () }
    }

    fn take(queue: &mut Queue<()>, now_ms: i64, most: usize) -> Vec<i64> {
        queue.take(now_ms, |_| most, |_| false).0.into_iter().map(|ticket| ticket.seq).collect()
    }

    #[test]
    fn waiting_ones_hold_up_nobody_and_room_is_kept() {
        let mut queue = Queue::new(1);
        queue.push_at(100, ticket(1, None));
        for seq in 2..=4 {
            queue.push(ticket(seq, None));
        }
        assert_eq!(queue.take(0, |_| 2, |_| false).1, Some(100));
        assert_eq!(take(&mut queue, 0, 2), [] as [i64; 0], "no room for a third");
        queue.rest(0);
        assert_eq!(take(&mut queue, 100, 2), [4]);
        queue.rest(0);
        assert_eq!(take(&mut queue, 100, 2), [1]);
    }

    #[test]
    fn the_oldest_of_a_key_goes_first_even_if_it_comes_later() {
        let mut queue = Queue::new(1);
        let (first, second) = (queue.reserve(0, "4711"), queue.reserve(0, "4711"));
        let other = queue.reserve(0, "4712");
        queue.push(ticket(2, Some(second.clone())));
        queue.push(ticket(3, Some(other)));
        assert_eq!(take(&mut queue, 0, 9), [3], "the second waits for the first to be committed");
        queue.push(ticket(1, Some(first.clone())));
        assert_eq!(take(&mut queue, 0, 9), [1]);
        queue.push_at(50, ticket(1, Some(first.clone())));
        assert_eq!(take(&mut queue, 0, 9), [] as [i64; 0], "and for its retries");
        assert_eq!(take(&mut queue, 50, 9), [1]);
        queue.release(&first);
        assert_eq!(take(&mut queue, 50, 9), [2]);
        queue.release(&second);
        assert!(queue.lines.len() == 1, "empty lines are forgotten");
    }

    #[test]
    fn a_reservation_that_comes_to_nothing_blocks_nobody() {
        let mut queue = Queue::new(1);
        let (first, second) = (queue.reserve(0, "k"), queue.reserve(0, "k"));
        queue.push(ticket(2, Some(second)));
        queue.release(&first);
        assert_eq!(take(&mut queue, 0, 9), [2]);
    }

    #[test]
    fn handlers_have_room_of_their_own() {
        let mut queue = Queue::new(2);
        queue.push(ticket(1, None));
        queue.push(ticket(2, None));
        queue.push(Ticket { handler: 1, ..ticket(3, None) });
        assert_eq!(take(&mut queue, 0, 1), [1, 3]);
    }
}
