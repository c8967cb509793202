//! Somebody takes an incident on.
//!
//! In: its key, a decision. Out: the incident as acknowledged, told to its channels. Never knows: channels' wire formats.

use super::{Decision, Declined, failed};
use crate::{engine::Engine, journal::Change};

impl Engine {
    /// From now on the incident is updated no more, only closed. To acknowledge it twice changes nothing.
    ///
    /// # Errors
    /// [`Declined`]: no incident of this key is firing, or the journal could not keep it.
    pub async fn acknowledge(&self, dedup_key: &str, decision: &Decision) -> Result<(), Declined> {
        let core = &self.core;
        let _turn = core.deciding.lock().await;
        let changes = core.alerts.acknowledge(dedup_key, &decision.who).await.map_err(|error| failed(core, &error))?;
        let missing = || Declined::Missing(format!("no incident {dedup_key} is firing"));
        let mut changes = changes.ok_or_else(missing)?;
        let entry = decision.entry(core.clock.now_ms(), "acknowledge", dedup_key, "done");
        changes.push(Change::Audit(Box::new(entry)));
        core.store.commit(changes).await.map_err(|error| failed(core, &error))?;
        core.alerts.wake();
        tracing::info!(incident = dedup_key, who = decision.who, "acknowledged");
        Ok(())
    }
}
