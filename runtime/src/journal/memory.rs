//! The journal in memory: for tests and for trying out. Nothing survives the process.
//!
//! In: messages and changes. Out: the same answers as the stores that keep their promise. Never knows: files.

mod erase;
mod keys;

use std::{
    collections::{BTreeMap, HashMap, btree_map::Entry},
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    Accepted, Answer, Attempt, AuditFilter, AuditPage, Audited, Change, DataKey, Delivery, Entry as Written, Erased,
    Filter, Grave, Head, IdempotencyKey, Incident, KeyFilter, Lanes, Mark, Material, NewMessage, Pause, Post,
    PostState, Prune, Pruned, Replay, Row, Scope, Store, StoreError, Story, Unfinished,
};
use crate::{
    door::Promise,
    lifecycle::{Reason, State},
};

/// A journal in memory. Clones share it, so a test can drop an engine and start another on what is left.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    messages: BTreeMap<i64, Life>,
    known: HashMap<(String, String, [u8; 32]), Known>,
    incidents: BTreeMap<String, Incident>,
    posts: BTreeMap<String, Post>,
    audit: Vec<Audited>,
    pauses: BTreeMap<Scope, Pause>,
    calls: BTreeMap<(i64, String), u64>,
    data_keys: BTreeMap<String, DataKey>,
    broken: Option<StoreError>,
}

#[derive(Debug)]
struct Known {
    body_hash: [u8; 32],
    seq: i64,
    expires_ms: i64,
}

#[derive(Debug)]
struct Life {
    message: NewMessage,
    row: Row,
    deliveries: Vec<Delivery>,
    attempts: Vec<Attempt>,
    grave: Option<Grave>,
    answer: Option<Answer>,
}

impl MemoryStore {
    /// An empty journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on every write is answered with this error, as after a failed sync.
    pub fn break_with(&self, error: StoreError) {
        self.with(|kept| kept.broken = Some(error));
    }

    fn with<T>(&self, work: impl FnOnce(&mut Kept) -> T) -> T {
        work(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn at_once<T: Send + 'static>(&self, work: impl FnOnce(&mut Kept) -> T) -> Promise<'static, Result<T, StoreError>> {
        let value = self.with(work);
        Box::pin(std::future::ready(Ok(value)))
    }
}

impl Store for MemoryStore {
    fn accept(&self, message: NewMessage) -> Promise<'static, Result<Accepted, StoreError>> {
        let accepted = self.with(|kept| match kept.broken.clone() {
            Some(error) => Err(error),
            None => Ok(kept.accept(message)),
        });
        Box::pin(std::future::ready(accepted))
    }

    fn commit(&self, changes: Vec<Change>) -> Promise<'static, Result<(), StoreError>> {
        let done = self.with(|kept| match kept.broken.clone() {
            Some(error) => Err(error),
            None => kept.commit(changes),
        });
        Box::pin(std::future::ready(done))
    }

