//! What only a store in a file has to prove.

use super::*;

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
