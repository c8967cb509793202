//! The writing thread: group commit.
//!
//! In: jobs from a channel. Out: one transaction for all that have queued up, then the answers. Never knows: SQL of
//! single changes.
//!
//! After a failed commit nothing is known about the disk any more, and syncing again may report success for pages that
//! are already lost: the thread answers every further job with [`StoreError::Broken`] and the process has to stop.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode};
use tokio::sync::oneshot;

use super::{
    apply,
    leftovers::Leftovers,
    prune,
    spool::{Body, Named, Spool},
};
use crate::{
    journal::{Accepted, Change, NewMessage, Prune, Pruned, Size, StoreError},
    metrics::Metrics,
};

pub(super) enum Job {
    /// A message, and its body if that lies in a file.
    Accept(Box<NewMessage>, Option<Body>, oneshot::Sender<Result<Accepted, StoreError>>),
    Commit(Vec<Change>, oneshot::Sender<Result<(), StoreError>>),
    Prune(Prune, oneshot::Sender<Result<Pruned, StoreError>>),
    Close(oneshot::Sender<()>),
}

/// Most new messages, jobs, bytes and time of one transaction.
const MOST_MESSAGES: usize = 128;
const MOST_JOBS: usize = 512;
const MOST_BYTES: usize = 1 << 20;
const LONGEST: Duration = Duration::from_millis(2);

/// After a transaction of so many jobs the next one waits a moment for company: two with half the jobs each write the same
/// pages twice. One job on its own never waits.
const COMPANY: usize = 8;
const MOMENT: Duration = Duration::from_millis(1);

/// The write-ahead log is moved into the file when the writer has had nothing to do for this long; under load SQLite does
/// it after so many pages, 64 MiB, on the commit that crosses them. Neither waits for readers.
pub(super) const LONGEST_LOG_PAGES: u32 = 16_384;
const IDLE: Duration = Duration::from_millis(250);

/// Longest that the log holds what was erased, if nobody reads it.
const TRACES: Duration = Duration::from_secs(1);

/// Longest wait for others who have the file.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// Whom to tell about transactions, once somebody wants to know.
pub(super) type Meter = Arc<OnceLock<Arc<Metrics>>>;

/// The size that must not be exceeded.
#[derive(Debug)]
pub(super) struct Quota {
    log: PathBuf,
    in_pages: AtomicU64,
    spool: Arc<Spool>,
    max_bytes: Option<u64>,
}

impl Quota {
    pub(super) fn new(path: &Path, spool: Arc<Spool>, max_bytes: Option<u64>) -> Self {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        Self { log: log.into(), in_pages: AtomicU64::new(0), spool, max_bytes }
    }

    /// Bytes that are used: by what is in pages, as the writer last saw it, by the log, and by files.
    pub(super) fn size(&self) -> Size {
        let log_bytes = self.log.metadata().map_or(0, |metadata| metadata.len());
        let used_bytes = self.in_pages.load(Ordering::Relaxed).saturating_add(log_bytes);
        let used_bytes = used_bytes.saturating_add(self.spool.bytes());
        Size { used_bytes, max_bytes: self.max_bytes }
    }