    fn unfinished(&self, lanes: Lanes) -> Promise<'static, Result<Vec<Unfinished>, StoreError>> {
        self.at_once(|kept| {
            let open = kept.messages.values().filter(|Life { row, .. }| !row.state.is_end() || row.mark.is_some());
            let open = open.filter(|life| lanes.contains(life.message.lane()));
            open.map(|Life { row, message, .. }| Unfinished {
                seq: row.seq,
                id: row.id.clone(),
                interface: row.interface.clone(),
                digest: row.digest.clone(),
                order_key: message.order_key.clone(),
                lease: row.lease,
                mark: row.mark,
                state: row.state,
                reason: row.reason,
                due_ms: row.due_ms,
                crashes: row.crashes,
                accepted_ms: row.accepted_ms,
            })
            .collect()
        })
    }

    fn material(&self, seq: i64) -> Promise<'static, Result<Option<Material>, StoreError>> {
        self.at_once(|kept| {
            kept.messages.get(&seq).map(|entry| Material {
                message: NewMessage { key: None, sealed: None, tokens: Vec::new(), ..entry.message.clone() },
                deliveries: entry.deliveries.clone(),
            })
        })
    }

    fn answer(&self, id: &str) -> Promise<'static, Result<Option<Answer>, StoreError>> {
        self.at_once(|kept| kept.find(id).and_then(|entry| entry.answer.clone()))
    }

    fn messages(&self, filter: Filter) -> Promise<'static, Result<Vec<Row>, StoreError>> {
        self.at_once(|kept| kept.filtered(&filter).map(|entry| entry.row.clone()).take(filter.limit).collect())
    }

    fn story(&self, id: &str) -> Promise<'static, Result<Option<Story>, StoreError>> {
        self.at_once(|kept| {
            kept.find(id).map(|entry| Story {
                row: entry.row.clone(),
                size_bytes: entry.message.size_bytes(),
                deliveries: entry.deliveries.clone(),
                attempts: sorted(&entry.attempts),
                grave: entry.grave.clone(),
                origin: entry.message.origin.as_deref().cloned(),
                replays: kept.replays(id),
            })
        })
    }

    fn graves(&self, filter: Filter) -> Promise<'static, Result<Vec<(Row, Grave)>, StoreError>> {
        let filter = Filter { state: Some(filter.state.unwrap_or(State::Dead)), ..filter };
        self.at_once(|kept| {
            kept.filtered(&filter)
                .filter_map(|entry| Some((entry.row.clone(), entry.grave.clone()?)))
                .take(filter.limit)
                .collect()
        })
    }

    fn dead(&self) -> Promise<'static, Result<Vec<(String, u64)>, StoreError>> {
        self.at_once(|kept| {
            let mut counts = BTreeMap::<String, u64>::new();
            for entry in kept.messages.values().filter(|entry| entry.row.state == State::Dead) {
                *counts.entry(entry.row.interface.clone()).or_default() += 1;
            }
            counts.into_iter().collect()
        })
    }

    fn incidents(&self, limit: usize) -> Promise<'static, Result<Vec<Incident>, StoreError>> {
        self.at_once(|kept| {
            let mut incidents: Vec<_> = kept.incidents.values().cloned().collect();
            incidents.sort_by_key(|incident| (!incident.firing, -incident.last_ms, incident.dedup_key.clone()));
            incidents.truncate(limit);
            incidents
        })
    }

    fn posts(&self, sent: bool, limit: usize) -> Promise<'static, Result<Vec<Post>, StoreError>> {
        self.at_once(|kept| {
            let mut posts: Vec<_> =
                kept.posts.values().filter(|post| sent || post.state == PostState::Pending).cloned().collect();
            posts.sort_by_key(|post| (post.created_ms, post.id.clone()));
            posts.truncate(limit);
            posts
        })
    }

    fn audit(&self, filter: AuditFilter) -> Promise<'static, Result<Vec<Audited>, StoreError>> {
        self.at_once(|kept| {
            let about = |row: &&Audited| filter.subject.as_ref().is_none_or(|subject| *subject == row.entry.subject);
            let rows = kept.audit.iter().filter(about);
            let rows: Vec<&Audited> = match filter.page {
                AuditPage::Newest { before } => {
                    rows.rev().filter(|row| before.is_none_or(|no| row.no < no)).take(filter.limit).collect()
                }
                AuditPage::Oldest { after } => rows.filter(|row| row.no > after).take(filter.limit).collect(),
            };
            rows.into_iter().cloned().collect()
        })
    }

    fn audit_head(&self) -> Promise<'static, Result<Head, StoreError>> {
        self.at_once(|kept| kept.head())
    }

    fn pauses(&self) -> Promise<'static, Result<Vec<Pause>, StoreError>> {
        self.at_once(|kept| kept.pauses.values().cloned().collect())
    }

    fn calls(&self, day: i64) -> Promise<'static, Result<Vec<(String, u64)>, StoreError>> {
        self.at_once(|kept| {
            let calls = kept.calls.iter().filter(|((on, _), _)| *on == day);
            calls.map(|((_, system), count)| (system.clone(), *count)).collect()
        })
    }

    fn data_keys(&self, filter: KeyFilter) -> Promise<'static, Result<Vec<DataKey>, StoreError>> {
        self.at_once(|kept| kept.data_keys(&filter))
    }

    fn known_keys(&self, now_ms: i64) -> Promise<'static, Result<Vec<(i64, IdempotencyKey)>, StoreError>> {
        self.at_once(|kept| kept.known_keys(now_ms))
    }

    fn prune(&self, slice: Prune) -> Promise<'static, Result<Pruned, StoreError>> {
        self.at_once(|kept| kept.prune(&slice))
    }

    fn close(&self) -> Promise<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

fn sorted(attempts: &[Attempt]) -> Vec<Attempt> {
    let mut attempts = attempts.to_vec();
    attempts.sort_by_key(|attempt| (attempt.start_ms, attempt.step.clone(), attempt.n));
    attempts
}

