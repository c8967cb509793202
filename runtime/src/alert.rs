//! Alerts: one incident for everything that is wrong in the same way, told once, updated rarely, closed.
//!
//! In: causes, as they happen. Out: changes for the journal (in the transaction of the message's own state, so nothing
//! is given up silently), and posts to channels, retried on their own. Never knows: flows. An alert that cannot be
//! delivered never fails a message.

mod ans;
mod outbox;
mod smtp;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

pub use ans::SapAlertNotification;
pub use smtp::Smtp;

use crate::{
    clock::Clock,
    descriptor::Interface,
    door::Promise,
    environment::{self, Mistake},
    journal::{Change, Incident, Post, PostState, Store, StoreError},
    lifecycle::Reason,
    metrics::Metrics,
    random::Random,
};

/// Where alerts go.
pub trait Channel: Send + Sync + 'static {
    /// Tells about an incident; `firing` false closes it. Repeating a post must not make a second incident.
    fn tell<'a>(&'a self, post: &'a Post) -> Promise<'a, Result<(), Undelivered>>;
}

/// An alert did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Undelivered {
    /// Trying again would change nothing: the channel refuses this alert.
    pub permanent: bool,
    /// What the channel asked for.
    pub retry_after_ms: Option<u64>,
    /// Why, without secrets.
    pub detail: String,
}

/// Channels by name.
pub type Channels = BTreeMap<String, Arc<dyn Channel>>;

/// Prepares the channels of an environment.
///
/// # Errors
/// Addresses that cannot be used, all at once.
pub fn channels(
    placed: BTreeMap<String, environment::Channel>,
    clock: &Arc<dyn Clock>,
) -> Result<Channels, Vec<Mistake>> {
    let (mut channels, mut mistakes) = (Channels::new(), Vec::new());
    for (name, channel) in placed {
        let channel: Result<Arc<dyn Channel>, String> = match channel {
            environment::Channel::SapAlertNotification { url, token_url, client_id, client_secret } => {
                SapAlertNotification::new(url, token_url, (client_id, client_secret), clock).map(|it| Arc::new(it) as _)
            }
            environment::Channel::Smtp { host, from, to, tls, user, password } => {
                Smtp::new(&host, &from, &to, (tls, user.zip(password))).map(|it| Arc::new(it) as _)
            }
        };
        match channel {
            Ok(channel) => drop(channels.insert(name, channel)),
            Err(problem) => mistakes.push(Mistake { path: format!("alerts.{name:?}"), problem }),
        }
    }
    if mistakes.is_empty() { Ok(channels) } else { Err(mistakes) }
}

/// What somebody must hear about.
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

/// An incident is closed when nothing of its kind has happened for this long.
const QUIET_MS: i64 = 300_000;

/// Updates with counts go out this long after the first alert.
const UPDATES_MS: [i64; 3] = [60_000, 600_000, 3_600_000];

/// All incidents and their posts.
pub(crate) struct Alerts {
    channels: Channels,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    random: Arc<Random>,
    metrics: Arc<Metrics>,
    firing: Mutex<BTreeMap<String, Incident>>,
    wake: Notify,
}

impl Alerts {
    pub(crate) fn new(
        channels: Channels,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        random: Arc<Random>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { channels, store, clock, random, metrics, firing: Mutex::default(), wake: Notify::new() }
    }

    /// Takes up the incidents that the last process left open.
    pub(crate) async fn recover(&self) -> Result<(), StoreError> {
        let open = self.store.incidents(10_000).await?.into_iter().filter(|incident| incident.firing);
        self.firing().extend(open.map(|incident| (incident.dedup_key.clone(), incident)));
        Ok(())
    }

    /// Counts a cause into its incident; the first of its kind is posted to the interface's channels.
    pub(crate) fn raise(&self, cause: &Cause<'_>) -> Vec<Change> {
        let now_ms = self.clock.now_ms();
        let dedup_key = format!("{}/{}/{}", cause.interface.smart_id, cause.target, cause.reason);
        let mut firing = self.firing();
        if let Some(incident) = firing.get_mut(&dedup_key) {
            incident.count += 1;
            incident.last_ms = now_ms;
            cause.message_id.clone_into(&mut incident.message_id);
            cause.detail.clone_into(&mut incident.detail);
            return vec![Change::Incident(Box::new(incident.clone()))];
        }
        let incident = Incident {
            dedup_key: dedup_key.clone(),
            interface: cause.interface.smart_id.to_owned(),
            target: cause.target.to_owned(),
            reason: cause.reason,
            firing: true,
            count: 1,
            first_ms: now_ms,
            last_ms: now_ms,
            updates: 0,
            told: 1,
            channels: cause.interface.alerts.iter().map(|name| (*name).to_owned()).collect(),
            message_id: cause.message_id.to_owned(),
            detail: cause.detail.to_owned(),
        };
        firing.insert(dedup_key, incident.clone());
        self.changes(incident)
    }

    /// Something was raised: look at the outbox soon.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Updates and closes incidents whose time has come. When to look again.
    fn review(&self, goes_on: &(impl Fn(&str, Reason) -> bool + Sync)) -> (Vec<Change>, Option<i64>) {
        let now_ms = self.clock.now_ms();
        let (mut changes, mut look_ms) = (Vec::new(), None);
        self.firing().retain(|_, incident| {
            let next_ms = if now_ms >= incident.last_ms.saturating_add(QUIET_MS) {
                if !goes_on(&incident.interface, incident.reason) {
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
    fn changes(&self, incident: Incident) -> Vec<Change> {
        let now_ms = self.clock.now_ms();
        let mut changes: Vec<_> = incident
            .channels
            .iter()
            .map(|channel| {
                Change::Post(Box::new(Post {
                    id: self.random.id(now_ms),
                    channel: channel.clone(),
                    incident: incident.clone(),
                    state: PostState::Pending,
                    tries: 0,
                    due_ms: now_ms,
                    created_ms: now_ms,
                    error: String::new(),
                }))
            })
            .collect();
        changes.push(Change::Incident(Box::new(incident)));
        changes
    }

    fn firing(&self) -> MutexGuard<'_, BTreeMap<String, Incident>> {
        self.firing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One line: what is wrong.
pub(crate) fn subject(incident: &Incident) -> String {
    let what = match (incident.firing, incident.reason) {
        (false, _) => "resolved",
        (true, Reason::Target) => "target unavailable, messages are held",
        (true, Reason::Unknown) => "outcome unknown",
        (true, Reason::Business) => "message needs a decision",
        (true, _) => "delivery failed",
    };
    format!("{} {what} ({} at {})", incident.interface, incident.reason, incident.target)
}

/// A few lines: what happened, how often, where to look.
pub(crate) fn body(incident: &Incident) -> String {
    let time = |ms| jiff::Timestamp::from_millisecond(ms).unwrap_or_default().to_string();
    format!(
        "{}\n\nInterface: {}\nTarget: {}\nReason: {}\nMessages: {}\nFirst: {}\nLast: {}\nLast message: {}\n",
        incident.detail,
        incident.interface,
        incident.target,
        incident.reason,
        incident.count,
        time(incident.first_ms),
        time(incident.last_ms),
        incident.message_id,
    )
}
