//! Which incidents there are, and when something is told about them.
//!
//! In: causes (from messages) and conditions (from whoever watches the service). Out: changes for the journal: incidents
//! and posts. Never knows: channels' wire formats, retries of posts.
//!
//! An incident is told at once, updated with its count after 1, 10 and 60 minutes if the count has changed, and closed
//! when nothing of its kind has happened for five minutes and nothing of it goes on. Once somebody has acknowledged it,
//! it is updated no more, only closed.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicI64},
};

use tokio::sync::Notify;

use super::{Channels, SERVICE, outbox::ChannelHealth, together::Said};
use crate::{
    clock::Clock,
    descriptor::Interface,
    journal::{Acknowledged, Change, Incident, Post, PostState, Store, StoreError, erasure::GONE},
    lifecycle::{Reason, Trouble},
    metrics::Metrics,
    random::Random,
};

/// What came of a message that somebody must hear about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cause<'a> {
    /// The interface.
    pub(crate) interface: &'static Interface,
    /// System concerned.
    pub(crate) target: &'a str,
    /// Reason class.
    pub(crate) reason: Reason,
    /// The message.
    pub(crate) message_id: &'a str,
    /// One sentence.
    pub(crate) detail: &'a str,
}

/// Something that is wrong at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    /// Smart ID, or [`SERVICE`].
    pub(crate) interface: String,
    /// System, store, channel concerned.
    pub(crate) target: String,
    /// What.
    pub(crate) trouble: Trouble,
    /// How many messages, where it is about messages; else 1.
    pub(crate) count: u64,
    /// A message, where it is about one.
    pub(crate) message_id: String,
    /// One sentence.
    pub(crate) detail: String,
    /// Channels to tell; `None`: every channel there is.
    pub(crate) channels: Option<Vec<String>>,
}

/// Whoever knows what is going on.
pub(crate) trait Watch: Sync {
    /// Whether what an incident is about has not ended, although nothing new has happened.
    fn goes_on(&self, incident: &Incident) -> bool;
    /// What is wrong now, besides what messages came to.
    fn conditions(&self) -> Vec<Condition>;
    /// Who does what about alerts, where several processes raise them.
    fn part(&self) -> Part;
}

/// The part of a process in alerting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Part {
    /// Nobody else is there: it does everything.
    Only,
    /// It sends what all of them raise, updates and closes incidents.
    Leads,
    /// It raises incidents, and leaves the rest to the one that leads. So does whoever has just begun, and then hears itself.
    #[default]
    Raises,
}

/// An incident is closed when nothing of its kind has happened for this long.
pub(super) const QUIET_MS: i64 = 300_000;

/// Updates with counts go out this long after the first alert.
const UPDATES_MS: [i64; 3] = [60_000, 600_000, 3_600_000];

/// Most incidents taken up after a start.
pub(super) const MOST_OPEN: usize = 10_000;

/// What a process knows of incidents.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) part: Part,
    /// Those that it writes: all of them, or none while another process leads.
    pub(super) firing: BTreeMap<String, Incident>,
    /// Those that it has told the one that leads of.
    pub(super) said: Said,
}

/// All incidents and their posts.
pub(crate) struct Alerts {
    pub(super) channels: Channels,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    random: Arc<Random>,
    pub(super) metrics: Arc<Metrics>,
    known: Mutex<Known>,
    pub(super) wake: Notify,
    pub(super) health: Mutex<BTreeMap<String, ChannelHealth>>,
    /// When the outbox was last seen working.
    pub(super) beat_ms: AtomicI64,
}

impl Alerts {
    pub(crate) fn new(
        channels: Channels,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        random: Arc<Random>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let beat_ms = AtomicI64::new(clock.now_ms());
        Self {
            health: Mutex::new(channels.keys().map(|name| (name.clone(), ChannelHealth::default())).collect()),
            channels,
            store,
            clock,
            random,
            metrics,
            known: Mutex::default(),
            wake: Notify::new(),
            beat_ms,
        }
    }

