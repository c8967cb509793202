//! Envelopes open where they were sealed and nowhere else; keys change while work goes on; what is destroyed is gone.

use std::{collections::BTreeMap, sync::Arc};

use proptest::prelude::*;
use secrecy::SecretString;
use uuid::Uuid;

use super::{
    KeyRing, SealedStore, Unopened,
    envelope::{DataCipher, Kind, Place, from_text, key_of, to_text},
};
use crate::{
    clock::ScaledClock,
    descriptor::Class,
    journal::{
        Accepted, Answer, Attempt, Change, DataKey, Filter, Grave, Guard, KeyFilter, MemoryStore, NewMessage, Shred,
        SqliteStore, Store, StoreError,
    },
    lifecycle::{Reason, State},
    random::Random,
};

const UNTOUCHED: Guard = Guard { lease: 0, from: State::Accepted };

const ID: Uuid = Uuid::from_u128(7);

fn key(byte: u8) -> SecretString {
    let bytes: Vec<String> = (0..32u8).map(|at| format!("{:02x}", at ^ byte)).collect();
    bytes.concat().into()
}

fn ring(keys: &[(&str, u8)], current: &str) -> KeyRing {
    let keys = keys.iter().map(|(name, byte)| ((*name).to_owned(), key(*byte))).collect();
    KeyRing::new(&keys, Some(current)).unwrap()
}

async fn open(behind: &MemoryStore, ring: KeyRing) -> SealedStore {
    SealedStore::open(Arc::new(behind.clone()), ring, Arc::new(ScaledClock::SYSTEM)).await.unwrap()
}

fn message(id: &str) -> NewMessage {
    NewMessage {
        id: id.to_owned(),
        interface: "SALES-A-B-C-V1".to_owned(),
        digest: "0123456789ab".to_owned(),
        parameters: vec![("customer".to_owned(), "Erika Mustermann".to_owned())],
        order_key: Some("customer-4711".to_owned()),
        raw: br#"{"customer":"Erika Mustermann","iban":"DE02120300000000202051"}"#.to_vec(),
        accepted_ms: 86_400_000 * 20_000 + 5,
        ..NewMessage::default()
    }
}

async fn accept(store: &dyn Store, id: &str) -> i64 {
    match store.accept(message(id)).await.unwrap() {
        Accepted::New { seq } => seq,
        other => panic!("not new: {other:?}"),
    }
}

fn place() -> Place<'static> {
    Place { owner: "m1", kind: Kind::Body, part: "0123456789ab" }
}

proptest! {
    #[test]
    fn what_is_sealed_opens_in_its_place(plain in proptest::collection::vec(any::<u8>(), 0..3_000), owner in "\\PC{0,40}", part in "\\PC{0,40}") {
        let cipher = DataCipher::new(&[3; 32]);
        let place = Place { owner: &owner, kind: Kind::Reply, part: &part };
        let sealed = cipher.seal(ID, place, &plain).unwrap();
        prop_assert_eq!(key_of(&sealed), Some(ID));
        prop_assert_eq!(from_text(&to_text(&sealed)), Some(sealed.clone()));
        prop_assert_eq!(cipher.open(place, &sealed), Ok(plain));
    }

    #[test]
    fn one_changed_bit_or_a_cut_is_noticed(
        plain in proptest::collection::vec(any::<u8>(), 1..600), bit in any::<prop::sample::Index>(), end in any::<prop::sample::Index>(),
    ) {
        let cipher = DataCipher::new(&[3; 32]);
        let sealed = cipher.seal(ID, place(), &plain).unwrap();
        let mut flipped = sealed.clone();
        let at = bit.index(sealed.len() * 8);
        flipped[at / 8] ^= 1 << (at % 8);
        prop_assert!(cipher.open(place(), &flipped).is_err());
        prop_assert!(cipher.open(place(), &sealed[..end.index(sealed.len())]).is_err());
        let longer = [sealed.as_slice(), b"x"].concat();
        prop_assert!(cipher.open(place(), &longer).is_err());
    }

    #[test]
    fn another_place_or_key_does_not_open_it(plain in proptest::collection::vec(any::<u8>(), 0..600), owner in "[a-z]{0,8}", part in "[a-z]{0,8}") {
        let cipher = DataCipher::new(&[3; 32]);
        let here = Place { owner: &owner, kind: Kind::Note, part: &part };
        let sealed = cipher.seal(ID, here, &plain).unwrap();
        let (longer, moved) = (format!("{owner}x"), format!("{owner}{part}"));
        for elsewhere in [
            Place { owner: &longer, ..here },
            Place { part: &longer, ..here },
            Place { kind: Kind::Excerpt, ..here },
            Place { owner: &moved, kind: Kind::Note, part: "" },
        ] {
            let same = elsewhere.owner == here.owner && elsewhere.part == here.part && elsewhere.kind == here.kind;
            prop_assert_eq!(cipher.open(elsewhere, &sealed).is_ok(), same);
        }
        prop_assert!(DataCipher::new(&[4; 32]).open(here, &sealed).is_err());
    }
}

