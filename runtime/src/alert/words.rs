//! What an alert says, whatever the channel.
//!
//! In: an incident. Out: a subject, facts, a body, links. Never knows: how channels write them down.

use crate::{
    alert::SERVICE,
    journal::Incident,
    lifecycle::{Severity, Trouble},
};

/// From alerts to pages.
#[derive(Debug, Clone, Default)]
pub struct Links {
    /// Where the website is published, without a slash at its end.
    site: Option<String>,
}

impl Links {
    /// Links below this address.
    #[must_use]
    pub fn new(site: Option<&str>) -> Self {
        Self { site: site.map(|url| url.trim_end_matches('/').to_owned()) }
    }

    /// The page on which stands what to do.
    pub(super) fn page(&self, incident: &Incident) -> Option<String> {
        let site = self.site.as_ref()?;
        Some(match incident.interface.as_str() {
            SERVICE => site.clone(),
            smart_id => format!("{site}/interfaces/{}/index.html#breaks", smart_id.to_lowercase()),
        })
    }
}

/// One line: what is wrong.
pub(super) fn subject(incident: &Incident) -> String {
    let what = match (incident.firing, &incident.acknowledged) {
        (false, _) => "resolved",
        (true, Some(_)) => "acknowledged",
        (true, None) => incident.reason.words(),
    };
    format!("{} {what} ({} at {})", incident.interface, incident.reason, incident.target)
}

/// What happened, how often, since when.
pub(super) fn facts(incident: &Incident) -> Vec<(&'static str, String)> {
    let time = |ms| jiff::Timestamp::from_millisecond(ms).unwrap_or_default().to_string();
    let counted = if matches!(incident.reason, Trouble::Message(_) | Trouble::Late) { "Messages" } else { "Times" };
    let mut facts = vec![
        ("Interface", incident.interface.clone()),
        ("Target", incident.target.clone()),
        ("Reason", incident.reason.to_string()),
        (counted, incident.count.to_string()),
        ("First", time(incident.first_ms)),
        ("Last", time(incident.last_ms)),
    ];
    if !incident.message_id.is_empty() {
        facts.push(("Last message", incident.message_id.clone()));
    }
    if let Some(acknowledged) = &incident.acknowledged {
        facts.push(("Acknowledged by", acknowledged.who.clone()));
    }
    facts
}

/// A few lines: the last sentence, the facts, where to look.
pub(super) fn body(incident: &Incident, links: &Links) -> String {
    let mut text = format!("{}\n\n", incident.detail);
    for (name, value) in facts(incident) {
        text.push_str(&format!("{name}: {value}\n"));
    }
    if let Some(page) = links.page(incident) {
        text.push_str(&format!("\nWhat to do: {page}\n"));
    }
    text
}

/// How much it matters now.
pub(super) const fn severity(incident: &Incident) -> Severity {
    if incident.firing { incident.reason.severity() } else { Severity::Info }
}
