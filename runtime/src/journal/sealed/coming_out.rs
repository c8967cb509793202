//! What is opened on its way out.
//!
//! In: records as a store keeps them. Out: the same with their content readable. Never knows: how they are read.
//!
//! Where a person looks, text that cannot be opened is replaced by the reason, so that one damaged row does not hide the
//! others. Where work goes on with the content, it is an error.

use super::{
    Unopened,
    envelope::{Kind, Place},
    going_in::part_of,
    vault::Vault,
};
use crate::journal::{Answer, Attempt, Delivery, Grave, Incident, Material, Row, Store, StoreError, Story};

/// A read that is being opened.
pub(super) struct Opening<'a> {
    pub(super) vault: &'a Vault,
    pub(super) store: &'a dyn Store,
}

impl Opening<'_> {
    pub(super) async fn material(&self, material: &mut Material) -> Result<(), StoreError> {
        let message = &mut material.message;
        let body = Place { owner: &message.id, kind: Kind::Body, part: &message.digest };
        message.raw = self.bytes(body, std::mem::take(&mut message.raw)).await?;
        if let [(name, sealed)] = message.parameters.as_mut_slice()
            && name.is_empty()
        {
            let place = Place { owner: &message.id, kind: Kind::Parameters, part: "" };
            let text = self.vault.open_text(self.store, place, std::mem::take(sealed)).await?;
            message.parameters = serde_json::from_str(&text)
                .map_err(|_| Unopened::Damaged { what: format!("the parameters of {}", message.id) })?;
        }
        if let Some(key) = &mut message.order_key {
            *key = self.vault.open_order_key(std::mem::take(key))?;
        }
        for delivery in &mut material.deliveries {
            if let Some(reply) = &mut delivery.reply {
                *reply = self.bytes(reply_of(&message.id, &delivery.step), std::mem::take(reply)).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn answer(&self, id: &str, answer: &mut Answer) -> Result<(), StoreError> {
        let place = Place { owner: id, kind: Kind::Answer, part: "" };
        answer.body = self.bytes(place, std::mem::take(&mut answer.body)).await?;
        Ok(())
    }

    pub(super) async fn row(&self, row: &mut Row) {
        if let Some(key) = &mut row.order_key {
            let opened = self.vault.open_order_key(std::mem::take(key));
            *key = opened.unwrap_or_else(|error| replacement(&error));
        }
        self.shown(Place { owner: &row.id, kind: Kind::Detail, part: "" }, &mut row.detail).await;
    }

    pub(super) async fn story(&self, story: &mut Story) {
        self.row(&mut story.row).await;
        let id = &story.row.id;
        for attempt in &mut story.attempts {
            self.attempt(id, attempt).await;
        }
        for Delivery { step, reply, .. } in &mut story.deliveries {
            *reply = self.content(reply_of(id, step), reply.take()).await;
        }
        if let Some(grave) = &mut story.grave {
            self.grave(id, grave).await;
        }
    }

    pub(super) async fn grave(&self, id: &str, grave: &mut Grave) {
        self.shown(Place { owner: id, kind: Kind::Sentence, part: "" }, &mut grave.sentence).await;
        self.shown(Place { owner: id, kind: Kind::FieldErrors, part: "" }, &mut grave.field_errors).await;
        let place = Place { owner: id, kind: Kind::Mapped, part: &grave.step };
        grave.mapped = self.content(place, grave.mapped.take()).await;
    }

    pub(super) async fn incident(&self, incident: &mut Incident) {
        let place = Place { owner: &incident.dedup_key, kind: Kind::Incident, part: "" };
        self.shown(place, &mut incident.detail).await;
    }

    async fn attempt(&self, id: &str, attempt: &mut Attempt) {
        let part = part_of(attempt);
        self.shown(Place { owner: id, kind: Kind::Note, part: &part }, &mut attempt.reason).await;
        self.shown(Place { owner: id, kind: Kind::Excerpt, part: &part }, &mut attempt.excerpt).await;
    }

    async fn bytes(&self, place: Place<'_>, bytes: Vec<u8>) -> Result<Vec<u8>, Unopened> {
        self.vault.open_bytes(self.store, place, bytes).await
    }

    async fn shown(&self, place: Place<'_>, text: &mut String) {
        let opened = self.vault.open_text(self.store, place, std::mem::take(text)).await;
        *text = opened.unwrap_or_else(|error| replacement(&error));
    }

    /// Content for people: what cannot be opened is not shown, and the log says why.
    async fn content(&self, place: Place<'_>, bytes: Option<Vec<u8>>) -> Option<Vec<u8>> {
        let opened = self.bytes(place, bytes?).await;
        opened.inspect_err(|error| tracing::warn!(%error, "content cannot be shown")).ok()
    }
}

const fn reply_of<'a>(id: &'a str, step: &'a str) -> Place<'a> {
    Place { owner: id, kind: Kind::Reply, part: step }
}

const UNREADABLE: &str = "(unreadable: ";

fn replacement(error: &Unopened) -> String {
    format!("{UNREADABLE}{error})")
}

/// Why a text could not be opened, if it stands for one that could not.
pub(crate) fn unreadable(text: &str) -> Option<&str> {
    text.strip_prefix(UNREADABLE)?.strip_suffix(')')
}
