//! One suite over every store.

mod erasure;
mod operating;
mod postgres;
mod retention;

use erasure::{erasing_takes_the_content_and_leaves_the_story, what_is_needed_is_not_erased};
use operating::{
    a_replay_knows_where_it_comes_from, a_stale_batch_leaves_no_audit_row, another_round_starts_from_the_first_try,
    lists_are_narrowed, pauses_are_kept, searchable_fields_find_their_messages, the_audit_log_is_a_chain,
};
use retention::what_is_past_its_time_is_deleted_and_nothing_else;

use super::*;
use crate::{
    descriptor::Class,
    lifecycle::{Reason, State},
};

fn message(id: &str) -> NewMessage {
    NewMessage {
        id: id.to_owned(),
        interface: "PROC-A-B-C-V1".to_owned(),
        digest: "0123456789ab".to_owned(),
        principal: "vms".to_owned(),
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
        request_id: "r-1".to_owned(),
        parameters: vec![("id".to_owned(), "4711".to_owned())],
        raw: br#"{"a":1.50}"#.to_vec(),
        accepted_ms: 1_000,
        ..NewMessage::default()
    }
}

fn keyed(id: &str, key: u8, body: u8) -> NewMessage {
    let key = IdempotencyKey { key_hash: [key; 32], body_hash: [body; 32], expires_ms: 2_000 };
    NewMessage { key: Some(key), ..message(id) }
}

fn attempt(n: u32, class: Class) -> Attempt {
    Attempt {
        step: "create".to_owned(),
        n,
        class,
        status: Some(503),
        start_ms: 1_000 + i64::from(n),
        end_ms: 1_010 + i64::from(n),
        reason: "because".to_owned(),
        excerpt: "busy".to_owned(),
    }
}

fn begin(seq: i64) -> Change {
    let (step, system, operation) = ("create".to_owned(), "ERP".to_owned(), "create-order".to_owned());
    Change::Begin { seq, step, system, operation, at_ms: 1_001 }
}

fn state(seq: i64, state: State, reason: Option<Reason>) -> Change {
    moved(seq, Guard { lease: 0, from: State::Accepted }, (state, reason))
}

fn moved(seq: i64, guard: Guard, (state, reason): (State, Option<Reason>)) -> Change {
    Change::State { seq, guard, state, reason, detail: "so it is".to_owned(), due_ms: Some(9), at_ms: 1_500 }
}

fn claim(seq: i64, lease: u32, from: State) -> Change {
    Change::Claim { seq, guard: Guard { lease, from }, gap: false }
}

async fn new(store: &dyn Store, message: NewMessage) -> i64 {
    match store.accept(message).await.unwrap() {
        Accepted::New { seq } => seq,
        other => panic!("not new: {other:?}"),
    }
}

async fn keys_recognise_messages(store: &dyn Store) {
    new(store, keyed("m1", 1, 1)).await;
    let again = |message| store.accept(message);
    assert_eq!(again(keyed("m2", 1, 1)).await, Ok(Accepted::Replayed { id: "m1".to_owned() }));
    assert_eq!(again(keyed("m3", 1, 2)).await, Ok(Accepted::KeyReused));
    let others = NewMessage { principal: "srm".to_owned(), ..keyed("m4", 1, 2) };
    new(store, others).await;
    new(store, NewMessage { accepted_ms: 2_000, ..keyed("m5", 1, 2) }).await;
    let ids: Vec<_> = store.unfinished(Lanes::ALL).await.unwrap().into_iter().map(|open| open.id).collect();
    assert_eq!(ids, ["m1", "m4", "m5"], "refused and replayed ones leave nothing behind");
}

async fn a_failed_message_frees_its_key(store: &dyn Store) {
    let seq = new(store, keyed("m1", 1, 1)).await;
    store.commit(vec![state(seq, State::Failed, Some(Reason::Exhausted))]).await.unwrap();
    new(store, keyed("m2", 1, 1)).await;
    assert_eq!(store.accept(keyed("m3", 1, 1)).await, Ok(Accepted::Replayed { id: "m2".to_owned() }));
}

