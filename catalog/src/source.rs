//! Documents as text, with the arithmetic of lines and columns.
//!
//! In: path and text of a document. Out: [`Source`], [`Sources`] and [`Span`]s. Never knows: what the text means.

use crate::model::Span;
use std::collections::BTreeMap;

/// What a document describes; its folder says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceKind {
    /// `spec/interfaces/*.md`
    Interface,
    /// `spec/systems/*.md`
    System,
    /// `spec/environments/*.toml`
    Environment,
    /// `tieline.toml`
    Settings,
}

/// The file of a project's settings, beside `spec/`.
pub const SETTINGS: &str = "tieline.toml";

/// One document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Path relative to the project root, with `/`.
    pub path: String,
    /// What it describes.
    pub kind: SourceKind,
    /// The text, LF line ends, without byte order mark. Every [`Span`] counts bytes of this text.
    pub text: String,
    /// First byte of each line.
    lines: Vec<usize>,
}

impl Source {
    /// A document; CRLF becomes LF and a byte order mark goes.
    #[must_use]
    pub fn new(path: impl Into<String>, kind: SourceKind, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
        let mut lines = vec![0];
        lines.extend(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1));
        Self { path: path.into(), kind, text, lines }
    }

    /// The span of a byte range, clamped to the text and to character boundaries.
    #[must_use]
    pub fn span(&self, start: usize, end: usize) -> Span {
        let start = self.text.floor_char_boundary(start);
        let end = self.text.ceil_char_boundary(end.max(start));
        Span { start, end, line: self.line(start) }
    }

    /// Line of a byte, counted from 1.
    #[must_use]
    pub fn line(&self, at: usize) -> u32 {
        u32::try_from(self.lines.partition_point(|start| *start <= at)).unwrap_or(u32::MAX)
    }

    /// Column of a byte in its line, in characters, counted from 1.
    #[must_use]
    pub fn column(&self, at: usize) -> u32 {
        let at = self.text.floor_char_boundary(at);
        let start = self.lines[self.lines.partition_point(|start| *start <= at).saturating_sub(1)];
        u32::try_from(self.text[start..at].chars().count() + 1).unwrap_or(u32::MAX)
    }

    /// The file name without folder and extension.
    #[must_use]
    pub fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        name.rsplit_once('.').map_or(name, |(stem, _)| stem)
    }
}

/// All documents of a project, by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    items: BTreeMap<String, Source>,
}

impl Sources {
    /// Adds a document; the same path again replaces it.
    pub fn insert(&mut self, source: Source) {
        self.items.insert(source.path.clone(), source);
    }

    /// The document at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Source> {
        self.items.get(path)
    }

    /// All of them, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.items.values()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

impl FromIterator<Source> for Sources {
    fn from_iter<I: IntoIterator<Item = Source>>(sources: I) -> Self {
        let mut all = Self::default();
        sources.into_iter().for_each(|source| all.insert(source));
        all
    }
}
