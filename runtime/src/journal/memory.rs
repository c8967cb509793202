//! The journal in memory: for tests and for trying out. Nothing survives the process.
//!
//! In: messages and changes. Out: the same answers as the stores that keep their promise. Never knows: files.

mod erase;
mod kept;
mod keys;
mod life;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    Accepted, Answer, AuditFilter, AuditPage, Audited, Change, DataKey, Filter, Grave, Head, IdempotencyKey, Incident,
    KeyFilter, Lanes, Material, NewMessage, Pause, Post, PostState, Prune, Pruned, Row, Store, StoreError, Story,
    Unfinished,
};
use crate::{door::Promise, lifecycle::State};
use kept::Kept;
use life::{Life, sorted};

/// A journal in memory. Clones share it, so a test can drop an engine and start another on what is left.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    kept: Arc<Mutex<Kept>>,
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

    fn dead(&self, _lanes: Lanes) -> Promise<'static, Result<Vec<(String, u64)>, StoreError>> {
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

    fn last_starts(&self) -> Promise<'static, Result<Vec<(String, i64)>, StoreError>> {
        self.at_once(|kept| kept.starts.clone().into_iter().collect())
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
