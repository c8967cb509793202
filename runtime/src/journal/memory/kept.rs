//! Everything that is kept in memory, and what changes make of it.
//!
//! In: messages and changes. Out: all of a batch or none of it. Never knows: who waits for it.

use std::collections::{BTreeMap, HashMap, btree_map::Entry};

use super::life::Life;
use crate::{
    journal::{
        Accepted, Audited, Change, DataKey, Entry as Written, Erased, Filter, Head, Incident, Mark, NewMessage, Pause,
        Post, Replay, Row, Scope, StoreError,
    },
    lifecycle::State,
};

#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) messages: BTreeMap<i64, Life>,
    pub(super) known: HashMap<(String, String, [u8; 32]), Known>,
    pub(super) incidents: BTreeMap<String, Incident>,
    pub(super) posts: BTreeMap<String, Post>,
    pub(super) audit: Vec<Audited>,
    pub(super) pauses: BTreeMap<Scope, Pause>,
    pub(super) calls: BTreeMap<(i64, String), u64>,
    pub(super) starts: BTreeMap<String, i64>,
    pub(super) data_keys: BTreeMap<String, DataKey>,
    pub(super) broken: Option<StoreError>,
}

#[derive(Debug)]
pub(super) struct Known {
    pub(super) body_hash: [u8; 32],
    pub(super) seq: i64,
    pub(super) expires_ms: i64,
}

impl Kept {
    pub(super) fn accept(&mut self, message: NewMessage) -> Accepted {
        let seq = self.messages.last_key_value().map_or(1, |(seq, _)| seq + 1);
        if let Some(key) = &message.key {
            let name = (message.interface.clone(), message.principal.clone(), key.key_hash);
            let failed =
                |known: &Known| self.messages.get(&known.seq).is_some_and(|entry| entry.row.state == State::Failed);
            let binding = |known: &&Known| known.expires_ms > message.accepted_ms && !failed(known);
            if let Some(known) = self.known.get(&name).filter(binding) {
                return match self.messages.get(&known.seq) {
                    Some(entry) if known.body_hash == key.body_hash => Accepted::Replayed { id: entry.row.id.clone() },
                    _ => Accepted::KeyReused,
                };
            }
            self.known.insert(name, Known { body_hash: key.body_hash, seq, expires_ms: key.expires_ms });
        }
        let mut mark = None;
        if let Some(key) = message.sealed.as_ref().and_then(|sealed| sealed.data_key.as_ref()) {
            self.data_keys.entry(key.id.clone()).or_insert_with(|| key.clone());
        }
        if let Some(origin) = &message.origin {
            self.write_down(origin.entry(&message));
            mark = self.succeed(&origin.replay_of);
        }
        let row = Row {
            seq,
            id: message.id.clone(),
            interface: message.interface.clone(),
            digest: message.digest.clone(),
            principal: message.principal.clone(),
            order_key: message.order_key.clone(),
            traceparent: message.traceparent.clone(),
            request_id: message.request_id.clone(),
            state: State::Accepted,
            reason: None,
            detail: String::new(),
            due_ms: None,
            crashes: 0,
            lease: 0,
            gap: false,
            mark,
            accepted_ms: message.accepted_ms,
            ended_ms: None,
            erased: None,
        };
        let entry = Life { message, row, deliveries: Vec::new(), attempts: Vec::new(), grave: None, answer: None };
        self.messages.insert(seq, entry);
        Accepted::New { seq }
    }

    /// The place of the one that is repeated, if it held the first of its key.
    pub(super) fn succeed(&mut self, id: &str) -> Option<Mark> {
        let old = self.messages.values_mut().find(|life| life.row.id == id)?;
        (old.row.mark == Some(Mark::Blocks)).then(|| old.row.mark = None)?;
        Some(Mark::Heir)
    }

    pub(super) fn commit(&mut self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.hold(&changes)?;
        changes.into_iter().for_each(|change| self.change(change));
        Ok(())
    }