async fn a_life_is_told_from_begin_to_end(store: &dyn Store) {
    let seq = new(store, message("m1")).await;
    store.commit(vec![state(seq, State::InFlight, None), begin(seq)]).await.unwrap();
    let step = || async { store.material(seq).await.unwrap().unwrap().deliveries.remove(0) };
    assert!(step().await.doubt, "from begin on the outcome is in doubt");

    let failed = Change::Failed { seq, attempt: attempt(1, Class::Retryable), tries: 1, doubt: false };
    store.commit(vec![failed, state(seq, State::Retrying, None)]).await.unwrap();
    let delivery = step().await;
    assert_eq!((delivery.tries, delivery.attempts, delivery.doubt, delivery.done), (1, 1, false, false));

    let done = Change::Done { seq, attempt: attempt(2, Class::Delivered), reply: b"{}".to_vec() };
    store.commit(vec![begin(seq), done, state(seq, State::Delivered, None)]).await.unwrap();
    let delivery = step().await;
    assert_eq!((delivery.tries, delivery.attempts, delivery.doubt, delivery.done), (1, 2, false, true));
    assert_eq!(delivery.reply.as_deref(), Some(b"{}".as_slice()));

    let story = store.story("m1").await.unwrap().unwrap();
    assert_eq!(story.attempts, [attempt(1, Class::Retryable), attempt(2, Class::Delivered)]);
    assert_eq!((story.row.state, story.row.ended_ms, story.size_bytes), (State::Delivered, Some(1_500), 10));
    assert_eq!(store.unfinished(Lanes::ALL).await.unwrap(), []);
    let kept = store.material(seq).await.unwrap().unwrap().message;
    assert_eq!(kept, message("m1"), "what was accepted comes back as it came");
}

async fn the_dead_are_listed_with_their_reasons(store: &dyn Store) {
    let grave = Grave {
        sentence: "the target refused".to_owned(),
        class: Some(Class::Permanent),
        step: "create".to_owned(),
        mapped: Some(b"{}".to_vec()),
        at_ms: 1_500,
        ..Grave::default()
    };
    for id in ["m1", "m2", "m3"] {
        let seq = new(store, message(id)).await;
        let bury = Change::Bury { seq, grave: Box::new(grave.clone()) };
        store.commit(vec![state(seq, State::Dead, Some(Reason::Permanent)), bury]).await.unwrap();
    }
    let seq = new(store, message("m4")).await;
    let bury = Change::Bury { seq, grave: Box::new(grave.clone()) };
    store.commit(vec![state(seq, State::Failed, Some(Reason::Exhausted)), bury]).await.unwrap();

    let list = |filter| async move {
        let graves = store.graves(filter).await.unwrap();
        assert!(graves.iter().all(|(_, found)| *found == grave));
        graves.into_iter().map(|(row, _)| (row.id, row.reason)).collect::<Vec<_>>()
    };
    assert_eq!(store.dead().await.unwrap(), [("PROC-A-B-C-V1".to_owned(), 3)], "a FAILED one is no dead letter");
    let page = list(Filter { limit: 2, ..Filter::default() }).await;
    assert_eq!(page, [("m3".to_owned(), Some(Reason::Permanent)), ("m2".to_owned(), Some(Reason::Permanent))]);
}