    /// Incidents that the journal has as firing.
    pub(super) async fn open(&self) -> Result<BTreeMap<String, Incident>, StoreError> {
        let open = self.store.incidents(MOST_OPEN).await?.into_iter().filter(|incident| incident.firing);
        Ok(open.map(|incident| (incident.dedup_key.clone(), incident)).collect())
    }

    /// Counts a cause into its incident; the first of its kind is posted to the interface's channels.
    pub(crate) fn raise(&self, cause: &Cause<'_>) -> Vec<Change> {
        let mut known = self.known();
        if known.part == Part::Raises {
            return self.say_cause(&mut known.said, cause);
        }
        let incident = of_cause(cause, self.clock.now_ms());
        if let Some(known) = known.firing.get_mut(&incident.dedup_key) {
            known.count += 1;
            (known.last_ms, known.message_id, known.detail) = (incident.last_ms, incident.message_id, incident.detail);
            return vec![Change::Incident(Box::new(known.clone()))];
        }
        known.firing.insert(incident.dedup_key.clone(), incident.clone());
        self.changes(incident)
    }

    /// A condition is there: a new incident, or one that goes on.
    pub(crate) fn notice(&self, condition: Condition) -> Vec<Change> {
        let mut known = self.known();
        if known.part == Part::Raises {
            return self.say_condition(&mut known.said, condition);
        }
        let incident = of_condition(condition, self.channels.keys(), self.clock.now_ms());
        if let Some(known) = known.firing.get_mut(&incident.dedup_key) {
            known.last_ms = incident.last_ms;
            let worse = incident.count > known.count;
            if worse {
                (known.count, known.message_id, known.detail) = (incident.count, incident.message_id, incident.detail);
            }
            // That it goes on is found out anew after a start: only what is worth telling is written.
            return if worse { vec![Change::Incident(Box::new(known.clone()))] } else { Vec::new() };
        }
        tracing::warn!(incident = incident.dedup_key, detail = incident.detail, "alert raised");
        known.firing.insert(incident.dedup_key.clone(), incident.clone());
        self.changes(incident)
    }

    /// Somebody takes an incident on: what to write, or `None` if no such incident is firing. Wake the outbox after it is
    /// written.
    pub(crate) async fn acknowledge(&self, dedup_key: &str, who: &str) -> Result<Option<Vec<Change>>, StoreError> {
        let acknowledged = Acknowledged { who: who.to_owned(), at_ms: self.clock.now_ms() };
        if self.known().part == Part::Raises {
            return self.say_acknowledged(dedup_key, acknowledged).await;
        }
        let mut known = self.known();
        let Some(incident) = known.firing.get_mut(dedup_key) else { return Ok(None) };
        if incident.acknowledged.is_some() {
            return Ok(Some(Vec::new()));
        }
        incident.acknowledged = Some(acknowledged);
        Ok(Some(self.changes(incident.clone())))
    }

    /// The content of a message goes: what incidents say of it, too.
    pub(crate) fn forget(&self, message_id: &str) {
        for incident in self.known().firing.values_mut().filter(|incident| incident.message_id == message_id) {
            GONE.clone_into(&mut incident.detail);
        }
    }

    /// Something was raised: look at the outbox soon.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// How many incidents are firing: all of them, or while another process leads, those that this one has raised.
    pub(crate) fn count(&self) -> usize {
        let known = self.known();
        if known.part == Part::Raises { known.said.len() } else { known.firing.len() }
    }

    /// Updates and closes incidents whose time has come. When to look again.
    pub(super) fn review(&self, watch: &dyn Watch) -> (Vec<Change>, Option<i64>) {
        let now_ms = self.clock.now_ms();
        let (mut changes, mut look_ms) = (Vec::new(), None);
        self.known().firing.retain(|_, incident| {
            let next_ms = if now_ms >= incident.last_ms.saturating_add(QUIET_MS) {
                if !watch.goes_on(incident) {
                    incident.firing = false;
                    changes.extend(self.changes(incident.clone()));
                    return false;
                }
                now_ms.saturating_add(QUIET_MS)
            } else {
                incident.last_ms.saturating_add(QUIET_MS)
            };
            let next_ms = next_ms.min(self.update(incident, now_ms, &mut changes).unwrap_or(i64::MAX));
            look_ms = Some(look_ms.map_or(next_ms, |look_ms: i64| look_ms.min(next_ms)));
            true
        });
        (changes, look_ms)
    }