    /// Looks at the pages. Those that deleting has set free are room, although the file keeps them.
    fn look(&self, connection: &Connection) {
        // A file that does not say how large it is takes no more.
        self.in_pages.store(used(connection).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// The error for newcomers if 90 % are used.
    fn full(&self, connection: &Connection) -> Option<StoreError> {
        self.max_bytes?;
        self.look(connection);
        self.is_full()
    }

    /// The same, as the writer last saw it.
    pub(super) fn is_full(&self) -> Option<StoreError> {
        let max_bytes = self.max_bytes?;
        let used_bytes = self.size().used_bytes;
        (used_bytes >= max_bytes / 10 * 9).then_some(StoreError::Full { used_bytes, max_bytes })
    }
}

/// Bytes of the pages that hold something.
fn used(connection: &Connection) -> Option<u64> {
    let ask = |pragma: &str| connection.prepare_cached(pragma)?.query_row([], |row| row.get::<_, i64>(0));
    let (pages, free) = (ask("pragma page_count").ok()?, ask("pragma freelist_count").ok()?);
    let page_bytes = ask("pragma page_size").ok()?;
    u64::try_from(pages.saturating_sub(free).saturating_mul(page_bytes)).ok()
}

/// Starts the thread.
pub(super) fn start(
    connection: Connection,
    lock: File,
    (quota, meter): (Arc<Quota>, Meter),
) -> io::Result<Sender<Job>> {
    let (sender, jobs) = channel();
    quota.look(&connection);
    let writer = Writer {
        connection,
        leftovers: Leftovers::of(Arc::clone(&quota.spool)),
        quota,
        meter,
        broken: None,
        log_is_dirty: true,
        traces_since: None,
        busy: false,
        _lock: lock,
    };
    thread::Builder::new().name("journal".to_owned()).spawn(move || writer.run(&jobs))?;
    Ok(sender)
}

struct Writer {
    connection: Connection,
    leftovers: Leftovers,
    quota: Arc<Quota>,
    meter: Meter,
    broken: Option<StoreError>,
    log_is_dirty: bool,
    /// Since when the log holds what was erased.
    traces_since: Option<Instant>,
    /// The last transaction had company.
    busy: bool,
    _lock: File,
}

impl Writer {
    fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            match jobs.recv_timeout(IDLE) {
                Ok(Job::Close(done)) => {
                    return self.close(Some(done));
                }
                Ok(job) => {
                    if self.busy {
                        // Asleep instead of listening: nobody has to wake this thread for each job.
                        thread::sleep(MOMENT);
                    }
                    let (batch, close) = gather(job, jobs);
                    self.busy = batch.len() >= COMPANY;
                    self.write(batch);
                    if self.traces_since.is_some_and(|since| since.elapsed() >= TRACES) {
                        self.checkpoint();
                    }
                    if close.is_some() {
                        return self.close(close);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    if self.log_is_dirty {
                        self.checkpoint();
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return self.close(None),
            }
        }
    }

    fn write(&mut self, batch: Vec<Job>) {
        let batch = self.with_bodies(batch);
        if let Some(error) = &self.broken {
            batch.into_iter().for_each(|job| job.fail(error));
            return;
        }
        self.log_is_dirty = true;
        let full = self.quota.full(&self.connection);
        let erases = batch.iter().any(Job::erases);
        if erases {
            self.overwrite(true);
            self.traces_since.get_or_insert_with(Instant::now);
        }
        match self.transaction(&batch, full.as_ref()) {
            Ok((answers, left)) => {
                batch.into_iter().zip(answers).for_each(|(job, answer)| job.answer(answer));
                self.leftovers.remove(left, erases);
            }
            // One bad change must not take its neighbours with it.
            Err(StoreError::Refused(_) | StoreError::Stale) if batch.len() > 1 => {
                batch.iter().for_each(Job::was_not_made);
                let mut first = batch;
                let second = first.split_off(first.len() / 2);
                self.write(first);
                self.write(second);
            }
            Err(error) => {
                match error {
                    // It may be there: the files stay until the store is opened again.
                    StoreError::Broken(_) => self.broken = Some(error.clone()),
                    _ => batch.iter().for_each(Job::was_not_made),
                }
                batch.into_iter().for_each(|job| job.fail(&error));
            }
        }
    }

    /// Waits until bodies lie in their files. Who cannot have one is told so.
    fn with_bodies(&mut self, batch: Vec<Job>) -> Vec<Job> {
        let mut whole = Vec::with_capacity(batch.len());
        for mut job in batch {
            match job.arrive() {
                Ok(()) => whole.push(job),
                Err(error) => {
                    if matches!(error, StoreError::Broken(_)) {
                        self.broken = Some(error.clone());
                    }
                    job.fail(&error);
                }
            }
        }
        whole
    }

    /// One transaction; what each job is to be answered, and the files that it leaves without a row.
    fn transaction(&mut self, batch: &[Job], full: Option<&StoreError>) -> Result<Made, StoreError> {
        let transaction = self.connection.transaction().map_err(|error| refused(&error))?;
        let (mut answers, mut left) = (Vec::with_capacity(batch.len()), Vec::new());
        for job in batch {
            answers.push(match (job, full) {
                (Job::Accept(..), Some(error)) => Answered::Accept(Err(error.clone())),
                (Job::Accept(message, body, _), None) => {
                    let file = body.as_ref().and_then(Body::file);
                    Answered::Accept(Ok(apply::accept(&transaction, message, file).map_err(|error| refused(&error))?))
                }
                (Job::Commit(changes, _), _) => {
                    for change in changes {
                        apply::change(&transaction, change, &mut left).map_err(|error| refused(&error))?;
                    }
                    Answered::Done
                }
                (Job::Prune(slice, _), _) => {
                    Answered::Pruned(prune::prune(&transaction, slice, &mut left).map_err(|error| refused(&error))?)
                }
                (Job::Close(_), _) => Answered::Done,
            });
        }
        let started = Instant::now();
        transaction.commit().map_err(|error| uncertain(&error))?;
        if let Some(metrics) = self.meter.get() {
            metrics.committed(batch.len(), started.elapsed());
        }
        Ok((answers, left))
    }

    /// Whether what is deleted is overwritten in its page. It always is once asked for, until the log was emptied: rows that
    /// were erased leave no bytes behind.
    fn overwrite(&self, on: bool) {
        // What cannot be set is no reason not to erase the rows.
        if let Err(error) = self.connection.pragma_update(None, "secure_delete", on) {
            tracing::warn!(%error, "the place of what is erased is not overwritten");
        }
    }

    /// Empties the log, which holds pages as they were. Does not wait for readers: it is tried again.
    fn empty_log(&mut self) -> bool {
        let emptied = self
            .connection
            .busy_timeout(Duration::ZERO)
            .and_then(|()| {
                self.connection.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get::<_, bool>(0))
            })
            .is_ok_and(|busy| !busy);
        if let Err(error) = self.connection.busy_timeout(BUSY) {
            tracing::warn!(%error, "the journal's connection does not wait for others any more");
        }
        if emptied {
            self.traces_since = None;
            self.overwrite(false);
        } else {
            self.traces_since = Some(Instant::now());
        }
        emptied
    }

    fn checkpoint(&mut self) {
        if self.broken.is_none() && self.traces_since.is_some() {
            self.log_is_dirty = !self.empty_log();
            self.quota.look(&self.connection);
            return;
        }
        // A checkpoint that fails or is held up by a reader loses nothing: the log stays, and it is tried again.
        if self.broken.is_none() && self.connection.execute_batch("pragma wal_checkpoint(passive)").is_ok() {
            self.log_is_dirty = false;
            self.quota.look(&self.connection);
        }
    }

    /// Leaves one tidy file, then lets go of it, then says so.
    fn close(self, done: Option<oneshot::Sender<()>>) {
        if self.broken.is_none() {
            // As above: what cannot be moved stays in the log, and is found there.
            self.connection.execute_batch("pragma wal_checkpoint(truncate)").ok();
        }
        drop(self);
        if let Some(done) = done {
            done.send(()).ok();
        }
    }
}

/// What a transaction that was made is to be answered, and the files that no row speaks of any more.
type Made = (Vec<Answered>, Vec<Named>);

enum Answered {
    Accept(Result<Accepted, StoreError>),
    Pruned(Pruned),
    Done,
}

impl Job {
    fn answer(self, answered: Answered) {
        match (self, answered) {
            (Self::Accept(_, _, reply), Answered::Accept(accepted)) => drop(reply.send(accepted)),
            (Self::Commit(_, reply), _) => drop(reply.send(Ok(()))),
            (Self::Close(reply), _) => drop(reply.send(())),
            (Self::Prune(_, reply), Answered::Pruned(pruned)) => drop(reply.send(Ok(pruned))),
            (Self::Accept(..) | Self::Prune(..), _) => {}
        }
    }

    fn fail(self, error: &StoreError) {
        match self {
            Self::Accept(_, _, reply) => drop(reply.send(Err(error.clone()))),
            Self::Commit(_, reply) => drop(reply.send(Err(error.clone()))),
            Self::Prune(_, reply) => drop(reply.send(Err(error.clone()))),
            Self::Close(reply) => drop(reply.send(())),
        }
    }

    /// Waits until its body lies in its file.
    fn arrive(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Accept(_, Some(body), _) => body.arrive(),
            _ => Ok(()),
        }
    }

    /// Its transaction was not made: what it wrote beside it is not referred to.
    fn was_not_made(&self) {
        if let Self::Accept(_, Some(Body::There(spooled)), _) = self {
            spooled.refer(false);
        }
    }

    fn erases(&self) -> bool {
        match self {
            Self::Commit(changes, _) => changes.iter().any(|change| matches!(change, Change::Erase { .. })),
            // A round that takes content before the record is gone leaves no more of it behind than a person's demand.
            Self::Prune(slice, _) => slice.own.values().any(|before| before.content_ms.is_some()),
            Self::Accept(..) | Self::Close(_) => false,
        }
    }

    const fn is_message(&self) -> bool {
        matches!(self, Self::Accept(..))
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Accept(message, ..) => message.raw.len(),
            Self::Commit(changes, _) => changes.iter().map(change_bytes).sum(),
            Self::Prune(..) | Self::Close(_) => 0,
        }
    }
}