async fn lists_are_paged_by_the_last_one_seen(store: &dyn Store) {
    for id in ["m1", "m2", "m3"] {
        new(store, message(id)).await;
    }
    new(store, NewMessage { interface: "OTHER-A-B-C-V1".to_owned(), ..message("m4") }).await;
    let list = |filter: Filter| async move {
        store.messages(filter).await.unwrap().into_iter().map(|row| (row.id, row.seq)).unzip::<_, _, Vec<_>, Vec<_>>()
    };
    let (ids, seqs) = list(Filter { limit: 2, ..Filter::default() }).await;
    assert_eq!(ids, ["m4", "m3"]);
    let (ids, _) = list(Filter { limit: 2, before: Some(seqs[1]), ..Filter::default() }).await;
    assert_eq!(ids, ["m2", "m1"]);
    let other = Filter { limit: 9, interface: Some("OTHER-A-B-C-V1".to_owned()), ..Filter::default() };
    assert_eq!(list(other).await.0, ["m4"]);
    let none = Filter { limit: 9, state: Some(State::Dead), ..Filter::default() };
    assert_eq!(list(none).await.0, Vec::<String>::new());
    assert_eq!(store.story("nobody").await, Ok(None));
    assert_eq!(store.material(999).await, Ok(None));
}

async fn incidents_and_posts_are_kept(store: &dyn Store) {
    let incident = Incident {
        dedup_key: "a/b/EXHAUSTED".to_owned(),
        interface: "a".to_owned(),
        target: "b".to_owned(),
        reason: Reason::Exhausted.into(),
        firing: true,
        acknowledged: Some(Acknowledged { who: "ann".to_owned(), at_ms: 6 }),
        count: 1,
        first_ms: 5,
        last_ms: 5,
        updates: 0,
        told: 1,
        channels: vec!["Email".to_owned()],
        message_id: "m1".to_owned(),
        detail: "no answer".to_owned(),
    };
    let post = Post {
        id: "p1".to_owned(),
        channel: "Email".to_owned(),
        incident: incident.clone(),
        state: PostState::Pending,
        tries: 0,
        due_ms: 5,
        created_ms: 5,
        error: String::new(),
    };
    let changes = vec![Change::Incident(Box::new(incident.clone())), Change::Post(Box::new(post.clone()))];
    store.commit(changes).await.unwrap();
    assert_eq!(store.incidents(9).await.unwrap(), std::slice::from_ref(&incident));
    assert_eq!(store.posts(false, 9).await.unwrap(), std::slice::from_ref(&post));
    let over = Incident { firing: false, count: 3, ..incident };
    let sent = Post { state: PostState::Sent, tries: 1, ..post };
    store.commit(vec![Change::Incident(Box::new(over.clone())), Change::Post(Box::new(sent.clone()))]).await.unwrap();
    assert_eq!(store.incidents(9).await.unwrap(), [over]);
    assert_eq!(store.posts(false, 9).await.unwrap(), []);
    assert_eq!(store.posts(true, 9).await.unwrap(), [sent]);
}

async fn answers_are_remembered(store: &dyn Store) {
    let seq = new(store, message("m1")).await;
    let answer = Answer { status: 201, body: b"{\"order_id\":1}".to_vec() };
    store.commit(vec![Change::Answer { seq, answer: answer.clone() }]).await.unwrap();
    assert_eq!(store.answer("m1").await.unwrap(), Some(answer));
    assert_eq!(store.answer("m2").await.unwrap(), None);
}

async fn crashes_are_counted(store: &dyn Store) {
    let seq = new(store, message("m1")).await;
    store.commit(vec![Change::Crashes { seq, crashes: 1 }, state(seq, State::Ready, None)]).await.unwrap();
    let open = store.unfinished(Lanes::ALL).await.unwrap().remove(0);
    assert_eq!((open.crashes, open.state, open.due_ms), (1, State::Ready, Some(9)));
}

async fn who_lost_a_message_has_no_say_any_more(store: &dyn Store) {
    let seq = new(store, message("m1")).await;
    store.commit(vec![claim(seq, 0, State::Accepted)]).await.unwrap();
    assert_eq!(store.commit(vec![claim(seq, 0, State::Accepted)]).await, Err(StoreError::Stale), "taken once");
    store.commit(vec![claim(seq, 1, State::InFlight)]).await.unwrap();
    let late = Guard { lease: 1, from: State::InFlight };
    let late = vec![Change::Crashes { seq, crashes: 7 }, moved(seq, late, (State::Delivered, None))];
    assert_eq!(store.commit(late).await, Err(StoreError::Stale));
    let row = store.story("m1").await.unwrap().unwrap().row;
    assert_eq!((row.state, row.lease, row.crashes), (State::InFlight, 2, 0), "nothing of it is made");
}

