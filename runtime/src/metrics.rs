//! Figures for Prometheus: one table of names.
//!
//! In: events of the runtime. Out: OpenMetrics text. Never knows: payloads; labels come from documents, never messages.

use std::{collections::BTreeMap, sync::atomic::AtomicU64};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::lifecycle::State;

/// Bounds of durations in seconds. 0.3 is there because an agreed 300 ms cannot be read off 0.25 and 0.5.
const SECONDS: [f64; 16] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.3, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0];

/// All figures. Cheap to record, safe to share.
pub struct Metrics {
    registry: Registry,
    accepted: Family<ByInterface, Counter>,
    ended: Family<ByOutcome, Counter>,
    attempts: Family<ByStep, Counter>,
    durations: Family<ByInterface, Histogram, fn() -> Histogram>,
    backlog: Family<ByInterface, Gauge>,
    oldest: Family<ByInterface, Gauge<f64, AtomicU64>>,
    dead: Family<ByInterface, Gauge>,
    alerts: Family<ByChannel, Counter>,
    refusals: Family<ByStatus, Counter>,
    outbox_posts: Gauge,
    outbox_age: Gauge<f64, AtomicU64>,
    outbox_beat: Gauge<f64, AtomicU64>,
    channel_up: Family<ByChannelOnly, Gauge>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByChannelOnly {
    channel: String,
}

/// What became of an interface's messages since the start of the service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// Messages accepted.
    pub accepted: u64,
    /// Messages ended, by state.
    pub ended: BTreeMap<&'static str, u64>,
    /// Messages in the dead-letter list now.
    pub dead_letters: i64,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByInterface {
    interface: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByOutcome {
    interface: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByStep {
    interface: &'static str,
    step: String,
    class: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByChannel {
    channel: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByStatus {
    interface: &'static str,
    status: u16,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All figures at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("tieline"),
            accepted: Family::default(),
            ended: Family::default(),
            attempts: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            backlog: Family::default(),
            oldest: Family::default(),
            dead: Family::default(),
            alerts: Family::default(),
            refusals: Family::default(),
            outbox_posts: Gauge::default(),
            outbox_age: Gauge::default(),
            outbox_beat: Gauge::default(),
            channel_up: Family::default(),
        };
        metrics.register();
        metrics
    }

    /// The table of names.
    fn register(&mut self) {
        let r = &mut self.registry;
        r.register("messages_accepted", "Messages accepted: committed and synced", self.accepted.clone());
        r.register("messages_ended", "Messages ended, by outcome", self.ended.clone());
        r.register("attempts", "Tries of steps, by outcome class", self.attempts.clone());
        r.register("delivery_duration_seconds", "From acceptance to the end", self.durations.clone());
        r.register("backlog", "Messages that have not ended", self.backlog.clone());
        r.register("oldest_message_age_seconds", "Age of the oldest message that has not ended", self.oldest.clone());
        r.register("dead_letters", "Messages in the dead-letter list", self.dead.clone());
        r.register("alerts", "Alerts sent, by channel and outcome", self.alerts.clone());
        r.register("alert_outbox_posts", "Alerts that have not arrived yet", self.outbox_posts.clone());
        r.register("alert_outbox_age_seconds", "Age of the oldest alert that has not arrived", self.outbox_age.clone());
        r.register(
            "alert_outbox_heartbeat_seconds",
            "When the outbox last looked, Unix time",
            self.outbox_beat.clone(),
        );
        r.register("alert_channel_up", "1 if the last alert got through this channel", self.channel_up.clone());
        r.register("refusals", "Requests refused at the door, by status", self.refusals.clone());
    }

    /// A message was accepted.
    pub fn accepted(&self, interface: &'static str) {
        self.accepted.get_or_create(&ByInterface { interface }).inc();
    }

    /// A message ended, `ms` milliseconds after it was accepted.
    pub fn ended(&self, interface: &'static str, outcome: &'static str, ms: i64) {
        self.ended.get_or_create(&ByOutcome { interface, outcome }).inc();
        let seconds = f64::from(u32::try_from(ms.max(0)).unwrap_or(u32::MAX)) / 1000.0;
        self.durations.get_or_create(&ByInterface { interface }).observe(seconds);
    }

    /// A message went into, or left, the dead-letter list.
    pub fn dead_letters(&self, interface: &'static str, change: i64) {
        self.dead.get_or_create(&ByInterface { interface }).inc_by(change);
    }

    /// What became of an interface's messages since the start.
    #[must_use]
    pub fn totals(&self, interface: &'static str) -> Totals {
        let ended = State::ALL.iter().map(|state| state.as_str()).filter_map(|outcome| {
            let count = self.ended.get(&ByOutcome { interface, outcome })?.get();
            Some((outcome, count))
        });
        Totals {
            accepted: self.accepted.get(&ByInterface { interface }).map_or(0, |counter| counter.get()),
            ended: ended.collect(),
            dead_letters: self.dead.get(&ByInterface { interface }).map_or(0, |gauge| gauge.get()),
        }
    }

    /// A step was tried. Items of a list count as one step.
    pub fn attempt(&self, interface: &'static str, step: &str, class: &'static str) {
        self.attempts.get_or_create(&ByStep { interface, step: without_indices(step), class }).inc();
    }

    /// How much there is left to do.
    pub fn backlog(&self, interface: &'static str, messages: usize, oldest_ms: i64) {
        let label = ByInterface { interface };
        self.backlog.get_or_create(&label).set(i64::try_from(messages).unwrap_or(i64::MAX));
        let seconds = f64::from(u32::try_from(oldest_ms.max(0) / 1000).unwrap_or(u32::MAX));
        self.oldest.get_or_create(&label).set(seconds);
    }

    /// An alert was tried.
    pub fn alert(&self, channel: &str, outcome: &'static str) {
        self.alerts.get_or_create(&ByChannel { channel: channel.to_owned(), outcome }).inc();
    }

    /// The outbox has looked around.
    pub fn alerts_beat(&self, now_ms: i64) {
        self.outbox_beat.set(seconds(now_ms));
    }

    /// Alerts that have not arrived, and the age of the oldest.
    pub fn alerts_waiting(&self, posts: usize, oldest_ms: i64) {
        self.outbox_posts.set(i64::try_from(posts).unwrap_or(i64::MAX));
        self.outbox_age.set(seconds(oldest_ms));
    }

    /// Whether the last alert got through a channel.
    pub fn alert_channel(&self, channel: &str, up: bool) {
        self.channel_up.get_or_create(&ByChannelOnly { channel: channel.to_owned() }).set(i64::from(up));
    }

    /// A request was refused.
    pub fn refused(&self, interface: &'static str, status: u16) {
        self.refusals.get_or_create(&ByStatus { interface, status }).inc();
    }

    /// All figures as OpenMetrics text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail; should a collector, what was written so far is still of use.
        encode(&mut text, &self.registry).ok();
        text
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// Milliseconds as seconds.
fn seconds(ms: i64) -> f64 {
    let ms = ms.max(0);
    f64::from(u32::try_from(ms / 1000).unwrap_or(u32::MAX)) + f64::from(u16::try_from(ms % 1000).unwrap_or(0)) / 1000.0
}

/// `line[3].create#2` → `line[].create`: labels must not grow with the messages.
fn without_indices(step: &str) -> String {
    let mut label = String::with_capacity(step.len());
    let (mut inside, mut numbered) = (false, false);
    for c in step.chars() {
        match c {
            '#' => numbered = true,
            '.' => numbered = false,
            '[' => {
                label.push('[');
                inside = true;
            }
            ']' => inside = false,
            _ => {}
        }
        if !inside && !numbered {
            label.push(c);
        }
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_under_the_agreed_names() {
        let metrics = Metrics::new();
        metrics.accepted("A");
        metrics.ended("A", "DELIVERED", 280);
        metrics.attempt("A", "line[3].create", "retryable");
        metrics.attempt("A", "line[4].create#2", "retryable");
        metrics.backlog("A", 3, 2_500);
        metrics.refused("A", 401);
        metrics.alert("Email", "sent");
        let text = metrics.text();
        for line in [
            "tieline_messages_accepted_total{interface=\"A\"} 1",
            "tieline_messages_ended_total{interface=\"A\",outcome=\"DELIVERED\"} 1",
            "tieline_attempts_total{interface=\"A\",step=\"line[].create\",class=\"retryable\"} 2",
            "tieline_delivery_duration_seconds_bucket{le=\"0.25\",interface=\"A\"} 0",
            "tieline_delivery_duration_seconds_bucket{le=\"0.3\",interface=\"A\"} 1",
            "tieline_backlog{interface=\"A\"} 3",
            "tieline_oldest_message_age_seconds{interface=\"A\"} 2.0",
            "tieline_refusals_total{interface=\"A\",status=\"401\"} 1",
            "tieline_alerts_total{channel=\"Email\",outcome=\"sent\"} 1",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
