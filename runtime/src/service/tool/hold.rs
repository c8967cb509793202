//! The hold of the tool on its store while it writes.
//!
//! In: a store that nobody works on, hopefully. Out: all lanes, renewed until dropped; or why not. Never knows: what is
//! written.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinHandle;

use crate::journal::{
    Lanes, Store, StoreError,
    lane::{LEASE_MS, RENEW_MS},
};

/// How often it is looked whether the lease of a service that died has run out.
const LOOK: Duration = Duration::from_millis(500);
/// For so much longer than a lease lasts.
const MARGIN: Duration = Duration::from_secs(5);

/// All lanes of a store.
pub(super) struct Hold(Option<JoinHandle<()>>);

impl Hold {
    /// Takes them. Waits for the lease of a service that died.
    ///
    /// # Errors
    /// A service is running on the store, or it cannot be reached.
    pub(super) async fn take(store: &Arc<dyn Store>) -> Result<Self, StoreError> {
        let patience = Instant::now() + Duration::from_millis(LEASE_MS) + MARGIN;
        let holding = loop {
            let holding = store.hold(Lanes::NONE).await?;
            if holding.held == Lanes::ALL {
                break holding;
            }
            // What was free is of use to whoever is there.
            store.hold(holding.held).await?;
            if Instant::now() >= patience {
                return Err(StoreError::Refused("a service is running on this store: stop it first".to_owned()));
            }
            tokio::time::sleep(LOOK).await;
        };
        Ok(Self(holding.trust_ms.map(|_| tokio::spawn(renew(Arc::clone(store))))))
    }
}

/// Where this fails the store refuses what is written next: nothing more has to be done about it here.
async fn renew(store: Arc<dyn Store>) {
    loop {
        tokio::time::sleep(Duration::from_millis(RENEW_MS)).await;
        if let Err(error) = store.hold(Lanes::NONE).await {
            tracing::warn!(%error, "the hold on the store could not be renewed");
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(renewing) = &self.0 {
            renewing.abort();
        }
    }
}