async fn an_end_is_left_only_by_who_saw_it(store: &dyn Store) {
    for end in State::ALL.iter().copied().filter(|state| state.is_end()) {
        let id = format!("m-{end}");
        let seq = new(store, message(&id)).await;
        store.commit(vec![claim(seq, 0, State::Accepted)]).await.unwrap();
        let running = Guard { lease: 1, from: State::InFlight };
        store.commit(vec![moved(seq, running, (end, Some(Reason::Permanent)))]).await.unwrap();
        for late in State::ALL.iter().copied() {
            let changed = store.commit(vec![moved(seq, running, (late, None))]).await;
            assert_eq!(changed, Err(StoreError::Stale), "a late {late} after {end}");
            assert_eq!(store.commit(vec![claim(seq, 1, State::Ready)]).await, Err(StoreError::Stale));
        }
        assert_eq!(store.story(&id).await.unwrap().unwrap().row.state, end);
        let saw = Guard { lease: 1, from: end };
        store.commit(vec![moved(seq, saw, (State::Ready, None))]).await.unwrap();
        let again = store.commit(vec![moved(seq, saw, (State::Ready, None))]).await;
        assert_eq!(again, Err(StoreError::Stale), "two people cannot both decide");
    }
}

async fn marks_outlive_the_end_they_speak_of(store: &dyn Store) {
    let seq = new(store, NewMessage { order_key: Some("4711".to_owned()), ..message("m1") }).await;
    let other = new(store, message("m2")).await;
    let blocks = Change::Mark { seq, mark: Mark::Blocks };
    store.commit(vec![state(seq, State::Dead, Some(Reason::Permanent)), blocks]).await.unwrap();
    store.commit(vec![state(other, State::Dead, Some(Reason::Permanent))]).await.unwrap();
    let open = store.unfinished(Lanes::ALL).await.unwrap();
    assert_eq!(open.len(), 1, "an end without a mark is of no interest");
    assert_eq!((open[0].seq, open[0].mark, open[0].order_key.as_deref()), (seq, Some(Mark::Blocks), Some("4711")));
    let skipped = |from| moved(seq, Guard { lease: 0, from }, (State::Dead, Some(Reason::Permanent)));
    let gap = Change::Mark { seq, mark: Mark::Gap };
    store.commit(vec![skipped(State::Dead), gap.clone()]).await.unwrap();
    assert_eq!(store.unfinished(Lanes::ALL).await.unwrap()[0].mark, Some(Mark::Gap));
    let made_good = Change::MadeGood { seq, detail: String::new(), at_ms: 9 };
    store.commit(vec![made_good]).await.unwrap();
    assert_eq!(store.unfinished(Lanes::ALL).await.unwrap(), []);
    store.commit(vec![skipped(State::Resolved), gap]).await.unwrap();
    let retried = moved(seq, Guard { lease: 0, from: State::Dead }, (State::Ready, None));
    let again = moved(seq, Guard { lease: 0, from: State::Ready }, (State::Delivered, None));
    store.commit(vec![retried]).await.unwrap();
    assert_eq!(store.unfinished(Lanes::ALL).await.unwrap()[0].mark, None, "an end that is left means nothing any more");
    store.commit(vec![again]).await.unwrap();
    let later = new(store, NewMessage { order_key: Some("4711".to_owned()), ..message("m3") }).await;
    let guard = Guard { lease: 0, from: State::Accepted };
    store.commit(vec![Change::Claim { seq: later, guard, gap: true }]).await.unwrap();
    store.commit(vec![claim(later, 1, State::InFlight)]).await.unwrap();
    let story = store.story("m3").await.unwrap().unwrap();
    assert_eq!((story.row.gap, story.row.order_key.as_deref()), (true, Some("4711")), "a gap stays");
}

