//! A disk with a write-ahead log, and everything that can be wrong with one.
//!
//! In: writes of the engine, faults. Out: a [`Store`] that keeps what it synced and nothing else. Never knows: flows.
//!
//! Writes queue up and are synced together. A crash loses what waits; the batch that is being synced is there as a whole
//! or, torn, not at all. A sync that fails leaves nobody knowing which. Readers see what is committed.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tieline_runtime::{
    door::Promise,
    journal::{
        Accepted, Answer, AuditFilter, Audited, Change, DataKey, Filter, Grave, Head, Incident, KeyFilter, Material,
        MemoryStore, NewMessage, Pause, Post, Row, Store, StoreError, Story, Unfinished,
    },
    random::Random,
};
use tokio::sync::oneshot;

use super::{
    history::{Event, History},
    wrong::Lie,
};

/// Most writes that are synced together.
const BATCH: usize = 16;

enum Write {
    Accept(Box<NewMessage>, oneshot::Sender<Result<Accepted, StoreError>>),
    Commit(Vec<Change>, oneshot::Sender<Result<(), StoreError>>),
}

#[derive(Default)]
struct Inside {
    /// Which process may write: the dead do not.
    process: u32,
    waiting: VecDeque<Write>,
    /// Being synced, or of a sync that failed.
    uncertain: Vec<Write>,
    syncing: bool,
    broken: Option<StoreError>,
    /// The next sync fails.
    fail_sync: bool,
    no_space: bool,
    over_quota: bool,
    slowest_ms: u64,
}

/// The disk: what is on it outlives processes.
#[derive(Clone)]
pub(super) struct Disk {
    inside: Arc<Mutex<Inside>>,
    kept: MemoryStore,
    history: History,
    random: Arc<Random>,
    lie: Lie,
}

impl Disk {
    pub(super) fn new(history: History, seed: u64, lie: Lie) -> Self {
        let inside = Inside { slowest_ms: 3, ..Inside::default() };
        Self {
            inside: Arc::new(Mutex::new(inside)),
            kept: MemoryStore::new(),
            history,
            random: Arc::new(Random::seeded(seed)),
            lie,
        }
    }

    /// A handle for the next process.
    pub(super) fn open(&self) -> Handle {
        let mut inside = self.inside();
        inside.process += 1;
        Handle { disk: self.clone(), process: inside.process }
    }

    /// What is on it, for the checker.
    pub(super) fn kept(&self) -> &MemoryStore {
        &self.kept
    }

    /// The machine loses its power.
    pub(super) fn crash(&self) {
        let mut inside = self.inside();
        inside.process += 1;
        inside.waiting.clear();
        let uncertain = std::mem::take(&mut inside.uncertain);
        (inside.syncing, inside.broken, inside.fail_sync) = (false, None, false);
        drop(inside);
        if uncertain.is_empty() {
            return;
        }
        if self.random.up_to(1) == 0 {
            self.history.fault("a batch was torn by a crash");
            if self.lie == Lie::HalfTransactions {
                let half = uncertain.len().div_ceil(2);
                uncertain.into_iter().take(half).for_each(|write| self.half(write));
            }
            return;
        }
        self.history.fault("a batch was committed, but nobody heard of it");
        uncertain.into_iter().for_each(|write| self.apply(write));
    }

    /// The next sync fails.
    pub(super) fn fail_sync(&self) {
        self.inside().fail_sync = true;
    }

    /// Nothing can be written (or it can again).
    pub(super) fn no_space(&self, full: bool) {
        self.inside().no_space = full;
    }

    /// The quota is reached (or not any more).
    pub(super) fn over_quota(&self, over: bool) {
        self.inside().over_quota = over;
    }

    /// A sync takes this long at most.
    pub(super) fn slowest_ms(&self, ms: u64) {
        self.inside().slowest_ms = ms;
    }

