//! The journal in one SQLite file.
//!
//! In: messages and changes. Out: commits with `synchronous=FULL`. Never knows: what they mean.
//!
//! One thread owns the writing connection and is fed by a channel: whatever has queued up while it synced goes into
//! the next transaction together (group commit). A few connections read beside it.

mod apply;
mod data_keys;
mod erase;
mod examine;
mod leftovers;
mod open;
mod operating;
mod prune;
mod read;
mod rows;
mod spool;
mod writer;

#[cfg(test)]
mod tests;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError, mpsc},
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    Accepted, Answer, AuditFilter, Audited, Change, DataKey, Filter, Grave, Head, IdempotencyKey, Incident, KeyFilter,
    Lanes, Material, NewMessage, Pause, Post, Prune, Pruned, Row, Size, Store, StoreError, Story, Unfinished,
};
use crate::{door::Promise, metrics::Metrics};
use spool::Spool;
use writer::Job;

/// Connections that read.
const READERS: usize = 4;

/// A journal in one SQLite file. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    jobs: mpsc::Sender<Job>,
    readers: Arc<Readers>,
    quota: Arc<writer::Quota>,
    spool: Arc<Spool>,
    meter: writer::Meter,
}

#[derive(Debug)]
struct Readers {
    idle: Mutex<Vec<Connection>>,
    permits: tokio::sync::Semaphore,
}

impl SqliteStore {
    /// Opens or creates the file, and takes its lock: one process at a time. Folders are made as needed. Bodies of more than
    /// 256 KiB lie in files of their own, in the folder `<path>.bodies`.
    ///
    /// # Errors
    /// The file cannot be opened, another process has it, a newer build wrote it, or it is not there and its bodies are.
    pub fn open(path: &Path, max_bytes: Option<u64>) -> Result<Self, StoreError> {
        Self::spooling(path, max_bytes, spool::LARGE)
    }

    /// Like [`open`](Self::open), with every body of more than so many bytes in a file of its own.
    ///
    /// # Errors
    /// As there.
    pub fn spooling(path: &Path, max_bytes: Option<u64>, longest_in_page: usize) -> Result<Self, StoreError> {
        Self::over(path, max_bytes, Spool::beside(path, longest_in_page))
    }

    fn over(path: &Path, max_bytes: Option<u64>, spool: Spool) -> Result<Self, StoreError> {
        let opened = open::open(path, READERS)?;
        let spool = Arc::new(spool);
        spool.sweep(&opened.writer, opened.is_new)?;
        let quota = Arc::new(writer::Quota::new(path, Arc::clone(&spool), max_bytes));
        let meter = writer::Meter::default();
        let jobs = writer::start(opened.writer, opened.lock, (Arc::clone(&quota), Arc::clone(&meter)))
            .map_err(|error| StoreError::Broken(error.to_string()))?;
        let readers = Readers { idle: Mutex::new(opened.readers), permits: tokio::sync::Semaphore::new(READERS) };
        Ok(Self { jobs, readers: Arc::new(readers), quota, spool, meter })
    }

    /// Makes every index of a file anew from its table. Nothing else may have the file open.
    ///
    /// # Errors
    /// The file cannot be opened or written, or another process has it.
    pub fn reindex(path: &Path) -> Result<(), StoreError> {
        let opened = open::open(path, 0)?;
        examine::mend(&opened.writer).map_err(|error| StoreError::Refused(error.to_string()))
    }

    /// Reads on a thread that may block.
    fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Promise<'static, Result<T, StoreError>> {
        let readers = Arc::clone(&self.readers);
        Box::pin(async move {
            let _permit = readers.permits.acquire().await.map_err(|_| StoreError::Closed)?;
            let connection =
                readers.idle.lock().unwrap_or_else(PoisonError::into_inner).pop().ok_or(StoreError::Closed)?;
            let (connection, result) = tokio::task::spawn_blocking(move || {
                let result = query(&connection);
                (connection, result)
            })
            .await
            .map_err(|_| StoreError::Closed)?;
            readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            result.map_err(|error| StoreError::Refused(error.to_string()))
        })
    }
}