#[test]
fn the_same_bytes_are_never_sealed_the_same() {
    let cipher = DataCipher::new(&[3; 32]);
    let seals: std::collections::HashSet<_> = (0..1_000).map(|_| cipher.seal(ID, place(), b"same").unwrap()).collect();
    assert_eq!(seals.len(), 1_000);
}

#[test]
fn a_wrapped_key_is_bound_to_its_row() {
    let ring = ring(&[("k1", 1)], "k1");
    let row = DataKey { id: ID.to_string(), interface: "A".to_owned(), day: 5, ..DataKey::default() };
    let (kept, cipher) = ring.make(row).unwrap();
    let sealed = cipher.seal(ID, place(), b"x").unwrap();
    assert_eq!(ring.open(&kept).unwrap().open(place(), &sealed), Ok(b"x".to_vec()));
    for moved in [
        DataKey { id: Uuid::nil().to_string(), ..kept.clone() },
        DataKey { interface: "B".to_owned(), ..kept.clone() },
        DataKey { day: 6, ..kept.clone() },
        DataKey { wrapped: kept.wrapped.clone().map(|bytes| bytes[..59].to_vec()), ..kept.clone() },
    ] {
        assert!(matches!(ring.open(&moved).err(), Some(Unopened::Damaged { .. })));
    }
    let gone = DataKey { kek: "k0".to_owned(), ..kept.clone() };
    assert!(matches!(ring.open(&gone).err(), Some(Unopened::NoKey { .. })));
    let destroyed = DataKey { wrapped: None, ..kept };
    assert!(matches!(ring.open(&destroyed).err(), Some(Unopened::Destroyed { .. })));
}

