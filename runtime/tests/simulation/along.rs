//! What comes along with a new state, in the same transaction.
//!
//! In: a transaction. Out: what else is in it. Never knows: whether that is right.

use tieline_runtime::{
    journal::{Change, Mark},
    lifecycle::Reason,
};

/// What is written in one transaction with a new state.
pub(super) struct Along {
    /// The record of a message that is given up.
    pub(super) buried: bool,
    /// A crash was counted.
    pub(super) counted: bool,
    /// Somebody is told of its reason.
    pub(super) told: bool,
    /// An operator's decision, by its word in the audit log.
    pub(super) decided: Option<String>,
    /// Another round begins.
    pub(super) again: bool,
    /// It holds up its line from now on.
    pub(super) blocks: bool,
}

impl Along {
    pub(super) fn of(changes: &[Change], reason: Option<Reason>) -> Self {
        let any = |wanted: &dyn Fn(&Change) -> bool| changes.iter().any(wanted);
        let decided = changes.iter().find_map(|change| match change {
            Change::Audit(entry) => Some(entry.action.clone()),
            _ => None,
        });
        Self {
            decided,
            blocks: any(&|change| matches!(change, Change::Mark { mark: Mark::Blocks, .. })),
            again: any(&|change| matches!(change, Change::Again { .. })),
            buried: any(&|change| matches!(change, Change::Bury { .. })),
            counted: any(&|change| matches!(change, Change::Crashes { .. })),
            // A process that has just begun leaves a word of it, as one does that shares its store.
            told: any(&|change| match change {
                Change::Incident(incident) => Some(incident.reason) == reason.map(Into::into),
                Change::Post(word) => Some(word.incident.reason) == reason.map(Into::into),
                _ => false,
            }),
        }
    }
}
