//! Keys and the end of messages, in memory.
//!
//! In: slices of retention, data keys. Out: what is left. Never knows: why.

use super::{
    kept::{Kept, Known},
    life::Life,
};
use crate::{
    journal::{DataKey, Erased, IdempotencyKey, KeyFilter, Prune, Pruned, Shred, day_of, retention::WHO},
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
            let before = slice.of(&life.row.interface);
            let before_ms = if life.row.state == State::Dead { before.dead_ms } else { before.ended_ms };
            life.row.mark.is_none() && life.row.ended_ms.is_some_and(|ended_ms| ended_ms < before_ms)
        };
        let gone: Vec<Life> = self.messages.extract_if(.., |_, life| past(life)).map(|(_, life)| life).collect();
        let keys = self.known.len();
        self.known.retain(|_, known| known.expires_ms >= slice.now_ms);
        let mut pruned = Pruned { messages: gone.len() as u64, ..Pruned::default() };
        for life in gone.iter().filter(|life| life.row.state == State::Dead) {
            *pruned.dead.entry(life.row.interface.clone()).or_default() += 1;
        }
        pruned.keys = (keys - self.known.len()) as u64;
        let without_content = |life: &Life| {
            let before_ms = slice.of(&life.row.interface).content_ms;
            let ended_ms = life.row.ended_ms.filter(|_| life.row.erased.is_none());
            ended_ms.zip(before_ms).is_some_and(|(ended_ms, before_ms)| ended_ms < before_ms)
        };
        let past: Vec<i64> =
            self.messages.values().filter(|life| without_content(life)).map(|life| life.row.seq).collect();
        for seq in past.into_iter().filter(|seq| self.may_erase(*seq, None)).collect::<Vec<_>>() {
            self.erase(seq, Erased { at_ms: slice.now_ms, who: WHO.to_owned() });
            pruned.content += 1;
        }
        pruned
    }
}
