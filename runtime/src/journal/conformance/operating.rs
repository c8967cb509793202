//! What operators decide, over every store.

use super::{super::audit, *};

fn entry(action: &str, subject: &str) -> Entry {
    Entry {
        at_ms: 7,
        who: "ana".to_owned(),
        role: "operator".to_owned(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        why: "the target is back".to_owned(),
        result: "done".to_owned(),
    }
}

fn written(action: &str, subject: &str) -> Change {
    Change::Audit(Box::new(entry(action, subject)))
}

async fn rows(store: &dyn Store, subject: Option<&str>, page: AuditPage, limit: usize) -> Vec<i64> {
    let filter = AuditFilter { subject: subject.map(str::to_owned), page, limit };
    store.audit(filter).await.unwrap().into_iter().map(|row| row.no).collect()
}

pub(super) async fn the_audit_log_is_a_chain(store: &dyn Store) {
    assert_eq!(store.audit_head().await, Ok(Head::default()));
    assert_eq!(audit::verify(store).await, Ok(audit::Verdict::Intact(Head::default())));
    store.commit(vec![written("retry", "m1"), written("discard", "m2")]).await.unwrap();
    store.commit(vec![written("skip", "m1")]).await.unwrap();

    let first = Head::default().chain(entry("retry", "m1"));
    let second = first.head().chain(entry("discard", "m2"));
    let third = second.head().chain(entry("skip", "m1"));
    let filter = AuditFilter { subject: None, page: AuditPage::Oldest { after: 0 }, limit: 9 };
    assert_eq!(store.audit(filter).await, Ok(vec![first, second, third.clone()]));
    assert_eq!(store.audit_head().await, Ok(third.head()));
    assert_eq!(audit::verify(store).await, Ok(audit::Verdict::Intact(third.head())));

    assert_eq!(rows(store, None, AuditPage::Newest { before: None }, 2).await, [3, 2]);
    assert_eq!(rows(store, None, AuditPage::Newest { before: Some(2) }, 2).await, [1]);
    assert_eq!(rows(store, Some("m1"), AuditPage::Newest { before: None }, 9).await, [3, 1]);
    assert_eq!(rows(store, Some("m1"), AuditPage::Oldest { after: 1 }, 9).await, [3]);
}

pub(super) async fn a_stale_batch_leaves_no_audit_row(store: &dyn Store) {
    let seq = new(store, message("m1")).await;
    let saw_it_dead = Guard { lease: 0, from: State::Dead };
    let decided = |seq| vec![written("retry", "m1"), moved(seq, saw_it_dead, (State::Ready, None))];
    assert_eq!(store.commit(decided(seq)).await, Err(StoreError::Stale));
    assert_eq!(store.commit(decided(99)).await, Err(StoreError::Stale), "there is no such message");
    assert_eq!(store.audit_head().await, Ok(Head::default()));
    assert_eq!(store.unfinished(Lanes::ALL).await.unwrap()[0].state, State::Accepted, "and changes nothing");
}

pub(super) async fn a_replay_knows_where_it_comes_from(store: &dyn Store) {
    new(store, message("m1")).await;
    let origin = Origin {
        replay_of: "m1".to_owned(),
        batch: "b1".to_owned(),
        nonce: 1,
        edited: true,
        who: "ana".to_owned(),
        role: "admin".to_owned(),
        why: "corrected".to_owned(),
    };
    let replay = NewMessage { origin: Some(Box::new(origin.clone())), ..message("m2") };
    let seq = new(store, replay.clone()).await;
    assert_eq!(store.material(seq).await.unwrap().unwrap().message, replay);
    let old = store.story("m1").await.unwrap().unwrap();
    assert_eq!((old.origin, old.replays), (None, vec![Replay { id: "m2".to_owned(), state: State::Accepted }]));
    let young = store.story("m2").await.unwrap().unwrap();
    assert_eq!((young.origin, young.replays), (Some(origin), vec![]));
    let filter = AuditFilter { subject: Some("m1".to_owned()), page: AuditPage::Newest { before: None }, limit: 9 };
    let row = store.audit(filter).await.unwrap().remove(0);
    assert_eq!((row.entry.action.as_str(), row.entry.at_ms), ("replay", 1_000), "in the accepting transaction");
    assert_eq!(row.entry.result, "done: m2 (batch b1, edited)");
}

pub(super) async fn another_round_starts_from_the_first_try(store: &dyn Store) {
    let seq = new(store, message("m1")).await;
    let failed = Change::Failed { seq, attempt: attempt(3, Class::Unknown), tries: 3, doubt: true };
    let crashed = Change::Crashes { seq, crashes: 2 };
    store.commit(vec![begin(seq), failed, crashed, state(seq, State::Dead, Some(Reason::Unknown))]).await.unwrap();
    let dead = Guard { lease: 0, from: State::Dead };
    store.commit(vec![Change::Again { seq }, moved(seq, dead, (State::Ready, None))]).await.unwrap();
    let step = || async { store.material(seq).await.unwrap().unwrap().deliveries.remove(0) };
    let delivery = step().await;
    assert_eq!((delivery.tries, delivery.attempts, delivery.doubt, delivery.decided), (0, 3, true, true));
    assert_eq!(store.unfinished(Lanes::ALL).await.unwrap()[0].crashes, 0);
    assert_eq!(store.story("m1").await.unwrap().unwrap().row.ended_ms, None);
    store.commit(vec![begin(seq)]).await.unwrap();
    assert!(!step().await.decided, "one decision is for one send");
}

pub(super) async fn pauses_are_kept(store: &dyn Store) {
    let pause = |scope: &Scope, why: &str| Pause {
        scope: scope.clone(),
        since_ms: 5,
        who: "ana".to_owned(),
        why: why.to_owned(),
    };
    let (interface, target) = (Scope::Interface("A-B-C".to_owned()), Scope::Target("SAP SRM7".to_owned()));
    for scope in [&target, &interface] {
        store.commit(vec![Change::Pause(Box::new(pause(scope, "first")))]).await.unwrap();
    }
    store.commit(vec![Change::Pause(Box::new(pause(&target, "again")))]).await.unwrap();
    assert_eq!(store.pauses().await, Ok(vec![pause(&interface, "first"), pause(&target, "again")]));
    store.commit(vec![Change::Resume(interface), Change::Resume(Scope::Target("other".to_owned()))]).await.unwrap();
    assert_eq!(store.pauses().await, Ok(vec![pause(&target, "again")]));
}

pub(super) async fn lists_are_narrowed(store: &dyn Store) {
    let mut seqs = Vec::new();
    for (number, principal) in [(1, "vms"), (2, "srm"), (3, "vms")] {
        let kept = NewMessage {
            principal: principal.to_owned(),
            order_key: Some(format!("k{number}")),
            request_id: format!("r-{number}"),
            accepted_ms: number * 1_000,
            ..message(&format!("m{number}"))
        };
        seqs.push(new(store, kept).await);
    }
    store.commit(vec![begin(seqs[1]), state(seqs[1], State::Held, Some(Reason::Unknown))]).await.unwrap();
    let text = |text: &str| Some(text.to_owned());
    let all = Filter { limit: 9, ..Filter::default() };
    let cases: [(Filter, &[&str]); 12] = [
        (all.clone(), &["m3", "m2", "m1"]),
        (Filter { reason: Some(Reason::Unknown), ..all.clone() }, &["m2"]),
        (Filter { state: Some(State::Held), reason: Some(Reason::Map), ..all.clone() }, &[]),
        (Filter { from_ms: Some(2_000), ..all.clone() }, &["m3", "m2"]),
        (Filter { until_ms: Some(2_000), ..all.clone() }, &["m1"]),
        (Filter { principal: text("vms"), ..all.clone() }, &["m3", "m1"]),
        (Filter { principal: text("vms' or 1=1 --"), ..all.clone() }, &[]),
        (Filter { order_key: text("k3"), ..all.clone() }, &["m3"]),
        (Filter { system: text("ERP"), ..all.clone() }, &["m2"]),
        (Filter { id: text("m1"), ..all.clone() }, &["m1"]),
        (Filter { id: text("r-2"), ..all.clone() }, &["m2"]),
        (Filter { id: text("0af7651916cd43dd8448eb211c80319c"), limit: 2, ..all }, &["m3", "m2"]),
    ];
    for (filter, expect) in cases {
        let rows = store.messages(filter.clone()).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), expect, "{filter:?}");
    }
}

