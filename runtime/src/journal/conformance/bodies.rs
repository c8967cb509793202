//! Bodies of every size, over every store.

use super::{
    super::retention::{Retention, Rules, sweep},
    *,
};
use crate::{
    journal::DAY_MS,
    metrics::Metrics,
    random::Random,
    tool::{export, import},
};

/// Longer than any store has in a row of its own, also where it is compressed.
fn large(id: &str, seed: u64) -> NewMessage {
    let random = Random::seeded(seed);
    let raw = std::iter::repeat_with(|| random.bytes()).take(16_500).flatten().collect();
    NewMessage { raw, ..message(id) }
}

pub(super) async fn large_bodies_come_back_whole_and_go_with_their_messages(store: &dyn Store) {
    let key = IdempotencyKey { key_hash: [1; 32], body_hash: [1; 32], expires_ms: 2_000 };
    let mut seqs = Vec::new();
    let known = [("m1", 1), ("m2", 2), ("m3", 3)];
    for (id, seed) in known {
        let key = (seed == 1).then(|| key.clone());
        seqs.push(new(store, NewMessage { key, ..large(id, seed) }).await);
    }
    let again = store.accept(NewMessage { key: Some(key), ..large("m4", 1) }).await;
    assert_eq!(again, Ok(Accepted::Replayed { id: "m1".to_owned() }));
    for (seq, (id, seed)) in seqs.iter().zip(known) {
        assert_eq!(store.material(*seq).await.unwrap().unwrap().message, large(id, seed), "{id}");
    }
    assert_eq!(store.story("m1").await.unwrap().unwrap().size_bytes, 264_000);
    assert_eq!(store.examine().await, Ok(vec![]));

    let ended = [seqs[0], seqs[1]].map(|seq| state(seq, State::Delivered, None));
    store.commit(ended.into()).await.unwrap();
    store.commit(vec![Change::Erase { seq: seqs[0], who: "ana".to_owned(), at_ms: 2_000 }]).await.unwrap();
    assert_eq!(store.material(seqs[0]).await.unwrap().unwrap().message.raw, b"");
    let rules = Rules { all: Retention { keep_days: 1, keep_dead_days: 1 }, own: Vec::new() };
    sweep(store, &rules, 3 * DAY_MS, &Metrics::new()).await.unwrap();
    assert_eq!((store.material(seqs[0]).await, store.material(seqs[1]).await), (Ok(None), Ok(None)));
    assert_eq!(store.material(seqs[2]).await.unwrap().unwrap().message, large("m3", 3), "it has not ended");
    assert_eq!(store.examine().await, Ok(vec![]));
}

/// What one store holds, into another.
async fn carry(from: &dyn Store, to: &dyn Store) {
    let mut lines = Vec::new();
    assert_eq!(export(from, &mut lines, 2_000, &|_| {}).await.unwrap().unreadable, []);
    let done = import(to, &mut lines.as_slice(), &[], 2_000, &|_| {}).await.unwrap();
    assert_eq!(done.messages, 2);
}

pub(super) async fn large_bodies_travel_from_a_file_and_back(store: &dyn Store) {
    let folder = tempfile::tempdir().unwrap();
    let [first, last] = ["first.db", "last.db"].map(|name| SqliteStore::open(&folder.path().join(name), None).unwrap());
    for sent in [large("m1", 1), message("m2")] {
        new(&first, sent).await;
    }
    carry(&first, store).await;
    carry(store, &last).await;
    assert_eq!(last.material(1).await.unwrap().unwrap().message, large("m1", 1));
    assert_eq!(last.material(2).await.unwrap().unwrap().message, message("m2"));
    let kept = std::fs::read_dir(folder.path().join("last.db.bodies")).unwrap().count();
    assert_eq!(kept, 1, "and in a file again");
    first.close().await;
    last.close().await;
}
