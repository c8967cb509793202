//! Revisions of documents, as whoever makes the site knows them.
//!
//! In: nothing. Out: [`History`] and its parts. Never knows: where revisions are kept.

use std::collections::BTreeMap;

/// What is known about the revisions of the documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum History {
    /// Nothing; a sentence for readers says why.
    Unknown(String),
    /// Revisions by path of the document. The sentence says what limits them; empty if nothing does.
    Known(BTreeMap<String, Revisions>, String),
}

impl Default for History {
    fn default() -> Self {
        Self::Unknown("This site was made without the history of its documents.".to_owned())
    }
}

/// Revisions of one document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revisions {
    /// The oldest first; the text of each differs from the one before.
    pub list: Vec<Revision>,
    /// How many older ones there are besides.
    pub older: usize,
}

/// One revision of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// What the version control system calls it, in hexadecimal digits.
    pub commit: String,
    /// ISO date.
    pub date: String,
    /// What its author said about it, one line.
    pub subject: String,
    /// The whole document.
    pub text: String,
}
