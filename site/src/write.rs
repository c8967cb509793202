//! Files of a site to a folder.
//!
//! In: files and a folder. Out: a folder that holds exactly them, and a [`Report`]. Never knows: what is in them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

use catalog::Catalog;
use catalog::diagnostic::Diagnostics;

use crate::Options;
use crate::emit::emit_each;

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Files that were new or different.
    pub written: usize,
    /// Files that were as they should be and were left alone.
    pub unchanged: usize,
    /// Files of the build before that no longer exist.
    pub removed: usize,
}

/// Why a site could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read, written or removed.
    #[error("cannot write the site at {path}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        #[source]
        source: io::Error,
    },
    /// A path of the site leads out of its folder; nothing was written.
    #[error("the site has a file outside its folder: {path}")]
    Outside {
        /// The path.
        path: String,
    },
}

/// Names the files of the last build, so that the next one removes what is gone and nothing else.
const MANIFEST: &str = ".tieline-site";

/// Writes what differs, leaves the rest alone, and removes what the last build wrote and this one does not. Files in
/// the folder that no build wrote are never touched.
///
/// # Errors
/// When a path is not inside the folder, or the disk refuses.
pub fn write(files: &[(String, Vec<u8>)], folder: &Path) -> Result<Report, Error> {
    for (path, _) in files {
        if !is_inside(path) {
            return Err(Error::Outside { path: path.clone() });
        }
    }
    let writer = Writer::new(folder);
    for (path, bytes) in files {
        writer.put(path.clone(), bytes);
    }
    writer.finish()
}

/// Makes the site and writes it as [`write()`] does, file by file while it is being made.
///
/// # Errors
/// When a path is not inside the folder, or the disk refuses; what was written before stays.
pub fn build(catalog: &Catalog, diagnostics: &Diagnostics, options: &Options, folder: &Path) -> Result<Report, Error> {
    let writer = Writer::new(folder);
    emit_each(catalog, diagnostics, options, &|path, bytes| writer.put(path, &bytes));
    writer.finish()
}

/// A folder that becomes a site, file by file, from any thread.
struct Writer<'a> {
    folder: &'a Path,
    done: Mutex<Done>,
}

#[derive(Default)]
struct Done {
    report: Report,
    now: BTreeSet<String>,
    /// Why nothing is written any more.
    failed: Option<Error>,
}

impl<'a> Writer<'a> {
    fn new(folder: &'a Path) -> Self {
        Self { folder, done: Mutex::default() }
    }

    /// Writes a file if it differs; nothing after the first that failed.
    fn put(&self, path: String, bytes: &[u8]) {
        let done = || self.done.lock().unwrap_or_else(PoisonError::into_inner);
        if done().failed.is_some() {
            return;
        }
        let written = if is_inside(&path) {
            put(&self.folder.join(&path), bytes)
        } else {
            Err(Error::Outside { path: path.clone() })
        };
        let mut done = done();
        match written {
            Ok(true) => done.report.written += 1,
            Ok(false) => done.report.unchanged += 1,
            Err(error) => done.failed = Some(error),
        }
        done.now.insert(path);
    }

    /// Removes what is no longer part of the site, and notes what is.
    fn finish(self) -> Result<Report, Error> {
        let Done { mut report, now, failed } = self.done.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = failed {
            return Err(error);
        }
        let manifest = self.folder.join(MANIFEST);
        let before = fs::read_to_string(&manifest).unwrap_or_default();
        for path in before.lines().filter(|path| is_inside(path) && !now.contains(*path)) {
            report.removed += usize::from(remove(&self.folder.join(path))?);
        }
        let list: String = now.iter().flat_map(|path| [path, "\n"]).collect();
        put(&manifest, list.as_bytes())?;
        Ok(report)
    }
}

/// Relative, without `..`, without anything a file system could read as something else.
fn is_inside(path: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', ':', '\0']);
    !path.is_empty() && path.split('/').all(plain)
}

/// True when the file was new or different.
fn put(path: &Path, bytes: &[u8]) -> Result<bool, Error> {
    let failed = |source| Error::Io { path: path.to_owned(), source };
    // Only a file of the same length can be the same: most changed files are found without reading them.
    let same_length = fs::metadata(path).is_ok_and(|it| it.len() == bytes.len() as u64);
    if same_length && fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(false);
    }
    match fs::write(path, bytes) {
        // Most folders are there: to ask for each before each file would cost more than the files.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, bytes)).map_err(failed)?;
        }
        written => written.map_err(failed)?,
    }
    Ok(true)
}

fn remove(path: &Path) -> Result<bool, Error> {
    match fs::remove_file(path) {
        Ok(()) => {
            // Folders that are empty now go too; the first that is not ends it.
            let mut parent = path.parent();
            while let Some(folder) = parent {
                if fs::remove_dir(folder).is_err() {
                    break;
                }
                parent = folder.parent();
            }
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(Error::Io { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> (String, Vec<u8>) {
        (path.to_owned(), text.as_bytes().to_vec())
    }

    #[test]
    fn a_folder_follows_its_site() {
        let folder = tempfile::tempdir().unwrap();
        let first = [file("a/index.html", "a"), file("b/index.html", "b")];
        let report = write(&first, folder.path()).unwrap();
        assert_eq!(report, Report { written: 2, unchanged: 0, removed: 0 });
        fs::write(folder.path().join("mine.txt"), "x").unwrap();
        let second = [file("a/index.html", "A")];
        let report = write(&second, folder.path()).unwrap();
        assert_eq!(report, Report { written: 1, unchanged: 0, removed: 1 });
        assert!(!folder.path().join("b").exists());
        assert!(folder.path().join("mine.txt").exists());
        let report = write(&second, folder.path()).unwrap();
        assert_eq!(report, Report { written: 0, unchanged: 1, removed: 0 });
    }

    #[test]
    fn nothing_leaves_the_folder() {
        for path in ["../x", "/x", "a/../../x", "", "a//b", "C:x", "a\\..\\x"] {
            let folder = tempfile::tempdir().unwrap();
            assert!(matches!(write(&[file(path, "x")], folder.path()), Err(Error::Outside { .. })), "{path}");
        }
    }
}
