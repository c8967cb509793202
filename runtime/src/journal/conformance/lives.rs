//! What happens to messages, and what is told about it, over every store.

use super::*;

pub(super) async fn keys_recognise_messages(store: &dyn Store) {
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

pub(super) async fn a_failed_message_frees_its_key(store: &dyn Store) {
    let seq = new(store, keyed("m1", 1, 1)).await;
    store.commit(vec![state(seq, State::Failed, Some(Reason::Exhausted))]).await.unwrap();
    new(store, keyed("m2", 1, 1)).await;
    assert_eq!(store.accept(keyed("m3", 1, 1)).await, Ok(Accepted::Replayed { id: "m2".to_owned() }));
}

pub(super) async fn a_life_is_told_from_begin_to_end(store: &dyn Store) {
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

pub(super) async fn the_dead_are_listed_with_their_reasons(store: &dyn Store) {
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
    assert_eq!(
        store.dead(Lanes::ALL).await.unwrap(),
        [("PROC-A-B-C-V1".to_owned(), 3)],
        "a FAILED one is no dead letter"
    );
    let page = list(Filter { limit: 2, ..Filter::default() }).await;
    assert_eq!(page, [("m3".to_owned(), Some(Reason::Permanent)), ("m2".to_owned(), Some(Reason::Permanent))]);
}

pub(super) async fn lists_are_paged_by_the_last_one_seen(store: &dyn Store) {
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

pub(super) async fn incidents_and_posts_are_kept(store: &dyn Store) {
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

pub(super) async fn answers_are_remembered(store: &dyn Store) {
    let seq = new(store, message("m1")).await;
    let answer = Answer { status: 201, body: b"{\"order_id\":1}".to_vec() };
    store.commit(vec![Change::Answer { seq, answer: answer.clone() }]).await.unwrap();
    assert_eq!(store.answer("m1").await.unwrap(), Some(answer));
    assert_eq!(store.answer("m2").await.unwrap(), None);
}

pub(super) async fn crashes_are_counted(store: &dyn Store) {
    let seq = new(store, message("m1")).await;
    store.commit(vec![Change::Crashes { seq, crashes: 1 }, state(seq, State::Ready, None)]).await.unwrap();
    let open = store.unfinished(Lanes::ALL).await.unwrap().remove(0);
    assert_eq!((open.crashes, open.state, open.due_ms), (1, State::Ready, Some(9)));
}

pub(super) async fn calls_of_the_day_are_counted(store: &dyn Store) {
    let called = |system, day| Change::Called { system, day };
    store.commit(vec![called("SRM7", 1), called("SRM7", 1), called("11VMS", 1), called("SRM7", 2)]).await.unwrap();
    let mut calls = store.calls(1).await.unwrap();
    calls.sort();
    assert_eq!(calls, [("11VMS".to_owned(), 1), ("SRM7".to_owned(), 2)]);
}