#[test]
fn keys_that_are_none_are_all_named_and_never_quoted() {
    let texts: [(&str, String); 6] = [
        ("short", "AAAA".to_owned()),
        ("same", "AA".repeat(32)),
        ("no text", "q".repeat(64)),
        ("hex", "zz".repeat(32)),
        ("good", "0f".repeat(31) + "10"),
        ("base64", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=".to_owned()),
    ];
    let keys: BTreeMap<String, SecretString> =
        texts.iter().map(|(name, text)| ((*name).to_owned(), text.clone().into())).collect();
    let problems = KeyRing::new(&keys, Some("newest")).unwrap_err();
    let named: Vec<&str> = problems.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(named, ["keys.hex", "keys.no text", "keys.same", "keys.short", "current"]);
    let all = format!("{problems:?}");
    assert!(texts.iter().all(|(_, text)| !all.contains(text.as_str())), "{all}");
}

/// Everything that a store behind encryption was given, as text.
async fn everything(behind: &MemoryStore) -> String {
    let mut text = String::new();
    for row in behind.messages(Filter { limit: 99, ..Filter::default() }).await.unwrap() {
        let (story, material) = (behind.story(&row.id).await.unwrap(), behind.material(row.seq).await.unwrap());
        let raw = material.as_ref().map(|material| String::from_utf8_lossy(&material.message.raw).into_owned());
        let answer = behind.answer(&row.id).await.unwrap();
        text += &format!("{row:?} {story:?} {material:?} {raw:?} {answer:?}");
    }
    text + &format!("{:?} {:?}", behind.incidents(99).await.unwrap(), behind.posts(true, 99).await.unwrap())
}

#[tokio::test]
async fn no_content_reaches_the_store_behind() {
    let behind = MemoryStore::new();
    let store = open(&behind, ring(&[("k1", 1)], "k1")).await;
    let seq = accept(&store, "m1").await;
    let secret = || "Erika".to_owned();
    let attempt = Attempt {
        step: "create".to_owned(),
        n: 1,
        class: Class::Permanent,
        status: None,
        start_ms: 1,
        end_ms: 2,
        reason: secret(),
        excerpt: secret(),
    };
    let (step, system, operation) = ("create".to_owned(), "ERP".to_owned(), "create".to_owned());
    let grave =
        Grave { sentence: secret(), field_errors: secret(), mapped: Some(secret().into_bytes()), ..Grave::default() };
    let mut changes = vec![
        Change::Begin { seq, step, system, operation, at_ms: 1 },
        Change::Failed { seq, attempt: attempt.clone(), tries: 1, doubt: false },
        Change::Done { seq, attempt, reply: secret().into_bytes() },
        Change::Answer { seq, answer: Answer { status: 200, body: secret().into_bytes() } },
        Change::Bury { seq, grave: Box::new(grave) },
    ];
    let (state, reason) = (State::Dead, Some(Reason::Permanent));
    changes.push(Change::State { seq, guard: UNTOUCHED, state, reason, detail: secret(), due_ms: None, at_ms: 9 });
    store.commit(changes).await.unwrap();
    let kept = everything(&behind).await;
    for part in ["Erika", "Mustermann", "DE0212", "4711"] {
        assert!(!kept.contains(part), "{part} is in {kept}");
    }
    let story = store.story("m1").await.unwrap().unwrap();
    assert_eq!((story.row.detail.as_str(), story.attempts[0].excerpt.as_str()), ("Erika", "Erika"));
    assert_eq!(story.size_bytes, message("m1").raw.len() as u64);
}

/// Bodies that are too long for a row of a SQLite store lie in files.
#[tokio::test]
async fn no_content_reaches_the_files_of_large_bodies() {
    let folder = tempfile::tempdir().unwrap();
    let behind = SqliteStore::open(&folder.path().join("tieline.db"), None).unwrap();
    let (keys, clock) = (ring(&[("k1", 1)], "k1"), Arc::new(ScaledClock::SYSTEM));
    let store = SealedStore::open(Arc::new(behind), keys, clock).await.unwrap();
    // Nothing that would be short once it is compressed.
    let random = Random::seeded(1);
    let names = std::iter::repeat_with(|| format!("Erika {:x} ", u128::from_ne_bytes(random.bytes())));
    let raw = names.take(8_000).collect::<String>().into_bytes();
    for id in ["m1", "m2"] {
        store.accept(NewMessage { raw: raw.clone(), ..message(id) }).await.unwrap();
    }
    let files: Vec<_> = std::fs::read_dir(folder.path().join("tieline.db.bodies"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 2);
    for file in &files {
        let kept = std::fs::read(file).unwrap();
        assert!(kept.len() > 256 << 10 && !kept.windows(5).any(|part| part == b"Erika"));
    }
    assert_eq!(store.material(1).await.unwrap().unwrap().message.raw, raw);
    assert_eq!(store.story("m1").await.unwrap().unwrap().size_bytes, raw.len() as u64);
    store.close().await;
}

#[tokio::test]
async fn keys_are_wrapped_anew_while_messages_come_and_the_old_one_is_not_needed_any_more() {
    let behind = MemoryStore::new();
    let before = open(&behind, ring(&[("k1", 1)], "k1")).await;
    let first = accept(&before, "m1").await;
    let store = open(&behind, ring(&[("k1", 1), ("k2", 2)], "k2")).await;
    let second = accept(&store, "m2").await;
    // An instance that was not restarted yet still writes under the old key while the new one wraps anew.
    let third = accept(&before, "m3").await;
    let (wrapped, during) = tokio::join!(store.rewrap(), store.accept(message("m4")));
    assert!(wrapped.unwrap() >= 2, "the key of indexes, and the first day's");
    during.unwrap();
    drop(before);

    let left = KeyFilter { not_under: Some("k2".to_owned()), limit: 9, ..KeyFilter::default() };
    assert_eq!(behind.data_keys(left).await.unwrap(), []);
    let after = open(&behind, ring(&[("k2", 2)], "k2")).await;
    for seq in [first, second, third] {
        let material = after.material(seq).await.unwrap().unwrap().message;
        assert_eq!((material.raw, material.parameters), (message("").raw, message("").parameters));
    }
}

#[tokio::test]
async fn a_destroyed_key_erases_its_day_and_nothing_else() {
    let behind = MemoryStore::new();
    let store = open(&behind, ring(&[("k1", 1)], "k1")).await;
    let seq = accept(&store, "m1").await;
    let next_day = NewMessage { accepted_ms: message("").accepted_ms + 86_400_000, ..message("m2") };
    store.accept(next_day).await.unwrap();
    let shred = Shred { interface: "SALES-A-B-C-V1".to_owned(), from_day: 20_000, until_day: 20_000, at_ms: 1 };
    store.commit(vec![Change::Shred(Box::new(shred))]).await.unwrap();

    let erased = store.material(seq).await;
    assert!(matches!(&erased, Err(StoreError::Damaged(why)) if why.starts_with("erased")), "{erased:?}");
    let story = store.story("m1").await.unwrap().unwrap();
    assert_eq!(story.row.id, "m1", "that it was there is still known");
    assert!(store.material(seq + 1).await.is_ok());

    // The same with keys from a backup: only wrapped ones were ever written, and this one is gone.
    let restarted = open(&behind, ring(&[("k1", 1)], "k1")).await;
    assert!(restarted.material(seq).await.is_err());
}

#[tokio::test]
async fn equal_order_keys_stay_equal_over_restarts() {
    let behind = MemoryStore::new();
    let store = open(&behind, ring(&[("k1", 1)], "k1")).await;
    accept(&store, "m1").await;
    let again = open(&behind, ring(&[("k1", 1)], "k1")).await;
    accept(&again, "m2").await;
    let filter = Filter { order_key: Some("customer-4711".to_owned()), limit: 9, ..Filter::default() };
    assert_eq!(again.messages(filter).await.unwrap().len(), 2);
    let keys: Vec<_> = again
        .unfinished(crate::journal::Lanes::ALL)
        .await
        .unwrap()
        .into_iter()
        .filter_map(|open| open.order_key)
        .collect();
    assert_eq!(keys, ["customer-4711", "customer-4711"]);
}

#[tokio::test]
async fn the_wrong_keys_open_nothing() {
    let behind = MemoryStore::new();
    let store = open(&behind, ring(&[("k1", 1)], "k1")).await;
    accept(&store, "m1").await;
    let open = |ring| SealedStore::open(Arc::new(behind.clone()), ring, Arc::new(ScaledClock::SYSTEM));
    assert!(matches!(open(ring(&[("k2", 2)], "k2")).await.err(), Some(StoreError::Refused(_))), "it is not there");
    assert!(matches!(open(ring(&[("k1", 2)], "k1")).await.err(), Some(StoreError::Damaged(_))), "it is another");
}

#[tokio::test]
async fn what_was_there_before_encryption_stays_readable() {
    let behind = MemoryStore::new();
    let seq = accept(&behind, "m1").await;
    let store = open(&behind, ring(&[("k1", 1)], "k1")).await;
    assert_eq!(store.material(seq).await.unwrap().unwrap().message, message("m1"));
    let delivered = Change::State {
        seq,
        guard: UNTOUCHED,
        state: State::Delivered,
        reason: None,
        detail: "x".to_owned(),
        due_ms: None,
        at_ms: 1,
    };
    store.commit(vec![delivered]).await.unwrap();
    assert_eq!(store.story("m1").await.unwrap().unwrap().row.detail, "x");
}
