//! Retention, over every store.

use super::{
    super::{
        Change, Lanes, Mark, NewMessage, Store, StoreError,
        datakey::DAY_MS,
        retention::{self, Pruned, Retention, Rules},
    },
    keyed, message, new, state,
};
use crate::{
    descriptor::Kept,
    journal::{Accepted, Filter, Grave},
    lifecycle::{Reason, State},
    metrics::Metrics,
};

fn rules(own: Kept) -> Rules {
    Rules {
        all: Retention { keep_days: 1, keep_dead_days: 2 },
        own: vec![("PROC-A-B-C-V1", own), ("OTHER", Kept::BY_ENVIRONMENT)],
    }
}

async fn sweep(store: &dyn Store, rules: &Rules, now_ms: i64) -> Result<Pruned, StoreError> {
    retention::sweep(store, rules, now_ms, &Metrics::new()).await
}

async fn left(store: &dyn Store) -> Vec<String> {
    let rows = store.messages(Filter { limit: 99, ..Filter::default() }).await.unwrap();
    rows.into_iter().map(|row| row.id).collect()
}

pub(super) async fn what_is_past_its_time_is_deleted_and_nothing_else(store: &dyn Store) {
    let delivered = new(store, keyed("delivered", 1, 1)).await;
    let dead = new(store, message("dead")).await;
    let blocking = new(store, NewMessage { order_key: Some("k".to_owned()), ..message("blocking") }).await;
    new(store, message("open")).await;
    store.commit(vec![state(delivered, State::Delivered, None)]).await.unwrap();
    store.commit(vec![state(dead, State::Dead, Some(Reason::Permanent))]).await.unwrap();
    let blocks = Change::Mark { seq: blocking, mark: Mark::Blocks };
    store.commit(vec![state(blocking, State::Dead, Some(Reason::Permanent)), blocks]).await.unwrap();

    // Everything ended at 1500.
    let swept = sweep(store, &rules(Kept::BY_ENVIRONMENT), 1_500 + DAY_MS).await.unwrap();
    assert_eq!((swept.messages, swept.keys), (0, 1), "the day is not over; the key's window is");
    let swept = sweep(store, &rules(Kept::BY_ENVIRONMENT), 1_501 + DAY_MS).await.unwrap();
    assert_eq!((swept.messages, swept.dead), (1, [].into()));
    assert_eq!(left(store).await, ["open", "blocking", "dead"]);
    assert_eq!(store.story("delivered").await, Ok(None));
    let swept = sweep(store, &rules(Kept::BY_ENVIRONMENT), 1_501 + 2 * DAY_MS).await.unwrap();
    assert_eq!((swept.messages, swept.dead), (1, [("PROC-A-B-C-V1".to_owned(), 1)].into()), "the gauge follows");
    assert_eq!(left(store).await, ["open", "blocking"]);
    let again = store.accept(keyed("again", 1, 2)).await;
    assert!(matches!(again, Ok(Accepted::New { .. })), "a forgotten key means nothing any more: {again:?}");
}

pub(super) async fn a_document_says_how_long_its_messages_are_kept(store: &dyn Store) {
    let own = Kept { content_days: Some(1), days: Some(3), dead_days: Some(5) };
    let ends = [("delivered", State::Delivered), ("dead", State::Dead), ("other", State::Delivered)];
    for (id, end) in ends {
        let interface = if id == "other" { "OTHER" } else { "PROC-A-B-C-V1" };
        let seq = new(store, NewMessage { interface: interface.to_owned(), ..message(id) }).await;
        store.commit(vec![state(seq, end, None)]).await.unwrap();
    }
    let erased = || async {
        let rows = store.messages(Filter { limit: 99, ..Filter::default() }).await.unwrap();
        rows.into_iter().filter_map(|row| Some((row.id, row.erased?.who))).collect::<Vec<_>>()
    };
    let after = |days: i64| 1_501 + days * DAY_MS;
    let swept = sweep(store, &rules(own), after(1)).await.unwrap();
    assert_eq!((swept.messages, swept.content), (1, 1), "the other interface keeps to the environment");
    assert_eq!(left(store).await, ["dead", "delivered"]);
    assert_eq!(erased().await, [("delivered".to_owned(), "retention".to_owned())], "a dead letter keeps its content");
    assert_eq!(sweep(store, &rules(own), after(2)).await.unwrap().content, 0, "once");
    assert_eq!(sweep(store, &rules(own), after(3)).await.unwrap().messages, 1);
    assert_eq!(left(store).await, ["dead"]);
    let swept = sweep(store, &rules(own), after(5)).await.unwrap();
    assert_eq!((swept.messages, swept.dead.len()), (1, 1));
    assert_eq!(left(store).await, [""; 0]);
}

