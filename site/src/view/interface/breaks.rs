//! If it breaks: whom to call, what heals by itself, what to do, what it means for the business.
//!
//! In: one interface. Out: [`Breaks`]. Never knows: the live state.

use catalog::model::{Durability, Interface, OnUnknown, StepKind, TriggerKind};

use super::Sheet;
use super::papers::Prose;
use crate::html::Html;
use crate::view::context::{Fact, walk};
use crate::words;

/// The first section.
#[derive(Debug)]
pub(super) struct Breaks {
    pub(super) call: Vec<Fact>,
    pub(super) heals: Vec<Html>,
    pub(super) commands: Vec<Command>,
    /// Reason code, title and anchor of the document's own runbook entries.
    pub(super) entries: Vec<Entry>,
    pub(super) effect: Vec<Html>,
    /// Prose about the effect, where the document has it.
    pub(super) effect_prose: Vec<Prose>,
    pub(super) reasons_href: String,
}

/// A command that can be copied.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) label: &'static str,
    pub(super) text: String,
}

/// An entry of the runbook.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) code: String,
    pub(super) title: String,
    pub(super) href: String,
}

/// Builds the section.
pub(super) fn breaks(sheet: &Sheet<'_>, runbook: &[Prose], effect_prose: Vec<Prose>) -> Breaks {
    Breaks {
        call: call(sheet),
        heals: heals(sheet),
        commands: commands(sheet.interface),
        entries: entries(runbook),
        effect: effect(sheet.interface),
        effect_prose,
        reasons_href: sheet.at.to("reasons/index.html"),
    }
}

fn call(sheet: &Sheet<'_>) -> Vec<Fact> {
    let owners = &sheet.interface.owners;
    let first = owners.support.as_ref().or(owners.technical.as_ref());
    let key = if owners.support.is_some() { "support" } else { "technical" };
    let mut call = vec![match first {
        Some(team) => sheet.fact("First", sheet.context.team_link(&sheet.at, team), &["owners", key]),
        None => sheet.fact("First", Html::new().chip("warn", "nobody is named"), &["owners"]),
    }];
    if let Some(business) = &owners.business {
        call.push(sheet.fact(
            "For the business",
            sheet.context.team_link(&sheet.at, business),
            &["owners", "business"],
        ));
    }
    let target = sheet.context.catalog.system(&sheet.interface.target);
    if let Some(owner) = target.and_then(|system| system.owner.as_ref()) {
        let value = sheet.context.team_link(&sheet.at, owner);
        call.push(Fact { label: format!("For {}", sheet.interface.target), value, line: Html::new() });
    }
    let channels: Vec<String> = sheet.interface.errors.alerts.iter().map(|alert| alert.channel.clone()).collect();
    let alerts = if channels.is_empty() { Html::new().chip("warn", "none") } else { Html::of(&words::list(&channels)) };
    call.push(sheet.fact("Alerts go to", alerts, &["errors", "alert"]));
    call
}

fn heals(sheet: &Sheet<'_>) -> Vec<Html> {
    let interface = sheet.interface;
    let retry = &interface.errors.retry;
    let mut heals =
        vec![Html::of(&words::retry_sentence(retry)).html(&after_last(interface)).html(&sheet.place(retry.span))];
    if is_journalled(interface) {
        heals.push(Html::of("What was accepted survives a crash or a restart."));
        heals.push(Html::of(
            "When a system refuses our token, certificate or key, messages wait, use up no send, and go on by themselves.",
        ));
    } else {
        heals.push(Html::of("Nothing is stored: after a failure the caller asks again."));
    }
    if let Some(unknown) = unknown(sheet) {
        heals.push(unknown);
    }
    if let Some(key) = &interface.trigger.idempotency {
        heals.push(
            Html::of("A message that comes twice is recognised by ")
                .html(&words::key_source(&key.key))
                .text(" and done once."),
        );
    }
    heals
}

fn after_last(interface: &Interface) -> Html {
    let sends = interface.errors.retry.sends_ms();
    let last = words::duration(sends.last().copied().unwrap_or(0));
    let end = if !is_journalled(interface) {
        "the caller gets an error"
    } else if interface.errors.dead_letter {
        "dead letter"
    } else {
        "kept as failed"
    };
    let alert = if interface.errors.alerts.is_empty() { "" } else { ", and the alert" };
    if sends.len() == 1 {
        return Html::of(&format!(" After it: {end}{alert}."));
    }
    let count = words::count(sends.len(), "send");
    Html::of(&format!(" After the last of {count}, {last} later at the earliest: {end}{alert}."))
}

