//! The documents of a version: of a folder, or of a revision in git.
//!
//! In: what the command line calls the version. Out: [`Sources`]. Never knows: what is compared with what.
//!
//! Git is asked as a program: it knows every form of repository, and people have it where they have revisions.

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Command, Output, Stdio},
    thread,
};

use catalog::{Loaded, MAX_DOCUMENT_BYTES, Sources};

use crate::{failure::Failure, project::Project, terminal::Terminal};

/// Reads a version. A document that cannot be read (too long, not UTF-8) is told and left out.
pub(crate) fn read(project: &Project, version: &str, terminal: &Terminal) -> Result<Sources, Failure> {
    let folder = Path::new(version);
    let loaded = if folder.join("spec").is_dir() {
        catalog::load(folder)
    } else {
        catalog::from_files(revision(&project.root, version)?)
    };
    Ok(readable(loaded, version, terminal))
}

/// Reads the documents as they are now.
pub(crate) fn current(project: &Project, terminal: &Terminal) -> Sources {
    readable(catalog::load(&project.root), "the working documents", terminal)
}

fn readable(loaded: Loaded, version: &str, terminal: &Terminal) -> Sources {
    for item in loaded.diagnostics.items() {
        terminal.note("Skipped", format!("in {version}: {}: {}", item.path, item.message));
    }
    loaded.sources
}

/// The documents of a revision, by path from the project's root.
fn revision(root: &Path, name: &str) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let tree = git(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{tree}}")])?;
    if !tree.status.success() {
        return Err(Failure::Other(format!(
            "{name:?} is neither a folder that holds `spec/` nor a revision that git knows here\n  \
             help: name a branch, a tag or a commit, for example HEAD or v1.4, or the folder of another project"
        )));
    }
    let tree = String::from_utf8_lossy(&tree.stdout).trim().to_owned();
    let listed = git(root, &["ls-tree", "-r", "-z", &tree, "spec/", catalog::SETTINGS])?;
    if !listed.status.success() {
        return Err(said(&listed));
    }
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let documents = listed.split('\0').filter_map(|entry| {
        let (facts, path) = entry.split_once('\t')?;
        let object = facts.split(' ').nth(2)?;
        catalog::kind(path).map(|_| (path.to_owned(), object.to_owned()))
    });
    contents(root, documents.collect())
}

/// The bytes of objects, in one run of git.
pub(crate) fn contents(root: &Path, documents: Vec<(String, String)>) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(no_git)?;
    let (Some(mut questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(Failure::Other("git cat-file has no pipes".to_owned()));
    };
    let wanted: String = documents.iter().map(|(_, object)| format!("{object}\n")).collect();
    // Written beside the reading: both pipes are short.
    let writer = thread::spawn(move || questions.write_all(wanted.as_bytes()));
    let mut answers = BufReader::new(answers);
    let mut files = Vec::with_capacity(documents.len());
    for (path, _) in documents {
        let bytes = content(&mut answers).map_err(|error| Failure::File {
            doing: "reading",
            path: (&path).into(),
            source: error,
        })?;
        files.push((path, bytes));
    }
    drop(answers);
    let written = writer.join().unwrap_or_else(|_| Err(std::io::Error::other("the writer ended early")));
    written.map_err(Failure::file("asking git about", root))?;
    child.wait().map_err(no_git)?;
    Ok(files)
}

/// One answer of `git cat-file --batch`: `<object> blob <size>`, a line end, the bytes, a line end. Of a document that is
/// too long, no more is kept than shows that it is.
fn content(answers: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut head = String::new();
    answers.read_line(&mut head)?;
    let size = head.trim_end().rsplit_once(' ').and_then(|(_, size)| size.parse::<u64>().ok());
    let size = size.ok_or_else(|| std::io::Error::other(format!("git says {:?}", head.trim_end())))?;
    let mut bytes = Vec::new();
    answers.by_ref().take(size.min(MAX_DOCUMENT_BYTES + 1)).read_to_end(&mut bytes)?;
    let rest = size - bytes.len() as u64 + 1;
    std::io::copy(&mut answers.by_ref().take(rest), &mut std::io::sink())?;
    Ok(bytes)
}

/// Runs git in a folder.
pub(crate) fn git(root: &Path, words: &[&str]) -> Result<Output, Failure> {
    Command::new("git").arg("-C").arg(root).args(words).stdin(Stdio::null()).output().map_err(no_git)
}

fn no_git(error: std::io::Error) -> Failure {
    Failure::Other(format!(
        "starting git: {error}\n  help: revisions are read with git; two folders can be compared without it"
    ))
}

fn said(output: &Output) -> Failure {
    Failure::Other(format!("git: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