async fn a_replay_takes_the_place_that_its_source_blocked(store: &dyn Store) {
    let keyed = |id: &str, replay_of: Option<&str>| NewMessage {
        order_key: Some("4711".to_owned()),
        origin: replay_of.map(|of| Box::new(Origin { replay_of: of.to_owned(), ..Origin::default() })),
        ..message(id)
    };
    let seq = new(store, keyed("m1", None)).await;
    let blocks = Change::Mark { seq, mark: Mark::Blocks };
    store.commit(vec![state(seq, State::Dead, Some(Reason::Permanent)), blocks]).await.unwrap();
    new(store, keyed("m2", None)).await;
    let heir = new(store, keyed("m3", Some("m1"))).await;
    let later = new(store, keyed("m4", Some("m1"))).await;
    let marks = || async {
        let open = store.unfinished(Lanes::ALL).await.unwrap();
        open.into_iter().map(|open| (open.id, open.mark)).collect::<Vec<_>>()
    };
    let open = |id: &str, mark| (id.to_owned(), mark);
    assert_eq!(marks().await, [open("m2", None), open("m3", Some(Mark::Heir)), open("m4", None)]);
    store.commit(vec![claim(heir, 0, State::Accepted), claim(later, 0, State::Accepted)]).await.unwrap();
    let running = Guard { lease: 1, from: State::InFlight };
    store.commit(vec![moved(heir, running, (State::Retrying, None))]).await.unwrap();
    assert_eq!(marks().await[1], open("m3", Some(Mark::Heir)), "it keeps its place while it lives");
    let dead = moved(heir, running, (State::Dead, Some(Reason::Permanent)));
    store.commit(vec![dead, Change::Mark { seq: heir, mark: Mark::Blocks }]).await.unwrap();
    assert_eq!(marks().await[1], open("m3", Some(Mark::Blocks)));
}

async fn calls_of_the_day_are_counted(store: &dyn Store) {
    let called = |system, day| Change::Called { system, day };
    store.commit(vec![called("SRM7", 1), called("SRM7", 1), called("11VMS", 1), called("SRM7", 2)]).await.unwrap();
    let mut calls = store.calls(1).await.unwrap();
    calls.sort();
    assert_eq!(calls, [("11VMS".to_owned(), 1), ("SRM7".to_owned(), 2)]);
}

/// A store behind encryption, as every environment with keys has it.
async fn sealed(behind: impl Store) -> SealedStore {
    let keys = [("k1".to_owned(), "0f".repeat(31) + "10")].map(|(name, key)| (name, key.into()));
    let ring = KeyRing::new(&keys.into(), None).unwrap();
    let clock = std::sync::Arc::new(crate::clock::ScaledClock::SYSTEM);
    SealedStore::open(std::sync::Arc::new(behind), ring, clock).await.unwrap()
}

/// Every case over every store, each on a fresh one.
macro_rules! conformance {
    ($($case:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test]
            async fn $case() {
                super::$case(&super::MemoryStore::new()).await;
            })*
        }
        mod sqlite {
            $(#[tokio::test]
            async fn $case() {
                let folder = tempfile::tempdir().unwrap();
                let store = super::SqliteStore::open(&folder.path().join("new/tieline.db"), None).unwrap();
                super::$case(&store).await;
                super::Store::close(&store).await;
            })*
        }
        mod sealed_memory {
            $(#[tokio::test]
            async fn $case() {
                super::$case(&super::sealed(super::MemoryStore::new()).await).await;
            })*
        }
        mod sealed_sqlite {
            $(#[tokio::test]
            async fn $case() {
                let folder = tempfile::tempdir().unwrap();
                let store = super::SqliteStore::open(&folder.path().join("tieline.db"), None).unwrap();
                let store = super::sealed(store).await;
                super::$case(&store).await;
                super::Store::close(&store).await;
            })*
        }
        /// One server for all: each case has a database of its own.
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn every_case_holds_on_postgresql() {
            let cluster = postgres::Cluster::start();
            let mut broken = Vec::new();
            $({
                let store = postgres::open(&cluster, stringify!($case)).await;
                let case = async move {
                    $case(&store).await;
                    Store::close(&store).await;
                };
                if tokio::spawn(case).await.is_err() {
                    broken.push(stringify!($case));
                }
            })*
            assert_eq!(broken, [""; 0], "their panics stand above");
        }
    };
}

