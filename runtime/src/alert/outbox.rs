//! The outbox: posts to channels, each retried on its own until it arrives.
//!
//! In: pending posts of the journal. Out: alerts sent, and what came of it in the journal; which channels are lost. Never
//! knows: why an alert was raised.
//!
//! It looks around at least once a minute whether anything is due or not, and leaves its time behind: whoever looks at
//! readiness or metrics sees from an old time that nobody would be told.

use std::{
    collections::BTreeMap,
    sync::{MutexGuard, PoisonError, atomic::Ordering},
};

use futures_util::future::join_all;

use super::{Alerts, Part, Undelivered, Watch, incidents::Known};
use crate::{
    clock,
    journal::{Change, Post, PostState, StoreError},
};

/// Pauses between tries: 5 s, doubled, at most 5 min.
const FIRST_PAUSE_MS: u64 = 5_000;
const LONGEST_PAUSE_MS: u64 = 300_000;

/// A post that did not arrive within a day is given up: whoever should have heard of it has noticed otherwise.
const GIVE_UP_MS: i64 = 86_400_000;

/// Longest wait for a channel.
const TIMEOUT_MS: u64 = 30_000;

/// Longest time between two looks.
const LOOK_MS: u64 = 60_000;

/// The same where other processes raise alerts, too.
const LOOK_TOGETHER_MS: u64 = 1_000;

/// Posts looked at together.
const AT_A_TIME: usize = 1_000;

/// A channel is lost after so many failures in a row over at least this time.
const LOST_AFTER: u32 = 2;
const LOST_AFTER_MS: i64 = 60_000;

/// How a channel does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ChannelHealth {
    /// Failures since the last success.
    pub(crate) failures: u32,
    /// When the first of them was.
    pub(crate) failing_since_ms: Option<i64>,
    /// The last success of this process.
    pub(crate) sent_ms: Option<i64>,
    /// The last failure, without secrets.
    pub(crate) error: String,
}

impl ChannelHealth {
    pub(super) fn is_lost(&self, now_ms: i64) -> bool {
        let long = self.failing_since_ms.is_some_and(|since_ms| now_ms >= since_ms.saturating_add(LOST_AFTER_MS));
        self.failures >= LOST_AFTER && long
    }
}

impl Alerts {
    /// Works until dropped.
    pub(crate) async fn tend(&self, watch: &dyn Watch) {
        loop {
            let part = watch.part();
            let times = self.look_around(part, watch).await.unwrap_or_else(|error| {
                tracing::error!(%error, "incidents could not be kept");
                // What is in memory may be more than was written: it is read again.
                *self.known() = Known::default();
                [Some(self.clock.now_ms().saturating_add_unsigned(FIRST_PAUSE_MS)), None]
            });
            let now_ms = self.clock.now_ms();
            self.beat_ms.store(now_ms, Ordering::Relaxed);
            self.metrics.alerts_beat(now_ms);
            let look_ms = now_ms.saturating_add_unsigned(if part == Part::Only { LOOK_MS } else { LOOK_TOGETHER_MS });
            let look_ms = times.into_iter().flatten().fold(look_ms, i64::min);
            tokio::select! {
                biased;
                () = self.wake.notified() => {}
                () = self.clock.sleep_until(look_ms) => {}
            }
        }
    }

    /// Does once what there is to do for this part. When to look again at incidents, and at posts.
    async fn look_around(&self, part: Part, watch: &dyn Watch) -> Result<[Option<i64>; 2], StoreError> {
        self.take_part(part).await?;
        let noticed = watch.conditions().into_iter().chain(self.lost_channels());
        let mut changes: Vec<Change> = noticed.flat_map(|condition| self.notice(condition)).collect();
        if part == Part::Raises {
            changes.extend(self.say_again(watch));
            self.keep(changes).await?;
            return Ok([None, None]);
        }
        let (mut reviewed, review_ms) = self.review(watch);
        if part == Part::Leads {
            self.without_erased(&mut reviewed).await?;
        }
        changes.extend(reviewed);
        self.keep(changes).await?;
        Ok([review_ms, self.deliver(watch).await?])
    }

    async fn keep(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        if changes.is_empty() { Ok(()) } else { self.store.commit(changes).await }
    }

