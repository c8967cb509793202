//! `service store …`: the tools for a store at rest, on the store of an environment.
//!
//! In: what was asked. Out: text or JSON on stdout, progress on stderr, an exit code. Never knows: how a store is checked.

mod hold;

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, IsTerminal as _, Write},
    path::Path,
    sync::Arc,
};

use serde_json::{Value, json};

use super::{NotStarted, code, say, store};
use crate::{
    clock::{Clock, ScaledClock},
    descriptor::Interface,
    environment::{self, StorePlace},
    journal::{PostgresStore, SqliteStore, Store, StoreError},
    random::Random,
    tool::{self, Finding},
};

/// What `store --help` says.
pub(super) const HELP: &str = "\
Checks, repairs, exports and imports the store of an environment. Stop the service first: a store has one owner.

Usage: service store check  --environment FILE [--json]
       service store repair --environment FILE [--json]
       service store export --environment FILE [--json] [--to FILE]
       service store import --environment FILE [--json] --from FILE

  check    reads and opens everything: pages, indexes, rows that belong together, bodies against their digests,
           sealed content against its keys, the audit log against its hashes
  repair   makes indexes anew, and puts messages aside as dead letters that have not ended and whose content is gone;
           deletes nothing
  export   writes everything as JSON, an object a line, in clear: keep it where secrets are kept
  import   reads an export into an empty or existing store, whatever kind of store it came from; messages that are
           there already stay as they are, so one that was broken off is simply made again

Exit codes: 0 all is well, 1 the store is not as it should be, 2 the tool could not do its work.

Examples:
  service store check --environment production.toml
  service store export --environment production.toml --to backup.jsonl
  service store import --environment other.toml --from backup.jsonl
";

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Check,
    Repair,
    Export,
    Import,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) verb: Verb,
    pub(super) environment: std::path::PathBuf,
    /// Of the export; standard output if absent.
    pub(super) file: Option<std::path::PathBuf>,
    pub(super) json: bool,
}

/// What came of it: for people, for programs, and whether all is well.
struct Outcome {
    text: String,
    json: Value,
    well: bool,
}

