//! Files in memory meet files on disk.
//!
//! In: a [`FileSet`] and a project folder. Out: a [`Report`]; in [`Mode::Write`] also files. Never knows: the catalog,
//! templates.
//!
//! A file is ours while its digest is the one in the manifest. Ours may be replaced and removed; anything else is
//! somebody's work and stays. Everything is decided in memory before the first byte is written.

mod disk;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use similar::TextDiff;

use crate::{
    Error, File, FileSet, digest,
    manifest::{self, Manifest},
};

/// What to do about differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Make the disk match, except for what people changed.
    Write,
    /// Only look.
    Check,
}

/// What was found, file by file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Every file, sorted by path.
    pub findings: Vec<Finding>,
    /// Files that were written, with their paths below `generated/`.
    pub written: Vec<String>,
    /// Orphans that were removed.
    pub removed: Vec<String>,
}

/// A file and its state before anything was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Path below the project's root.
    pub path: String,
    /// Its state.
    pub state: State,
}

/// How a file on disk stands to the one in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The same.
    Unchanged,
    /// Not there.
    Missing,
    /// What we wrote, but today we would write something else.
    Stale(Why),
    /// Changed by hand since we wrote it: never overwritten.
    HandEdited {
        /// From what we would write to what stands there, as a unified diff.
        diff: String,
        /// Documents where the change belongs.
        belongs: Vec<String>,
    },
    /// We wrote it, and no document asks for it any more.
    Orphan,
    /// Not ours.
    Foreign,
}

/// Why a file is stale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// These documents changed.
    Documents(Vec<String>),
    /// The tool or the project's templates changed.
    Generator,
}

impl Report {
    /// The disk is what the documents ask for.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.findings.iter().all(|finding| finding.state == State::Unchanged)
    }

    /// Files that people changed, or that are not ours: what a build cannot mend.
    pub fn refused(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| matches!(finding.state, State::HandEdited { .. } | State::Foreign))
    }

    /// Number of files in their right state.
    #[must_use]
    pub fn unchanged(&self) -> usize {
        self.findings.iter().filter(|finding| finding.state == State::Unchanged).count()
    }
}

impl Finding {
    /// What is to be said about it, in one sentence; nothing about a file in its right state.
    #[must_use]
    pub fn message(&self) -> Option<String> {
        let path = &self.path;
        Some(match &self.state {
            State::Unchanged => return None,
            State::Missing => format!("{path} is missing; run `tieline build`"),
            State::Stale(Why::Documents(documents)) => {
                format!("{path} is stale: {} changed; run `tieline build`", documents.join(", "))
            }
            State::Stale(Why::Generator) => {
                format!("{path} is stale: the generator or a template changed; run `tieline build`")
            }
            State::HandEdited { belongs, .. } => format!(
                "{path} was edited by hand and is left alone; make the change in {}, then delete the file and run `tieline build`",
                belongs.first().map_or("its document", String::as_str)
            ),
            State::Orphan => format!("{path} is left over from a document that is gone; run `tieline build`"),
            State::Foreign => {
                format!("{path} was not generated; this folder is for generated files only, move it elsewhere")
            }
        })
    }
}

/// Compares files in memory with the folder of generated crates, and in [`Mode::Write`] makes the disk match.
///
/// What is reported names files from that folder's own name on, e.g. `generated/proc/src/lib.rs`.
///
/// Files that are the same keep their modification time. Each file appears whole or not at all. A file that was edited
/// by hand, or was never ours, is reported and not touched.
///
/// # Errors
/// A file cannot be read or written, the manifest is damaged, or another build is writing.
pub fn sync(files: &FileSet, folder: &Path, mode: Mode) -> Result<Report, Error> {
    let _lock = match mode {
        Mode::Write => Some(disk::Lock::take(folder)?),
        Mode::Check => None,
    };
    let on_disk = disk::read(folder)?;
    let old = Manifest::read(folder)?;
    let shown = folder.file_name().map_or_else(String::new, |name| format!("{}/", name.to_string_lossy()));
    let comparison = Comparison { files, on_disk: &on_disk, old: old.as_ref(), shown: &shown };
    let mut report = Report { findings: comparison.findings(), ..Report::default() };
    if mode == Mode::Write {
        write(folder, &comparison, &mut report)?;
    }
    Ok(report)
}

struct Comparison<'a> {
    files: &'a FileSet,
    /// Texts by path below `generated/`, LF line ends.
    on_disk: &'a BTreeMap<String, String>,
    old: Option<&'a Manifest>,
    /// The folder's name with a slash, as it stands before every path that is reported.
    shown: &'a str,
}

