//! Where a project keeps its things.
//!
//! In: what the command line says. Out: [`Project`]. Never knows: what is inside the folders.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::{args::Place, failure::Failure};

/// A project's folders, absolute.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    /// The folder that holds `spec/`.
    pub(crate) root: PathBuf,
    /// The folder of the generated crates.
    pub(crate) generated: PathBuf,
}

impl Project {
    /// Finds the project: the named folder, or the nearest one upwards that holds `spec/`.
    pub(crate) fn find(place: &Place) -> Result<Self, Failure> {
        let here = env::current_dir().map_err(Failure::file("finding", "."))?;
        let root = match &place.catalog {
            Some(folder) => holds_spec(&here.join(folder)).ok_or_else(|| Failure::NotAProject(folder.clone()))?,
            None => here.ancestors().find_map(holds_spec).ok_or(Failure::NoProject(here))?,
        };
        Ok(Self { generated: root.join(&place.generated), root })
    }

    /// A folder of the project by its path from the root; absolute paths stay.
    pub(crate) fn folder(&self, relative: &Path) -> PathBuf {
        self.root.join(relative)
    }
}

/// The folder itself if it holds `spec/`, or its parent if it is `spec/`.
fn holds_spec(folder: &Path) -> Option<PathBuf> {
    if folder.join("spec").is_dir() {
        return folder.canonicalize().ok();
    }
    if folder.file_name().is_some_and(|name| name == "spec") && folder.is_dir() {
        return folder.parent()?.canonicalize().ok();
    }
    None
}
