//! Large bodies, in files of their own beside the store.
//!
//! In: bytes as the store was given them (sealed, where it is sealed). Out: files that are on the disk before a row speaks
//! of them. Never knows: what bodies hold, when a transaction ends.
//!
//! A file is written and synced, and then its folder, before the transaction that refers to it begins; it is removed only
//! after the transaction that takes its row away was made. So a crash leaves at most files that no row speaks of, and these
//! are swept when the store is opened. Every file has a name of its own that is never used again, is written once, and is
//! changed only to be destroyed: none can be taken for another, and copies need no lock.

use std::{
    collections::HashSet,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
};

use rusqlite::Connection;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::journal::StoreError;

/// Bodies that are longer lie in a file. Shorter ones are read and written faster in a page of the store.
pub(super) const LARGE: usize = 256 << 10;

/// The folder of a store.
#[derive(Debug)]
pub(super) struct Spool {
    folder: PathBuf,
    longest_in_page: usize,
    bytes: AtomicU64,
    /// The folder is there, and its name is on the disk.
    made: Mutex<bool>,
    /// How a file or a folder is synced.
    pub(super) sync: fn(&File) -> io::Result<()>,
}

/// A file that a row speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) bytes: u64,
}

/// A body in its file. The file goes with this value unless a transaction refers to it.
#[derive(Debug)]
pub(super) struct Spooled {
    pub(super) file: Named,
    pub(super) sha256: [u8; 32],
    referred: AtomicBool,
    spool: Arc<Spool>,
}

/// A body that has its place among the jobs of the writer while it is on its way into its file.
#[derive(Debug)]
pub(super) enum Body {
    Coming(mpsc::Receiver<Result<Spooled, StoreError>>),
    There(Spooled),
}

impl Body {
    /// Waits until it is there.
    pub(super) fn arrive(&mut self) -> Result<(), StoreError> {
        if let Self::Coming(coming) = self {
            // Whoever writes it is gone without a word: the process ends.
            *self = Self::There(coming.recv().map_err(|_| StoreError::Closed)??);
        }
        Ok(())
    }

    pub(super) const fn file(&self) -> Option<&Spooled> {
        match self {
            Self::There(spooled) => Some(spooled),
            Self::Coming(_) => None,
        }
    }
}

impl Spooled {
    /// A transaction speaks of it, from now on or, since it was not made, not any more.
    pub(super) fn refer(&self, referred: bool) {
        if self.referred.swap(referred, Ordering::Relaxed) != referred {
            self.spool.count(self.file.bytes, referred);
        }
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        if !self.referred.load(Ordering::Relaxed) {
            self.spool.remove(&self.file.name, false);
        }
    }
}

impl Spool {
    pub(super) fn beside(store: &Path, longest_in_page: usize) -> Self {
        let mut folder = store.as_os_str().to_owned();
        folder.push(".bodies");
        Self {
            folder: folder.into(),
            longest_in_page,
            bytes: AtomicU64::new(0),
            made: Mutex::new(false),
            sync: File::sync_all,
        }
    }

    /// Destroys what no row speaks of, and counts the rest. What it was is not known: it may have been erased.
    pub(super) fn sweep(&self, connection: &Connection, store_is_new: bool) -> Result<(), StoreError> {
        let failed = |error: &dyn std::fmt::Display| StoreError::Refused(format!("{}: {error}", self.folder.display()));
        let (known, bytes) = known(connection).map_err(|error| failed(&error))?;
        self.bytes.store(bytes, Ordering::Relaxed);
        for name in self.names().map_err(|error| failed(&error))? {
            if store_is_new {
                return Err(failed(
                    &"holds bodies, and the database beside it is not there: put it back, or move the folder away",
                ));
            }
            if !known.contains(&name) {
                self.remove(&name, true);
            }
        }
        Ok(())
    }

