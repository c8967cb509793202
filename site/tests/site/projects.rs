//! Projects to make sites from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use catalog::Catalog;
use catalog::diagnostic::Diagnostics;
use tieline_site::{Manual, Options, emit};

/// A site by path.
pub(crate) type Site = BTreeMap<String, String>;

/// The small project beside these tests.
pub(crate) fn small() -> Site {
    site(&small_root())
}

/// The reference catalog of the repository.
pub(crate) fn reference() -> Site {
    site(&reference_root())
}

/// Folder of the small project.
pub(crate) fn small_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/small")
}

/// Folder of the repository.
pub(crate) fn reference_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The catalog of a project; it must be valid.
pub(crate) fn open(root: &Path) -> (Catalog, Diagnostics) {
    let (catalog, diagnostics, _) = catalog::open(root);
    let catalog = catalog.unwrap_or_else(|| {
        let lines = diagnostics.items().iter();
        let lines = lines.map(|it| format!("{} {}:{} {}", it.code, it.path, it.span.line, it.message));
        panic!("{}", lines.collect::<Vec<_>>().join("\n"))
    });
    (catalog, diagnostics)
}

/// The site of a project, with its manual.
pub(crate) fn site(root: &Path) -> Site {
    let (catalog, diagnostics) = open(root);
    let options = Options { manual: manual(root), commit: Some("0a1b2c3".to_owned()), ..Options::default() };
    let files = emit(&catalog, &diagnostics, &options);
    assert!(files.is_sorted_by(|a, b| a.0 < b.0), "paths are sorted and different");
    files.into_iter().map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap())).collect()
}

fn manual(root: &Path) -> Vec<Manual> {
    let Ok(entries) = std::fs::read_dir(root.join("docs")) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let pages = paths.into_iter().filter(|path| path.extension().is_some_and(|it| it == "md"));
    pages
        .map(|path| Manual {
            path: format!("docs/{}", path.file_name().unwrap().to_string_lossy()),
            featured: false,
            markdown: std::fs::read_to_string(&path).unwrap(),
        })
        .collect()
}

/// Copies a folder with all it holds.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