impl Store for SqliteStore {
    /// Its place among all jobs is certain at once, however long its body takes.
    fn accept(&self, mut message: NewMessage) -> Promise<'static, Result<Accepted, StoreError>> {
        let (reply, result) = oneshot::channel();
        let large = self.spool.takes(&message.raw);
        if large && let Some(full) = self.quota.is_full() {
            return Box::pin(std::future::ready(Err(full)));
        }
        let body = large.then(|| self.spool.begin(std::mem::take(&mut message.raw)));
        let sent = self.jobs.send(Job::Accept(Box::new(message), body, reply));
        Box::pin(async move {
            sent.map_err(|_| StoreError::Closed)?;
            result.await.map_err(|_| StoreError::Closed)?
        })
    }

    fn commit(&self, changes: Vec<Change>) -> Promise<'static, Result<(), StoreError>> {
        let (reply, result) = oneshot::channel();
        let sent = self.jobs.send(Job::Commit(changes, reply));
        Box::pin(async move {
            sent.map_err(|_| StoreError::Closed)?;
            result.await.map_err(|_| StoreError::Closed)?
        })
    }

    fn unfinished(&self, lanes: Lanes) -> Promise<'static, Result<Vec<Unfinished>, StoreError>> {
        self.read(move |connection| {
            let mut unfinished = read::unfinished(connection)?;
            unfinished.retain(|message| lanes.contains(message.lane()));
            Ok(unfinished)
        })
    }

    fn material(&self, seq: i64) -> Promise<'static, Result<Option<Material>, StoreError>> {
        let spool = Arc::clone(&self.spool);
        let found = self.read(move |connection| read::material(connection, seq, &spool));
        Box::pin(async move { found.await? })
    }

    fn answer(&self, id: &str) -> Promise<'static, Result<Option<Answer>, StoreError>> {
        let id = id.to_owned();
        self.read(move |connection| read::answer(connection, &id))
    }

    fn messages(&self, filter: Filter) -> Promise<'static, Result<Vec<Row>, StoreError>> {
        self.read(move |connection| read::messages(connection, &filter))
    }

    fn story(&self, id: &str) -> Promise<'static, Result<Option<Story>, StoreError>> {
        let id = id.to_owned();
        self.read(move |connection| read::story(connection, &id))
    }

    fn graves(&self, filter: Filter) -> Promise<'static, Result<Vec<(Row, Grave)>, StoreError>> {
        self.read(move |connection| read::graves(connection, &filter))
    }

    fn dead(&self, _lanes: Lanes) -> Promise<'static, Result<Vec<(String, u64)>, StoreError>> {
        self.read(read::dead)
    }

    fn incidents(&self, limit: usize) -> Promise<'static, Result<Vec<Incident>, StoreError>> {
        self.read(move |connection| read::incidents(connection, limit))
    }

    fn posts(&self, sent: bool, limit: usize) -> Promise<'static, Result<Vec<Post>, StoreError>> {
        self.read(move |connection| read::posts(connection, sent, limit))
    }

    fn audit(&self, filter: AuditFilter) -> Promise<'static, Result<Vec<Audited>, StoreError>> {
        self.read(move |connection| operating::audit(connection, &filter))
    }

    fn audit_head(&self) -> Promise<'static, Result<Head, StoreError>> {
        self.read(operating::head)
    }

    fn pauses(&self) -> Promise<'static, Result<Vec<Pause>, StoreError>> {
        self.read(operating::pauses)
    }

    fn calls(&self, day: i64) -> Promise<'static, Result<Vec<(String, u64)>, StoreError>> {
        self.read(move |connection| read::calls(connection, day))
    }

    fn last_starts(&self) -> Promise<'static, Result<Vec<(String, i64)>, StoreError>> {
        self.read(read::last_starts)
    }

    fn data_keys(&self, filter: KeyFilter) -> Promise<'static, Result<Vec<DataKey>, StoreError>> {
        self.read(move |connection| data_keys::data_keys(connection, &filter))
    }

    fn size(&self) -> Option<Size> {
        Some(self.quota.size())
    }

    fn watch(&self, metrics: Arc<Metrics>) {
        // The first engine on this store is told; there is only one.
        self.meter.set(metrics).ok();
    }

    fn known_keys(&self, now_ms: i64) -> Promise<'static, Result<Vec<(i64, IdempotencyKey)>, StoreError>> {
        self.read(move |connection| read::known_keys(connection, now_ms))
    }

    fn examine(&self) -> Promise<'static, Result<Vec<String>, StoreError>> {
        self.read(examine::examine)
    }

    fn prune(&self, slice: Prune) -> Promise<'static, Result<Pruned, StoreError>> {
        let (reply, result) = oneshot::channel();
        let sent = self.jobs.send(Job::Prune(slice, reply));
        Box::pin(async move {
            sent.map_err(|_| StoreError::Closed)?;
            result.await.map_err(|_| StoreError::Closed)?
        })
    }

    fn close(&self) -> Promise<'static, ()> {
        let (reply, done) = oneshot::channel();
        let sent = self.jobs.send(Job::Close(reply));
        Box::pin(async move {
            if sent.is_ok() {
                done.await.ok();
            }
        })
    }
}
