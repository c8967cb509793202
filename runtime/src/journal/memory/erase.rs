//! Erasure, in memory.
//!
//! In: a place. Out: a message without content. Never knows: why.

use super::kept::Kept;
use crate::{
    journal::{Erased, NewMessage, Sealed, erasure::GONE},
    lifecycle::State,
};

impl Kept {
    /// Whether a message has ended and nobody has to decide about it. `changed` is what the batch did to it before.
    pub(super) fn may_erase(&self, seq: i64, changed: Option<&(u32, State)>) -> bool {
        self.messages.get(&seq).is_some_and(|life| {
            let (state, moved) = changed.map_or((life.row.state, false), |(_, state)| (*state, true));
            state.is_end() && state != State::Dead && (moved || life.row.mark.is_none())
        })
    }

    pub(super) fn erase(&mut self, seq: i64, erased: Erased) {
        let Some(life) = self.messages.get_mut(&seq) else { return };
        let incidents = self.incidents.values_mut().chain(self.posts.values_mut().map(|post| &mut post.incident));
        for incident in incidents.filter(|incident| incident.message_id == life.row.id) {
            GONE.clone_into(&mut incident.detail);
        }
        let (size_bytes, lane) = (life.message.size_bytes(), life.message.lane());
        let sealed = Some(Box::new(Sealed { size_bytes, lane, data_key: None }));
        let message = std::mem::take(&mut life.message);
        life.message = NewMessage {
            raw: Vec::new(),
            parameters: Vec::new(),
            order_key: None,
            tokens: Vec::new(),
            sealed,
            ..message
        };
        (life.row.detail, life.row.order_key, life.row.erased) = (String::new(), None, Some(erased));
        for attempt in &mut life.attempts {
            (attempt.reason, attempt.excerpt) = (String::new(), String::new());
        }
        life.deliveries.iter_mut().for_each(|delivery| delivery.reply = None);
        if let Some(grave) = &mut life.grave {
            (grave.sentence, grave.mapped, grave.field_errors) = (GONE.to_owned(), None, String::new());
        }
        life.answer = None;
    }
}
