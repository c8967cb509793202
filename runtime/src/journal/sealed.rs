//! Encryption at rest: a store around another one that sees content only sealed.
//!
//! In: messages and changes, key-encryption keys. Out: the same promises, with AES-256-GCM between the runtime and whatever
//! keeps the bytes. Never knows: SQL, files, where keys come from.
//!
//! The way of the bytes: `going_in` says which fields are content → `vault` finds the data key of their interface and day
//! → `envelope` seals them to their place → the store behind keeps them, the wrapped key in the same transaction.
//! `coming_out` is the way back. Writes are sealed within the call, so their order is the order of the calls.
//!
//! Where this departs from the usual layout of an envelope: nonces are random instead of counted, because records may be
//! written twice and several processes may write; the contract digest binds the body alone, since the other fields are
//! read without it.

mod coming_out;
mod envelope;
mod going_in;
mod keys;
mod subjects;
mod vault;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(crate) use coming_out::unreadable;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use envelope::fuzz;
pub use keys::KeyRing;

use coming_out::Opening;
use going_in::Sealing;
use subjects::{Subject, Subjects};
use vault::{Vault, day};

use super::{
    Accepted, Answer, AuditFilter, Audited, Change, DataKey, Filter, Grave, Head, Holding, IdempotencyKey, Incident,
    KeyFilter, Lanes, Material, NewMessage, Pause, Post, Prune, Pruned, Row, Size, Store, StoreError, Story,
    Unfinished,
};
use crate::{clock::Clock, door::Promise, metrics::Metrics};

/// A store whose content is encrypted. Cheap to clone.
#[derive(Clone)]
pub struct SealedStore {
    behind: Arc<dyn Store>,
    vault: Arc<Vault>,
    subjects: Arc<Subjects>,
    clock: Arc<dyn Clock>,
}

/// Why sealed bytes do not open, or bytes cannot be sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unopened {
    /// Somebody destroyed the data key: the content is erased.
    #[error("erased: the data key {key} was destroyed")]
    Destroyed {
        /// Id.
        key: String,
    },
    /// The key-encryption key is not in the environment.
    #[error("the data key {key} is wrapped by `{kek}`, which is not among the keys of the environment")]
    NoKey {
        /// Id.
        key: String,
        /// Name.
        kek: String,
    },
    /// Changed, cut, moved, or sealed by other keys.
    #[error("damaged: {what} does not open under its key in this place")]
    Damaged {
        /// What.
        what: String,
    },
    /// The store did not give the data key.
    #[error("{0}")]
    Store(String),
    /// The operating system gave no random bytes, or the bytes are too long for the cipher.
    #[error("nothing can be sealed now")]
    Exhausted,
}

impl From<Unopened> for StoreError {
    fn from(unopened: Unopened) -> Self {
        match unopened {
            Unopened::Destroyed { .. } | Unopened::Damaged { .. } => Self::Damaged(unopened.to_string()),
            Unopened::NoKey { .. } | Unopened::Store(_) | Unopened::Exhausted => Self::Refused(unopened.to_string()),
        }
    }
}

impl SealedStore {
    /// Wraps a store. What it holds already stays as it is; what comes from now on is sealed.
    ///
    /// # Errors
    /// The store cannot be read or written, or its keys cannot be opened with this ring.
    pub async fn open(behind: Arc<dyn Store>, ring: KeyRing, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let vault = Vault::open(ring, &*behind, clock.now_ms()).await?;
        Ok(Self { behind, vault: Arc::new(vault), subjects: Arc::new(Subjects::default()), clock })
    }

