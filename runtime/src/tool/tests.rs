//! What goes out comes back, whatever the stores are; what is wrong is named.

use std::{io::BufReader, path::Path, sync::Arc};

use super::{check, export, import, repair};
use crate::{
    clock::ScaledClock,
    descriptor::Class,
    journal::{
        Accepted, Answer, Attempt, Change, Filter, Grave, Guard, IdempotencyKey, KeyRing, Mark, MemoryStore,
        NewMessage, Origin, SealedStore, SqliteStore, Store, StoreError,
    },
    lifecycle::{Reason, State},
    random::Random,
};

const UNTOUCHED: Guard = Guard { lease: 0, from: State::Accepted };

fn message(id: &str) -> NewMessage {
    let key = IdempotencyKey { key_hash: [id.len() as u8; 32], body_hash: [7; 32], expires_ms: 9_000 };
    NewMessage {
        id: id.to_owned(),
        interface: "A".to_owned(),
        digest: "d".to_owned(),
        principal: "p".to_owned(),
        key: Some(key),
        order_key: Some("k".to_owned()),
        traceparent: "00-t".to_owned(),
        request_id: format!("r-{id}"),
        parameters: vec![("id".to_owned(), "4711".to_owned())],
        raw: format!("{{\"body of\":\"{id}\"}}").into_bytes(),
        accepted_ms: 1_000,
        ..NewMessage::default()
    }
}

fn attempt(n: u32, class: Class) -> Attempt {
    let (start_ms, end_ms) = (1_000 + i64::from(n), 1_001 + i64::from(n));
    let (step, reason, excerpt) = ("send".to_owned(), "because".to_owned(), "busy".to_owned());
    Attempt { step, n, class, status: Some(503), start_ms, end_ms, reason, excerpt }
}

fn state(seq: i64, state: State, reason: Option<Reason>) -> Change {
    Change::State { seq, guard: UNTOUCHED, state, reason, detail: "so it is".to_owned(), due_ms: None, at_ms: 1_500 }
}

async fn accept(store: &dyn Store, message: NewMessage) -> i64 {
    match store.accept(message).await.unwrap() {
        Accepted::New { seq } => seq,
        other => panic!("not new: {other:?}"),
    }
}

fn begin(seq: i64) -> Change {
    let (step, system, operation) = ("send".to_owned(), "ERP".to_owned(), "create".to_owned());
    Change::Begin { seq, step, system, operation, at_ms: 1_002 }
}

/// A body that lies in a file of a SQLite store, also where it is compressed.
fn large() -> Vec<u8> {
    let random = Random::seeded(1);
    let words = std::iter::repeat_with(|| format!("{:x} ", u128::from_ne_bytes(random.bytes()))).take(9_000);
    format!("{{\"body of\":\"m1\",\"words\":\"{}\"}}", words.collect::<String>()).into_bytes()
}

/// One message of each kind of life.
async fn fill(store: &dyn Store) {
    let done = accept(store, NewMessage { raw: large(), ..message("m1") }).await;
    let failed = |seq, n| Change::Failed { seq, attempt: attempt(n, Class::Retryable), tries: n, doubt: false };
    let reply = b"{\"id\":1}".to_vec();
    let answer = Answer { status: 201, body: b"{}".to_vec() };
    store
        .commit(vec![
            begin(done),
            failed(done, 1),
            begin(done),
            Change::Done { seq: done, attempt: attempt(2, Class::Delivered), reply },
            Change::Answer { seq: done, answer },
            state(done, State::Delivered, None),
        ])
        .await
        .unwrap();
    let dead = accept(store, message("m22")).await;
    let grave = Grave { sentence: "refused".to_owned(), mapped: Some(b"{}".to_vec()), at_ms: 5, ..Grave::default() };
    let mut changes = vec![begin(dead), failed(dead, 1), Change::Bury { seq: dead, grave: Box::new(grave) }];
    changes.push(state(dead, State::Dead, Some(Reason::Exhausted)));
    changes.push(Change::Mark { seq: dead, mark: Mark::Blocks });
    store.commit(changes).await.unwrap();
    let origin = Origin { replay_of: "m1".to_owned(), batch: "b".to_owned(), nonce: 1, ..Origin::default() };
    accept(store, NewMessage { key: None, origin: Some(Box::new(origin)), ..message("m333") }).await;
    let doubt = accept(store, message("m4444")).await;
    store.commit(vec![begin(doubt), state(doubt, State::Held, Some(Reason::Unknown))]).await.unwrap();
}

async fn sqlite(folder: &Path, name: &str) -> SqliteStore {
    SqliteStore::open(&folder.join(name), None).unwrap()
}

async fn sealed(behind: Arc<dyn Store>, key: &str) -> SealedStore {
    let keys = [("k1".to_owned(), key.repeat(31) + "10")].map(|(name, key)| (name, key.into()));
    SealedStore::open(behind, KeyRing::new(&keys.into(), None).unwrap(), Arc::new(ScaledClock::SYSTEM)).await.unwrap()
}

