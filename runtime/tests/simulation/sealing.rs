//! Encryption at rest in a world.
//!
//! In: a store, the number of a process. Out: a store that lets only ciphertext through to it. Never knows: what is sealed.

use std::{collections::BTreeMap, sync::Arc};

use tieline_runtime::{
    clock::Clock,
    journal::{KeyRing, SealedStore, Store, StoreError},
};

/// Every other process has the other key as its current one.
fn ring(process: u32) -> KeyRing {
    let keys = ["k0", "k1"].map(|name| (name.to_owned(), name.replace('k', "0123456789abcde").repeat(4).into()));
    let keys: BTreeMap<_, _> = keys.into();
    KeyRing::new(&keys, Some(&format!("k{}", process % 2))).expect("keys of 32 bytes")
}

pub(super) async fn over(
    store: Arc<dyn Store>,
    process: u32,
    clock: &Arc<dyn Clock>,
) -> Result<SealedStore, StoreError> {
    SealedStore::open(store, ring(process), Arc::clone(clock)).await
}
