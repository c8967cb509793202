//! What was read before and did not change, for whoever reads the same documents again and again.
//!
//! In: documents, and what became of them. Out: the same, as long as it would become the same again. Never knows: when.
//!
//! What becomes of an interface's document depends on its own text and on what systems declare. So what is kept is good as
//! long as no system's document changes; then everything is read anew.

use std::collections::HashMap;

use crate::findings::Findings;
use crate::lint::residue::Residue;
use crate::lower::interface::Lowered;
use crate::open::File;
use crate::source::{Source, SourceKind, Sources};

/// Interfaces that were read, by path of the document.
#[derive(Debug)]
pub(crate) struct Kept {
    known: HashMap<String, Known>,
    /// Paths and texts of the systems that they were read with.
    systems: Vec<(String, String)>,
    keeps: bool,
}

impl Default for Kept {
    fn default() -> Self {
        Self { keeps: true, ..Self::nothing() }
    }
}

impl Kept {
    /// For whoever reads once.
    pub(crate) fn nothing() -> Self {
        Self { known: HashMap::new(), systems: Vec::new(), keeps: false }
    }

    /// Whether it is worth remembering anything.
    pub(crate) const fn keeps(&self) -> bool {
        self.keeps
    }

    /// Forgets what these documents make wrong.
    pub(crate) fn begin(&mut self, sources: &Sources) {
        if !self.keeps {
            return;
        }
        let systems = || sources.iter().filter(|it| it.kind == SourceKind::System);
        let known = self.systems.iter().map(|(path, text)| (path, text));
        if !systems().map(|it| (&it.path, &it.text)).eq(known) {
            self.known.clear();
            self.systems = systems().map(|it| (it.path.clone(), it.text.clone())).collect();
        }
        self.known.retain(|path, _| sources.get(path).is_some());
    }

    /// What became of the same text at the same place.
    pub(crate) fn find(&self, source: &Source) -> Option<&Known> {
        let known = self.known.get(&source.path)?;
        let text = known.lowered.interface.as_ref().map(|it| it.text.as_str());
        (text == Some(source.text.as_str())).then_some(known)
    }

    /// Remembers it for the next time.
    pub(crate) fn keep(&mut self, source: &Source, known: Option<Known>) {
        if let Some(known) = known {
            self.known.insert(source.path.clone(), known);
        }
    }
}

/// What became of a document, before it was held against others.
#[derive(Debug)]
pub(crate) struct Known {
    lowered: Lowered,
    findings: Findings,
    digest: String,
    residue: Vec<Residue>,
}

impl Known {
    /// What is worth keeping: a document with mistakes will change soon.
    pub(crate) fn of(file: &File<'_>, lowered: &Lowered) -> Option<Self> {
        if lowered.interface.is_none() || file.findings.has_errors() {
            return None;
        }
        Some(Self {
            lowered: lowered.clone(),
            findings: file.findings.clone(),
            digest: file.digest.clone(),
            residue: file.residue.clone(),
        })
    }

    /// As if the file had just been read.
    pub(crate) fn hand_out(&self, file: &mut File<'_>) -> Lowered {
        file.findings = self.findings.clone();
        file.digest.clone_from(&self.digest);
        file.residue.clone_from(&self.residue);
        self.lowered.clone()
    }
}