/// What happens when a reply is lost, for the sends that are not harmless to repeat.
fn unknown(sheet: &Sheet<'_>) -> Option<Html> {
    let mut found = None;
    walk(&sheet.interface.flow, &mut |step| {
        if let StepKind::Call { operation, .. } | StepKind::Send { operation, .. } = &step.kind
            && found.is_none()
            && let Some(declared) = sheet.operation(operation)
            && declared.delivered == catalog::model::Delivered::Twice
        {
            let link = Html::new().link(&sheet.operation_href(operation), &operation.operation);
            found = Some(match (&declared.probe, sheet.interface.errors.on_unknown) {
                (Some(probe), _) => Html::of("When the reply of ")
                    .html(&link)
                    .text(" is lost, ")
                    .code(&probe.operation)
                    .text(" finds out first whether to send again."),
                (None, OnUnknown::Hold) => Html::of("When the reply of ")
                    .html(&link)
                    .text(" is lost, the message is held for a person to decide."),
                (None, OnUnknown::Retry) => Html::of("When the reply of ")
                    .html(&link)
                    .text(" is lost, it is sent again, and may be done twice."),
            });
        }
    });
    found
}

/// False for questions whose failure is the caller's to repeat.
pub(super) fn is_journalled(interface: &Interface) -> bool {
    !matches!(interface.trigger.kind, TriggerKind::Request { durability: Durability::Transient, .. })
}

/// What to type on the machine of the service, or with `--admin` from another.
fn commands(interface: &Interface) -> Vec<Command> {
    let command = |label, text: String| Command { label, text };
    if !is_journalled(interface) {
        return vec![command("How the systems it asks are", "tieline breakers".to_owned())];
    }
    let id = shell_word(&interface.smart_id.text);
    let (list, state) =
        if interface.errors.dead_letter { ("dead-letters", "") } else { ("messages", " --state FAILED") };
    vec![
        command("What has ended badly", format!("tieline {list} --interface {id}{state}")),
        command("What waits for its next send", format!("tieline messages --interface {id} --state RETRYING")),
        command("The whole story of one message", "tieline messages show ID".to_owned()),
        command("The system is back: go on", format!("tieline retry --interface {id}{state} --why WHY")),
        command("What sending it again would send", "tieline replay ID --dry-run".to_owned()),
        command("The document was corrected: send again", "tieline replay ID --why WHY".to_owned()),
        command("Stop: accept, keep, send nothing", format!("tieline pause --interface {id} --why WHY")),
        command("Go on after a stop", format!("tieline resume --interface {id} --why WHY")),
    ]
}

/// One word for a shell; Smart IDs may hold `&`.
fn shell_word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if text.bytes().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

fn entries(runbook: &[Prose]) -> Vec<Entry> {
    let headings = runbook.iter().flat_map(|prose| &prose.headings);
    headings
        .filter_map(|heading| {
            let (code, title) = heading.text.split_once(':')?;
            let code = code.trim();
            let known = !code.is_empty() && code.chars().all(|it| it.is_ascii_uppercase() || it == '_');
            known.then(|| Entry {
                code: code.to_owned(),
                title: title.trim().to_owned(),
                href: format!("#{}", heading.id),
            })
        })
        .collect()
}

fn effect(interface: &Interface) -> Vec<Html> {
    let mut effect = Vec::new();
    if let Some(per_day) = interface.volume.as_ref().and_then(|volume| volume.per_day) {
        let hour = usize::try_from((per_day / 24).max(1)).unwrap_or(usize::MAX);
        effect.push(Html::of(&format!("An hour of standstill holds back about {}.", words::count(hour, "message"))));
    }
    let sla = &interface.sla;
    let mut agreed = Vec::new();
    agreed.extend(sla.latency_p95_ms.map(|p95| format!("95 of 100 through within {}", words::duration(p95))));
    agreed.extend(sla.latency_avg_ms.map(|average| format!("{} on average", words::duration(average))));
    if let Some(availability) = &sla.availability {
        let share = availability.trim_end_matches('%').trim_end();
        agreed.push(match downtime(share) {
            Some(down) => format!("{share} % available, so {down} down a month"),
            None => format!("{share} % available"),
        });
    }
    if !agreed.is_empty() {
        effect.push(Html::of(&format!("Agreed: {}.", agreed.join("; "))));
    }
    if effect.is_empty() {
        effect.push(Html::new().muted("No service level and no volume are stated."));
    }
    effect
}

/// `99.9` → the downtime that a month of 30 days has left.
fn downtime(share: &str) -> Option<String> {
    let percent: f64 = share.parse().ok()?;
    if !(0.0..=100.0).contains(&percent) {
        return None;
    }
    let seconds = (100.0 - percent) / 100.0 * 30.0 * 86_400.0;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 2.6 million")]
    let whole = seconds.round() as u64;
    Some(words::duration(whole * 1000))
}