async fn exported(store: &dyn Store) -> Vec<u8> {
    let mut out = Vec::new();
    let done = export(store, &mut out, 2_000, &|_| {}).await.unwrap();
    assert_eq!(done.unreadable, []);
    out
}

/// The messages alone: the logs of two stores differ.
fn messages(export: &[u8]) -> Vec<serde_json::Value> {
    let lines = std::str::from_utf8(export).unwrap().lines().map(|line| serde_json::from_str(line).unwrap());
    lines.filter(|line: &serde_json::Value| line.get("message").is_some()).collect()
}

#[tokio::test]
async fn an_export_comes_back_the_same_through_every_kind_of_store() {
    let folder = tempfile::tempdir().unwrap();
    let memory = MemoryStore::new();
    fill(&memory).await;
    let first = exported(&memory).await;
    assert_eq!(messages(&first).len(), 4);
    let chain: [Arc<dyn Store>; 3] = [
        Arc::new(sealed(Arc::new(sqlite(folder.path(), "sealed.db").await), "0f").await),
        Arc::new(sqlite(folder.path(), "plain.db").await),
        Arc::new(sealed(Arc::new(MemoryStore::new()), "1e").await),
    ];
    let mut before = first;
    for store in chain {
        let done = import(&*store, &mut BufReader::new(before.as_slice()), &[], 2_000, &|_| {}).await.unwrap();
        assert_eq!((done.messages, done.known, done.without_key.len()), (4, 0, 0));
        let again = import(&*store, &mut BufReader::new(before.as_slice()), &[], 2_000, &|_| {}).await.unwrap();
        assert_eq!((again.messages, again.known), (0, 4), "what is there stays");
        let after = exported(&*store).await;
        assert_eq!(messages(&after), messages(&before));
        let found = store.messages(Filter { limit: 9, ..Filter::default() }).await.unwrap().pop().unwrap();
        assert_eq!(store.material(found.seq).await.unwrap().unwrap().message.raw, large(), "{}", found.id);
        let replayed = store.accept(NewMessage { id: "m9".to_owned(), ..message("m1") }).await;
        assert_eq!(replayed, Ok(Accepted::Replayed { id: "m1".to_owned() }), "keys are recognised");
        assert_eq!(check(&*store, &|_| {}).await.unwrap().findings, []);
        before = after;
        store.close().await;
    }
}

#[tokio::test]
async fn a_bit_that_flips_in_the_file_is_found_and_its_message_named() {
    let folder = tempfile::tempdir().unwrap();
    for encrypted in [false, true] {
        let name = format!("{encrypted}.db");
        let open = || async {
            let store: Arc<dyn Store> = Arc::new(sqlite(folder.path(), &name).await);
            if encrypted { Arc::new(sealed(store, "0f").await) } else { store }
        };
        let store = open().await;
        fill(&*store).await;
        assert_eq!(check(&*store, &|_| {}).await.unwrap().findings, []);
        store.close().await;
        let file = rusqlite::Connection::open(folder.path().join(&name)).unwrap();
        let raw = file.query_row("select raw from body where message = 4", [], |row| row.get::<_, Vec<u8>>(0));
        let mut raw = raw.unwrap();
        let middle = raw.len() / 2;
        raw[middle] ^= 1;
        file.execute("update body set raw = ?1 where message = 4", [raw]).unwrap();
        drop(file);
        let store = open().await;
        let found = check(&*store, &|_| {}).await.unwrap().findings;
        assert!(found.iter().any(|finding| format!("{finding:?}").contains("m4444")), "{encrypted}: {found:?}");
        if encrypted {
            let aside = repair(&*store, 3_000).await.unwrap();
            assert_eq!(aside.iter().map(|finding| finding.subject.as_str()).collect::<Vec<_>>(), ["m4444"]);
            let dead = Filter { state: Some(State::Dead), limit: 9, ..Filter::default() };
            assert_eq!(store.graves(dead).await.unwrap().len(), 2, "it waits for a person now");
            assert_eq!(repair(&*store, 3_000).await.unwrap(), [], "once");
        }
        store.close().await;
    }
}

#[tokio::test]
async fn what_is_no_export_is_refused_with_its_line() {
    let head = r#"{"head":{"version":1,"messages":0,"exported_ms":0}}"#;
    for (text, expect) in [
        ("{}", "line 1 of the export"),
        (r#"{"head":{"version":2,"messages":0,"exported_ms":0}}"#, "its version is 2"),
        (r#"{"pause":{"scope":"target:A","since_ms":0,"who":"","why":""}}"#, "it is not the head of an export"),
        (
            &format!("{head}\n{{\"pause\":{{\"scope\":\"A\",\"since_ms\":0,\"who\":\"\",\"why\":\"\"}}}}"),
            "line 2 of the export: `A` is no scope",
        ),
    ] {
        let store = MemoryStore::new();
        let error = import(&store, &mut BufReader::new(text.as_bytes()), &[], 0, &|_| {}).await.unwrap_err();
        assert!(error.to_string().contains(expect), "{error}");
    }
    assert!(matches!(super::Error::from(StoreError::Closed), super::Error::Store(_)));
}
