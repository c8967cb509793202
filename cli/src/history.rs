//! The revisions of interface documents that git knows.
//!
//! In: a project. Out: [`History`]; where there is none, a sentence that says why. Never knows: what a revision means.
//!
//! Git is asked four times, however many documents there are: is this a repository, is it whole, what changed when, and
//! the texts. A revision is a change of the main line: what a merge brought is one, not one for each of its commits.

use std::collections::BTreeMap;

use site::{History, Revision, Revisions};

use crate::{failure::Failure, project::Project, versions};

/// The latest revisions of a document that get pages; older ones are counted.
const MOST: usize = 10;

/// Reads the revisions of every document under `spec/interfaces/`.
pub(crate) fn read(project: &Project) -> History {
    match recorded(project) {
        Ok(history) => history,
        Err(why) => History::Unknown(format!("Revisions are not shown: {}.", first_line(&why.to_string()))),
    }
}

fn recorded(project: &Project) -> Result<History, Failure> {
    let inside = versions::git(&project.root, &["rev-parse", "--is-inside-work-tree"])?;
    if !inside.status.success() {
        return Ok(History::Unknown("Revisions are not shown: the documents are in no git repository.".to_owned()));
    }
    let logged = versions::git(
        &project.root,
        &[
            "log",
            "--first-parent",
            "-m",
            "-z",
            "--raw",
            "--no-abbrev",
            "--no-renames",
            "--diff-filter=AM",
            "--relative",
            "--date=short",
            "--format=%x01%H%x02%cd%x02%s",
            "--",
            "spec/interfaces/",
        ],
    )?;
    if !logged.status.success() {
        return Ok(History::Unknown("Revisions are not shown: git knows no commit here yet.".to_owned()));
    }
    let mut found = entries(&String::from_utf8_lossy(&logged.stdout));
    let mut older = BTreeMap::new();
    for (path, entries) in &mut found {
        older.insert(path.clone(), entries.len().saturating_sub(MOST));
        entries.truncate(MOST);
        entries.reverse();
    }
    let wanted = found.iter().flat_map(|(path, entries)| entries.iter().map(|it| (path.clone(), it.object.clone())));
    let mut texts = versions::contents(&project.root, wanted.collect())?.into_iter();
    let mut known = BTreeMap::new();
    for (path, entries) in found {
        let mut list: Vec<Revision> = Vec::new();
        for entry in entries {
            let Some(bytes) = texts.next() else { break };
            // What could not be read as a document then has no page now.
            let loaded = catalog::from_files([bytes]);
            let Some(source) = loaded.sources.get(&path) else { continue };
            if list.last().is_none_or(|before| before.text != source.text) {
                let text = source.text.clone();
                list.push(Revision { commit: entry.commit, date: entry.date, subject: entry.subject, text });
            }
        }
        let older = older.get(&path).copied().unwrap_or_default();
        known.insert(path, Revisions { list, older });
    }
    let shallow = versions::git(&project.root, &["rev-parse", "--is-shallow-repository"])?;
    let cut = String::from_utf8_lossy(&shallow.stdout).trim() == "true";
    let note =
        if cut { "The repository is a shallow clone: revisions before its first commit are missing." } else { "" };
    Ok(History::Known(known, note.to_owned()))
}

/// One document in one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    commit: String,
    date: String,
    subject: String,
    object: String,
}

/// Reads `git log -z --raw` with the format above: entries by path, the latest first.
fn entries(log: &str) -> BTreeMap<String, Vec<Entry>> {
    let mut found: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for commit in log.split('\u{1}').skip(1) {
        let (head, rest) = commit.split_once('\0').unwrap_or((commit, ""));
        let mut head = head.splitn(3, '\u{2}');
        let (Some(id), Some(date), Some(subject)) = (head.next(), head.next(), head.next()) else { continue };
        // `:100644 100644 <before> <after> M`, then the path, each ended by a NUL.
        let mut parts = rest.split('\0').map(|part| part.trim_start_matches('\n'));
        while let (Some(facts), Some(path)) = (parts.next(), parts.next()) {
            let Some(object) = facts.strip_prefix(':').and_then(|it| it.split(' ').nth(3)) else { break };
            if catalog::kind(path) == Some(catalog::SourceKind::Interface) {
                found.entry(path.to_owned()).or_default().push(Entry {
                    commit: id.to_owned(),
                    date: date.to_owned(),
                    subject: subject.trim().to_owned(),
                    object: object.to_owned(),
                });
            }
        }
    }
    found
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_becomes_entries_by_document() {
        let path = "spec/interfaces/A-B-C-D-V1.md";
        let log = format!(
            "\u{1}bbb\u{2}2026-02-01\u{2}second: with a \t tab\0\n:100644 100644 1111 2222 M\0{path}\0\
             \u{1}aaa\u{2}2026-01-01\u{2}first\0\n:000000 100644 0000 1111 A\0{path}\0:000000 100644 0000 3333 A\0spec/interfaces/notes.txt\0"
        );
        let found = entries(&log);
        let objects = |path: &str| found.get(path).map(|it| it.iter().map(|it| it.object.clone()).collect::<Vec<_>>());
        assert_eq!(objects(path), Some(vec!["2222".to_owned(), "1111".to_owned()]));
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[path][1].date.as_str(), found[path][0].subject.as_str()),
            ("2026-01-01", "second: with a \t tab")
        );
        assert!(entries("").is_empty());
    }
}
