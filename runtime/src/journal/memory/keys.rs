//! Keys and the end of messages, in memory.
//!
//! In: slices of retention, data keys. Out: what is left. Never knows: why.

use super::{Kept, Known, Life};
use crate::{
    journal::{DataKey, IdempotencyKey, KeyFilter, Prune, Pruned, Shred, day_of},
    lifecycle::State,
};

impl Kept {
    pub(super) fn data_keys(&self, filter: &KeyFilter) -> Vec<DataKey> {
        let wanted = |key: &&DataKey| {
            filter.id.as_ref().is_none_or(|id| *id == key.id)
                && filter.after.as_ref().is_none_or(|after| key.id > *after)
                && filter.not_under.as_ref().is_none_or(|kek| key.wrapped.is_some() && key.kek != *kek)
        };
        self.data_keys.values().filter(wanted).take(filter.limit).cloned().collect()
    }

    pub(super) fn known_keys(&self, now_ms: i64) -> Vec<(i64, IdempotencyKey)> {
        let known = self.known.iter().filter(|(_, known)| known.expires_ms > now_ms);
        let key = |((_, _, key_hash), known): (&(String, String, [u8; 32]), &Known)| {
            let (body_hash, expires_ms) = (known.body_hash, known.expires_ms);
            (known.seq, IdempotencyKey { key_hash: *key_hash, body_hash, expires_ms })
        };
        known.map(key).collect()
    }

    pub(super) fn shred(&mut self, shred: &Shred) {
        let days = shred.from_day..=shred.until_day;
        for key in self.data_keys.values_mut() {
            if key.interface == shred.interface && days.contains(&key.day) && key.wrapped.is_some() {
                (key.wrapped, key.at_ms) = (None, shred.at_ms);
            }
        }
        let of_these =
            |life: &&mut Life| life.row.interface == shred.interface && days.contains(&day_of(life.row.accepted_ms));
        self.messages.values_mut().filter(of_these).for_each(|life| life.message.tokens.clear());
    }

    pub(super) fn prune(&mut self, slice: &Prune) -> Pruned {
        let past = |life: &Life| {
            let before_ms = if life.row.state == State::Dead { slice.dead_before_ms } else { slice.ended_before_ms };
            life.row.mark.is_none() && life.row.ended_ms.is_some_and(|ended_ms| ended_ms < before_ms)
        };
        let gone: Vec<Life> = self.messages.extract_if(.., |_, life| past(life)).map(|(_, life)| life).collect();
        let keys = self.known.len();
        self.known.retain(|_, known| known.expires_ms >= slice.now_ms);
        let dead = gone.iter().filter(|life| life.row.state == State::Dead).count();
        let keys = keys - self.known.len();
        Pruned { next: None, messages: gone.len() as u64, dead: dead as u64, keys: keys as u64 }
    }
}
