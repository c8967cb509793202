//! The hold of this process on its store.
//!
//! In: what the store lets us hold. Out: all lanes, renewed as long as we run. Never knows: how stores share.
//!
//! One process works on a store at a time. A file has a lock for that; on a server it is the lease on the lanes: whoever
//! starts waits until the lease of a process that died has run out, and is refused where another one lives.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::core::Core;
use crate::journal::{
    Holding, Lanes, StoreError,
    lane::{LEASE_MS, RENEW_MS},
};

/// How often it is looked whether lanes have become free.
const LOOK: Duration = Duration::from_millis(500);
/// How much longer than a lease lasts whoever starts waits for it to run out.
const MARGIN: Duration = Duration::from_secs(5);
/// Longest wait for a store that is to be closed because it cannot be trusted.
const CLOSING: Duration = Duration::from_secs(3);

/// Takes all lanes.
pub(super) async fn take(core: &Core) -> Result<Holding, StoreError> {
    let patience = Instant::now() + Duration::from_millis(LEASE_MS) + MARGIN;
    let mut told = false;
    loop {
        let holding = core.store.hold(Lanes::NONE).await?;
        if holding.held == Lanes::ALL {
            return Ok(holding);
        }
        if Instant::now() >= patience {
            // What we have taken is of use to the other one.
            core.store.close().await;
            return Err(StoreError::Refused("another process is running on this store".to_owned()));
        }
        if !told {
            tracing::info!("waiting for the lease of another process on this store to run out");
            told = true;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Renews the hold until dropped. If it is lost, or if nobody knows what was written last, the process has to start over
/// on what the store has.
pub(super) async fn keep(core: Arc<Core>, holding: Holding) {
    if holding.trust_ms.is_none() {
        return;
    }
    loop {
        tokio::time::sleep(Duration::from_millis(RENEW_MS)).await;
        let problem = match core.store.hold(Lanes::NONE).await {
            Ok(holding) if holding.held != Lanes::ALL => "another process has taken over the work on this store",
            Ok(holding) if !holding.taken.is_empty() => "the store was away, and nobody knows what was written last",
            Ok(_) => continue,
            Err(error) => {
                // As long as it is away, nothing is accepted and nothing that has an effect is sent.
                tracing::warn!(%error, "the hold on the store could not be renewed");
                continue;
            }
        };
        tokio::time::timeout(CLOSING, core.store.close()).await.ok();
        core.store_failed(&StoreError::Broken(problem.to_owned()));
        return;
    }
}