    /// Posts the count if its time has come and it has changed. When the next update is due.
    fn update(&self, incident: &mut Incident, now_ms: i64, changes: &mut Vec<Change>) -> Option<i64> {
        if incident.acknowledged.is_some() {
            return None;
        }
        let due = |updates: u32| {
            let after_ms = UPDATES_MS.get(usize::try_from(updates).unwrap_or(usize::MAX))?;
            Some(incident.first_ms.saturating_add(*after_ms))
        };
        if due(incident.updates).is_some_and(|due_ms| due_ms <= now_ms) {
            let news = incident.told < incident.count;
            let updates = incident.updates + 1;
            let next_ms = due(updates);
            incident.updates = updates;
            if news {
                incident.told = incident.count;
                changes.extend(self.changes(incident.clone()));
            } else {
                changes.push(Change::Incident(Box::new(incident.clone())));
            }
            return next_ms;
        }
        due(incident.updates)
    }

    /// The incident as it is now, and a post of it to each of its channels.
    pub(super) fn changes(&self, incident: Incident) -> Vec<Change> {
        let now_ms = self.clock.now_ms();
        let mut changes: Vec<_> = incident
            .channels
            .iter()
            .map(|channel| Change::Post(Box::new(self.post_of(channel, incident.clone(), now_ms))))
            .collect();
        changes.push(Change::Incident(Box::new(incident)));
        changes
    }

    /// An incident on its way to a channel.
    pub(super) fn post_of(&self, channel: &str, incident: Incident, now_ms: i64) -> Post {
        Post {
            id: self.random.id(now_ms),
            channel: channel.to_owned(),
            incident,
            state: PostState::Pending,
            tries: 0,
            due_ms: now_ms,
            created_ms: now_ms,
            error: String::new(),
        }
    }

    /// Channels through which nothing gets: all others are told.
    pub(super) fn lost_channels(&self) -> Vec<Condition> {
        let health = self.health();
        let now_ms = self.clock.now_ms();
        let lost = |name: &String| health.get(name).is_some_and(|health| health.is_lost(now_ms));
        let others: Vec<String> = self.channels.keys().filter(|name| !lost(name)).cloned().collect();
        let conditions = health.iter().filter(|(name, _)| lost(name)).map(|(name, health)| Condition {
            interface: SERVICE.to_owned(),
            target: name.clone(),
            trouble: Trouble::ChannelFails,
            count: 1,
            message_id: String::new(),
            detail: format!("alerts do not get through `{name}`: {}", health.error),
            channels: Some(others.clone()),
        });
        conditions.collect()
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a cause looks like as an incident of its own.
pub(super) fn of_cause(cause: &Cause<'_>, now_ms: i64) -> Incident {
    Incident {
        dedup_key: format!("{}/{}/{}", cause.interface.smart_id, cause.target, cause.reason),
        interface: cause.interface.smart_id.to_owned(),
        target: cause.target.to_owned(),
        reason: cause.reason.into(),
        firing: true,
        acknowledged: None,
        count: 1,
        first_ms: now_ms,
        last_ms: now_ms,
        updates: 0,
        told: 1,
        channels: cause.interface.alerts.iter().map(|name| (*name).to_owned()).collect(),
        message_id: cause.message_id.to_owned(),
        detail: cause.detail.to_owned(),
    }
}

/// What a condition looks like as an incident of its own.
pub(super) fn of_condition<'a>(
    condition: Condition,
    all_channels: impl Iterator<Item = &'a String>,
    now_ms: i64,
) -> Incident {
    let Condition { interface, target, trouble, count, message_id, detail, channels } = condition;
    Incident {
        dedup_key: format!("{interface}/{target}/{trouble}"),
        interface,
        target,
        reason: trouble,
        firing: true,
        acknowledged: None,
        count,
        first_ms: now_ms,
        last_ms: now_ms,
        updates: 0,
        told: count,
        channels: channels.unwrap_or_else(|| all_channels.cloned().collect()),
        message_id,
        detail,
    }
}
