//! Figures for Prometheus, under the names of one table.
//!
//! In: events of the runtime, and a [`Snapshot`] at every look. Out: OpenMetrics text. Never knows: payloads; labels come
//! from documents and environments, never messages.

mod families;
mod process;
pub mod table;

use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::encoding::text::encode;

use crate::lifecycle::State;
use families::{Counters, Families, Gauges, Histograms, Labels};
use process::Process;

/// All figures. Cheap to record, safe to share.
pub struct Metrics {
    families: Families,
    accepted: Counters,
    ended: Counters,
    attempts: Counters,
    refusals: Counters,
    alerts: Counters,
    deliveries: Histograms,
    calls: Histograms,
    lateness: Histograms,
    commit_changes: Histograms,
    commit_seconds: Histograms,
    dead: Gauges,
    /// Spans and log records that were not exported, by [`Signal`].
    dropped: [AtomicU64; 2],
    /// Two looks at once would see each other's half.
    looking: Mutex<()>,
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

/// What goes on at the time of a look: whoever owns a figure says what it is.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Version of the runtime, digest of the documents.
    pub(crate) build: (&'static str, String),
    pub(crate) now_ms: i64,
    pub(crate) interfaces: Vec<InterfaceFigures>,
    pub(crate) targets: Vec<TargetFigures>,
    pub(crate) systems: Vec<(String, SystemFigures)>,
    pub(crate) store_bytes: Option<u64>,
    pub(crate) store_limit_bytes: Option<u64>,
    pub(crate) incidents: usize,
    /// Lanes that this process works on.
    pub(crate) lanes: u32,
}

/// An interface now.
#[derive(Debug)]
pub(crate) struct InterfaceFigures {
    pub(crate) interface: &'static str,
    pub(crate) backlog: usize,
    pub(crate) oldest_ms: i64,
    pub(crate) retrying: usize,
    /// By reason.
    pub(crate) held: Vec<(&'static str, usize)>,
}

/// A target now.
#[derive(Debug)]
pub(crate) struct TargetFigures {
    pub(crate) target: &'static str,
    /// 0 closed, 1 half open, 2 open.
    pub(crate) breaker: u8,
    pub(crate) in_flight: usize,
    pub(crate) in_flight_limit: usize,
    pub(crate) calls_today: u64,
    pub(crate) calls_limit: Option<u64>,
}

/// What a transport knows about a system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SystemFigures {
    /// Tokens got.
    pub tokens: u64,
    /// Requests for tokens that brought none.
    pub token_failures: u64,
    /// When our client certificate for it expires, milliseconds since 1970; it may have.
    pub certificate_expires_ms: Option<i64>,
    /// When a secret for it expires, as the environment says.
    pub secret_expires_ms: Option<i64>,
}

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Spans.
    Traces,
    /// Log records.
    Logs,
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
        let families = Families::new();
        Self {
            accepted: families.counter("tieline_messages_accepted"),
            ended: families.counter("tieline_messages_ended"),
            attempts: families.counter("tieline_attempts"),
            refusals: families.counter("tieline_refusals"),
            alerts: families.counter("tieline_alerts"),
            deliveries: families.histogram("tieline_delivery_duration_seconds"),
            calls: families.histogram("tieline_call_duration_seconds"),
            lateness: families.histogram("tieline_schedule_lateness_seconds"),
            commit_changes: families.histogram("tieline_journal_commit_changes"),
            commit_seconds: families.histogram("tieline_journal_commit_seconds"),
            dead: families.gauge("tieline_dead_letters"),
            dropped: [AtomicU64::new(0), AtomicU64::new(0)],
            looking: Mutex::new(()),
            families,
        }
    }

    /// A message was accepted.
    pub fn accepted(&self, interface: &'static str) {
        self.accepted.get_or_create(&by_interface(interface)).inc();
    }

    /// A message ended, `ms` milliseconds after it was accepted.
    pub fn ended(&self, interface: &'static str, outcome: &'static str, ms: i64) {
        self.ended.get_or_create(&vec![("interface", interface.into()), ("outcome", outcome.into())]).inc();
        self.deliveries.get_or_create(&by_interface(interface)).observe(seconds(ms));
    }

    /// A message went into, or left, the dead-letter list.
    pub fn dead_letters(&self, interface: &'static str, change: i64) {
        self.dead.get_or_create(&by_interface(interface)).inc_by(change);
    }

    /// So many messages of the interface are in the dead-letter list.
    pub fn dead_letters_are(&self, interface: &'static str, count: i64) {
        self.dead.get_or_create(&by_interface(interface)).set(count);
    }

    /// What became of an interface's messages since the start.
    #[must_use]
    pub fn totals(&self, interface: &'static str) -> Totals {
        let ended = State::ALL.iter().map(|state| state.as_str()).filter_map(|outcome| {
            let labels = vec![("interface", interface.into()), ("outcome", outcome.into())];
            Some((outcome, self.ended.get(&labels)?.get()))
        });
        Totals {
            accepted: self.accepted.get(&by_interface(interface)).map_or(0, |counter| counter.get()),
            ended: ended.collect(),
            dead_letters: self.dead.get(&by_interface(interface)).map_or(0, |gauge| gauge.get()),
        }
    }

    /// A step was tried. Items of a list count as one step.
    pub fn attempt(&self, interface: &'static str, step: &str, class: &'static str) {
        let step = without_indices(step).into();
        self.attempts
            .get_or_create(&vec![("interface", interface.into()), ("step", step), ("class", class.into())])
            .inc();
    }

    /// A system was called, and took so long.
    pub fn called(&self, target: &'static str, ms: i64) {
        self.calls.get_or_create(&vec![("target", target.into())]).observe(seconds(ms));
    }

    /// A timetable started an interface so long after its nominal time.
    pub fn started(&self, interface: &'static str, late_ms: i64) {
        self.lateness.get_or_create(&by_interface(interface)).observe(seconds(late_ms));
    }

    /// A transaction of so many requests was committed and synced.
    pub fn committed(&self, requests: usize, took: Duration) {
        let requests = f64::from(u32::try_from(requests).unwrap_or(u32::MAX));
        self.commit_changes.get_or_create(&Vec::new()).observe(requests);
        self.commit_seconds.get_or_create(&Vec::new()).observe(took.as_secs_f64());
    }

    /// An alert was tried.
    pub fn alert(&self, channel: &str, outcome: &'static str) {
        self.alerts.get_or_create(&vec![("channel", channel.to_owned().into()), ("outcome", outcome.into())]).inc();
    }

    /// The outbox has looked around.
    pub fn alerts_beat(&self, now_ms: i64) {
        self.families.set_seconds("tieline_alert_outbox_heartbeat_seconds", Vec::new(), seconds(now_ms));
    }

    /// Alerts that have not arrived, and the age of the oldest.
    pub fn alerts_waiting(&self, posts: usize, oldest_ms: i64) {
        self.families.set("tieline_alert_outbox_posts", Vec::new(), whole(posts));
        self.families.set_seconds("tieline_alert_outbox_age_seconds", Vec::new(), seconds(oldest_ms));
    }

    /// Whether the last alert got through a channel.
    pub fn alert_channel(&self, channel: &str, up: bool) {
        let labels = vec![("channel", channel.to_owned().into())];
        self.families.set("tieline_alert_channel_up", labels, i64::from(up));
    }

    /// A request was refused.
    pub fn refused(&self, interface: &'static str, status: u16) {
        let labels = vec![("interface", interface.into()), ("status", status.to_string().into())];
        self.refusals.get_or_create(&labels).inc();
    }

    /// Spans or log records were not exported.
    pub fn telemetry_dropped(&self, signal: Signal, records: u64) {
        self.dropped[usize::from(signal == Signal::Logs)].fetch_add(records, Ordering::Relaxed);
    }

    /// All figures as OpenMetrics text.
    #[must_use]
    pub fn text(&self, snapshot: Snapshot) -> String {
        let _looking = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        self.take(snapshot);
        let mut text = String::new();
        // Writing to a String cannot fail; should a collector, what was written so far is still of use.
        encode(&mut text, &self.families.registry).ok();
        text
    }

    fn take(&self, snapshot: Snapshot) {
        let families = &self.families;
        let (version, digest) = snapshot.build;
        families.set("tieline_build_info", vec![("version", version.into()), ("digest", digest.into())], 1);
        families.forget("tieline_held");
        snapshot.interfaces.iter().for_each(|interface| self.take_interface(interface));
        snapshot.targets.iter().for_each(|target| self.take_target(target));
        snapshot.systems.iter().for_each(|(system, figures)| self.take_system(system, figures, snapshot.now_ms));
        families.set("tieline_lanes_held", Vec::new(), i64::from(snapshot.lanes));
        families.set("tieline_incidents_firing", Vec::new(), whole(snapshot.incidents));
        for (name, bytes) in
            [("tieline_store_bytes", snapshot.store_bytes), ("tieline_store_limit_bytes", snapshot.store_limit_bytes)]
        {
            if let Some(bytes) = bytes {
                families.set(name, Vec::new(), whole(bytes));
            }
        }
        for (signal, dropped) in ["traces", "logs"].into_iter().zip(&self.dropped) {
            let labels = vec![("signal", signal.into())];
            families.count_to("tieline_telemetry_dropped", labels, dropped.load(Ordering::Relaxed));
        }
        if let Some(process) = Process::read() {
            families.set("process_resident_memory_bytes", Vec::new(), whole(process.resident_bytes));
            families.count_seconds_to("process_cpu_seconds", process.cpu_s);
            families.set("process_open_fds", Vec::new(), whole(process.open_fds));
            families.set_seconds("process_start_time_seconds", Vec::new(), process.started_s);
        }
    }

    fn take_interface(&self, it: &InterfaceFigures) {
        let families = &self.families;
        families.set("tieline_backlog", by_interface(it.interface), whole(it.backlog));
        families.set_seconds("tieline_oldest_message_age_seconds", by_interface(it.interface), seconds(it.oldest_ms));
        families.set("tieline_retrying", by_interface(it.interface), whole(it.retrying));
        for (reason, messages) in &it.held {
            let labels = vec![("interface", it.interface.into()), ("reason", (*reason).into())];
            families.set("tieline_held", labels, whole(*messages));
        }
    }

    fn take_target(&self, it: &TargetFigures) {
        let set = |name, value| self.families.set(name, vec![("target", it.target.into())], value);
        set("tieline_target_breaker", i64::from(it.breaker));
        set("tieline_target_in_flight", whole(it.in_flight));
        set("tieline_target_in_flight_limit", whole(it.in_flight_limit));
        if let Some(limit) = it.calls_limit {
            set("tieline_target_calls_today", whole(it.calls_today));
            set("tieline_target_calls_limit", whole(limit));
        }
    }

    fn take_system(&self, system: &str, it: &SystemFigures, now_ms: i64) {
        let target: Cow<'static, str> = system.to_owned().into();
        for (outcome, fetches) in [("granted", it.tokens), ("refused", it.token_failures)] {
            let labels = vec![("target", target.clone()), ("outcome", outcome.into())];
            self.families.count_to("tieline_token_fetches", labels, fetches);
        }
        if let Some(expires_ms) = it.certificate_expires_ms {
            let labels = vec![("target", target.clone())];
            self.families.set_seconds("tieline_certificate_expiry_seconds", labels, left(expires_ms, now_ms));
        }
        if let Some(expires_ms) = it.secret_expires_ms {
            let labels = vec![("target", target)];
            self.families.set_seconds("tieline_secret_expiry_seconds", labels, left(expires_ms, now_ms));
        }
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

fn by_interface(interface: &'static str) -> Labels {
    vec![("interface", interface.into())]
}

/// Milliseconds as seconds; less than nothing is nothing.
fn seconds(ms: i64) -> f64 {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0)).as_secs_f64()
}

/// Seconds from now; negative for what is past.
fn left(expires_ms: i64, now_ms: i64) -> f64 {
    let left_ms = expires_ms.saturating_sub(now_ms);
    if left_ms < 0 { -seconds(left_ms.saturating_neg()) } else { seconds(left_ms) }
}

fn whole(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// `line[3].create#2` → `line[].create`: labels must not grow with the messages.
pub(crate) fn without_indices(step: &str) -> String {
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
mod tests;