impl Comparison<'_> {
    fn findings(&self) -> Vec<Finding> {
        let paths: BTreeSet<&String> = self.files.files.keys().chain(self.on_disk.keys()).collect();
        paths
            .into_iter()
            .map(|path| Finding { path: format!("{}{path}", self.shown), state: self.state(path) })
            .collect()
    }

    fn state(&self, path: &str) -> State {
        let ours = |text: &str| self.old.is_some_and(|old| old.wrote(path, text));
        match (self.files.files.get(path), self.on_disk.get(path)) {
            (Some(file), Some(text)) if file.text == *text => State::Unchanged,
            (Some(file), Some(text)) if ours(text) => State::Stale(self.why(file)),
            (Some(file), Some(text)) => self.hand_edited(file, text, path),
            (None, Some(text)) if ours(text) => State::Orphan,
            (None, Some(text)) if self.old.is_some_and(|old| old.files.contains_key(path)) => {
                self.hand_edited(&File { text: String::new(), from: Vec::new() }, text, path)
            }
            (None, Some(_)) => State::Foreign,
            (_, None) => State::Missing,
        }
    }

    fn why(&self, file: &File) -> Why {
        let before = |document: &String| self.old.and_then(|old| old.documents.get(document));
        let changed = |document: &&String| before(document) != self.files.documents.get(*document);
        let documents: Vec<String> = file.from.iter().filter(changed).cloned().collect();
        if !documents.is_empty() {
            return Why::Documents(documents);
        }
        // A file that lists others is stale when one of them comes or goes.
        let gone =
            self.old.is_some_and(|old| old.templates == self.files.templates && old.documents != self.files.documents);
        if gone { Why::Documents(self.changed_documents()) } else { Why::Generator }
    }

    fn hand_edited(&self, file: &File, text: &str, path: &str) -> State {
        let shown = self.shown;
        let diff = TextDiff::from_lines(file.text.as_str(), text)
            .unified_diff()
            .context_radius(2)
            .header(&format!("{shown}{path} (generated)"), &format!("{shown}{path} (as it stands)"))
            .to_string();
        State::HandEdited { diff, belongs: file.from.clone() }
    }

    fn changed_documents(&self) -> Vec<String> {
        let empty = BTreeMap::new();
        let (old, new) = (self.old.map_or(&empty, |old| &old.documents), &self.files.documents);
        let all: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        all.into_iter().filter(|path| old.get(*path) != new.get(*path)).cloned().collect()
    }
}

fn write(folder: &Path, comparison: &Comparison<'_>, report: &mut Report) -> Result<(), Error> {
    let mut manifest = Manifest::of(comparison.files);
    let mut writes: Vec<(&str, &str)> = Vec::new();
    for finding in &report.findings {
        let path = finding.path.strip_prefix(comparison.shown).unwrap_or(&finding.path);
        match (&finding.state, comparison.files.files.get(path)) {
            (State::Missing | State::Stale(_), Some(file)) => writes.push((path, &file.text)),
            (State::Orphan, _) => report.removed.push(path.to_owned()),
            // Still not ours: the digest of what we wrote stays, so that the edit stays visible.
            (State::HandEdited { .. }, _) => keep(&mut manifest, comparison.old, path),
            _ => {}
        }
    }
    let final_text = manifest.text();
    let unchanged = comparison.old.is_some_and(|old| old.text() == final_text);
    if writes.is_empty() && report.removed.is_empty() && unchanged {
        return Ok(());
    }
    if !writes.is_empty() || !report.removed.is_empty() {
        // Should we be killed now, the next build knows both what stood there and what it finds.
        manifest.before = comparison.on_disk.iter().map(|(path, text)| (path.clone(), digest::of(text))).collect();
        manifest.before.retain(|path, _| comparison.old.is_some_and(|old| old.wrote(path, &comparison.on_disk[path])));
        disk::replace(folder, manifest::NAME, &manifest.text())?;
    }
    for (path, text) in &writes {
        disk::replace(folder, path, text)?;
    }
    report.removed.iter().try_for_each(|path| disk::remove(folder, path))?;
    report.written = writes.iter().map(|(path, _)| (*path).to_owned()).collect();
    disk::replace(folder, manifest::NAME, &final_text)
}

fn keep(manifest: &mut Manifest, old: Option<&Manifest>, path: &str) {
    match old.and_then(|old| old.files.get(path)) {
        Some(digest) => manifest.files.insert(path.to_owned(), digest.clone()),
        None => manifest.files.remove(path),
    };
}
