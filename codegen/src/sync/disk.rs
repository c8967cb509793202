//! The only part of codegen that touches `generated/`.
//!
//! In: paths and texts. Out: files, each whole or not at all. Never knows: why.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::{Error, manifest};

/// Held while files are written. The system gives it back even if we are killed.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    _file: fs::File,
}

impl Lock {
    pub(super) fn take(folder: &Path) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(Error::file(folder))?;
        let path = folder.join(".lock");
        let file = fs::File::create(&path).map_err(Error::file(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path, _file: file }),
            Err(fs::TryLockError::WouldBlock) => Err(Error::Busy(folder.to_owned())),
            Err(fs::TryLockError::Error(error)) => Err(Error::file(path)(error)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Every file below the folder but the manifest and hidden ones, LF line ends. A file that is no text reads as empty.
pub(super) fn read(folder: &Path) -> Result<BTreeMap<String, String>, Error> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        let entries = match fs::read_dir(&current) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Error::file(current)(error)),
        };
        for entry in entries {
            let entry = entry.map_err(Error::file(&current))?;
            let (path, name) = (entry.path(), entry.file_name());
            let hidden = name.to_string_lossy().starts_with('.');
            let is_folder = entry.file_type().map_err(Error::file(&path))?.is_dir();
            if hidden || (is_folder && name == "target") || (current == folder && name == manifest::NAME) {
                continue;
            }
            if is_folder {
                folders.push(path);
                continue;
            }
            let text = String::from_utf8(fs::read(&path).map_err(Error::file(&path))?).unwrap_or_default();
            files.insert(relative(folder, &path), text.replace("\r\n", "\n"));
        }
    }
    Ok(files)
}

/// Writes a file beside its place and moves it there.
pub(super) fn replace(folder: &Path, path: &str, text: &str) -> Result<(), Error> {
    let target = folder.join(path);
    let parent = target.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(Error::file(parent))?;
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let temporary = parent.join(format!(".{name}.new"));
    let written = fs::File::create(&temporary).and_then(|mut file| file.write_all(text.as_bytes()));
    written.and_then(|()| fs::rename(&temporary, &target)).map_err(|error| {
        let _ = fs::remove_file(&temporary);
        Error::file(&target)(error)
    })
}

/// Removes a file, and the folders that it leaves empty.
pub(super) fn remove(folder: &Path, path: &str) -> Result<(), Error> {
    let target = folder.join(path);
    fs::remove_file(&target).map_err(Error::file(&target))?;
    let mut parent = target.parent();
    while let Some(current) = parent.filter(|current| *current != folder) {
        if fs::remove_dir(current).is_err() {
            break;
        }
        parent = current.parent();
    }
    Ok(())
}

fn relative(folder: &Path, path: &Path) -> String {
    let path = path.strip_prefix(folder).unwrap_or(path);
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