conformance!(
    keys_recognise_messages,
    a_failed_message_frees_its_key,
    a_life_is_told_from_begin_to_end,
    the_dead_are_listed_with_their_reasons,
    lists_are_paged_by_the_last_one_seen,
    incidents_and_posts_are_kept,
    answers_are_remembered,
    crashes_are_counted,
    the_audit_log_is_a_chain,
    a_stale_batch_leaves_no_audit_row,
    a_replay_knows_where_it_comes_from,
    another_round_starts_from_the_first_try,
    pauses_are_kept,
    lists_are_narrowed,
    searchable_fields_find_their_messages,
    who_lost_a_message_has_no_say_any_more,
    an_end_is_left_only_by_who_saw_it,
    marks_outlive_the_end_they_speak_of,
    a_replay_takes_the_place_that_its_source_blocked,
    calls_of_the_day_are_counted,
    what_is_past_its_time_is_deleted_and_nothing_else,
    erasing_takes_the_content_and_leaves_the_story,
    what_is_needed_is_not_erased,
);

#[tokio::test]
async fn a_file_is_found_again_as_it_was_left_and_has_one_owner() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tieline.db");
    let store = SqliteStore::open(&path, None).unwrap();
    new(&store, keyed("m1", 1, 1)).await;
    assert!(matches!(SqliteStore::open(&path, None), Err(StoreError::Refused(_))), "one process at a time");
    store.close().await;
    assert_eq!(store.accept(message("m2")).await, Err(StoreError::Closed));

    let store = SqliteStore::open(&path, None).unwrap();
    assert_eq!(store.accept(keyed("m3", 1, 1)).await, Ok(Accepted::Replayed { id: "m1".to_owned() }));
    store.close().await;
}

#[tokio::test]
async fn a_newer_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tieline.db");
    SqliteStore::open(&path, None).unwrap().close().await;
    rusqlite::Connection::open(&path).unwrap().execute("update meta set value = 99", []).unwrap();
    assert!(matches!(SqliteStore::open(&path, None), Err(StoreError::Newer { found: 99, .. })));
}

#[tokio::test]
async fn a_nearly_full_store_takes_no_more_but_finishes_its_work() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("tieline.db"), Some(1_000_000)).unwrap();
    let seq = new(&store, message("m1")).await;
    let big = NewMessage { raw: vec![b' '; 1_200_000], ..message("m2") };
    new(&store, big).await;
    assert!(matches!(store.accept(message("m3")).await, Err(StoreError::Full { .. })));
    store.commit(vec![state(seq, State::Delivered, None)]).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn one_bad_change_does_not_take_its_neighbours_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("tieline.db"), None).unwrap();
    // A step that never began cannot be done: the statement finds no row.
    let bad = Change::Done { seq: 1, attempt: attempt(1, Class::Delivered), reply: Vec::new() };
    let (good, bad, better) =
        tokio::join!(store.accept(message("m1")), store.commit(vec![bad]), store.accept(message("m2")));
    assert!(good.is_ok() && better.is_ok(), "{good:?} {better:?}");
    assert!(matches!(bad, Err(StoreError::Refused(_))));
    store.close().await;
}
