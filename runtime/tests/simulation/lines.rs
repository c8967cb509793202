//! Lines: whose turn it is among the messages of one order key.
//!
//! In: a message. Out: which other must come first, or runs beside it. Never knows: what happens to messages otherwise.

use tieline_runtime::journal::NewMessage;

use super::life::Life;

impl Life {
    /// Its place in its line: that of what it repeats, if that held up the line.
    pub(super) fn place_of(&mut self, seq: i64, message: &NewMessage) -> i64 {
        let repeated = message.origin.as_ref().and_then(|origin| self.by_id.get(&origin.replay_of));
        match repeated.and_then(|repeated| self.messages.get_mut(repeated)) {
            Some(blocked) if blocked.blocks => {
                blocked.blocks = false;
                blocked.place
            }
            _ => seq,
        }
    }

    /// The message that one repeats.
    pub(super) fn repeats(&self, id: &str) -> Option<String> {
        let origin = self.messages.get(self.by_id.get(id)?)?.message.origin.as_ref()?;
        Some(origin.replay_of.clone())
    }

    /// Messages that hold up their line.
    pub(super) fn blocking(&self) -> Vec<String> {
        self.messages.values().filter(|known| known.blocks).map(|known| known.message.id.clone()).collect()
    }

    /// An earlier message of the same key that has not ended.
    pub(super) fn overtaken(&self, seq: i64) -> Option<i64> {
        let known = self.messages.get(&seq)?;
        let key = known.order_key.as_ref()?;
        let earlier = self.messages.iter().find(|(_, other)| {
            other.place < known.place
                && other.interface.smart_id == known.interface.smart_id
                && other.order_key.as_ref() == Some(key)
                && (!other.state.is_end() || other.blocks)
                && !(other.reopened || known.reopened)
        });
        earlier.map(|(earlier, _)| *earlier)
    }

    /// Another message of the same key that is being worked on.
    pub(super) fn beside(&self, seq: i64) -> Option<i64> {
        let known = self.messages.get(&seq)?;
        let key = known.order_key.as_ref()?;
        let other = self.messages.iter().find(|(other, it)| {
            **other != seq
                && it.worked_on
                && it.interface.smart_id == known.interface.smart_id
                && it.order_key.as_ref() == Some(key)
        });
        other.map(|(other, _)| *other)
    }
}
