//! The store of an environment, opened.
//!
//! In: where it lies and the keys to it. Out: a [`Store`]. Never knows: messages.

use std::{path::Path, sync::Arc};

use super::NotStarted;
use crate::{
    clock::Clock,
    environment::{self, StorePlace},
    journal::{
        KeyFilter, KeyRing, MemoryStore, PostgresOptions, PostgresStore, SealedStore, SqliteStore, Store, StoreError,
    },
    random::Random,
};

/// Opens the store; behind encryption if the environment has keys.
pub(super) async fn open(
    settings: &environment::Store,
    random: &Random,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Store>, NotStarted> {
    let behind = behind(settings, random.id(clock.now_ms())).await?;
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

async fn behind(settings: &environment::Store, instance: String) -> Result<Arc<dyn Store>, NotStarted> {
    let failed = |key: &str, error: StoreError| NotStarted(vec![format!("store.{key}: {error}")]);
    let max_bytes = settings.max_bytes;
    Ok(match &settings.place {
        StorePlace::Sqlite(path) if path == ":memory:" => Arc::new(MemoryStore::new()),
        StorePlace::Sqlite(path) => {
            Arc::new(SqliteStore::open(Path::new(path), max_bytes).map_err(|error| failed("sqlite", error))?)
        }
        StorePlace::Postgres { url, ca, lease } => {
            let (url, authorities) = (url.clone(), ca.clone());
            let options = PostgresOptions { url, authorities, max_bytes, instance, lease: *lease };
            Arc::new(PostgresStore::open(options).await.map_err(|error| failed("postgres", error))?)
        }
    })
}
