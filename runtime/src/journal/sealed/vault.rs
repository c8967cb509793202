//! The data keys in use.
//!
//! In: key-encryption keys, a store for wrapped data keys. Out: bytes sealed and opened. Never knows: which fields of which
//! records are sealed.
//!
//! A new data key travels in the same transaction as the first bytes that it seals, and goes on travelling until one
//! such transaction is known to be durable: bytes never outlive their key. Each process makes keys of its own, one for
//! each interface and day of acceptance, so several instances share nothing but the key-encryption keys.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use ring::hmac;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    Unopened,
    envelope::{self, DataCipher, Kind, MOST_SEALS, Place},
    keys::{KeyRing, NONCE},
};
use crate::journal::{Change, DataKey, KeyFilter, Shred, Store, StoreError, Token, day_of};

/// Data keys that are kept ready for opening, and for sealing.
const MOST_READY: usize = 4_096;

/// Id of the key of indexes: the nil UUID.
const INDEX: Uuid = Uuid::nil();

/// Data keys, ready for use.
pub(super) struct Vault {
    ring: KeyRing,
    index: Index,
    opening: Mutex<HashMap<Uuid, Arc<DataCipher>>>,
    sealing: Mutex<Sealing>,
}

/// The keys that seal, by day and interface.
type Sealing = BTreeMap<(i64, Arc<str>), Arc<Current>>;

/// Keys for what must be found again by its content.
struct Index {
    mac: hmac::Key,
    cipher: DataCipher,
}

/// The data key that seals now.
pub(super) struct Current {
    id: Uuid,
    key: DataKey,
    cipher: Arc<DataCipher>,
    kept: AtomicBool,
    seals: AtomicU64,
}

impl Current {
    /// The store has it.
    pub(super) fn is_kept(&self) {
        self.kept.store(true, Ordering::Release);
    }

    pub(super) fn key(&self) -> DataKey {
        self.key.clone()
    }
}

impl Vault {
    /// Takes the key of indexes from the store, or makes it.
    pub(super) async fn open(ring: KeyRing, store: &dyn Store, now_ms: i64) -> Result<Self, StoreError> {
        let find = || KeyFilter { id: Some(INDEX.to_string()), limit: 1, ..KeyFilter::default() };
        let mut found = store.data_keys(find()).await?.pop();
        if found.is_none() {
            let place = DataKey { id: INDEX.to_string(), at_ms: now_ms, ..DataKey::default() };
            let (made, _) = ring.make(place)?;
            store.commit(vec![Change::DataKey(Box::new(made))]).await?;
            // Another instance may have been faster: what the store has counts.
            found = store.data_keys(find()).await?.pop();
        }
        let found = found.ok_or_else(|| StoreError::Refused("the key of indexes was not kept".to_owned()))?;
        let bytes = ring.unwrap(&found)?;
        let root = hmac::Key::new(hmac::HMAC_SHA256, bytes.as_slice());
        let derive = |purpose: &[u8]| {
            let mut key = Zeroizing::new([0; 32]);
            key.copy_from_slice(hmac::sign(&root, purpose).as_ref());
            key
        };
        let index = Index {
            mac: hmac::Key::new(hmac::HMAC_SHA256, derive(b"tieline blind index 1").as_slice()),
            cipher: DataCipher::new(&derive(b"tieline order key 1")),
        };
        Ok(Self { ring, index, opening: Mutex::default(), sealing: Mutex::default() })
    }

    /// The data key that seals what this interface accepted on that day.
    pub(super) fn current(&self, interface: &Arc<str>, day: i64, now_ms: i64) -> Result<Arc<Current>, Unopened> {
        let mut sealing = self.sealing();
        let name = (day, Arc::clone(interface));
        if let Some(current) = sealing.get(&name)
            && current.seals.load(Ordering::Relaxed) < MOST_SEALS
        {
            return Ok(Arc::clone(current));
        }
        let id = Uuid::new_v4();
        let place =
            DataKey { id: id.to_string(), interface: interface.to_string(), day, at_ms: now_ms, ..DataKey::default() };
        let (key, cipher) = self.ring.make(place)?;
        let cipher = Arc::new(cipher);
        let current = Arc::new(Current {
            id,
            key,
            cipher: Arc::clone(&cipher),
            kept: AtomicBool::new(false),
            seals: AtomicU64::new(0),
        });
        if sealing.len() >= MOST_READY {
            // The oldest day: what is still to be sealed for it gets another key.
            sealing.pop_first();
        }
        sealing.insert(name, Arc::clone(&current));
        drop(sealing);
        self.remember(id, cipher);
        Ok(current)
    }

    /// Whether the key has to travel with what it seals.
    pub(super) fn travels(current: &Current) -> bool {
        !current.kept.load(Ordering::Acquire)
    }

