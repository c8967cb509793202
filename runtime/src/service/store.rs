//! The store of an environment, opened.
//!
//! In: where it lies and the keys to it. Out: a [`Store`]. Never knows: messages.

use std::{path::Path, sync::Arc};

use super::NotStarted;
use crate::{
    clock::Clock,
    environment,
    journal::{KeyFilter, KeyRing, MemoryStore, SealedStore, SqliteStore, Store},
};

/// Opens the store; behind encryption if the environment has keys.
pub(super) async fn open(settings: &environment::Store, clock: &Arc<dyn Clock>) -> Result<Arc<dyn Store>, NotStarted> {
    let behind = behind(settings)?;
    let not_started = |problem: String| NotStarted(vec![format!("store.encryption: {problem}")]);
    let Some(encryption) = &settings.encryption else {
        let any = behind.data_keys(KeyFilter { limit: 1, ..KeyFilter::default() }).await?;
        if let Some(key) = any.first() {
            return Err(not_started(format!("the store is encrypted under the key `{}`: give it", key.kek)));
        }
        tracing::warn!("content is kept as it is: the environment has no [store.encryption]");
        return Ok(behind);
    };
    let ring = KeyRing::new(&encryption.keys, encryption.current.as_deref()).map_err(|problems| {
        NotStarted(problems.iter().map(|(key, problem)| format!("store.encryption.{key}: {problem}")).collect())
    })?;
    tracing::info!(key = ring.current(), "content is encrypted at rest");
    let sealed = SealedStore::open(behind, ring, Arc::clone(clock)).await;
    let sealed = sealed.map_err(|error| not_started(error.to_string()))?;
    let rewrapping = sealed.clone();
    tokio::spawn(async move {
        match rewrapping.rewrap().await {
            Ok(0) => {}
            Ok(keys) => tracing::info!(keys, "data keys are wrapped by the current key now"),
            Err(error) => tracing::error!(%error, "data keys could not be wrapped anew"),
        }
    });
    Ok(Arc::new(sealed))
}

fn behind(settings: &environment::Store) -> Result<Arc<dyn Store>, NotStarted> {
    if settings.sqlite == ":memory:" {
        return Ok(Arc::new(MemoryStore::new()));
    }
    let store = SqliteStore::open(Path::new(&settings.sqlite), settings.max_bytes);
    Ok(Arc::new(store.map_err(|error| NotStarted(vec![format!("store.sqlite: {error}")]))?))
}