    /// Wraps every data key anew that the current key-encryption key does not wrap: what follows when a new one is put in
    /// its place. Traffic goes on meanwhile. How many that were; when it is done, the older keys are not needed any more.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn rewrap(&self) -> Result<u64, StoreError> {
        self.vault.rewrap(&*self.behind).await
    }

    fn sealing(&self) -> Sealing<'_> {
        Sealing::new(&self.vault, &self.subjects, self.clock.now_ms())
    }

    /// Reads, then opens. The clone is as cheap as three counters.
    fn opened<T, F>(
        &self,
        read: Promise<'static, Result<T, StoreError>>,
        open: impl FnOnce(Self, T) -> F + Send + 'static,
    ) -> Promise<'static, Result<T, StoreError>>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let this = self.clone();
        Box::pin(async move { open(this, read.await?).await })
    }

    /// Messages that changes may be about from now on.
    fn known(&self, mut found: Vec<Unfinished>) -> Result<Vec<Unfinished>, StoreError> {
        for open in &mut found {
            if let Some(key) = &mut open.order_key {
                *key = self.vault.open_order_key(std::mem::take(key))?;
            }
            let interface = self.subjects.interface(&open.interface);
            let subject = Subject { id: open.id.as_str().into(), interface, day: day(open.accepted_ms) };
            self.subjects.open(open.seq, subject);
        }
        Ok(found)
    }

    fn opening(&self) -> Opening<'_> {
        Opening { vault: &self.vault, store: &*self.behind }
    }

    fn saw(&self, row: &Row) {
        let interface = self.subjects.interface(&row.interface);
        let subject = Subject { id: row.id.as_str().into(), interface, day: day(row.accepted_ms) };
        self.subjects.seen(row.seq, subject);
    }

    fn seal_changes(&self, mut changes: Vec<Change>) -> Result<(Vec<Change>, Vec<Arc<vault::Current>>), StoreError> {
        let mut sealing = self.sealing();
        for change in &mut changes {
            sealing.change(change)?;
        }
        for change in &changes {
            match change {
                Change::State { seq, state, .. } if state.is_end() => self.subjects.ended(*seq),
                Change::State { seq, .. } | Change::Claim { seq, .. } => self.subjects.goes_on(*seq),
                Change::Shred(shred) => self.vault.forget(shred),
                _ => {}
            }
        }
        let keys = sealing.travelling.iter().map(|current| Change::DataKey(Box::new(current.key())));
        let changes = keys.chain(changes).collect();
        Ok((changes, sealing.travelling))
    }
}