pub(super) async fn searchable_fields_find_their_messages(store: &dyn Store) {
    let tokens =
        |fields: &[(&str, &str)]| fields.iter().filter_map(|(name, value)| Token::of(name, value)).collect::<Vec<_>>();
    let mut last = 0;
    for (id, interface, fields) in [
        ("m1", "A", [("order", "0000004711"), ("customer", "C-1")]),
        ("m2", "B", [("order", "4711"), ("customer", "c-2")]),
        ("m3", "A", [("order", "4712"), ("customer", "c-2")]),
    ] {
        let day_ms = 86_400_000 * 20_000;
        let (interface, tokens) = (interface.to_owned(), tokens(&fields));
        last = new(store, NewMessage { interface, tokens, accepted_ms: day_ms, ..message(id) }).await;
    }
    let all = Filter { limit: 9, ..Filter::default() };
    let by = |fields: &[(&str, &str)]| Filter { tokens: tokens(fields), ..all.clone() };
    let cases: [(Filter, &[&str]); 6] = [
        (by(&[("order", "4711")]), &["m2", "m1"]),
        (by(&[("order", "4711"), ("customer", "C-2")]), &["m2"]),
        (by(&[("customer", "4711")]), &[]),
        (Filter { interface: Some("A".to_owned()), ..by(&[("customer", "C-2")]) }, &["m3"]),
        (Filter { state: Some(State::Accepted), ..by(&[("customer", "c-2")]) }, &["m3", "m2"]),
        (Filter { before: Some(last), ..by(&[("customer", "c-2")]) }, &["m2"]),
    ];
    for (filter, expect) in cases {
        let rows = store.messages(filter.clone()).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), expect, "{filter:?}");
    }
    // A day that is shredded is not found any more, in a store that is not encrypted either.
    let shred = Shred { interface: "A".to_owned(), from_day: 20_000, until_day: 20_000, at_ms: 1 };
    store.commit(vec![Change::Shred(Box::new(shred))]).await.unwrap();
    let left = store.messages(by(&[("order", "4711")])).await.unwrap();
    assert_eq!(left.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["m2"]);
}