    pub(super) fn seal(current: &Current, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, Unopened> {
        current.seals.fetch_add(1, Ordering::Relaxed);
        current.cipher.seal(current.id, place, plain)
    }

    /// Opens bytes; those that were never sealed come back as they are.
    pub(super) async fn open_bytes(
        &self,
        store: &dyn Store,
        place: Place<'_>,
        bytes: Vec<u8>,
    ) -> Result<Vec<u8>, Unopened> {
        match envelope::key_of(&bytes) {
            None => Ok(bytes),
            Some(id) => self.cipher(store, id).await?.open(place, &bytes),
        }
    }

    /// Like [`Vault::open_bytes`], for sealed text.
    pub(super) async fn open_text(
        &self,
        store: &dyn Store,
        place: Place<'_>,
        text: String,
    ) -> Result<String, Unopened> {
        if !envelope::is_sealed_text(&text) {
            return Ok(text);
        }
        let damaged = || Unopened::Damaged { what: format!("the {} of {}", envelope::name(place.kind), place.owner) };
        let sealed = envelope::from_text(&text).ok_or_else(damaged)?;
        let opened = self.open_bytes(store, place, sealed).await?;
        String::from_utf8(opened).map_err(|_| damaged())
    }

    /// An order key, sealed so that equal keys stay equal: its nonce is computed from it. Whoever sees the store sees
    /// which messages share a key, which is what a store needs, and not the key.
    pub(super) fn seal_order_key(&self, key: &str) -> Result<String, Unopened> {
        let tag = hmac::sign(&self.index.mac, &[b"order key\0", key.as_bytes()].concat());
        let mut nonce = [0; NONCE];
        nonce.copy_from_slice(&tag.as_ref()[..NONCE]);
        let place = Place { owner: "", kind: Kind::OrderKey, part: "" };
        self.index.cipher.seal_with(nonce, INDEX, place, key.as_bytes()).map(|sealed| envelope::to_text(&sealed))
    }

    /// Reads [`Vault::seal_order_key`]; a key that was never sealed comes back as it is.
    pub(super) fn open_order_key(&self, text: String) -> Result<String, Unopened> {
        if !envelope::is_sealed_text(&text) {
            return Ok(text);
        }
        let place = Place { owner: "", kind: Kind::OrderKey, part: "" };
        let damaged = || Unopened::Damaged { what: "an order key".to_owned() };
        let opened = self.index.cipher.open(place, &envelope::from_text(&text).ok_or_else(damaged)?)?;
        String::from_utf8(opened).map_err(|_| damaged())
    }

    /// A token under the key of indexes: only who has that key can tell whether it is the token of a value.
    pub(super) fn blind(&self, token: &Token) -> Token {
        let tag = hmac::sign(&self.index.mac, &[b"searchable\0".as_slice(), token.as_bytes()].concat());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(tag.as_ref());
        Token::from_bytes(bytes)
    }

    /// Forgets the keys of an interface and its days, which are destroyed.
    pub(super) fn forget(&self, shred: &Shred) {
        let days = shred.from_day..=shred.until_day;
        self.sealing().retain(|(day, interface), _| **interface != *shred.interface || !days.contains(day));
        self.opening.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Wraps every data key anew that the current key-encryption key does not wrap. How many that were.
    pub(super) async fn rewrap(&self, store: &dyn Store) -> Result<u64, StoreError> {
        let (mut after, mut count) = (None, 0);
        loop {
            let not_under = Some(self.ring.current().to_owned());
            let keys = store.data_keys(KeyFilter { id: None, not_under, after, limit: 256 }).await?;
            let Some(last) = keys.last() else { return Ok(count) };
            after = Some(last.id.clone());
            let mut changes = Vec::with_capacity(keys.len());
            for key in keys {
                match self.ring.rewrap(key) {
                    Ok(key) => changes.push(Change::Rewrap(Box::new(key))),
                    Err(error) => tracing::error!(%error, "a data key cannot be wrapped anew"),
                }
            }
            count += changes.len() as u64;
            store.commit(changes).await?;
        }
    }

    async fn cipher(&self, store: &dyn Store, id: Uuid) -> Result<Arc<DataCipher>, Unopened> {
        if let Some(cipher) = self.opening.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(Arc::clone(cipher));
        }
        let filter = KeyFilter { id: Some(id.to_string()), limit: 1, ..KeyFilter::default() };
        let found = store.data_keys(filter).await.map_err(|error| Unopened::Store(error.to_string()))?.pop();
        let found = found.ok_or_else(|| Unopened::Damaged { what: format!("what the lost data key {id} sealed") })?;
        let cipher = Arc::new(self.ring.open(&found)?);
        self.remember(id, Arc::clone(&cipher));
        Ok(cipher)
    }

    fn remember(&self, id: Uuid, cipher: Arc<DataCipher>) {
        let mut opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if opening.len() >= MOST_READY {
            opening.clear();
        }
        opening.insert(id, cipher);
    }

    fn sealing(&self) -> MutexGuard<'_, Sealing> {
        self.sealing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The day that a message belongs to.
pub(super) const fn day(accepted_ms: i64) -> i64 {
    day_of(accepted_ms)
}
