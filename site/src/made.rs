//! What the last build made of what, so that the next one makes only what could become different.
//!
//! In: everything pages are made of, and what is in the folder. Out: which files are still right. Never knows: what is in them.
//!
//! Two things decide over a file. The *world* is everything that many files read: systems, environments, settings, options,
//! who is connected with whom, where every page lives, and the program itself; when it is another one, everything is made anew.
//! Beside it stand the interfaces, of which each file noted those that it [read](crate::reads). A file that is not as it
//! was written is made anew, too. What is remembered is no source of anything: without it, a build takes longer.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

use catalog::diagnostic::Diagnostic;
use catalog::model::{Interface, Status};

use crate::History;
use crate::objects::is_stated;
use crate::paths::passes;
use crate::reads::{Reads, quietly};
use crate::view::{Context, operations};

/// Where it is kept, in the folder of the site.
const FILE: &str = ".tieline-made";

/// First line of the file. Another one is of another version, and says nothing.
const HEAD: &str = "tieline made 1";

/// Last line of the file. Without it something is missing, and a file that is missing here would be taken for one that the
/// site no longer has.
const TAIL: &str = "whole\n";

/// What pages are made of, as numbers that differ when it differs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stamps {
    world: u64,
    /// In the order of the catalog.
    interfaces: Vec<u64>,
}

impl Stamps {
    /// Of everything that this context holds; `program` differs when the program does.
    pub(crate) fn of(context: &Context<'_>, program: &str) -> Self {
        quietly(|| Self {
            world: world(context, program),
            interfaces: context.catalog.interfaces().iter().map(|it| interface(context, it)).collect(),
        })
    }
}

/// Everything that stands in its document alone; what it is connected with belongs to the world. What its document means
/// depends on what systems declare, too, and these belong to the world altogether.
fn interface(context: &Context<'_>, interface: &Interface) -> u64 {
    let mut hasher = DefaultHasher::new();
    let to = &mut hasher;
    (&interface.text, &interface.digest).hash(to);
    context.diagnostics(&interface.path).iter().for_each(|it| diagnostic(it, to));
    if let Some(trail) = context.trail(interface) {
        trail.older.hash(to);
        trail.revisions.iter().for_each(|it| (&it.commit, &it.date, &it.subject, &it.text).hash(to));
    }
    hasher.finish()
}

fn world(context: &Context<'_>, program: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    let to = &mut hasher;
    program.hash(to);
    options(context, to);
    for system in context.catalog.systems() {
        (&system.path, &system.text, &system.digest).hash(to);
        context.diagnostics(&system.path).iter().for_each(|it| diagnostic(it, to));
    }
    // There are few of them, and they say all of themselves this way.
    format!("{:?} {:?}", context.catalog.environments(), context.catalog.settings()).hash(to);
    context.routes.hash(to);
    context.catalog.interfaces().iter().for_each(|it| connections(it, to));
    hasher.finish()
}

fn options(context: &Context<'_>, to: &mut DefaultHasher) {
    let options = context.options;
    (&options.name, &options.commit, &options.address).hash(to);
    options.manual.iter().for_each(|it| (&it.path, it.featured, &it.markdown).hash(to));
    if let Some(logo) = &options.logo {
        (logo.ending, &logo.bytes).hash(to);
    }
    match &options.history {
        History::Unknown(why) => ("unknown", why).hash(to),
        History::Known(_, note) => ("known", note).hash(to),
    }
}

/// Everything by which other pages find the interface. Whoever lists interfaces notes those in the list: who enters or
/// leaves it shows here.
fn connections(interface: &Interface, to: &mut DefaultHasher) {
    (&interface.smart_id.text, &interface.path, &interface.legacy_ids, &interface.domain).hash(to);
    (&interface.source, &interface.target, &interface.systems).hash(to);
    (&interface.owners.business, &interface.owners.technical, &interface.owners.support).hash(to);
    (&interface.objects, is_stated(interface), interface.status == Status::Retired).hash(to);
    interface.related.iter().for_each(|it| (&it.smart_id, &it.relation).hash(to));
    operations(&interface.flow).hash(to);
    passes(interface).iter().for_each(|(from, on, how)| (from, on, *how as u8).hash(to));
}

fn diagnostic(it: &Diagnostic, to: &mut DefaultHasher) {
    (it.code, &it.path, &it.message, &it.label, &it.help, &it.fix).hash(to);
    (it.span.start, it.span.end, it.span.line).hash(to);
}

/// A file as it was written, and what it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    length: u64,
    /// Nanoseconds since 1970.
    modified: u128,
    reads: Reads,
}

impl Record {
    /// Of the file that has these properties now.
    pub(crate) fn of(properties: &Metadata, reads: &Reads) -> Option<Self> {
        let (length, modified) = look(properties)?;
        Some(Self { length, modified, reads: reads.clone() })
    }
}

