//! In: file operations. Out: their results over a tree in memory, with the rules of SFTP version 3.
//! Never knows: SSH, users, faults.

use std::collections::{BTreeMap, BTreeSet};

use russh_sftp::protocol::StatusCode;

/// A file operation was refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Refusal(pub(super) StatusCode, pub(super) &'static str);

const MISSING: Refusal = Refusal(StatusCode::NoSuchFile, "no such file or folder");
const EXISTS: Refusal = Refusal(StatusCode::Failure, "the target exists already");
const DENIED: Refusal = Refusal(StatusCode::PermissionDenied, "permission denied");
const FULL: Refusal = Refusal(StatusCode::Failure, "no space left on device");

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    File { size: usize },
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mode {
    pub(super) write: bool,
    pub(super) create: bool,
    pub(super) truncate: bool,
    pub(super) exclusive: bool,
}

/// Folders, names and contents. A handle keeps its content through a rename, as on a real disk.
#[derive(Debug, Default)]
pub(super) struct Tree {
    folders: BTreeSet<String>,
    names: BTreeMap<String, u64>,
    contents: BTreeMap<u64, Vec<u8>>,
    next: u64,
    /// Most bytes in all files together.
    pub(super) quota: Option<usize>,
    /// Nothing below these folders may be changed.
    pub(super) denied: Vec<String>,
    /// Final names under which a reader could have seen an unfinished file.
    pub(super) sightings: BTreeSet<String>,
}

impl Tree {
    /// `/in/planned-orders`, empty.
    pub(super) fn fixtures() -> Self {
        let folders = ["/", "/in", "/in/planned-orders"].map(str::to_owned);
        Tree { folders: folders.into(), ..Tree::default() }
    }

    pub(super) fn files(&self) -> impl Iterator<Item = (&String, &Vec<u8>)> {
        self.names.iter().filter_map(|(name, id)| Some((name, self.contents.get(id)?)))
    }

    /// Puts a file there, as another client would.
    pub(super) fn put(&mut self, path: &str, content: Vec<u8>) {
        self.next += 1;
        self.names.insert(path.to_owned(), self.next);
        self.contents.insert(self.next, content);
    }

    pub(super) fn stat(&self, path: &str) -> Result<Kind, Refusal> {
        if self.folders.contains(path) {
            return Ok(Kind::Folder);
        }
        let size = self.names.get(path).and_then(|id| self.contents.get(id)).map(Vec::len);
        size.map(|size| Kind::File { size }).ok_or(MISSING)
    }

    pub(super) fn size(&self, file: u64) -> usize {
        self.contents.get(&file).map_or(0, Vec::len)
    }

    pub(super) fn list(&self, folder: &str) -> Result<Vec<(String, Kind)>, Refusal> {
        if !self.folders.contains(folder) {
            return Err(MISSING);
        }
        let paths = self.folders.iter().chain(self.names.keys()).filter(|path| path.as_str() != "/");
        let here = paths.filter(|path| parent(path) == folder);
        Ok(here.filter_map(|path| Some((name(path).to_owned(), self.stat(path).ok()?))).collect())
    }

    pub(super) fn open(&mut self, path: &str, mode: Mode) -> Result<u64, Refusal> {
        if self.folders.contains(path) || !self.folders.contains(parent(path)) {
            return Err(MISSING);
        }
        if mode.write {
            self.permit(path)?;
        }
        let id = match self.names.get(path).copied() {
            Some(_) if mode.create && mode.exclusive => return Err(EXISTS),
            Some(id) => id,
            None if mode.create => {
                self.put(path, Vec::new());
                self.next
            }
            None => return Err(MISSING),
        };
        if mode.truncate {
            self.contents.insert(id, Vec::new());
        }
        if mode.write && is_final(path) {
            self.sightings.insert(path.to_owned());
        }
        Ok(id)
    }

    pub(super) fn write(&mut self, file: u64, offset: u64, data: &[u8]) -> Result<(), Refusal> {
        let start = usize::try_from(offset).map_err(|_| FULL)?;
        let end = start.checked_add(data.len()).ok_or(FULL)?;
        let used: usize = self.contents.iter().filter(|(id, _)| **id != file).map(|(_, content)| content.len()).sum();
        if self.quota.is_some_and(|quota| used + end > quota) {
            return Err(FULL);
        }
        let content = self.contents.get_mut(&file).ok_or(MISSING)?;
        if content.len() < end {
            content.resize(end, 0);
        }
        content[start..end].copy_from_slice(data);
        // A file that already carries its final name is still growing.
        let names = self.names.iter().filter(|(path, id)| **id == file && is_final(path));
        self.sightings.extend(names.map(|(path, _)| path.clone()));
        Ok(())
    }

    /// Up to `length` bytes; `None` at the end of the file.
    pub(super) fn read(&self, file: u64, offset: u64, length: u32) -> Result<Option<Vec<u8>>, Refusal> {
        let content = self.contents.get(&file).ok_or(MISSING)?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        if start >= content.len() {
            return Ok(None);
        }
        let end = start.saturating_add(length as usize).min(content.len());
        Ok(Some(content[start..end].to_vec()))
    }

