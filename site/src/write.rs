//! Files of a site to a folder.
//!
//! In: files and a folder. Out: a folder that holds exactly them, and a [`Report`]. Never knows: what is in them.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

use catalog::Catalog;
use catalog::diagnostic::Diagnostics;

use crate::Options;
use crate::emit::emit_each;
use crate::made::{self, Made, Record, Records, Stamps};
use crate::reads::Reads;
use crate::view::Context;

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
        writer.put(path.clone(), bytes, &Reads::All);
    }
    Ok(writer.finish()?.0)
}

/// Makes the site and writes it as [`write()`] does, file by file while it is being made.
///
/// # Errors
/// When a path is not inside the folder, or the disk refuses; what was written before stays.
pub fn build(catalog: &Catalog, diagnostics: &Diagnostics, options: &Options, folder: &Path) -> Result<Report, Error> {
    let writer = Writer::new(folder);
    let context = Context::new(catalog, diagnostics, options);
    emit_each(&context, &|_| false, &|path, bytes, reads| writer.put(path, &bytes, reads));
    Ok(writer.finish()?.0)
}

/// What [`build()`] does, and leaves alone what the last call made of the same things: the folder holds the same bytes afterwards.
/// `program` has to differ when the program that calls does.
///
/// # Errors
/// When a path is not inside the folder, or the disk refuses; what was written before stays.
pub fn rebuild(
    catalog: &Catalog,
    diagnostics: &Diagnostics,
    options: &Options,
    (folder, program): (&Path, &str),
) -> Result<Report, Error> {
    let writer = Writer::new(folder);
    let context = Context::new(catalog, diagnostics, options);
    let stamps = Stamps::of(&context, program);
    let before = Made::read(folder, &stamps);
    let skip = |place: &str| before.fresh(folder, place).map(|files| writer.keep(files)).is_some();
    emit_each(&context, &skip, &|path, bytes, reads| writer.put(path, &bytes, reads));
    let (report, records) = writer.finish()?;
    made::write(folder, &stamps, &records).map_err(|source| Error::Io { path: folder.to_owned(), source })?;
    Ok(report)
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
    records: Records,
    /// Why nothing is written any more.
    failed: Option<Error>,
}

impl<'a> Writer<'a> {
    fn new(folder: &'a Path) -> Self {
        Self { folder, done: Mutex::default() }
    }

    /// Writes a file if it differs; nothing after the first that failed.
    fn put(&self, path: String, bytes: &[u8], reads: &Reads) {
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
            Ok((written, properties)) => {
                done.report.written += usize::from(written);
                done.report.unchanged += usize::from(!written);
                done.records.extend(properties.and_then(|it| Some((path.clone(), Record::of(&it, reads)?))));
            }
            Err(error) => done.failed = Some(error),
        }
        done.now.insert(path);
    }

    /// Leaves files as they are.
    fn keep(&self, files: Vec<(String, Record)>) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.report.unchanged += files.len();
        done.now.extend(files.iter().map(|(path, _)| path.clone()));
        done.records.extend(files);
    }

    /// Removes what is no longer part of the site, and notes what is.
    fn finish(self) -> Result<(Report, Records), Error> {
        let Done { mut report, now, records, failed } = self.done.into_inner().unwrap_or_else(PoisonError::into_inner);
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
        Ok((report, records))
    }
}

/// Relative, without `..`, without anything a file system could read as something else.
fn is_inside(path: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', ':', '\0']);
    !path.is_empty() && path.split('/').all(plain)
}

/// True when the file was new or different; and its properties afterwards.
fn put(path: &Path, bytes: &[u8]) -> Result<(bool, Option<Metadata>), Error> {
    let failed = |source| Error::Io { path: path.to_owned(), source };
    // Only a file of the same length can be the same: most changed files are found without reading them.
    let same_length = fs::metadata(path).ok().filter(|it| it.len() == bytes.len() as u64);
    if same_length.is_some() && fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok((false, same_length));
    }
    match fs::write(path, bytes) {
        // Most folders are there: to ask for each before each file would cost more than the files.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, bytes)).map_err(failed)?;
        }
        written => written.map_err(failed)?,
    }
    Ok((true, fs::metadata(path).ok()))
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