pub(super) async fn run(asked: &Asked, interfaces: &[&'static Interface]) -> u8 {
    match work(asked, interfaces).await {
        Ok(outcome) => {
            let text = if asked.json { outcome.json.to_string() } else { outcome.text };
            // What an export writes to standard output is nobody's report.
            let lines_there = asked.verb == Verb::Export && asked.file.is_none();
            let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
            let stream: &mut dyn Write = if lines_there { &mut stderr } else { &mut stdout };
            writeln!(stream, "{}", text.trim_end()).ok();
            if outcome.well { code::STOPPED } else { code::FOUND }
        }
        Err(NotStarted(problems)) => {
            say(&mut io::stderr(), &problems.join("\n"), code::TOOL_FAILED);
            code::TOOL_FAILED
        }
    }
}

async fn work(asked: &Asked, interfaces: &[&'static Interface]) -> Result<Outcome, NotStarted> {
    let settings = environment::Store::load(&asked.environment)?;
    if let Some(file) = settings.file().filter(|file| asked.verb != Verb::Import && !Path::new(file).exists()) {
        return Err(NotStarted(vec![format!("store.sqlite: there is no {file}")]));
    }
    let clock: Arc<dyn Clock> = Arc::new(ScaledClock::SYSTEM);
    if asked.verb == Verb::Repair {
        reindex(&settings.place).await?;
    }
    let store = store::open(&settings, &Random::from_system(), &clock).await?;
    let outcome = held(&store, asked, interfaces, clock.now_ms()).await;
    store.close().await;
    outcome
}

async fn reindex(place: &StorePlace) -> Result<(), StoreError> {
    match place {
        StorePlace::Sqlite(path) if path == ":memory:" => Ok(()),
        StorePlace::Sqlite(path) => SqliteStore::reindex(Path::new(path)),
        StorePlace::Postgres { url, ca, .. } => PostgresStore::reindex(url, ca.as_ref()).await,
    }
}

/// Whatever writes about messages has the store for itself.
async fn held(
    store: &Arc<dyn Store>,
    asked: &Asked,
    interfaces: &[&'static Interface],
    now_ms: i64,
) -> Result<Outcome, NotStarted> {
    let _hold = match asked.verb {
        Verb::Repair | Verb::Import => Some(hold::Hold::take(store).await?),
        Verb::Check | Verb::Export => None,
    };
    on(&**store, asked, interfaces, now_ms).await
}

async fn on(
    store: &dyn Store,
    asked: &Asked,
    interfaces: &[&'static Interface],
    now_ms: i64,
) -> Result<Outcome, NotStarted> {
    let failed = |error: tool::Error| NotStarted(vec![error.to_string()]);
    let file_failed = |error: io::Error| NotStarted(vec![format!("{:?}: {error}", asked.file)]);
    let told = io::stderr().is_terminal();
    let progress = |count: u64| {
        if told {
            write!(io::stderr(), "\r{count} messages ").ok();
        }
    };
    Ok(match asked.verb {
        Verb::Check => checked(&tool::check(store, &progress).await.map_err(failed)?),
        Verb::Repair => repaired(&tool::repair(store, now_ms).await.map_err(failed)?),
        Verb::Export => {
            let mut out: Box<dyn Write + Send> = match &asked.file {
                Some(path) => Box::new(BufWriter::new(private(path).map_err(file_failed)?)),
                None => Box::new(io::stdout()),
            };
            exported(&tool::export(store, &mut *out, now_ms, &progress).await.map_err(failed)?)
        }
        Verb::Import => {
            let path = asked.file.as_deref().unwrap_or(Path::new("/dev/stdin"));
            let mut lines = BufReader::new(File::open(path).map_err(file_failed)?);
            imported(&tool::import(store, &mut lines, interfaces, now_ms, &progress).await.map_err(failed)?)
        }
    })
}

/// An export holds content in clear: nobody else may read it. One that is there is not written over.
fn private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

fn checked(checked: &tool::Checked) -> Outcome {
    let tool::Checked { messages, audit, findings } = checked;
    let found = findings.len();
    Outcome {
        text: format!("{}{messages} messages, {audit} rows of the audit log: {found} findings", lines(findings)),
        json: json!({ "messages": messages, "audit": audit, "findings": list(findings) }),
        well: findings.is_empty(),
    }
}

fn repaired(aside: &[Finding]) -> Outcome {
    Outcome {
        text: format!("{}indexes were made anew, {} messages put aside", lines(aside), aside.len()),
        json: json!({ "put_aside": list(aside) }),
        well: true,
    }
}

fn exported(exported: &tool::Exported) -> Outcome {
    let tool::Exported { messages, unreadable, audit } = exported;
    let mut text: String = unreadable.iter().map(|(subject, why)| format!("{subject}: {why}\n")).collect();
    text += &format!("{messages} messages, {audit} rows of the audit log; {} not readable", unreadable.len());
    let left: Vec<_> = unreadable.iter().map(|(subject, why)| json!({ "subject": subject, "problem": why })).collect();
    let json = json!({ "messages": messages, "audit": audit, "unreadable": left });
    Outcome { text, json, well: unreadable.is_empty() }
}

fn imported(imported: &tool::Imported) -> Outcome {
    let tool::Imported { messages, known, without_key } = imported;
    let mut text: String = without_key
        .iter()
        .map(|id| format!("{id}: its idempotency key belongs to another message of this store\n"))
        .collect();
    text += &format!("{messages} messages are new, {known} were there already");
    Outcome { text, json: json!({ "messages": messages, "known": known, "without_key": without_key }), well: true }
}

fn lines(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("{}: {}\n", finding.subject, finding.problem)).collect()
}

fn list(findings: &[Finding]) -> Vec<Value> {
    findings.iter().map(|finding| json!({ "subject": finding.subject, "problem": finding.problem })).collect()
}
