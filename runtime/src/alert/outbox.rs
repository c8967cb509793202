//! The outbox: posts to channels, each retried on its own until it arrives.
//!
//! In: pending posts of the journal. Out: alerts sent, and what came of it in the journal. Never knows: why an alert
//! was raised.

use futures_util::future::join_all;

use super::{Alerts, Undelivered};
use crate::{
    clock,
    journal::{Change, Post, PostState},
    lifecycle::Reason,
};

/// Pauses between tries: 5 s, doubled, at most 5 min.
const FIRST_PAUSE_MS: u64 = 5_000;
const LONGEST_PAUSE_MS: u64 = 300_000;

/// A post that did not arrive within a day is given up: whoever should have heard of it has noticed otherwise.
const GIVE_UP_MS: i64 = 86_400_000;

/// Longest wait for a channel.
const TIMEOUT_MS: u64 = 30_000;

/// Posts looked at together.
const AT_A_TIME: usize = 1_000;

impl Alerts {
    /// Works until dropped. `goes_on` says whether messages of an interface are still held for a reason.
    pub(crate) async fn tend(&self, goes_on: impl Fn(&str, Reason) -> bool + Sync) {
        loop {
            let (changes, review_ms) = self.review(&goes_on);
            if !changes.is_empty()
                && let Err(error) = self.store.commit(changes).await
            {
                tracing::error!(%error, "incidents could not be kept");
            }
            let post_ms = self.deliver().await;
            let look_ms = [review_ms, post_ms].into_iter().flatten().min();
            let due = async {
                match look_ms {
                    Some(look_ms) => self.clock.sleep_until(look_ms).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = self.wake.notified() => {}
                () = due => {}
            }
        }
    }

    /// Sends what is due. When the next one is.
    async fn deliver(&self) -> Option<i64> {
        let posts = match self.store.posts(false, AT_A_TIME).await {
            Ok(posts) => posts,
            Err(error) => {
                tracing::error!(%error, "the outbox cannot be read");
                return Some(self.clock.now_ms().saturating_add_unsigned(FIRST_PAUSE_MS));
            }
        };
        let now_ms = self.clock.now_ms();
        let (due, later): (Vec<_>, Vec<_>) = posts.into_iter().partition(|post| post.due_ms <= now_ms);
        let next_ms = later.iter().map(|post| post.due_ms).min();
        // Channels do not wait for each other; the posts of one stay in order.
        let mut by_channel = std::collections::BTreeMap::<String, Vec<Post>>::new();
        for post in due {
            by_channel.entry(post.channel.clone()).or_default().push(post);
        }
        let retries = join_all(by_channel.into_values().map(|posts| self.post_all(posts))).await;
        retries.into_iter().flatten().chain(next_ms).min()
    }

    async fn post_all(&self, posts: Vec<Post>) -> Option<i64> {
        let mut next_ms: Option<i64> = None;
        for post in posts {
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
}
