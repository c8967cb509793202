//! The only reader of documents: a folder becomes [`Source`]s.
//!
//! In: the project root. Out: [`Loaded`]. Never knows: YAML, Markdown, what a document means.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::Span;
use crate::source::{SETTINGS, Source, SourceKind, Sources};
use crate::spread::spread;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Longest document in bytes.
pub const MAX_DOCUMENT_BYTES: u64 = 1024 * 1024;

/// What a folder held.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// Documents that could be read.
    pub sources: Sources,
    /// What was wrong with the others.
    pub diagnostics: Diagnostics,
}

const FOLDERS: [(&str, &str, SourceKind); 3] = [
    ("spec/interfaces", "md", SourceKind::Interface),
    ("spec/systems", "md", SourceKind::System),
    ("spec/environments", "toml", SourceKind::Environment),
];

/// Reads every document in the three folders under `<root>/spec`, not in folders below them, and the settings beside. A document that is too
/// long, not UTF-8 or unreadable becomes a diagnostic and is left out.
#[must_use]
pub fn load(root: &Path) -> Loaded {
    let mut found: Vec<(PathBuf, String, SourceKind)> = Vec::new();
    for (folder, extension, kind) in FOLDERS {
        for file in files(&root.join(folder), extension) {
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            found.push((file, format!("{folder}/{name}"), kind));
        }
    }
    let settings = root.join(SETTINGS);
    if settings.exists() {
        found.push((settings, SETTINGS.to_owned(), SourceKind::Settings));
    }
    let mut loaded = Loaded::default();
    for read in spread(found, |(file, path, kind)| read(&file, &path).map(|text| Source::new(path, kind, &text))) {
        match read {
            Ok(source) => loaded.sources.insert(source),
            Err(diagnostic) => loaded.diagnostics.push(*diagnostic),
        }
    }
    loaded.or_nothing()
}

/// The same from files that are somewhere else, say in a version control system. Paths are relative to the project root,
/// with `/`; what is no document by its path is left alone.
pub fn from_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Loaded {
    let mut loaded = Loaded::default();
    for (path, bytes) in files {
        let Some(kind) = kind(&path) else { continue };
        match decode(bytes, &path) {
            Ok(text) => loaded.sources.insert(Source::new(path, kind, &text)),
            Err(diagnostic) => loaded.diagnostics.push(*diagnostic),
        }
    }
    loaded.or_nothing()
}

/// What a path of a project holds, if it is a document.
#[must_use]
pub fn kind(path: &str) -> Option<SourceKind> {
    if path == SETTINGS {
        return Some(SourceKind::Settings);
    }
    let (folder, name) = path.rsplit_once('/')?;
    let (_, extension) = name.rsplit_once('.')?;
    FOLDERS.iter().find(|(place, suffix, _)| *place == folder && *suffix == extension).map(|(.., kind)| *kind)
}

impl Loaded {
    /// Nothing at all is a mistake too.
    fn or_nothing(mut self) -> Self {
        let empty = self.sources.iter().all(|it| it.kind == SourceKind::Settings);
        if empty && !self.diagnostics.has_errors() {
            let message = "there is no document under spec/interfaces or spec/systems";
            let mut diagnostic = Diagnostic::new("E-NO-DOCUMENTS", "spec", Span::default(), message);
            diagnostic.help("run the command in the folder that holds `spec/`, or write a first document: the tutorial leads through it");
            self.diagnostics.push(diagnostic);
        }
        self
    }
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

fn read(file: &Path, path: &str) -> Result<String, Box<Diagnostic>> {
    let unreadable = |error: std::io::Error| {
        let message = format!("the document cannot be read: {error}");
        Box::new(Diagnostic::new("E-UNREADABLE", path, Span::default(), message))
    };
    // Asked before opening: opening a pipe would wait for its writer.
    if !fs::metadata(file).map_err(unreadable)?.is_file() {
        return Err(unreadable(std::io::Error::other("it is not a regular file")));
    }
    let mut bytes = Vec::new();
    let reader = fs::File::open(file).map_err(unreadable)?;
    reader.take(MAX_DOCUMENT_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    decode(bytes, path)
}

fn decode(bytes: Vec<u8>, path: &str) -> Result<String, Box<Diagnostic>> {
    if bytes.len() as u64 > MAX_DOCUMENT_BYTES {
        let message = "the document is longer than 1 MiB";
        let mut diagnostic = Diagnostic::new("E-TOO-LONG", path, Span::default(), message);
        diagnostic.help("one document describes one interface or system: move samples and attachments elsewhere");
        return Err(Box::new(diagnostic));
    }
    let place = |bytes: &[u8], at: usize| {
        let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("line {line}, byte {at}")
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let message = format!("the document is not UTF-8: {}", place(error.as_bytes(), at));
        let mut diagnostic = Diagnostic::new("E-ENCODING", path, Span::default(), message);
        diagnostic.help("save it as UTF-8");
        Box::new(diagnostic)
    })?;
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if let Some(at) = text.find(control) {
        let message = format!("the document holds a control character: {}", place(text.as_bytes(), at));
        let mut diagnostic = Diagnostic::new("E-ENCODING", path, Span::default(), message);
        diagnostic.help("remove it; only line ends and tabs are allowed");
        return Err(Box::new(diagnostic));
    }
    Ok(text)
}
