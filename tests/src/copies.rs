//! Projects that a test may change.
//!
//! In: the reference catalog, the tutorial. Out: a [`struct@Copy`] in a folder of its own. Never knows: what is changed in it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{project, target, tutorial};

/// What a project of documents is made of. Crates stay where they are: a copy compiles against the checkout's runtime,
/// as a user's project does.
const PARTS: [&str; 3] = ["spec", "generated", "docs"];

/// A project in a folder of its own.
#[derive(Debug)]
pub struct Copy {
    root: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl Copy {
    /// The reference catalog, its generated code and its manual, in a temporary folder.
    ///
    /// # Panics
    /// When the disk refuses.
    #[must_use]
    pub fn of_reference() -> Self {
        let copy = Self::empty();
        copy.fill();
        copy
    }

    /// The same in a folder that is always the same one: what is compiled there replaces what an earlier run compiled.
    ///
    /// # Panics
    /// When the disk refuses.
    #[must_use]
    pub fn of_reference_to_compile(name: &str) -> Self {
        let copy = Self { root: to_compile(name), _temporary: None };
        copy.fill();
        copy
    }

    /// The small project that the tutorial writes, without the mistake it makes on purpose.
    ///
    /// # Panics
    /// When the disk refuses.
    #[must_use]
    pub fn of_tutorial() -> Self {
        let copy = Self::empty();
        for (path, text) in tutorial::documents() {
            copy.write(&path, text.replace("ordrNumber", "orderNumber"));
        }
        copy
    }

    /// A project that lies somewhere else.
    ///
    /// # Panics
    /// When the disk refuses.
    #[must_use]
    pub fn of_folder(root: &Path) -> Self {
        let to = Self::empty();
        copy(root, &to.root);
        to
    }

    fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // Messages name canonical paths.
        let root = folder.path().canonicalize().expect("it is there");
        Self { root, _temporary: Some(folder) }
    }

    fn fill(&self) {
        for part in PARTS {
            copy(&project().join(part), &self.root.join(part));
        }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The text of a file.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Writes a file, with the folders above it.
    ///
    /// # Panics
    /// When the disk refuses.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a writable folder");
        fs::write(path, text).expect("a writable file");
    }

    /// Replaces the first occurrence of a text in a file.
    ///
    /// # Panics
    /// When the text does not occur.
    pub fn edit(&self, path: &str, before: &str, after: &str) {
        let text = self.read(path);
        assert!(text.contains(before), "{path} no longer says {before:?}");
        self.write(path, text.replacen(before, after, 1));
    }

    /// Removes a file.
    ///
    /// # Panics
    /// When it is not there.
    pub fn remove(&self, path: &str) {
        fs::remove_file(self.root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
}

/// An empty folder below the target folder, the same one every time.
///
/// # Panics
/// When the disk refuses.
#[must_use]
pub fn to_compile(name: &str) -> PathBuf {
    let root = target().join("tmp").join(name);
    if root.exists() {
        fs::remove_dir_all(&root).expect("what an earlier run left can be removed");
    }
    fs::create_dir_all(&root).expect("a writable folder");
    root
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a writable folder");
    for entry in fs::read_dir(from).expect("a readable folder").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            fs::copy(path, to.join(name)).expect("a readable file");
        }
    }
}
