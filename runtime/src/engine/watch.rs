//! What is wrong at this moment, besides what single messages came to.
//!
//! In: the engine's boards. Out: conditions for alerts, and whether an incident goes on. Never knows: channels.

use super::{core::Core, lanes::Share};
use crate::{
    alert::{self, Condition, SERVICE, Watch},
    journal::{Incident, lane::LANES},
    lifecycle::{Reason, Trouble},
    timetable,
};

/// A message is late when it is this much older than its interface has agreed and its timetable explains: one slow call is
/// no alert, and a timetable that is kept is none either.
const GRACE_MS: i64 = 60_000;

/// A message that waits longer keeps an incident of its interface open.
const OVERDUE_MS: i64 = 60_000;

/// Of several processes the one that works on this lane leads: it writes incidents and sends alerts.
const LEADER: u8 = 0;

/// How the service does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Messages are accepted.
    pub ready: bool,
    /// Each part by name.
    pub parts: Vec<(String, Part)>,
}

/// How a part does. A part that is degraded is to be looked at; only the journal stops the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Nothing is wrong.
    pub fine: bool,
    /// One sentence, without secrets; empty if there is nothing to say.
    pub detail: String,
}

/// The outbox looks around once a minute: silence for longer than this means that nobody would be told of anything.
const SILENT_MS: i64 = 180_000;

/// The state of all parts.
pub(super) fn health(core: &Core) -> Health {
    let part = |fine, detail: String| Part { fine, detail };
    let broken = core.broken();
    let journal = part(broken.is_none(), broken.map_or_else(String::new, |error| error.to_string()));
    let silent_ms = core.alerts.silent_ms();
    let outbox = if silent_ms > SILENT_MS {
        part(false, format!("no sign of life for {} s: alerts do not get out", silent_ms / 1_000))
    } else {
        let detail = match core.part() {
            alert::Part::Raises => "another instance tells about incidents".to_owned(),
            alert::Part::Only | alert::Part::Leads => format!("{} incidents are firing", core.alerts.count()),
        };
        part(true, detail)
    };
    let mut parts = vec![("journal".to_owned(), journal), ("alert outbox".to_owned(), outbox)];
    if let Some(Share { lanes, instances, in_touch }) = core.held.share() {
        let detail = match in_touch {
            true => format!("works on {lanes} of {LANES} lanes; {instances} instances share the store"),
            false => "the store has not answered for too long: nothing is accepted, nothing is sent".to_owned(),
        };
        parts.push(("lanes".to_owned(), part(in_touch, detail)));
    }
    for (channel, health) in core.alerts.channels_health() {
        let detail = match health.failures {
            0 => String::new(),
            failures => format!("{failures} failures in a row: {}", health.error),
        };
        parts.push((format!("alert channel {channel}"), part(health.failures == 0, detail)));
    }
    Health { ready: core.ready(), parts }
}

impl Watch for Core {
    fn goes_on(&self, incident: &Incident) -> bool {
        // Conditions are found anew at every look: one that is not found any more is over.
        let Trouble::Message(reason) = incident.reason else { return false };
        let handler = self.handlers.iter().position(|handler| handler.interface().smart_id == incident.interface);
        let overdue_ms = self.clock.now_ms().saturating_sub(OVERDUE_MS);
        handler.is_some_and(|handler| {
            let held = self.board.holds(handler, reason)
                || reason == Reason::Target && self.board.holds(handler, Reason::Circuit);
            held || self.board.is_overdue(handler, overdue_ms)
        })
    }

    fn part(&self) -> alert::Part {
        match (self.held.is_shared(), self.held.counts() && self.held.open().contains(LEADER)) {
            (false, _) => alert::Part::Only,
            (true, true) => alert::Part::Leads,
            (true, false) => alert::Part::Raises,
        }
    }

    fn conditions(&self) -> Vec<Condition> {
        let late = (0..self.handlers.len()).filter_map(|handler| self.late(handler));
        late.chain(self.nearly_full()).chain(self.clocks_differ()).chain(self.expiring()).collect()
    }
}

/// A start of a timetable this much after its time is a missed one.
const MISSED_MS: i64 = 60_000;

/// Clocks that differ by more than this are not set by the same time service.
const CLOCKS_MS: i64 = 5_000;

/// So long before something expires somebody is told.
const EXPIRES_SOON_MS: i64 = 14 * 86_400_000;

/// A timetable started an interface: when that was, and whether it should have been earlier.
pub(super) async fn started(core: &Core, handler: usize, nominal_ms: i64) {
    let interface = core.handlers[handler].interface();
    let late_ms = core.clock.now_ms().saturating_sub(nominal_ms);
    core.metrics.started(interface.smart_id, late_ms);
    if late_ms < MISSED_MS {
        return;
    }
    let nominal = jiff::Timestamp::from_millisecond(nominal_ms).unwrap_or_default();
    let detail = format!("the start of {nominal} was made up for {} s later", late_ms / 1_000);
    tell(core, missed(interface, 1, detail)).await;
}