/// What somebody who can write the file may do to it.
async fn tampered(statement: &str) -> audit::Verdict {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tieline.db");
    let store = SqliteStore::open(&path, None).unwrap();
    for number in 1..=4 {
        store.commit(vec![written("retry", &format!("m{number}"))]).await.unwrap();
    }
    rusqlite::Connection::open(&path).unwrap().execute_batch(statement).unwrap();
    let verdict = audit::verify(&store).await.unwrap();
    store.close().await;
    verdict
}

#[tokio::test]
async fn every_change_of_the_audit_log_is_found() {
    let cases: [(&str, Option<i64>); 9] = [
        ("select 1", None),
        ("update audit set who = 'bob' where no = 2", Some(2)),
        ("update audit set at_ms = at_ms + 1 where no = 4", Some(4)),
        ("update audit set who = 'anao', role = 'perator' where no = 1", Some(1)),
        ("delete from audit where no = 3", Some(3)),
        ("delete from audit where no = 1", Some(1)),
        ("delete from audit where no = 4", Some(4)),
        ("update audit set hash = (select hash from audit where no = 2) where no = 3", Some(3)),
        (
            "update audit set no = 9 where no = 3; update audit set no = 3 where no = 2; \
             update audit set no = 2 where no = 9",
            Some(2),
        ),
    ];
    for (statement, expect) in cases {
        let found = match tampered(statement).await {
            audit::Verdict::Intact(_) => None,
            audit::Verdict::Broken { no, .. } => Some(no),
        };
        assert_eq!(found, expect, "{statement}");
    }
}

#[tokio::test]
async fn a_store_of_the_first_version_is_brought_forward() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tieline.db");
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../sqlite/schema.sql")).unwrap();
    old.execute_batch(
        "create table meta (name text primary key, value integer not null) strict; insert into meta values ('schema', 1);
         insert into message values (1, 'm1', 'A-B-C', 'd', 'vms', null, 't', 'r', '[]', 5, 0);
         insert into body values (1, x''); insert into progress (message, state) values (1, 'HELD');
         insert into delivery (message, step, system, operation) values (1, 'create', 'ERP', 'create')",
    )
    .unwrap();
    drop(old);
    let store = SqliteStore::open(&path, None).unwrap();
    assert_eq!(store.unfinished(Lanes::ALL).await.unwrap()[0].id, "m1");
    assert!(!store.material(1).await.unwrap().unwrap().deliveries[0].decided);
    store.commit(vec![written("retry", "m1")]).await.unwrap();
    store.close().await;
}