    /// Version 3 of the protocol never overwrites.
    pub(super) fn rename(&mut self, from: &str, to: &str) -> Result<(), Refusal> {
        self.permit(from)?;
        self.permit(to)?;
        if self.names.contains_key(to) || self.folders.contains(to) {
            return Err(EXISTS);
        }
        if !self.folders.contains(parent(to)) {
            return Err(MISSING);
        }
        let id = self.names.remove(from).ok_or(MISSING)?;
        self.names.insert(to.to_owned(), id);
        Ok(())
    }

    pub(super) fn remove(&mut self, path: &str) -> Result<(), Refusal> {
        self.permit(path)?;
        let id = self.names.remove(path).ok_or(MISSING)?;
        self.contents.remove(&id);
        Ok(())
    }

    pub(super) fn make_folder(&mut self, path: &str) -> Result<(), Refusal> {
        self.permit(path)?;
        if self.stat(path).is_ok() {
            return Err(EXISTS);
        }
        if !self.folders.contains(parent(path)) {
            return Err(MISSING);
        }
        self.folders.insert(path.to_owned());
        Ok(())
    }

    pub(super) fn remove_folder(&mut self, path: &str) -> Result<(), Refusal> {
        self.permit(path)?;
        if !self.list(path)?.is_empty() {
            return Err(Refusal(StatusCode::Failure, "the folder is not empty"));
        }
        self.folders.remove(path);
        Ok(())
    }

    fn permit(&self, path: &str) -> Result<(), Refusal> {
        let inside = |folder: &String| path == folder || path.starts_with(&format!("{folder}/"));
        if self.denied.iter().any(inside) { Err(DENIED) } else { Ok(()) }
    }
}

/// The absolute path without `.`, `..` and repeated slashes; never above the root.
pub(super) fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The last part of a path.
pub(super) fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

fn parent(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) | None => "/",
        Some(at) => &path[..at],
    }
}

/// True for names that the job of SAP ECC picks up.
fn is_final(path: &str) -> bool {
    std::path::Path::new(path).extension().is_some_and(|extension| extension == "csv") && !name(path).starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: Mode = Mode { write: true, create: true, truncate: true, exclusive: true };

    #[test]
    fn a_temporary_name_and_a_rename_leave_no_partial_file() {
        let mut tree = Tree::fixtures();
        let file = tree.open("/in/planned-orders/a.csv.tmp", NEW).unwrap();
        tree.write(file, 0, b"MATERIAL").unwrap();
        tree.rename("/in/planned-orders/a.csv.tmp", "/in/planned-orders/a.csv").unwrap();
        assert!(tree.sightings.is_empty());
        assert_eq!(tree.stat("/in/planned-orders/a.csv"), Ok(Kind::File { size: 8 }));
        tree.write(file, 8, b";PLANT").unwrap();
        assert_eq!(tree.sightings.len(), 1, "it grew after it had its final name");
    }

    #[test]
    fn writing_under_the_final_name_is_seen() {
        let mut tree = Tree::fixtures();
        tree.open("/in/planned-orders/a.csv", NEW).unwrap();
        assert_eq!(tree.sightings.iter().next().unwrap(), "/in/planned-orders/a.csv");
    }

    #[test]
    fn the_rules_of_version_3_hold() {
        let mut tree = Tree::fixtures();
        tree.put("/in/a", b"a".to_vec());
        tree.put("/in/b", b"b".to_vec());
        assert_eq!(tree.rename("/in/a", "/in/b"), Err(EXISTS));
        assert_eq!(tree.rename("/in/x", "/in/y"), Err(MISSING));
        assert_eq!(tree.rename("/in/a", "/out/a"), Err(MISSING));
        assert_eq!(tree.open("/in/a", NEW), Err(EXISTS));
        assert_eq!(tree.open("/in", Mode::default()), Err(MISSING));
        assert_eq!(tree.make_folder("/in"), Err(EXISTS));
        assert_eq!(tree.make_folder("/a/b"), Err(MISSING));
        assert!(tree.remove_folder("/in").is_err());
        assert_eq!(tree.list("/in").unwrap().len(), 3);
        tree.quota = Some(4);
        let file = tree.open("/in/c", Mode { exclusive: false, ..NEW }).unwrap();
        assert_eq!(tree.write(file, 0, b"ccc"), Err(FULL));
        assert_eq!(tree.write(file, u64::MAX, b"c"), Err(FULL));
        assert_eq!(tree.write(file, 0, b"cc"), Ok(()));
        assert_eq!(tree.read(file, 1, 10), Ok(Some(b"c".to_vec())));
        assert_eq!(tree.read(file, 2, 10), Ok(None));
        tree.denied.push("/in".to_owned());
        assert_eq!(tree.remove("/in/a"), Err(DENIED));
        assert_eq!(tree.open("/in/d", NEW), Err(DENIED));
    }

    #[test]
    fn paths_never_leave_the_root() {
        for (input, expect) in
            [("", "/"), (".", "/"), ("/../../etc", "/etc"), ("in//./x/", "/in/x"), ("/in/../a", "/a")]
        {
            assert_eq!(normal(input), expect);
        }
    }
}
