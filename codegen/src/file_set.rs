//! Files that exist in memory only.
//!
//! In: texts with their paths. Out: [`FileSet`], sorted. Never knows: the disk.

use std::collections::BTreeMap;

/// What `generated/` is going to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileSet {
    /// Path below `generated/`, with `/`, to the file.
    pub files: BTreeMap<String, File>,
    /// Documents with the digests of their texts.
    pub documents: BTreeMap<String, String>,
    /// Contract digest of the catalog.
    pub catalog: String,
    /// Digest of the templates.
    pub templates: String,
}

/// A file in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its text, LF line ends.
    pub text: String,
    /// The documents it follows from, the most important first.
    pub from: Vec<String>,
}

impl FileSet {
    /// The text of a file.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(|file| file.text.as_str())
    }

    pub(crate) fn insert(&mut self, path: String, text: String, from: Vec<String>) {
        self.files.insert(path, File { text, from });
    }
}
