//! What only the file can show: torn logs, room that is given back, questions that do not look at everything.

mod bodies;

use std::path::{Path, PathBuf};

use rusqlite::params_from_iter;

use super::{SqliteStore, read};
use crate::{
    journal::{
        Accepted, Change, Filter, Guard, NewMessage, Store, StoreError, Token,
        retention::{Retention, Rules, sweep},
    },
    lifecycle::State,
    random::Random,
};

fn message(id: usize, bytes: usize) -> NewMessage {
    NewMessage { id: format!("m{id}"), interface: "A".to_owned(), raw: vec![b'x'; bytes], ..NewMessage::default() }
}

fn log_of(path: &Path) -> PathBuf {
    path.with_extension("db-wal")
}

#[tokio::test]
async fn a_log_that_is_torn_behind_the_last_acknowledgement_loses_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tieline.db");
    let store = SqliteStore::open(&path, None).unwrap();
    // For each acknowledged message, how long the log was then, and which generation of it.
    let mut acknowledged = Vec::new();
    for id in 0..40 {
        store.accept(message(id, 700)).await.unwrap();
        let log = std::fs::read(log_of(&path)).unwrap();
        acknowledged.push((log[16..24].to_vec(), log.len()));
    }
    // The log first: what is moved into the file meanwhile stands in it.
    let (log, file) = (std::fs::read(log_of(&path)).unwrap(), std::fs::read(&path).unwrap());
    let random = Random::seeded(7);
    for round in 0..30 {
        let cut = usize::try_from(random.up_to(log.len() as u64)).unwrap();
        let sure = acknowledged.iter().filter(|(salt, length)| salt[..] != log[16..24] || *length <= cut).count();
        let mut torn = log[..cut].to_vec();
        if round % 2 == 1 {
            // What the disk made of the rest.
            torn.extend(std::iter::repeat_with(|| random.bytes()).take((log.len() - cut) / 16).flatten());
        }
        let copy = tempfile::tempdir().unwrap();
        let path = copy.path().join("tieline.db");
        std::fs::write(&path, &file).unwrap();
        std::fs::write(log_of(&path), torn).unwrap();
        let store = SqliteStore::open(&path, None).unwrap();
        let there = store.messages(Filter { limit: 99, ..Filter::default() }).await.unwrap().len();
        assert!(there >= sure, "cut at {cut} of {}: {there} of {sure}", log.len());
        store.close().await;
    }
    store.close().await;
}

#[tokio::test]
async fn a_full_store_takes_messages_again_once_older_ones_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("tieline.db"), Some(12_000_000)).unwrap();
    let mut seqs = Vec::new();
    let full = loop {
        match store.accept(message(seqs.len(), 100_000)).await {
            Ok(Accepted::New { seq }) => seqs.push(seq),
            other => break other,
        }
    };
    assert!(matches!(full, Err(StoreError::Full { max_bytes: 12_000_000, .. })), "{full:?}");
    let guard = Guard { lease: 0, from: State::Accepted };
    let (reason, detail) = (None, String::new());
    for seq in seqs {
        let detail = detail.clone();
        let delivered = Change::State { seq, guard, state: State::Delivered, reason, detail, due_ms: None, at_ms: 1 };
        store.commit(vec![delivered]).await.unwrap();
    }
    let rules = Rules { all: Retention { keep_days: 1, keep_dead_days: 1 }, own: Vec::new() };
    sweep(&store, &rules, 2 * 86_400_000, &crate::metrics::Metrics::new()).await.unwrap();
    // The log is cut once it has been moved into the file, which the idle writer does.
    let begun = std::time::Instant::now();
    while let Err(error) = store.accept(message(9_999, 10)).await {
        assert!(begun.elapsed().as_secs() < 60, "{error}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    store.close().await;
}

#[tokio::test]
async fn lists_look_at_what_they_list() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tieline.db");
    SqliteStore::open(&path, None).unwrap().close().await;
    let connection = rusqlite::Connection::open(&path).unwrap();
    let text = |text: &str| Some(text.to_owned());
    let cases = [
        ("a rare end", Filter { state: Some(State::Dead), ..Filter::default() }, "progress_kept"),
        ("what is held", Filter { state: Some(State::Held), ..Filter::default() }, "progress_"),
        ("what is open", Filter { state: Some(State::Retrying), ..Filter::default() }, "progress_open"),
        ("an interface", Filter { interface: text("A"), ..Filter::default() }, "message_interface"),
        ("an order key", Filter { order_key: text("k"), ..Filter::default() }, "message_order_key"),
        (
            "a searchable field",
            Filter { tokens: Token::of("order", "1").into_iter().collect(), ..Filter::default() },
            "searchable_token",
        ),
        (
            "an error id",
            Filter { id: text("0198c0de-0000-7000-8000-000000000000"), ..Filter::default() },
            "message_request",
        ),
    ];
    for (what, filter, index) in cases {
        let (query, narrowed) = read::list(&filter);
        let plan: Vec<String> = connection
            .prepare(&format!("explain query plan {query}"))
            .unwrap()
            .query_map(params_from_iter(narrowed.values()), |row| row.get("detail"))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let plan = plan.join("; ");
        assert!(plan.contains(index) && !plan.contains("TEMP B-TREE FOR ORDER BY"), "{what}: {plan}");
    }
}

/// A message of each version's layout, as that version wrote it: in flight, with a failed try.
const OLD_ROWS: &str = "
    insert into message values (1, 'm1', 'A', 'd', 'p', null, 't', 'r', '[]', 5, 2);
    insert into body (message, raw) values (1, zeroblob(300000));
    insert into progress (message, state) values (1, 'IN_FLIGHT');
    insert into delivery (message, step, system, operation, doubt) values (1, 'send', 'ERP', 'create', 1);
    insert into attempt values (1, 'send', 1, 'retryable', 503, 6, 7, 'because', 'busy');
    insert into idem values ('A', 'p', zeroblob(32), zeroblob(32), 1, 9000000000000);";

#[tokio::test]
async fn a_store_of_every_older_version_is_brought_up_to_date_with_what_it_holds() {
    let steps = [
        include_str!("schema.sql"),
        include_str!("schema-2.sql"),
        include_str!("schema-3.sql"),
        include_str!("schema-4.sql"),
        include_str!("schema-5.sql"),
        include_str!("schema-6.sql"),
        include_str!("schema-7.sql"),
        include_str!("schema-8.sql"),
    ];
    for version in 1..=steps.len() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tieline.db");
        let old = rusqlite::Connection::open(&path).unwrap();
        let meta = format!(
            "create table meta (name text primary key, value integer not null) strict; insert into meta values ('schema', {version});"
        );
        old.execute_batch(&[&steps[..version].concat(), OLD_ROWS, meta.as_str()].concat()).unwrap();
        drop(old);
        let store = SqliteStore::open(&path, None).unwrap();
        let material = store.material(1).await.unwrap().unwrap();
        assert_eq!(
            (material.message.raw.as_slice(), material.deliveries.len()),
            ([0; 300_000].as_slice(), 1),
            "version {version}"
        );
        assert_eq!(store.unfinished(crate::journal::Lanes::ALL).await.unwrap()[0].state, State::InFlight);
        assert_eq!(store.story("m1").await.unwrap().unwrap().attempts.len(), 1);
        assert_eq!(store.examine().await.unwrap(), Vec::<String>::new());
        assert!(matches!(store.accept(message(2, 9)).await, Ok(Accepted::New { seq: 2 })));
        store.close().await;
    }
}