    /// Names of the files that are there. What is called otherwise is not ours.
    fn names(&self) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let names = entries.map(|entry| Ok(entry?.file_name().to_str().map(str::to_owned)));
        let names = names.collect::<io::Result<Vec<_>>>()?.into_iter().flatten();
        Ok(names.filter(|name| Uuid::try_parse(name).is_ok()).collect())
    }

    /// Bytes of all files that rows speak of.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// So many bytes more, or less.
    pub(super) fn count(&self, bytes: u64, more: bool) {
        let counted = |all: u64| Some(if more { all.saturating_add(bytes) } else { all.saturating_sub(bytes) });
        self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, counted).ok();
    }

    /// Whether a body lies in a file.
    pub(super) const fn takes(&self, body: &[u8]) -> bool {
        body.len() > self.longest_in_page
    }

    /// Begins to write a body, on a thread that may block.
    pub(super) fn begin(self: &Arc<Self>, body: Vec<u8>) -> Body {
        let (done, coming) = mpsc::channel();
        let spool = Arc::clone(self);
        // If nobody waits any more the file goes again.
        tokio::task::spawn_blocking(move || drop(done.send(spool.write(&body))));
        Body::Coming(coming)
    }

    /// Keeps a body: file and folder are synced.
    fn write(self: &Arc<Self>, body: &[u8]) -> Result<Spooled, StoreError> {
        let unwritten = |error| StoreError::Refused(format!("a body cannot be written: {error}"));
        // Nobody knows what is on the disk, as after a commit that failed.
        let unsynced = |error| StoreError::Broken(format!("a body cannot be synced: {error}"));
        self.make_folder()?;
        let mut options = OpenOptions::new();
        options.create_new(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = Named { name: Uuid::now_v7().to_string(), bytes: body.len() as u64 };
        let mut open = options.open(self.path(&file.name)).map_err(unwritten)?;
        let sha256 = Sha256::digest(body).into();
        // From here on it goes if it comes to nothing.
        let spooled = Spooled { file, sha256, referred: AtomicBool::new(false), spool: Arc::clone(self) };
        open.write_all(body).map_err(unwritten)?;
        (self.sync)(&open).map_err(unsynced)?;
        self.sync_folder(&self.folder).map_err(unsynced)?;
        Ok(spooled)
    }

    fn make_folder(&self) -> Result<(), StoreError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if !*made {
            let mut builder = DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            let failed = |error| format!("{}: {error}", self.folder.display());
            builder.create(&self.folder).map_err(|error| StoreError::Refused(failed(error)))?;
            let above = self.folder.parent().filter(|above| !above.as_os_str().is_empty());
            self.sync_folder(above.unwrap_or(Path::new("."))).map_err(|error| StoreError::Broken(failed(error)))?;
            *made = true;
        }
        Ok(())
    }

    /// Names of new files are on the disk. Only Unix has to be asked, and lets a folder be opened for it.
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        if cfg!(unix) { File::open(folder).and_then(|folder| (self.sync)(&folder)) } else { Ok(()) }
    }

    /// A body, which has to have this digest.
    pub(super) fn read(&self, file: &Named, sha256: &[u8]) -> Result<Vec<u8>, StoreError> {
        let path = self.path(&file.name);
        let damaged =
            |why: &dyn std::fmt::Display| StoreError::Damaged(format!("the body in {} {why}", path.display()));
        let body = fs::read(&path).map_err(|error| damaged(&format!("cannot be read: {error}")))?;
        if Sha256::digest(&body).as_slice() == sha256 {
            Ok(body)
        } else {
            Err(damaged(&"is not the one that was written"))
        }
    }

    /// Removes a file, after writing over it if it must not be found again; false if it is still there. One that is not
    /// there was removed before a crash.
    pub(super) fn remove(&self, name: &str, overwrite: bool) -> bool {
        let path = self.path(name);
        if overwrite && let Err(error) = self.overwrite(&path) {
            // It goes all the same.
            tracing::warn!(%error, file = %path.display(), "the place of a body is not overwritten");
        }
        match fs::remove_file(&path) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => {
                tracing::warn!(%error, file = %path.display(), "a body that nothing needs any more stays");
                false
            }
        }
    }

    fn overwrite(&self, path: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(path)?;
        let bytes = file.metadata()?.len();
        io::copy(&mut io::Read::take(io::repeat(0), bytes), &mut file)?;
        (self.sync)(&file)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// The row of a file.
pub(super) fn keep(connection: &Connection, seq: i64, spooled: &Spooled) -> rusqlite::Result<()> {
    let bytes = i64::try_from(spooled.file.bytes).unwrap_or(i64::MAX);
    connection
        .prepare_cached("insert into body_file (message, file, bytes) values (?1, ?2, ?3)")?
        .execute(rusqlite::params![seq, spooled.file.name, bytes])?;
    spooled.refer(true);
    Ok(())
}

/// Takes the row of a message's file away, if it has one: the file is to follow once that is committed.
pub(super) fn leave(connection: &Connection, seq: i64, left: &mut Vec<Named>) -> rusqlite::Result<()> {
    let mut rows = connection.prepare_cached("delete from body_file where message = ?1 returning file, bytes")?;
    for file in rows.query_map([seq], |row| named(row, "file", "bytes"))? {
        left.push(file?);
    }
    Ok(())
}

pub(super) fn named(row: &rusqlite::Row<'_>, file: &str, bytes: &str) -> rusqlite::Result<Named> {
    Ok(Named { name: row.get(file)?, bytes: u64::try_from(row.get::<_, i64>(bytes)?).unwrap_or_default() })
}

fn known(connection: &Connection) -> rusqlite::Result<(HashSet<String>, u64)> {
    let mut rows = connection.prepare("select file, bytes from body_file")?;
    let files = rows.query_map([], |row| named(row, "file", "bytes"))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let bytes = files.iter().map(|file| file.bytes).sum();
    Ok((files.into_iter().map(|file| file.name).collect(), bytes))
}
