//! Erasure, over every store.

use super::*;

fn secret() -> String {
    "Erika Mustermann".to_owned()
}

/// A message that quotes its content wherever it can, dead.
async fn talkative(store: &dyn Store) -> i64 {
    let tokens = vec![Token::of("customer", "4711").unwrap()];
    let raw = secret().into_bytes();
    let parameters = vec![("name".to_owned(), secret())];
    let seq = new(store, NewMessage { raw, parameters, tokens, order_key: Some(secret()), ..message("m1") }).await;
    let quoted = |n, class| Attempt { reason: secret(), excerpt: secret(), ..attempt(n, class) };
    let failed = Change::Failed { seq, attempt: quoted(1, Class::Retryable), tries: 1, doubt: false };
    let done = Change::Done { seq, attempt: quoted(2, Class::Delivered), reply: secret().into_bytes() };
    let grave = Grave {
        sentence: secret(),
        step: "create".to_owned(),
        mapped: Some(secret().into_bytes()),
        field_errors: secret(),
        at_ms: 9,
        ..Grave::default()
    };
    let answer = Answer { status: 502, body: secret().into_bytes() };
    let incident = incident("m1", &secret());
    let post = Post {
        id: "p1".to_owned(),
        channel: "mail".to_owned(),
        incident: incident.clone(),
        state: PostState::Pending,
        tries: 0,
        due_ms: 1,
        created_ms: 1,
        error: String::new(),
    };
    store
        .commit(vec![
            begin(seq),
            failed,
            done,
            Change::Bury { seq, grave: Box::new(grave) },
            Change::Answer { seq, answer },
            Change::Incident(Box::new(incident)),
            Change::Post(Box::new(post)),
            Change::State {
                seq,
                guard: Guard { lease: 0, from: State::Accepted },
                state: State::Dead,
                reason: Some(Reason::Permanent),
                detail: secret(),
                due_ms: None,
                at_ms: 1_500,
            },
        ])
        .await
        .unwrap();
    seq
}

fn incident(message_id: &str, detail: &str) -> Incident {
    Incident {
        dedup_key: format!("A/ERP/{message_id}"),
        interface: "A".to_owned(),
        target: "ERP".to_owned(),
        reason: Reason::Permanent.into(),
        firing: true,
        acknowledged: None,
        count: 1,
        first_ms: 1,
        last_ms: 1,
        updates: 0,
        told: 1,
        channels: vec!["mail".to_owned()],
        message_id: message_id.to_owned(),
        detail: detail.to_owned(),
    }
}

fn erase(seq: i64) -> Vec<Change> {
    let entry = Entry { action: "erase".to_owned(), subject: "m1".to_owned(), ..Entry::default() };
    vec![Change::Erase { seq, who: "ana".to_owned(), at_ms: 2_000 }, Change::Audit(Box::new(entry))]
}

fn discarded(seq: i64) -> Change {
    moved(seq, Guard { lease: 0, from: State::Dead }, (State::Discarded, Some(Reason::Operator)))
}

pub(super) async fn erasing_takes_the_content_and_leaves_the_story(store: &dyn Store) {
    let seq = talkative(store).await;
    let other = new(store, message("m2")).await;
    store.commit(vec![Change::Incident(Box::new(incident("m2", "of m2, not of m1")))]).await.unwrap();
    let post = store.posts(false, 9).await.unwrap().remove(0);
    store.commit(vec![discarded(seq)]).await.unwrap();
    store.commit(erase(seq)).await.unwrap();

    let story = store.story("m1").await.unwrap().unwrap();
    let material = store.material(seq).await.unwrap().unwrap();
    let (incidents, posts) = (store.incidents(9).await.unwrap(), store.posts(true, 9).await.unwrap());
    let everything = format!("{story:?} {material:?} {incidents:?} {posts:?}");
    assert!(!everything.contains("Erika"), "{everything}");
    assert!(!everything.contains(&format!("{:?}", secret().into_bytes())), "{everything}");
    assert_eq!(store.answer("m1").await, Ok(None));
    assert_eq!(
        (story.row.state, story.row.erased),
        (State::Discarded, Some(Erased { at_ms: 2_000, who: "ana".to_owned() }))
    );
    assert_eq!((story.attempts.len(), story.deliveries[0].done, story.row.order_key), (2, true, None));
    assert_eq!(story.size_bytes, secret().len() as u64, "how much it was is no content");
    assert!(incidents.iter().any(|incident| incident.detail == "of m2, not of m1"));
    let by = Filter { tokens: vec![Token::of("customer", "4711").unwrap()], limit: 9, ..Filter::default() };
    assert_eq!(store.messages(by).await, Ok(vec![]), "it is not found by its content any more");
    assert_eq!(store.audit_head().await.unwrap().no, 1);
    assert_eq!(store.material(other).await.unwrap().unwrap().message, message("m2"), "nothing else is touched");
    assert_eq!(store.examine().await, Ok(vec![]));

    // The outbox had the alert in its hand meanwhile.
    store.commit(vec![Change::Post(Box::new(Post { state: PostState::Sent, tries: 1, ..post }))]).await.unwrap();
    let sent = store.posts(true, 9).await.unwrap().remove(0);
    assert_eq!((sent.state, sent.incident.detail.as_str()), (PostState::Sent, super::super::erasure::GONE));
}

pub(super) async fn what_is_needed_is_not_erased(store: &dyn Store) {
    let seq = talkative(store).await;
    let open = new(store, message("m2")).await;
    for (seq, why) in [(seq, "it is dead"), (open, "it has not ended"), (99, "there is none")] {
        assert_eq!(store.commit(erase(seq)).await, Err(StoreError::Stale), "{why}");
    }
    assert_eq!(store.audit_head().await, Ok(Head::default()), "and nothing is on record");
    let kept = store.material(seq).await.unwrap().unwrap().message;
    assert_eq!(kept.raw, secret().into_bytes());
    // Its end and its erasure in one transaction.
    store.commit([vec![discarded(seq)], erase(seq)].concat()).await.unwrap();
    assert!(store.story("m1").await.unwrap().unwrap().row.erased.is_some());
}

/// Not only out of reach: the bytes are not in the files.
#[tokio::test]
async fn what_was_erased_is_not_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("tieline.db"), None).unwrap();
    // Large enough for pages of its own, and for a file of its own.
    let mut big = Vec::new();
    for (id, times) in [("m2", 4_000), ("m3", 20_000)] {
        let raw = secret().repeat(times).into_bytes();
        big.push(new(&store, NewMessage { raw, ..message(id) }).await);
    }
    store.commit(big.iter().map(|seq| state(*seq, State::Delivered, None)).collect()).await.unwrap();
    let seq = talkative(&store).await;
    assert!(holds_the_secret(folder.path()), "it is looked for in the right place");
    store.commit([vec![discarded(seq)], erase(seq), erase(big[0]), erase(big[1])].concat()).await.unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while holds_the_secret(folder.path()) {
        assert!(std::time::Instant::now() < deadline, "it is still there");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    store.close().await;
}

fn holds_the_secret(folder: &std::path::Path) -> bool {
    let name = secret().into_bytes();
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        // A file may go while it is looked for.
        path.is_dir() && holds_the_secret(&path)
            || std::fs::read(&path).is_ok_and(|bytes| bytes.windows(name.len()).any(|part| part == name))
    })
}
