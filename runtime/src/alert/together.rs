//! Several processes, one incident: who raises tells the one that leads.
//!
//! In: what this process raises while another one leads; words of the others while it leads itself. Out: words for the
//! outbox, and the incidents that come of them. Never knows: who the others are, nor how one of them becomes the one that leads.
//!
//! Only the process that leads writes incidents and posts to channels: nobody is told twice, and counts add up. All others
//! leave a *word* in the outbox, in the transaction of whatever it is about: a post to no channel, with the incident as
//! they see it. What they have raised and what goes on they say again before it would be taken for over.
//!
//! A process learns up to a second late that it leads no more. What it raises in that second is told, but its count may be
//! overwritten by the one that leads now.

use std::collections::BTreeMap;

use super::{
    Alerts, Cause, Condition, Part, Watch,
    incidents::{QUIET_MS, of_cause, of_condition},
};
use crate::{
    journal::{Acknowledged, Change, Incident, Post, PostState, StoreError, erasure::GONE},
    lifecycle::Trouble,
};

/// Stands for the channel in a word: no channel of a document is called so.
const LEADER: &str = "";

/// What goes on is said again after this long.
const AGAIN_MS: i64 = QUIET_MS / 2;

/// Incidents that this process has left a word about, as it says them again, and when it last did.
#[derive(Debug, Default)]
pub(super) struct Said {
    by_key: BTreeMap<String, (Incident, i64)>,
}

impl Said {
    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    pub(super) fn clear(&mut self) {
        self.by_key.clear();
    }
}

impl Post {
    /// For the process that leads, and not for a channel.
    pub(crate) fn is_word(&self) -> bool {
        self.channel == LEADER
    }
}

impl Alerts {
    /// A cause, while another process leads.
    pub(super) fn say_cause(&self, said: &mut Said, cause: &Cause<'_>) -> Vec<Change> {
        let now_ms = self.clock.now_ms();
        let incident = of_cause(cause, now_ms);
        // What is said again quotes no message: it may have been erased by then.
        let (count, message_id, detail) = (0, String::new(), String::new());
        let again = Incident { count, message_id, detail, ..incident.clone() };
        said.by_key.insert(incident.dedup_key.clone(), (again, now_ms));
        vec![self.word(incident)]
    }

    /// A condition, while another process leads.
    pub(super) fn say_condition(&self, said: &mut Said, condition: Condition) -> Vec<Change> {
        let now_ms = self.clock.now_ms();
        let incident = of_condition(condition, self.channels.keys(), now_ms);
        let known = said.by_key.get(&incident.dedup_key);
        if known.is_some_and(|(known, said_ms)| incident.count <= known.count && now_ms < said_ms + AGAIN_MS) {
            return Vec::new();
        }
        said.by_key.insert(incident.dedup_key.clone(), (incident.clone(), now_ms));
        vec![self.word(incident)]
    }

    /// Says again what goes on, and forgets what is over.
    pub(super) fn say_again(&self, watch: &dyn Watch) -> Vec<Change> {
        let now_ms = self.clock.now_ms();
        let mut words = Vec::new();
        self.known().said.by_key.retain(|_, (incident, said_ms)| {
            if now_ms < said_ms.saturating_add(AGAIN_MS) {
                return true;
            }
            if !watch.goes_on(incident) {
                // A condition that is there is found anew, and said by whoever finds it.
                return now_ms < said_ms.saturating_add(QUIET_MS);
            }
            *said_ms = now_ms;
            words.push(self.word(incident.clone()));
            true
        });
        words
    }

    /// Somebody takes an incident on that another process leads: what to write, or `None` if it is not firing.
    pub(super) async fn say_acknowledged(
        &self,
        dedup_key: &str,
        acknowledged: Acknowledged,
    ) -> Result<Option<Vec<Change>>, StoreError> {
        let open = self.store.incidents(super::incidents::MOST_OPEN).await?;
        let Some(incident) = open.into_iter().find(|it| it.firing && it.dedup_key == dedup_key) else {
            return Ok(None);
        };
        if incident.acknowledged.is_some() {
            return Ok(Some(Vec::new()));
        }
        Ok(Some(vec![self.word(Incident { count: 0, acknowledged: Some(acknowledged), ..incident })]))
    }

    /// Hears what others, and this process before it led, have said: the words among these posts.
    pub(super) async fn hear(&self, posts: Vec<Post>) -> Result<(), StoreError> {
        let mut changes = Vec::new();
        for word in posts.into_iter().filter(Post::is_word) {
            changes.extend(self.heard(word.incident.clone()));
            changes.push(Change::Post(Box::new(Post { state: PostState::Sent, ..word })));
        }
        self.store.commit(changes).await
    }

    fn heard(&self, word: Incident) -> Vec<Change> {
        let now_ms = self.clock.now_ms();
        let mut known = self.known();
        let Some(incident) = known.firing.get_mut(&word.dedup_key) else {
            if word.count == 0 {
                return Vec::new();
            }
            // Clocks of processes differ; from now on it is ours.
            let incident = Incident { firing: true, first_ms: now_ms, last_ms: now_ms, told: word.count, ..word };
            known.firing.insert(incident.dedup_key.clone(), incident.clone());
            return self.changes(incident);
        };
        if let Some(acknowledged) = word.acknowledged {
            if incident.acknowledged.is_some() {
                return Vec::new();
            }
            incident.acknowledged = Some(acknowledged);
            return self.changes(incident.clone());
        }
        incident.last_ms = now_ms;
        let count = match incident.reason {
            Trouble::Message(_) => incident.count + word.count,
            // Each counts what it sees; the worst of it is told.
            _ => incident.count.max(word.count),
        };
        if count == incident.count {
            return Vec::new();
        }
        (incident.count, incident.message_id, incident.detail) = (count, word.message_id, word.detail);
        vec![Change::Incident(Box::new(incident.clone()))]
    }

    /// What was erased meanwhile, by whichever process, is told no more.
    pub(super) async fn without_erased(&self, changes: &mut [Change]) -> Result<(), StoreError> {
        for change in changes {
            let incident = match change {
                Change::Incident(incident) => incident.as_mut(),
                Change::Post(post) => &mut post.incident,
                _ => continue,
            };
            if incident.message_id.is_empty() || incident.detail == GONE {
                continue;
            }
            let story = self.store.story(&incident.message_id).await?;
            if story.is_some_and(|story| story.row.erased.is_some()) {
                GONE.clone_into(&mut incident.detail);
                self.forget(&incident.message_id);
            }
        }
        Ok(())
    }

    /// Takes this part, if it had another one before.
    pub(super) async fn take_part(&self, part: Part) -> Result<(), StoreError> {
        if self.known().part == part {
            return Ok(());
        }
        if part == Part::Raises {
            // Whoever leads now has read them, and reads what this process says from now on.
            let mut known = self.known();
            known.part = part;
            known.firing.clear();
            return Ok(());
        }
        let open = self.open().await?;
        let mut known = self.known();
        known.part = part;
        known.said.clear();
        known.firing = open;
        Ok(())
    }

    fn word(&self, incident: Incident) -> Change {
        let now_ms = self.clock.now_ms();
        Change::Post(Box::new(self.post_of(LEADER, incident, now_ms)))
    }
}