    pub(super) fn heal(&self) {
        let mut inside = self.inside();
        (inside.fail_sync, inside.no_space, inside.over_quota, inside.slowest_ms) = (false, false, false, 3);
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Syncs until nothing waits.
    async fn sync(self, process: u32) {
        loop {
            let pause_ms = {
                let mut inside = self.inside();
                if inside.process != process {
                    return;
                }
                let count = inside.waiting.len().min(BATCH);
                if count == 0 || inside.broken.is_some() {
                    inside.syncing = false;
                    return;
                }
                inside.uncertain = inside.waiting.drain(..count).collect();
                self.random.up_to(inside.slowest_ms)
            };
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
            if !self.finish(process) {
                return;
            }
        }
    }

    /// What came of a sync; false if there is no next.
    fn finish(&self, process: u32) -> bool {
        let mut inside = self.inside();
        if inside.process != process {
            return false;
        }
        if inside.no_space {
            let refused = std::mem::take(&mut inside.uncertain);
            drop(inside);
            let error = StoreError::Refused("no space left".to_owned());
            refused.into_iter().for_each(|write| self.refuse(write, &error));
            return true;
        }
        if inside.fail_sync {
            inside.fail_sync = false;
            if self.lie == Lie::SyncTriedAgain {
                let lost = std::mem::take(&mut inside.uncertain);
                drop(inside);
                self.history.fault("a sync failed");
                lost.into_iter().for_each(pretend);
                return true;
            }
            let error = StoreError::Broken("sync failed".to_owned());
            inside.broken = Some(error.clone());
            inside.syncing = false;
            // Whoever waits hears of it; what was being written stays, and nobody knows how much of it.
            let (waiting, uncertain) = (std::mem::take(&mut inside.waiting), std::mem::take(&mut inside.uncertain));
            let told: Vec<_> = uncertain.into_iter().map(|write| self.fail(write, &error)).collect();
            inside.uncertain = told;
            drop(inside);
            self.history.fault("a sync failed");
            waiting.into_iter().for_each(|write| drop(self.fail(write, &error)));
            return false;
        }
        let written = std::mem::take(&mut inside.uncertain);
        drop(inside);
        written.into_iter().for_each(|write| self.apply(write));
        true
    }

    /// It is on the disk.
    fn apply(&self, write: Write) {
        match write {
            Write::Accept(mut message, reply) => {
                if self.lie == Lie::ForgetsKeys {
                    message.key = None;
                }
                let result = now(self.kept.accept((*message).clone()));
                if let Ok(Accepted::New { seq }) = &result {
                    self.history.add(Event::Kept { seq: *seq, message });
                }
                reply.send(result).ok();
            }
            Write::Commit(mut changes, reply) => {
                if self.lie == Lie::LosesDone {
                    changes.retain(|change| !matches!(change, Change::Done { .. }));
                }
                let result = now(self.kept.commit(changes.clone()));
                self.history.add(match &result {
                    Ok(()) => Event::Changed(changes),
                    Err(_) => Event::Stale(changes),
                });
                reply.send(result).ok();
            }
        }
    }

    /// Part of a transaction, as no disk may leave it.
    fn half(&self, write: Write) {
        match write {
            Write::Commit(mut changes, reply) if changes.len() > 1 => {
                changes.truncate(changes.len() - 1);
                self.apply(Write::Commit(changes, reply));
            }
            write => self.apply(write),
        }
    }

    fn refuse(&self, write: Write, error: &StoreError) {
        self.history.coverage.sometimes("the disk was full");
        drop(self.fail(write, error));
    }

    /// Tells whoever waits; what is left is written, or not.
    fn fail(&self, write: Write, error: &StoreError) -> Write {
        match write {
            Write::Accept(message, reply) => {
                reply.send(Err(error.clone())).ok();
                Write::Accept(message, oneshot::channel().0)
            }
            Write::Commit(changes, reply) => {
                self.history.add(Event::NotWritten(changes.clone()));
                reply.send(Err(error.clone())).ok();
                Write::Commit(changes, oneshot::channel().0)
            }
        }
    }
}

/// Says it is written, which it is not.
fn pretend(write: Write) {
    match write {
        Write::Accept(_, reply) => drop(reply.send(Ok(Accepted::New { seq: 1_000_000 }))),
        Write::Commit(_, reply) => drop(reply.send(Ok(()))),
    }
}

/// The result of a promise of the memory store: it never waits.
fn now<T>(promise: Promise<'static, Result<T, StoreError>>) -> Result<T, StoreError> {
    use futures_util::FutureExt as _;
    promise.now_or_never().unwrap_or(Err(StoreError::Closed))
}

/// One process's hand on the disk.
pub(super) struct Handle {
    disk: Disk,
    process: u32,
}

impl Handle {
    fn write(&self, write: Write) {
        let mut inside = self.disk.inside();
        if inside.process != self.process {
            return;
        }
        if let Some(error) = inside.broken.clone() {
            drop(inside);
            drop(self.disk.fail(write, &error));
            return;
        }
        inside.waiting.push_back(write);
        if !inside.syncing {
            inside.syncing = true;
            drop(inside);
            tokio::spawn(self.disk.clone().sync(self.process));
        }
    }
}

impl Store for Handle {
    fn accept(&self, message: NewMessage) -> Promise<'static, Result<Accepted, StoreError>> {
        let (reply, result) = oneshot::channel();
        if self.disk.inside().over_quota {
            self.disk.history.coverage.sometimes("the quota refused a message");
            return Box::pin(std::future::ready(Err(StoreError::Full { used_bytes: 90, max_bytes: 100 })));
        }
        let seq = self.disk.lie.guess(&self.disk.kept);
        self.write(Write::Accept(Box::new(message), reply));
        Box::pin(async move {
            match seq {
                Some(seq) => Ok(Accepted::New { seq }),
                None => result.await.unwrap_or(Err(StoreError::Closed)),
            }
        })
    }

