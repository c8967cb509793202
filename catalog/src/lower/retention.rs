//! `retention:` of an interface: how long its messages are kept.
//!
//! In: durations, the trigger. Out: [`Retention`] in whole days. Never knows: stores.

use crate::fields::{Record, shown};
use crate::findings::Findings;
use crate::model::{Durability, Retention, Trigger, TriggerKind};

const DAY_MS: u64 = 86_400_000;

/// Reads the key; what contradicts itself or the trigger is reported.
pub(crate) fn retention(fields: &Record<'_>, trigger: Option<&Trigger>, findings: &mut Findings) -> Retention {
    let Some(own) = fields.record("retention", findings) else { return Retention::default() };
    let read = Retention {
        body_days: days(&own, "bodies", findings),
        record_days: days(&own, "records", findings),
        dead_letter_days: days(&own, "dead_letters", findings),
    };
    if let (Some(bodies), Some(records)) = (read.body_days, read.record_days)
        && bodies > records
    {
        let message = format!("bodies are kept for {bodies} days, and the records that they belong to for {records}");
        let help = "content goes first: keep `records` at least as long as `bodies`";
        findings.add("E-RETENTION", own.span("bodies"), message).help(help);
    }
    if let Some(trigger) = trigger {
        fits(&own, read, trigger, findings);
    }
    read
}

/// Whole days, at least one: what ended a moment ago may still be asked about.
fn days(own: &Record<'_>, key: &str, findings: &mut Findings) -> Option<u32> {
    let text = own.text(key)?;
    // What is no duration was reported.
    let ms = own.duration_ms(key)?;
    if ms == 0 || ms % DAY_MS != 0 {
        let message = format!("`{}` is not a whole number of days", shown(text.text));
        findings.add("E-RETENTION", text.span, message).help("write at least `1 day`, like `30 days`");
        return None;
    }
    u32::try_from(ms / DAY_MS).ok()
}

fn fits(own: &Record<'_>, read: Retention, trigger: &Trigger, findings: &mut Findings) {
    if matches!(trigger.kind, TriggerKind::Request { durability: Durability::Transient, .. }) {
        findings
            .add("E-RETENTION", own.place, "these messages are not kept")
            .help("leave `retention` out, or leave `durable: false` out");
    }
    let (Some(records), Some(key)) = (read.record_days, &trigger.idempotency) else { return };
    let window_days = key.window_s.div_ceil(DAY_MS / 1_000);
    if u64::from(records) < window_days {
        let message = format!(
            "records are kept for {records} days, and a repeated message is recognised for {window_days}: it would be of one that is gone"
        );
        let help =
            format!("keep `records` for at least {window_days} days, or shorten the `window` of the idempotency key");
        findings.add("E-RETENTION", own.span("records"), message).help(help);
    }
}
