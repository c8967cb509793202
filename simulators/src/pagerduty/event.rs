//! In: an event. Out: what is wrong with it, all at once. Never knows: alerts.

use serde_json::Value;

const ROUTING_KEY: usize = 32;
const MAX_DEDUP_KEY: usize = 255;
const MAX_SUMMARY: usize = 1024;
const SEVERITIES: [&str; 4] = ["critical", "error", "warning", "info"];

pub(super) fn mistakes(event: &Value) -> Vec<String> {
    let mut mistakes = Vec::new();
    let mut check = |fine: bool, mistake: &str| {
        if !fine {
            mistakes.push(mistake.to_owned());
        }
    };
    check(
        length(&event["routing_key"]) == Some(ROUTING_KEY),
        "Length of 'routing_key' is incorrect (should be 32 characters)",
    );
    let dedup = &event["dedup_key"];
    check(
        dedup.is_null() || length(dedup).is_some_and(|n| n <= MAX_DEDUP_KEY),
        "'dedup_key' is too long (maximum is 255 characters)",
    );
    match event["event_action"].as_str() {
        Some("trigger") => payload(&event["payload"], &mut check),
        Some("acknowledge" | "resolve") => check(!dedup.is_null(), "'dedup_key' is missing or blank"),
        _ => check(false, "'event_action' must be one of trigger, acknowledge, resolve"),
    }
    mistakes
}

fn payload(payload: &Value, check: &mut impl FnMut(bool, &str)) {
    let filled = |field: &str| length(&payload[field]).is_some_and(|n| n > 0);
    check(filled("summary"), "'payload.summary' is missing or blank");
    check(
        length(&payload["summary"]).is_none_or(|n| n <= MAX_SUMMARY),
        "'payload.summary' is too long (maximum is 1024 characters)",
    );
    check(filled("source"), "'payload.source' is missing or blank");
    let known = payload["severity"].as_str().is_some_and(|severity| SEVERITIES.contains(&severity));
    check(
        known,
        "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
    );
    let details = &payload["custom_details"];
    check(details.is_null() || details.is_object() || details.is_string(), "'payload.custom_details' is invalid");
}

fn length(value: &Value) -> Option<usize> {
    value.as_str().map(|text| text.chars().count())
}