    /// Sends what is due. When the next one is.
    async fn deliver(&self, watch: &dyn Watch) -> Result<Option<i64>, StoreError> {
        let mut posts = self.store.posts(false, AT_A_TIME).await?;
        if posts.iter().any(Post::is_word) {
            self.hear(posts).await?;
            posts = self.store.posts(false, AT_A_TIME).await?;
        }
        posts.retain(|post| !post.is_word());
        let now_ms = self.clock.now_ms();
        let oldest_ms = posts.iter().map(|post| post.created_ms).min().unwrap_or(now_ms);
        self.metrics.alerts_waiting(posts.len(), now_ms.saturating_sub(oldest_ms));
        let (due, later): (Vec<_>, Vec<_>) = posts.into_iter().partition(|post| post.due_ms <= now_ms);
        let next_ms = later.iter().map(|post| post.due_ms).min();
        // Channels do not wait for each other; the posts of one stay in order.
        let mut by_channel = BTreeMap::<String, Vec<Post>>::new();
        for post in due {
            by_channel.entry(post.channel.clone()).or_default().push(post);
        }
        let retries = join_all(by_channel.into_values().map(|posts| self.post_all(posts, watch))).await;
        Ok(retries.into_iter().flatten().chain(next_ms).min())
    }

    async fn post_all(&self, posts: Vec<Post>, watch: &dyn Watch) -> Option<i64> {
        let mut next_ms: Option<i64> = None;
        for post in posts {
            // Another process may lead by now, and send it.
            if watch.part() == Part::Raises {
                return None;
            }
            let post = self.post(post).await;
            if post.state == PostState::Pending {
                next_ms = Some(next_ms.map_or(post.due_ms, |next_ms| next_ms.min(post.due_ms)));
            }
            if let Err(error) = self.store.commit(vec![Change::Post(Box::new(post))]).await {
                tracing::error!(%error, "what came of an alert could not be kept");
            }
        }
        next_ms
    }

    async fn post(&self, post: Post) -> Post {
        let sent = match self.channels.get(&post.channel) {
            Some(channel) => clock::timeout(&*self.clock, TIMEOUT_MS, channel.tell(&post)).await.unwrap_or_else(|_| {
                Err(Undelivered { permanent: false, retry_after_ms: None, detail: "no answer".to_owned() })
            }),
            None => Err(Undelivered {
                permanent: false,
                retry_after_ms: None,
                detail: "the environment does not place this channel".to_owned(),
            }),
        };
        let (tries, now_ms) = (post.tries + 1, self.clock.now_ms());
        self.remember(&post.channel, sent.as_ref().err(), now_ms);
        match sent {
            Ok(()) => {
                self.metrics.alert(&post.channel, "sent");
                tracing::info!(channel = post.channel, incident = post.incident.dedup_key, "alert sent");
                Post { state: PostState::Sent, tries, error: String::new(), ..post }
            }
            Err(error) if error.permanent || now_ms >= post.created_ms.saturating_add(GIVE_UP_MS) => {
                self.metrics.alert(&post.channel, "given_up");
                tracing::error!(channel = post.channel, incident = post.incident.dedup_key, %error, "alert given up");
                Post { state: PostState::GivenUp, tries, error: error.detail, ..post }
            }
            Err(error) => {
                self.metrics.alert(&post.channel, "retried");
                tracing::warn!(channel = post.channel, incident = post.incident.dedup_key, %error, "alert not delivered");
                let pause_ms = FIRST_PAUSE_MS.saturating_mul(1 << post.tries.min(16)).min(LONGEST_PAUSE_MS);
                let pause_ms = pause_ms.max(error.retry_after_ms.unwrap_or(0).min(3_600_000));
                Post { tries, due_ms: now_ms.saturating_add_unsigned(pause_ms), error: error.detail, ..post }
            }
        }
    }

    fn remember(&self, channel: &str, failure: Option<&Undelivered>, now_ms: i64) {
        let mut all = self.health();
        let health = all.entry(channel.to_owned()).or_default();
        match failure {
            None => *health = ChannelHealth { sent_ms: Some(now_ms), ..ChannelHealth::default() },
            Some(failure) => {
                health.failures = health.failures.saturating_add(1);
                health.failing_since_ms.get_or_insert(now_ms);
                health.error.clone_from(&failure.detail);
            }
        }
        self.metrics.alert_channel(channel, failure.is_none());
    }

    /// How every channel does, by name.
    pub(crate) fn channels_health(&self) -> BTreeMap<String, ChannelHealth> {
        self.health().clone()
    }

    /// Milliseconds since the outbox was last seen working.
    pub(crate) fn silent_ms(&self) -> i64 {
        self.clock.now_ms().saturating_sub(self.beat_ms.load(Ordering::Relaxed))
    }

    pub(super) fn health(&self) -> MutexGuard<'_, BTreeMap<String, ChannelHealth>> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
