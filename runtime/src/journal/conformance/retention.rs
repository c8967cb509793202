//! Retention, over every store.

use super::{
    super::{
        Change, Mark, NewMessage, Store,
        datakey::DAY_MS,
        retention::{Retention, sweep},
    },
    keyed, message, new, state,
};
use crate::{
    journal::{Accepted, Filter},
    lifecycle::{Reason, State},
};

const RETENTION: Retention = Retention { keep_days: 1, keep_dead_days: 2 };

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
    let swept = sweep(store, RETENTION, 1_500 + DAY_MS).await.unwrap();
    assert_eq!((swept.messages, swept.keys), (0, 1), "the day is not over; the key's window is");
    let swept = sweep(store, RETENTION, 1_501 + DAY_MS).await.unwrap();
    assert_eq!((swept.messages, swept.dead), (1, 0));
    assert_eq!(left(store).await, ["open", "blocking", "dead"]);
    assert_eq!(store.story("delivered").await, Ok(None));
    let swept = sweep(store, RETENTION, 1_501 + 2 * DAY_MS).await.unwrap();
    assert_eq!((swept.messages, swept.dead), (1, 1));
    assert_eq!(left(store).await, ["open", "blocking"]);
    let again = store.accept(keyed("again", 1, 2)).await;
    assert!(matches!(again, Ok(Accepted::New { .. })), "a forgotten key means nothing any more: {again:?}");
}