fn look(properties: &Metadata) -> Option<(u64, u128)> {
    let modified = properties.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some((properties.len(), modified.as_nanos()))
}

/// Records by path of the file.
pub(crate) type Records = BTreeMap<String, Record>;

/// The last build, seen from this one.
#[derive(Debug, Default)]
pub(crate) struct Made {
    records: Records,
    /// Whether each interface is another one now.
    changed: Vec<bool>,
}

impl Made {
    /// What is remembered in the folder and still says something; nothing if the world is another one.
    pub(crate) fn read(folder: &Path, now: &Stamps) -> Self {
        let text = fs::read_to_string(folder.join(FILE)).unwrap_or_default();
        let Some((before, records)) = parse(&text) else { return Self::default() };
        if before.world != now.world || before.interfaces.len() != now.interfaces.len() {
            return Self::default();
        }
        let changed = before.interfaces.iter().zip(&now.interfaces).map(|(was, is)| was != is).collect();
        Self { records, changed }
    }

    /// The records of a file, or of all files below a path that ends in `/`, if all of them are as they would become.
    pub(crate) fn fresh(&self, folder: &Path, place: &str) -> Option<Vec<(String, Record)>> {
        let inside = |path: &str| path == place || (place.ends_with('/') && path.starts_with(place));
        let found = self.records.range(place.to_owned()..).take_while(|(path, _)| inside(path));
        let mut files = Vec::new();
        for (path, record) in found {
            if self.is_read_anew(&record.reads) {
                return None;
            }
            let is = fs::metadata(folder.join(path)).ok().as_ref().and_then(look);
            if is != Some((record.length, record.modified)) {
                return None;
            }
            files.push((path.clone(), record.clone()));
        }
        (!files.is_empty()).then_some(files)
    }

    fn is_read_anew(&self, reads: &Reads) -> bool {
        match reads {
            Reads::All => self.changed.contains(&true),
            Reads::These(list) => list.iter().any(|it| self.changed.get(*it as usize).copied().unwrap_or(true)),
        }
    }
}

/// Remembers a build.
pub(crate) fn write(folder: &Path, stamps: &Stamps, records: &Records) -> io::Result<()> {
    let text = text(stamps, records).map_err(io::Error::other)?;
    fs::write(folder.join(FILE), text)
}

fn text(stamps: &Stamps, records: &Records) -> Result<String, fmt::Error> {
    let mut text = format!("{HEAD}\n{:x}\n", stamps.world);
    for stamp in &stamps.interfaces {
        write!(text, "{stamp:x} ")?;
    }
    text.push('\n');
    for (path, Record { length, modified, reads }) in records {
        write!(text, "{length} {modified} ")?;
        match reads {
            Reads::All => text.push('*'),
            Reads::These(list) => list.iter().try_for_each(|it| write!(text, "{it},"))?,
        }
        writeln!(text, " {path}")?;
    }
    text.push_str(TAIL);
    Ok(text)
}

/// `None` for anything that [`write()`] did not write as a whole.
fn parse(text: &str) -> Option<(Stamps, Records)> {
    let mut lines = text.strip_suffix(TAIL)?.lines();
    if lines.next()? != HEAD {
        return None;
    }
    let number = |text: &str| u64::from_str_radix(text, 16).ok();
    let world = number(lines.next()?)?;
    let interfaces = lines.next()?.split_terminator(' ').map(number).collect::<Option<_>>()?;
    let records = lines.map(record).collect::<Option<_>>()?;
    Some((Stamps { world, interfaces }, records))
}

fn record(line: &str) -> Option<(String, Record)> {
    let mut parts = line.splitn(4, ' ');
    let (length, modified) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let reads = match parts.next()? {
        "*" => Reads::All,
        list => Reads::These(list.split_terminator(',').map(|it| it.parse().ok()).collect::<Option<_>>()?),
    };
    Some((parts.next()?.to_owned(), Record { length, modified, reads }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_cut_off_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let stamps = Stamps { world: 7, interfaces: vec![1, u64::MAX] };
        let record = |reads| Record { length: 3, modified: 1_700_000_000_000_000_001, reads };
        let records = Records::from([
            ("a b/index.html".to_owned(), record(Reads::All)),
            ("b/index.html".to_owned(), record(Reads::These(Vec::new()))),
            ("c/index.html".to_owned(), record(Reads::These(vec![0, 1]))),
        ]);
        write(folder.path(), &stamps, &records).unwrap();
        let text = fs::read_to_string(folder.path().join(FILE)).unwrap();
        for length in 0..text.len() {
            assert_eq!(parse(&text[..length]), None, "the first {length} bytes");
        }
        assert_eq!(parse(&text.replace("3 17", "x 17")), None, "a line that says nothing");
        assert_eq!(parse(&text), Some((stamps, records)));
    }
}