impl Kept {
    fn accept(&mut self, message: NewMessage) -> Accepted {
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
    fn succeed(&mut self, id: &str) -> Option<Mark> {
        let old = self.messages.values_mut().find(|life| life.row.id == id)?;
        (old.row.mark == Some(Mark::Blocks)).then(|| old.row.mark = None)?;
        Some(Mark::Heir)
    }

    fn commit(&mut self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.hold(&changes)?;
        changes.into_iter().for_each(|change| self.change(change));
        Ok(())
    }

    /// Whether every guard holds when its turn comes: a change sees what those before it in the batch did.
    fn hold(&self, changes: &[Change]) -> Result<(), StoreError> {
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

    fn head(&self) -> Head {
        self.audit.last().map(Audited::head).unwrap_or_default()
    }

    fn write_down(&mut self, entry: Written) {
        let row = self.head().chain(entry);
        self.audit.push(row);
    }

    fn replays(&self, id: &str) -> Vec<Replay> {
        let of = |life: &&Life| life.message.origin.as_ref().is_some_and(|origin| origin.replay_of == id);
        let replay = |life: &Life| Replay { id: life.row.id.clone(), state: life.row.state };
        self.messages.values().filter(of).map(replay).collect()
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::Audit(entry) => self.write_down(*entry),
            Change::Pause(pause) => drop(self.pauses.insert(pause.scope.clone(), *pause)),
            Change::Resume(scope) => drop(self.pauses.remove(&scope)),
            Change::Called { system, day } => *self.calls.entry((day, system.to_owned())).or_default() += 1,
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

    fn find(&self, id: &str) -> Option<&Life> {
        self.messages.values().find(|entry| entry.row.id == id)
    }

    /// Newest first.
    fn filtered(&self, filter: &Filter) -> impl Iterator<Item = &Life> {
        self.messages.values().rev().filter(move |life| life.fits(filter))
    }
}

impl Life {
    fn fits(&self, filter: &Filter) -> bool {
        let Self { row, message, deliveries, .. } = self;
        let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        let system = |name: &String| deliveries.iter().any(|delivery| delivery.system == *name);
        let id = |id: &String| *id == row.id || *id == row.request_id || crate::log::trace_id(&row.traceparent) == id;
        filter.before.is_none_or(|before| row.seq < before)
            && is(&filter.interface, &row.interface)
            && filter.state.is_none_or(|state| state == row.state)
            && filter.reason.is_none_or(|reason| Some(reason) == row.reason)
            && filter.from_ms.is_none_or(|from_ms| row.accepted_ms >= from_ms)
            && filter.until_ms.is_none_or(|until_ms| row.accepted_ms < until_ms)
            && is(&filter.principal, &row.principal)
            && filter.order_key.as_ref().is_none_or(|key| message.order_key.as_ref() == Some(key))
            && filter.system.as_ref().is_none_or(system)
            && filter.id.as_ref().is_none_or(id)
            && filter.tokens.iter().all(|token| message.tokens.contains(token))
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::State { state, reason, detail, due_ms, at_ms, .. } => {
                let ended_ms = state.is_end().then_some(at_ms);
                let mark = self.row.mark.filter(|_| !state.is_end() && !self.row.state.is_end());
                self.row = Row { state, reason, detail, due_ms, ended_ms, mark, ..self.row.clone() };
            }
            Change::Claim { guard, gap, .. } => {
                (self.row.state, self.row.lease) = (State::InFlight, guard.lease + 1);
                (self.row.reason, self.row.detail, self.row.due_ms) = (None, String::new(), None);
                self.row.gap |= gap;
            }
            Change::Mark { mark, .. } => self.row.mark = Some(mark),
            Change::Crashes { crashes, .. } => self.row.crashes = crashes,
            Change::Waits { .. } => {
                if self.row.state == State::InFlight {
                    self.row.state = State::Ready;
                }
            }
            Change::Begin { step, system, operation, .. } => {
                if self.row.state == State::Ready {
                    self.row.state = State::InFlight;
                }
                match self.delivery(&step) {
                    Some(delivery) => (delivery.doubt, delivery.decided) = (true, false),
                    None => {
                        self.deliveries.push(Delivery { step, system, operation, doubt: true, ..Delivery::default() });
                    }
                }
            }
            Change::Done { attempt, reply, .. } => {
                if let Some(delivery) = self.delivery(&attempt.step) {
                    (delivery.done, delivery.doubt) = (true, false);
                    (delivery.attempts, delivery.reply) = (attempt.n, Some(reply));
                }
                self.attempts.push(attempt);
            }
            Change::Failed { attempt, tries, doubt, .. } => {
                if let Some(delivery) = self.delivery(&attempt.step) {
                    (delivery.tries, delivery.attempts, delivery.doubt) = (tries, attempt.n, doubt);
                }
                self.attempts.push(attempt);
            }
            Change::Bury { grave, .. } => self.grave = Some(*grave),
            Change::Answer { answer, .. } => self.answer = Some(answer),
            Change::MadeGood { detail, at_ms, .. } => {
                if matches!(self.row.state, State::Dead | State::Failed) {
                    (self.row.state, self.row.reason) = (State::Resolved, Some(Reason::Operator));
                    (self.row.detail, self.row.ended_ms, self.row.mark) = (detail, Some(at_ms), None);
                }
            }
            Change::Again { .. } => {
                self.row.crashes = 0;
                for delivery in self.deliveries.iter_mut().filter(|delivery| !delivery.done) {
                    (delivery.tries, delivery.decided) = (0, true);
                }
            }
            Change::Incident(_)
            | Change::Post(_)
            | Change::Pause(_)
            | Change::Resume(_)
            | Change::Called { .. }
            | Change::Audit(_)
            | Change::DataKey(_)
            | Change::Rewrap(_)
            | Change::Erase { .. }
            | Change::Shred(_) => {}
        }
    }

    fn delivery(&mut self, step: &str) -> Option<&mut Delivery> {
        self.deliveries.iter_mut().find(|delivery| delivery.step == step)
    }
}