/// More of them than one slice takes, of an interface with its own times and of one without.
pub(super) async fn the_count_of_dead_letters_is_right_after_they_are_pruned(store: &dyn Store) {
    const INTERFACES: [&str; 2] = ["PROC-A-B-C-V1", "OTHER"];
    let metrics = Metrics::new();
    for number in 0..130 {
        let interface = INTERFACES[usize::from(number >= 120)];
        let id = format!("dead-{number}");
        let seq = new(store, NewMessage { interface: interface.to_owned(), ..message(&id) }).await;
        let grave = Grave { step: "create".to_owned(), at_ms: 9, ..Grave::default() };
        let bury = Change::Bury { seq, grave: Box::new(grave) };
        store.commit(vec![state(seq, State::Dead, Some(Reason::Permanent)), bury]).await.unwrap();
        metrics.dead_letters(interface, 1);
    }
    // One that blocks its key stays, past its time.
    let seq = new(store, NewMessage { order_key: Some("k".to_owned()), ..message("blocks") }).await;
    let bury = Change::Bury { seq, grave: Box::default() };
    let blocks = Change::Mark { seq, mark: Mark::Blocks };
    store.commit(vec![state(seq, State::Dead, Some(Reason::Permanent)), bury, blocks]).await.unwrap();
    metrics.dead_letters(INTERFACES[0], 1);

    let own = rules(Kept { dead_days: Some(5), ..Kept::BY_ENVIRONMENT });
    for (days, left) in [(1, [121, 10]), (3, [121, 0]), (6, [1, 0])] {
        retention::sweep(store, &own, 1_501 + days * DAY_MS, &metrics).await.unwrap();
        assert_eq!(INTERFACES.map(|name| metrics.totals(name).dead_letters), left, "the gauge after {days} days");
        let counted: Vec<_> = store.dead(Lanes::ALL).await.unwrap();
        let counted = INTERFACES.map(|name| {
            counted.iter().find(|(known, _)| known == name).map_or(0, |(_, count)| i64::try_from(*count).unwrap())
        });
        assert_eq!(counted, left, "the store after {days} days");
        let graves = store.graves(Filter { limit: 999, ..Filter::default() }).await.unwrap();
        assert_eq!(graves.len(), usize::try_from(left[0] + left[1]).unwrap(), "the list after {days} days");
    }
}

pub(super) async fn the_last_start_outlives_its_message(store: &dyn Store) {
    assert_eq!(store.last_starts().await, Ok(vec![]));
    let started = |interface: &str, nominal_ms| Change::Started { interface: interface.to_owned(), nominal_ms };
    store.commit(vec![started("B", 5), started("A", 7), started("B", 9)]).await.unwrap();
    store.commit(vec![started("A", 6)]).await.unwrap();
    sweep(store, &rules(Kept::BY_ENVIRONMENT), 1_000 * DAY_MS).await.unwrap();
    assert_eq!(store.last_starts().await, Ok(vec![("A".to_owned(), 7), ("B".to_owned(), 9)]), "never back");
}
