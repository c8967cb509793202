//! What a disk is made of: memory, a real SQLite file of which a crash leaves an image, or a database on a server, which
//! crashes do not reach.
//!
//! In: writes that are synced, crashes. Out: a real [`Store`], and after a crash of a file the one that opens what is
//! left of it. Never knows: engines, flows.
//!
//! A crash of a file is a copy of the database and its log while the store is open, the log cut anywhere in the last
//! batch and followed by garbage: what a disk may hold when the power goes in the middle of a write that nobody was told
//! of yet. What was synced before is there as a whole; of the batch a prefix of whole transactions is. Every body lies in a
//! file of its own: those of transactions that are there are whole, those of the others may be anything, and what a
//! transaction that is not there has removed is there.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use tempfile::TempDir;
use tieline_runtime::{
    journal::{MemoryStore, SqliteStore, Store, StoreError},
    random::Random,
};

use super::server::{Database, Server};

/// What the disk is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Memory,
    Sqlite,
    /// Memory that only ciphertext reaches.
    Sealed,
}

/// The store that holds what is on the disk. Clones share it.
#[derive(Clone)]
pub(super) struct Medium {
    now: Arc<Mutex<Arc<dyn Store>>>,
    file: Option<Arc<File>>,
    database: Option<Arc<Database>>,
    /// Only ciphertext is to reach it.
    pub(super) is_sealed: bool,
}

struct File {
    folder: TempDir,
    image: Mutex<u32>,
}

impl File {
    /// The database of today.
    fn path(&self) -> PathBuf {
        let image = *self.image.lock().unwrap_or_else(PoisonError::into_inner);
        self.folder.path().join(format!("journal-{image}.db"))
    }

    fn next(&self) -> PathBuf {
        *self.image.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.path()
    }
}

/// Bodies by the names of their files, the oldest first.
pub(super) type Bodies = BTreeMap<String, Arc<[u8]>>;

impl Medium {
    pub(super) fn new(kind: Kind) -> Self {
        if kind != Kind::Sqlite {
            return Self { is_sealed: kind == Kind::Sealed, ..Self::of(Arc::new(MemoryStore::new())) };
        }
        // Syncs cost time on a real disk, and here it is not the disk that is tried.
        let folder = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).expect("a temporary folder");
        let file = File { folder, image: Mutex::new(0) };
        let store = spooling(&file.path()).expect("a new store opens");
        Self { file: Some(Arc::new(file)), ..Self::of(Arc::new(store)) }
    }

    /// A new database.
    pub(super) fn on(server: &Arc<Server>) -> Self {
        let database = Arc::new(server.database());
        Self { database: Some(Arc::clone(&database)), ..Self::of(database.open()) }
    }

    fn of(store: Arc<dyn Store>) -> Self {
        Self { now: Arc::new(Mutex::new(store)), file: None, database: None, is_sealed: false }
    }

    pub(super) fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.now.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The process is gone; on a server another one takes its place.
    pub(super) fn next_process(&self) {
        if let Some(database) = &self.database {
            at_once(self.store().close());
            *self.now.lock().unwrap_or_else(PoisonError::into_inner) = database.open();
        }
    }

    /// How long the log is, of media that have one.
    pub(super) fn log_bytes(&self) -> Option<u64> {
        let file = self.file.as_ref()?;
        Some(fs::metadata(log_of(&file.path())).map_or(0, |log| log.len()))
    }

    /// Bodies in files, of media that have them. What is known already is not read again: files are written once.
    pub(super) fn bodies(&self, known: &Bodies) -> Bodies {
        let Some(file) = &self.file else { return Bodies::new() };
        let folder = bodies_of(&file.path());
        let names = fs::read_dir(&folder).into_iter().flatten().flatten();
        let names = names.filter_map(|entry| entry.file_name().into_string().ok());
        let body = |name: &String| {
            let known = known.get(name).cloned();
            // One that is removed at this moment is gone.
            known.or_else(|| fs::read(folder.join(name)).ok().map(Into::into))
        };
        names.filter_map(|name| body(&name).map(|body| (name, body))).collect()
    }

    /// The power goes: of the log so many bytes are left, and something that was never written, and these bodies. The
    /// store that opens what is left takes the place of the one before.
    pub(super) fn crash(&self, left: u64, bodies: &Bodies, random: &Random) {
        let Some(file) = &self.file else { return };
        let old = file.path();
        let new = file.next();
        // First the database: pages that move to it meanwhile are in the log as well.
        fs::copy(&old, &new).expect("an image of the database");
        let mut log = fs::read(log_of(&old)).unwrap_or_default();
        log.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        log.extend((0..random.up_to(5_000)).map(|_| u8::try_from(random.up_to(255)).unwrap_or(0)));
        fs::write(log_of(&new), log).expect("an image of the log");
        fs::create_dir(bodies_of(&new)).expect("an image of the bodies");
        for (name, body) in bodies {
            fs::write(bodies_of(&new).join(name), body).expect("an image of a body");
        }
        let store = spooling(&new).expect("what a crash leaves opens");
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(store);
    }
}

/// A store that keeps every body in a file.
fn spooling(path: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::spooling(path, None, 0)
}

fn log_of(database: &Path) -> PathBuf {
    beside(database, "-wal")
}

fn bodies_of(database: &Path) -> PathBuf {
    beside(database, ".bodies")
}

fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(ending);
    PathBuf::from(path)
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The result of a future whose work is done by other threads. Waits for it on this one, so that no simulated time
/// passes and nothing else happens meanwhile.
pub(super) fn at_once<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    // It never yields, so nobody would renew a budget.
    let mut future = pin!(tokio::task::unconstrained(future));
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        thread::park();
    }
}
