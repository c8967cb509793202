//! Who may still change a message, and what its end means for others, over every store.

use super::*;

pub(super) async fn who_lost_a_message_has_no_say_any_more(store: &dyn Store) {
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

pub(super) async fn an_end_is_left_only_by_who_saw_it(store: &dyn Store) {
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

pub(super) async fn marks_outlive_the_end_they_speak_of(store: &dyn Store) {
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

pub(super) async fn a_replay_takes_the_place_that_its_source_blocked(store: &dyn Store) {
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
