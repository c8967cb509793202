//! Alerts and monitoring.
//!
//! In: alert channels, monitoring facts. Out: [`Watch`]. Never knows: dashboards' contents.

use super::Sheet;
use crate::html::Html;
use crate::view::context::Fact;
use crate::words;

/// The section.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) facts: Vec<Fact>,
    /// What to look at, and the query that shows it.
    pub(super) queries: Vec<(&'static str, String)>,
}

/// Builds the section.
pub(super) fn watch(sheet: &Sheet<'_>) -> Watch {
    Watch { facts: facts(sheet), queries: queries(&sheet.interface.smart_id.text) }
}

fn facts(sheet: &Sheet<'_>) -> Vec<Fact> {
    let interface = sheet.interface;
    let monitoring = &interface.monitoring;
    let places: Vec<&str> = sheet.context.catalog.environments().iter().map(|it| it.name.as_str()).collect();
    let mut facts = Vec::new();
    for alert in &interface.errors.alerts {
        let configured: Vec<String> = sheet
            .context
            .catalog
            .environments()
            .iter()
            .filter(|environment| environment.alerts.contains(&alert.channel))
            .map(|environment| environment.name.clone())
            .collect();
        let value = match configured.as_slice() {
            [] if places.is_empty() => Html::of(&alert.channel),
            [] => Html::of(&alert.channel).text(" ").chip("warn", "placed in no environment"),
            names => Html::of(&alert.channel).muted(&format!(", placed in {}", words::list(names))),
        };
        facts.push(Fact { label: "Alert channel".to_owned(), value, line: sheet.place(alert.span) });
    }
    if interface.errors.alerts.is_empty() {
        facts.push(sheet.fact("Alert channel", Html::new().chip("warn", "none"), &["errors"]));
    }
    if !monitoring.tools.is_empty() {
        facts.push(sheet.fact("Monitoring tools", Html::of(&words::list(&monitoring.tools)), &["monitoring", "tools"]));
    }
    for (label, link, key) in
        [("Dashboard", &monitoring.dashboard, "dashboard"), ("Runbook elsewhere", &monitoring.runbook, "runbook")]
    {
        if let Some(url) = link {
            facts.push(sheet.fact(label, Html::new().outside(url, url), &["monitoring", key]));
        }
    }
    if !monitoring.logging.is_empty() {
        facts.push(sheet.fact(
            "Errors are logged in",
            Html::of(&words::list(&monitoring.logging)),
            &["monitoring", "logging"],
        ));
    }
    facts
}

fn queries(smart_id: &str) -> Vec<(&'static str, String)> {
    let id = smart_id.replace('\\', "\\\\").replace('"', "\\\"");
    vec![
        ("Accepted a minute", format!("rate(tieline_messages_accepted_total{{interface=\"{id}\"}}[5m]) * 60")),
        ("Ends by outcome", format!("sum by (outcome) (rate(tieline_messages_ended_total{{interface=\"{id}\"}}[5m]))")),
        ("Waiting", format!("tieline_backlog{{interface=\"{id}\"}}")),
        ("Age of the oldest that waits, seconds", format!("tieline_oldest_message_age_seconds{{interface=\"{id}\"}}")),
        ("Dead letters", format!("tieline_dead_letters{{interface=\"{id}\"}}")),
        (
            "95 of 100 are through within, seconds",
            format!(
                "histogram_quantile(0.95, rate(tieline_delivery_duration_seconds_bucket{{interface=\"{id}\"}}[5m]))"
            ),
        ),
    ]
}