impl Store for SealedStore {
    fn accept(&self, mut message: NewMessage) -> Promise<'static, Result<Accepted, StoreError>> {
        let mut sealing = self.sealing();
        let subject = match sealing.message(&mut message) {
            Ok(subject) => subject,
            Err(error) => return Box::pin(std::future::ready(Err(error))),
        };
        let (accepted, travelling) = (self.behind.accept(message), sealing.travelling);
        let subjects = Arc::clone(&self.subjects);
        Box::pin(async move {
            let accepted = accepted.await?;
            // One that was recognised left nothing behind, its key neither.
            match &accepted {
                Accepted::New { seq } => subjects.open(*seq, subject),
                Accepted::Handed { seq } => subjects.seen(*seq, subject),
                Accepted::Replayed { .. } | Accepted::KeyReused => return Ok(accepted),
            }
            travelling.iter().for_each(|current| current.is_kept());
            Ok(accepted)
        })
    }

    fn commit(&self, changes: Vec<Change>) -> Promise<'static, Result<(), StoreError>> {
        let (changes, travelling) = match self.seal_changes(changes) {
            Ok(sealed) => sealed,
            Err(error) => return Box::pin(std::future::ready(Err(error))),
        };
        let done = self.behind.commit(changes);
        Box::pin(async move {
            done.await?;
            travelling.iter().for_each(|current| current.is_kept());
            Ok(())
        })
    }

    fn hold(&self, release: Lanes) -> Promise<'static, Result<Holding, StoreError>> {
        self.behind.hold(release)
    }

    fn depart(&self, release: Lanes) -> Promise<'static, Result<Holding, StoreError>> {
        self.behind.depart(release)
    }

    fn rung(&self) -> Promise<'static, ()> {
        self.behind.rung()
    }

    fn unfinished(&self, lanes: Lanes) -> Promise<'static, Result<Vec<Unfinished>, StoreError>> {
        self.opened(self.behind.unfinished(lanes), |this, found| async move { this.known(found) })
    }

    fn arrivals(&self) -> Promise<'static, Result<Vec<Unfinished>, StoreError>> {
        self.opened(self.behind.arrivals(), |this, found| async move { this.known(found) })
    }

    fn material(&self, seq: i64) -> Promise<'static, Result<Option<Material>, StoreError>> {
        self.opened(self.behind.material(seq), move |this, mut found| async move {
            if let Some(material) = &mut found {
                let message = &material.message;
                let interface = this.subjects.interface(&message.interface);
                let subject = Subject { id: message.id.as_str().into(), interface, day: day(message.accepted_ms) };
                this.subjects.seen(seq, subject);
                this.opening().material(material).await?;
            }
            Ok(found)
        })
    }

    fn answer(&self, id: &str) -> Promise<'static, Result<Option<Answer>, StoreError>> {
        let owner = id.to_owned();
        self.opened(self.behind.answer(id), |this, mut found| async move {
            if let Some(answer) = &mut found {
                this.opening().answer(&owner, answer).await?;
            }
            Ok(found)
        })
    }

    fn messages(&self, filter: Filter) -> Promise<'static, Result<Vec<Row>, StoreError>> {
        let filter = match self.blind(filter) {
            Ok(filter) => filter,
            Err(error) => return Box::pin(std::future::ready(Err(error))),
        };
        self.opened(self.behind.messages(filter), |this, mut rows| async move {
            for row in &mut rows {
                this.saw(row);
                this.opening().row(row).await;
            }
            Ok(rows)
        })
    }

    fn story(&self, id: &str) -> Promise<'static, Result<Option<Story>, StoreError>> {
        self.opened(self.behind.story(id), |this, mut found| async move {
            if let Some(story) = &mut found {
                this.saw(&story.row);
                this.opening().story(story).await;
            }
            Ok(found)
        })
    }

    fn graves(&self, filter: Filter) -> Promise<'static, Result<Vec<(Row, Grave)>, StoreError>> {
        let filter = match self.blind(filter) {
            Ok(filter) => filter,
            Err(error) => return Box::pin(std::future::ready(Err(error))),
        };
        self.opened(self.behind.graves(filter), |this, mut found| async move {
            for (row, grave) in &mut found {
                this.saw(row);
                this.opening().row(row).await;
                this.opening().grave(&row.id, grave).await;
            }
            Ok(found)
        })
    }

    fn dead(&self, lanes: Lanes) -> Promise<'static, Result<Vec<(String, u64)>, StoreError>> {
        self.behind.dead(lanes)
    }

    fn incidents(&self, limit: usize) -> Promise<'static, Result<Vec<Incident>, StoreError>> {
        self.opened(self.behind.incidents(limit), |this, mut found| async move {
            for incident in &mut found {
                this.opening().incident(incident).await;
            }
            Ok(found)
        })
    }

    fn posts(&self, sent: bool, limit: usize) -> Promise<'static, Result<Vec<Post>, StoreError>> {
        self.opened(self.behind.posts(sent, limit), |this, mut found| async move {
            for post in &mut found {
                this.opening().incident(&mut post.incident).await;
            }
            Ok(found)
        })
    }

    fn audit(&self, filter: AuditFilter) -> Promise<'static, Result<Vec<Audited>, StoreError>> {
        self.behind.audit(filter)
    }

    fn audit_head(&self) -> Promise<'static, Result<Head, StoreError>> {
        self.behind.audit_head()
    }

    fn pauses(&self) -> Promise<'static, Result<Vec<Pause>, StoreError>> {
        self.behind.pauses()
    }

    fn calls(&self, day: i64) -> Promise<'static, Result<Vec<(String, u64)>, StoreError>> {
        self.behind.calls(day)
    }

    fn last_starts(&self) -> Promise<'static, Result<Vec<(String, i64)>, StoreError>> {
        self.behind.last_starts()
    }

    fn data_keys(&self, filter: KeyFilter) -> Promise<'static, Result<Vec<DataKey>, StoreError>> {
        self.behind.data_keys(filter)
    }

    fn size(&self) -> Option<Size> {
        self.behind.size()
    }

    fn watch(&self, metrics: Arc<Metrics>) {
        self.behind.watch(metrics);
    }

    fn known_keys(&self, now_ms: i64) -> Promise<'static, Result<Vec<(i64, IdempotencyKey)>, StoreError>> {
        self.behind.known_keys(now_ms)
    }

    fn examine(&self) -> Promise<'static, Result<Vec<String>, StoreError>> {
        self.behind.examine()
    }

    fn prune(&self, slice: Prune) -> Promise<'static, Result<Pruned, StoreError>> {
        self.behind.prune(slice)
    }

    fn close(&self) -> Promise<'static, ()> {
        self.behind.close()
    }
}

impl SealedStore {
    /// What a filter looks for, as the store behind knows it.
    fn blind(&self, filter: Filter) -> Result<Filter, StoreError> {
        let order_key = filter.order_key.map(|key| self.vault.seal_order_key(&key)).transpose()?;
        let tokens = filter.tokens.iter().map(|token| self.vault.blind(token)).collect();
        Ok(Filter { order_key, tokens, ..filter })
    }
}
