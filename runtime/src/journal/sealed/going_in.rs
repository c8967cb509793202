//! What is sealed on its way in.
//!
//! In: messages and changes. Out: the same with their content sealed, and the data keys that have to travel with them. Never
//! knows: the store behind.
//!
//! Sealed are bodies, parameters, recorded replies, answers, the reasons and excerpts of tries, details, dead-letter
//! records and incidents: everything that may quote content. Order keys are sealed so that equal ones stay equal. In clear
//! stay ids, names, times, states, senders, hashes of idempotency keys, and the audit log.

use std::sync::Arc;

use super::{
    Unopened,
    envelope::{self, Kind, Place},
    subjects::{Subject, Subjects},
    vault::{Current, Vault, day},
};
use crate::journal::{Answer, Attempt, Change, Grave, Incident, NewMessage, Sealed, StoreError};

/// A write that is being sealed: which keys it used that the store may not have yet.
pub(super) struct Sealing<'a> {
    vault: &'a Vault,
    subjects: &'a Subjects,
    now_ms: i64,
    /// To be kept with this write.
    pub(super) travelling: Vec<Arc<Current>>,
}

impl<'a> Sealing<'a> {
    pub(super) fn new(vault: &'a Vault, subjects: &'a Subjects, now_ms: i64) -> Self {
        Self { vault, subjects, now_ms, travelling: Vec::new() }
    }

    pub(super) fn message(&mut self, message: &mut NewMessage) -> Result<Subject, StoreError> {
        let subject = Subject {
            id: message.id.as_str().into(),
            interface: self.subjects.interface(&message.interface),
            day: day(message.accepted_ms),
        };
        let size_bytes = message.raw.len() as u64;
        message.raw = self.bytes(&subject, (Kind::Body, &message.digest), &message.raw)?;
        if !message.parameters.is_empty() {
            let text = serde_json::to_string(&message.parameters).map_err(|_| Unopened::Exhausted)?;
            let sealed = self.text(&subject, (Kind::Parameters, ""), &text)?;
            message.parameters = vec![(String::new(), sealed)];
        }
        message.tokens.iter_mut().for_each(|token| *token = self.vault.blind(token));
        let lane = message.lane();
        if let Some(key) = &mut message.order_key {
            *key = self.vault.seal_order_key(key)?;
        }
        let data_key = self.travelling.first().map(|current| current.key());
        message.sealed = Some(Box::new(Sealed { size_bytes, lane, data_key }));
        Ok(subject)
    }

    pub(super) fn change(&mut self, change: &mut Change) -> Result<(), StoreError> {
        match change {
            Change::State { seq, detail, .. } => {
                if !detail.is_empty() {
                    *detail = self.text(&self.subject(*seq)?, (Kind::Detail, ""), detail)?;
                }
            }
            Change::Done { seq, attempt, reply } => {
                let subject = self.subject(*seq)?;
                self.attempt(&subject, attempt)?;
                *reply = self.bytes(&subject, (Kind::Reply, &attempt.step), reply)?;
            }
            Change::Failed { seq, attempt, .. } => self.attempt(&self.subject(*seq)?, attempt)?,
            Change::Bury { seq, grave } => self.grave(&self.subject(*seq)?, grave)?,
            Change::Answer { seq, answer: Answer { body, .. } } => {
                *body = self.bytes(&self.subject(*seq)?, (Kind::Answer, ""), body)?;
            }
            Change::Incident(incident) => self.incident(incident)?,
            Change::Post(post) => self.incident(&mut post.incident)?,
            Change::Crashes { .. }
            | Change::Waits { .. }
            | Change::Begin { .. }
            | Change::Claim { .. }
            | Change::Mark { .. }
            | Change::MadeGood { .. }
            | Change::Called { .. }
            | Change::Started { .. }
            | Change::Again { .. }
            | Change::Pause(_)
            | Change::Resume(_)
            | Change::Audit(_)
            | Change::DataKey(_)
            | Change::Rewrap(_)
            | Change::Erase { .. }
            | Change::Shred(_) => {}
        }
        Ok(())
    }

    fn attempt(&mut self, subject: &Subject, attempt: &mut Attempt) -> Result<(), StoreError> {
        let part = part_of(attempt);
        attempt.reason = self.text(subject, (Kind::Note, &part), &attempt.reason)?;
        attempt.excerpt = self.text(subject, (Kind::Excerpt, &part), &attempt.excerpt)?;
        Ok(())
    }

    fn grave(&mut self, subject: &Subject, grave: &mut Grave) -> Result<(), StoreError> {
        grave.sentence = self.text(subject, (Kind::Sentence, ""), &grave.sentence)?;
        grave.field_errors = self.text(subject, (Kind::FieldErrors, ""), &grave.field_errors)?;
        if let Some(mapped) = &mut grave.mapped {
            *mapped = self.bytes(subject, (Kind::Mapped, &grave.step), mapped)?;
        }
        Ok(())
    }

    fn incident(&mut self, incident: &mut Incident) -> Result<(), StoreError> {
        let subject = Subject {
            id: incident.dedup_key.as_str().into(),
            interface: self.subjects.interface(&incident.interface),
            day: day(incident.last_ms),
        };
        incident.detail = self.text(&subject, (Kind::Incident, ""), &incident.detail)?;
        Ok(())
    }

    /// Whoever did not accept or read the message through this store has no say about it.
    fn subject(&self, seq: i64) -> Result<Subject, StoreError> {
        self.subjects.get(seq).ok_or(StoreError::Stale)
    }

    fn text(&mut self, subject: &Subject, slot: (Kind, &str), text: &str) -> Result<String, StoreError> {
        if text.is_empty() {
            return Ok(String::new());
        }
        self.bytes(subject, slot, text.as_bytes()).map(|sealed| envelope::to_text(&sealed))
    }

    /// Nothing stays nothing.
    fn bytes(&mut self, subject: &Subject, (kind, part): (Kind, &str), plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        if plain.is_empty() {
            return Ok(Vec::new());
        }
        let current = self.vault.current(&subject.interface, subject.day, self.now_ms)?;
        let sealed = Vault::seal(&current, Place { owner: &subject.id, kind, part }, plain)?;
        let there = |known: &Arc<Current>| Arc::ptr_eq(known, &current);
        if Vault::travels(&current) && !self.travelling.iter().any(there) {
            self.travelling.push(current);
        }
        Ok(sealed)
    }
}

/// Which try, as part of what its texts are bound to.
pub(super) fn part_of(attempt: &Attempt) -> String {
    format!("{}#{}", attempt.step, attempt.n)
}
