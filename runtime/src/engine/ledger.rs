//! What a try of a message has to write, until it has to be written.
//!
//! In: changes of one message. Out: as few jobs of the journal as its promises allow. Never knows: what a change means.
//!
//! Most messages have one step: claim and beginning of the step go to the journal as one job, its outcome and the end of
//! the message as another. The claim is durable before the first byte of any call; an outcome is handed in, at the latest,
//! when the flow has to wait for anything: a crash finds it in the journal then, as if it had never been held.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{FutureExt as _, future::Shared};

use crate::{
    door::Promise,
    journal::{Change, Store, StoreError},
};

/// Changes on their way.
pub(super) type Written = Shared<Promise<'static, Result<(), StoreError>>>;

/// The changes of one try.
pub(super) struct Ledger {
    store: Arc<dyn Store>,
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    held: Vec<Change>,
    claim: Claim,
}

/// Where the claim of the message is.
#[derive(Default)]
enum Claim {
    /// In the journal since before the try.
    #[default]
    Kept,
    /// The first of what is held.
    Held,
    /// Handed in.
    OnItsWay(Written),
}

/// What is left to write at the end of a try.
pub(super) struct Rest {
    pub(super) changes: Vec<Change>,
    /// The claim is among it.
    pub(super) claims: bool,
}

impl Ledger {
    /// With a claim that nobody waited for, if it may be held.
    pub(super) fn new(store: Arc<dyn Store>, claim: Option<Change>) -> Self {
        let pages = match claim {
            Some(change) => Pages { held: vec![change], claim: Claim::Held },
            None => Pages::default(),
        };
        Self { store, pages: Mutex::new(pages) }
    }

    /// Keeps a change until something must be written.
    pub(super) fn hold(&self, change: Change) {
        self.pages().held.push(change);
    }

    /// Hands in what is held, and these after it, as one job.
    pub(super) fn hand_in(&self, changes: impl IntoIterator<Item = Change>) -> Written {
        let mut pages = self.pages();
        pages.held.extend(changes);
        self.write(&mut pages)
    }

    /// Hands in what is held, but not a claim alone: nothing was sent yet.
    pub(super) fn flush(&self) {
        let mut pages = self.pages();
        if !pages.held.is_empty() && !matches!(pages.claim, Claim::Held) {
            drop(self.write(&mut pages));
        }
    }

    /// The message waits for room at a target. Whoever stands in the line is not the cause of a crash, however often it
    /// comes; a message that is not even claimed needs no word about it.
    pub(super) fn waits(&self, seq: i64) {
        let claimed = !matches!(self.pages().claim, Claim::Held);
        if claimed {
            drop(self.hand_in([Change::Waits { seq }]));
        }
    }

    /// Resolves when the claim is durable.
    pub(super) async fn claimed(&self) -> Result<(), StoreError> {
        let written = {
            let mut pages = self.pages();
            match &pages.claim {
                Claim::Kept => return Ok(()),
                Claim::OnItsWay(written) => written.clone(),
                Claim::Held => self.write(&mut pages),
            }
        };
        written.await
    }

    /// The end of the try: what is left to write.
    ///
    /// # Errors
    /// The message was never claimed: nothing of this try counts.
    pub(super) async fn close(&self) -> Result<Rest, StoreError> {
        let (rest, claim) = {
            let mut pages = self.pages();
            let (changes, claim) = (std::mem::take(&mut pages.held), std::mem::take(&mut pages.claim));
            (Rest { changes, claims: matches!(claim, Claim::Held) }, claim)
        };
        if let Claim::OnItsWay(written) = claim {
            written.await?;
        }
        Ok(rest)
    }

    fn write(&self, pages: &mut Pages) -> Written {
        // Handed in under the lock: the order of the journal is the order of this ledger.
        let written = self.store.commit(std::mem::take(&mut pages.held)).shared();
        if matches!(pages.claim, Claim::Held) {
            pages.claim = Claim::OnItsWay(written.clone());
        }
        written
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