    /// Whether every guard holds when its turn comes: a change sees what those before it in the batch did.
    pub(super) fn hold(&self, changes: &[Change]) -> Result<(), StoreError> {
        let mut changed: HashMap<i64, (u32, State)> = HashMap::new();
        for change in changes {
            let (seq, guard, after) = match change {
                Change::State { seq, guard, state, .. } => (seq, guard, (guard.lease, *state)),
                Change::Claim { seq, guard, .. } => (seq, guard, (guard.lease + 1, State::InFlight)),
                Change::Erase { seq, .. } if self.may_erase(*seq, changed.get(seq)) => continue,
                Change::Erase { .. } => return Err(StoreError::Stale),
                _ => continue,
            };
            let kept = || self.messages.get(seq).map(|life| (life.row.lease, life.row.state));
            let found = changed.get(seq).copied().or_else(kept);
            if !found.is_some_and(|(lease, state)| guard.holds(lease, state)) {
                return Err(StoreError::Stale);
            }
            changed.insert(*seq, after);
        }
        Ok(())
    }

    pub(super) fn head(&self) -> Head {
        self.audit.last().map(Audited::head).unwrap_or_default()
    }

    pub(super) fn write_down(&mut self, entry: Written) {
        let row = self.head().chain(entry);
        self.audit.push(row);
    }

    pub(super) fn replays(&self, id: &str) -> Vec<Replay> {
        let of = |life: &&Life| life.message.origin.as_ref().is_some_and(|origin| origin.replay_of == id);
        let replay = |life: &Life| Replay { id: life.row.id.clone(), state: life.row.state };
        self.messages.values().filter(of).map(replay).collect()
    }

    pub(super) fn change(&mut self, change: Change) {
        match change {
            Change::Audit(entry) => self.write_down(*entry),
            Change::Pause(pause) => drop(self.pauses.insert(pause.scope.clone(), *pause)),
            Change::Resume(scope) => drop(self.pauses.remove(&scope)),
            Change::Called { system, day } => *self.calls.entry((day, system.to_owned())).or_default() += 1,
            Change::Started { interface, nominal_ms } => {
                let last_ms = self.starts.entry(interface).or_insert(nominal_ms);
                *last_ms = nominal_ms.max(*last_ms);
            }
            Change::DataKey(key) => drop(self.data_keys.entry(key.id.clone()).or_insert(*key)),
            Change::Rewrap(key) => {
                if let Some(known) = self.data_keys.get_mut(&key.id).filter(|known| known.wrapped.is_some()) {
                    (known.kek, known.wrapped) = (key.kek, key.wrapped);
                }
            }
            Change::Shred(shred) => self.shred(&shred),
            Change::Erase { seq, who, at_ms } => self.erase(seq, Erased { at_ms, who }),
            Change::Incident(incident) => drop(self.incidents.insert(incident.dedup_key.clone(), *incident)),
            // What it says was settled when it was written.
            Change::Post(post) => match self.posts.entry(post.id.clone()) {
                Entry::Occupied(mut known) => {
                    let incident = known.get().incident.clone();
                    known.insert(Post { incident, ..*post });
                }
                Entry::Vacant(place) => drop(place.insert(*post)),
            },
            Change::State { seq, .. }
            | Change::Claim { seq, .. }
            | Change::Mark { seq, .. }
            | Change::Crashes { seq, .. }
            | Change::Waits { seq }
            | Change::Again { seq }
            | Change::MadeGood { seq, .. }
            | Change::Begin { seq, .. }
            | Change::Done { seq, .. }
            | Change::Failed { seq, .. }
            | Change::Bury { seq, .. }
            | Change::Answer { seq, .. } => {
                if let Some(entry) = self.messages.get_mut(&seq) {
                    entry.change(change);
                }
            }
        }
    }

    pub(super) fn find(&self, id: &str) -> Option<&Life> {
        self.messages.values().find(|entry| entry.row.id == id)
    }

    /// Newest first.
    pub(super) fn filtered(&self, filter: &Filter) -> impl Iterator<Item = &Life> {
        self.messages.values().rev().filter(move |life| life.fits(filter))
    }
}