/// Starts of a timetable were missed, and nobody makes up for them.
pub(super) async fn left_out(core: &Core, handler: usize, missed_starts: u64) {
    let interface = core.handlers[handler].interface();
    tracing::warn!(interface = interface.smart_id, missed_starts, "starts were missed");
    let detail = format!("{missed_starts} starts were missed and are not made up for");
    tell(core, missed(interface, missed_starts, detail)).await;
}

fn missed(interface: &crate::descriptor::Interface, count: u64, detail: String) -> Condition {
    Condition {
        interface: interface.smart_id.to_owned(),
        target: interface.target.to_owned(),
        trouble: Trouble::ScheduleMissed,
        count,
        message_id: String::new(),
        detail,
        channels: Some(interface.alerts.iter().map(|name| (*name).to_owned()).collect()),
    }
}

/// Tells about something that happened and leaves nothing behind that could be looked at.
pub(super) async fn tell(core: &Core, condition: Condition) {
    let changes = core.alerts.notice(condition);
    if let Err(error) = core.store.commit(changes).await {
        core.store_failed(&error);
    }
    core.alerts.wake();
}

impl Core {
    /// More than 80 % of the allowed store are used.
    fn nearly_full(&self) -> Option<Condition> {
        let size = self.store.size()?;
        let max_bytes = size.max_bytes.filter(|max_bytes| size.used_bytes >= max_bytes / 5 * 4)?;
        let detail =
            format!("{} of {max_bytes} bytes are used; at nine tenths nothing more is accepted", size.used_bytes);
        Some(of_the_service("journal", Trouble::StoreNearlyFull, detail))
    }

    /// Due times follow the clock of the machine, leases the server's: instances with clocks that differ keep other
    /// timetables than the documents promise.
    fn clocks_differ(&self) -> Option<Condition> {
        let ahead_ms = self.held.server_ahead_ms();
        if ahead_ms.saturating_abs() <= CLOCKS_MS {
            return None;
        }
        let way = if ahead_ms > 0 { "behind" } else { "ahead of" };
        let by_s = ahead_ms.saturating_abs() / 1_000;
        let detail =
            format!("the clock of an instance is {by_s} s {way} the database's; its retries and timetables follow it");
        Some(of_the_service("clock", Trouble::ClocksDiffer, detail))
    }

    /// Certificates and secrets that expire soon, or have.
    fn expiring(&self) -> Vec<Condition> {
        let soon_ms = self.clock.now_ms().saturating_add(EXPIRES_SOON_MS);
        let mut conditions = Vec::new();
        for (system, figures) in self.transport.figures() {
            for (trouble, what, expires_ms) in [
                (Trouble::CertificateExpires, "our client certificate", figures.certificate_expires_ms),
                (Trouble::SecretExpires, "our secret", figures.secret_expires_ms),
            ] {
                if let Some(expires_ms) = expires_ms.filter(|expires_ms| *expires_ms <= soon_ms) {
                    let at = jiff::Timestamp::from_millisecond(expires_ms).unwrap_or_default();
                    conditions.push(of_the_service(&system, trouble, format!("{what} for {system} expires at {at}")));
                }
            }
        }
        conditions
    }

    /// The oldest message of an interface is older than agreed.
    fn late(&self, handler: usize) -> Option<Condition> {
        let interface = self.handlers[handler].interface();
        let agreed_ms = interface.sla_p95_ms?;
        let oldest_ms = self.board.backlog(handler).oldest_ms?;
        let allowed_ms = agreed_ms.saturating_add(timetable::span_ms(&interface.retry));
        let limit_ms = self.clock.now_ms().saturating_sub_unsigned(allowed_ms).saturating_sub(GRACE_MS);
        if oldest_ms > limit_ms {
            return None;
        }
        let late = self.board.accepted_until(handler, limit_ms);
        Some(Condition {
            interface: interface.smart_id.to_owned(),
            target: interface.target.to_owned(),
            trouble: Trouble::Late,
            count: u64::try_from(late).unwrap_or(u64::MAX),
            message_id: String::new(),
            detail: format!("{late} messages are older than the agreed {agreed_ms} ms, all retries and a minute"),
            channels: Some(interface.alerts.iter().map(|name| (*name).to_owned()).collect()),
        })
    }
}

/// Something that concerns all interfaces: every channel is told.
fn of_the_service(target: &str, trouble: Trouble, detail: String) -> Condition {
    Condition {
        interface: SERVICE.to_owned(),
        target: target.to_owned(),
        trouble,
        count: 1,
        message_id: String::new(),
        detail,
        channels: None,
    }
}