    fn commit(&self, changes: Vec<Change>) -> Promise<'static, Result<(), StoreError>> {
        let (reply, result) = oneshot::channel();
        let hasty = self.disk.lie == Lie::HastyBegin && matches!(changes[..], [Change::Begin { .. }]);
        self.write(Write::Commit(changes, reply));
        Box::pin(async move { if hasty { Ok(()) } else { result.await.unwrap_or(Err(StoreError::Closed)) } })
    }

    fn unfinished(&self) -> Promise<'static, Result<Vec<Unfinished>, StoreError>> {
        self.disk.kept.unfinished()
    }

    fn material(&self, seq: i64) -> Promise<'static, Result<Option<Material>, StoreError>> {
        self.disk.kept.material(seq)
    }

    fn answer(&self, id: &str) -> Promise<'static, Result<Option<Answer>, StoreError>> {
        self.disk.kept.answer(id)
    }

    fn messages(&self, filter: Filter) -> Promise<'static, Result<Vec<Row>, StoreError>> {
        self.disk.kept.messages(filter)
    }

    fn story(&self, id: &str) -> Promise<'static, Result<Option<Story>, StoreError>> {
        self.disk.kept.story(id)
    }

    fn graves(&self, filter: Filter) -> Promise<'static, Result<Vec<(Row, Grave)>, StoreError>> {
        self.disk.kept.graves(filter)
    }

    fn dead(&self) -> Promise<'static, Result<Vec<(String, u64)>, StoreError>> {
        self.disk.kept.dead()
    }

    fn incidents(&self, limit: usize) -> Promise<'static, Result<Vec<Incident>, StoreError>> {
        self.disk.kept.incidents(limit)
    }

    fn posts(&self, sent: bool, limit: usize) -> Promise<'static, Result<Vec<Post>, StoreError>> {
        self.disk.kept.posts(sent, limit)
    }

    fn audit(&self, filter: AuditFilter) -> Promise<'static, Result<Vec<Audited>, StoreError>> {
        self.disk.kept.audit(filter)
    }

    fn audit_head(&self) -> Promise<'static, Result<Head, StoreError>> {
        self.disk.kept.audit_head()
    }

    fn pauses(&self) -> Promise<'static, Result<Vec<Pause>, StoreError>> {
        self.disk.kept.pauses()
    }

    fn calls(&self, day: i64) -> Promise<'static, Result<Vec<(String, u64)>, StoreError>> {
        self.disk.kept.calls(day)
    }

    fn data_keys(&self, filter: KeyFilter) -> Promise<'static, Result<Vec<DataKey>, StoreError>> {
        self.disk.kept.data_keys(filter)
    }

    fn close(&self) -> Promise<'static, ()> {
        // Everything handed in before is durable once this is.
        let done = self.commit(Vec::new());
        Box::pin(async move { done.await.map_or((), |()| ()) })
    }
}