fn change_bytes(change: &Change) -> usize {
    match change {
        Change::Done { attempt, reply, .. } => reply.len() + attempt.excerpt.len(),
        Change::Failed { attempt, .. } => attempt.excerpt.len(),
        Change::Bury { grave, .. } => grave.mapped.as_ref().map_or(0, Vec::len) + grave.field_errors.len(),
        Change::Answer { answer, .. } => answer.body.len(),
        _ => 0,
    }
}

/// The first job and those that are there already, within the window; and whether to close after them.
fn gather(first: Job, jobs: &Receiver<Job>) -> (Vec<Job>, Option<oneshot::Sender<()>>) {
    let started = Instant::now();
    let (mut bytes, mut messages, mut batch) = (first.bytes(), usize::from(first.is_message()), vec![first]);
    while batch.len() < MOST_JOBS && messages < MOST_MESSAGES && bytes < MOST_BYTES && started.elapsed() < LONGEST {
        match jobs.try_recv() {
            Ok(Job::Close(done)) => return (batch, Some(done)),
            Ok(job) => {
                bytes += job.bytes();
                messages += usize::from(job.is_message());
                batch.push(job);
            }
            Err(_) => break,
        }
    }
    (batch, None)
}

/// The commit failed. A full disk is found out before anything is synced and leaves nothing behind; after anything else
/// nobody knows what is on the disk.
fn uncertain(error: &rusqlite::Error) -> StoreError {
    let full = matches!(error.sqlite_error_code(), Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy));
    if full { StoreError::Refused(error.to_string()) } else { StoreError::Broken(error.to_string()) }
}

/// A statement failed before the commit. Input/output errors and damage are as bad as a failed sync.
fn refused(error: &rusqlite::Error) -> StoreError {
    if matches!(error, rusqlite::Error::StatementChangedRows(0)) {
        return StoreError::Stale;
    }
    let broken = matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    );
    if broken { StoreError::Broken(error.to_string()) } else { StoreError::Refused(error.to_string()) }
}
