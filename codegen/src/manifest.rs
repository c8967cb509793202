//! What `generated/` holds and where it came from, as its `MANIFEST.json` remembers it.
//!
//! In: the file, or a [`FileSet`]. Out: [`Manifest`]. Never knows: how files are compared.

use std::{collections::BTreeMap, fs, path::Path};

use serde::{Deserialize, Serialize};

use crate::{Error, FileSet, digest};

/// Name of the file below `generated/`.
pub(crate) const NAME: &str = "MANIFEST.json";

/// What was written last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// What the file is.
    about: String,
    /// Contract digest of the catalog.
    pub(crate) catalog: String,
    /// Digest of the templates.
    pub(crate) templates: String,
    /// Documents with the digests of their texts.
    pub(crate) documents: BTreeMap<String, String>,
    /// Files with the digests of their texts.
    pub(crate) files: BTreeMap<String, String>,
    /// While files are being written: what they held before. Never there when a build has ended.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) before: BTreeMap<String, String>,
}

impl Manifest {
    /// Of the files in memory.
    pub(crate) fn of(files: &FileSet) -> Self {
        Self {
            about: "Written by `tieline build`. Digests tell stale, hand-edited and orphaned files apart.".to_owned(),
            catalog: files.catalog.clone(),
            templates: files.templates.clone(),
            documents: files.documents.clone(),
            files: files.files.iter().map(|(path, file)| (path.clone(), digest::of(&file.text))).collect(),
            before: BTreeMap::new(),
        }
    }

    /// As it stands on disk; `None` if nothing was ever generated.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(NAME);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::file(path)(error)),
        };
        serde_json::from_str(&text).map(Some).map_err(|error| Error::Manifest { path, reason: error.to_string() })
    }

    /// The text of the file.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// We wrote this text to this path.
    pub(crate) fn wrote(&self, path: &str, text: &str) -> bool {
        let digest = digest::of(text);
        [self.files.get(path), self.before.get(path)].into_iter().flatten().any(|known| *known == digest)
    }
}
