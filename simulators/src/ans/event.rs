//! In: an event as a producer sent it. Out: nothing, or what is wrong with it.
//! Never knows: what becomes of events.

use serde_json::Value;

const SEVERITIES: [&str; 5] = ["INFO", "NOTICE", "WARNING", "ERROR", "FATAL"];
const CATEGORIES: [&str; 3] = ["EXCEPTION", "ALERT", "NOTIFICATION"];
const STATUSES: [&str; 5] = ["CREATE_OR_UPDATE", "CREATE", "UPDATE", "COMMENT", "CLOSE"];
/// Assumption: the service's own limits are not public; these are ours.
const MAX_SUBJECT: usize = 255;
const MAX_BODY: usize = 4000;

/// The first mistake of an event, as the service's `message`.
pub(super) fn mistake(event: &Value) -> Option<String> {
    if !event.is_object() {
        return Some("event must be an object".to_owned());
    }
    text(event, "eventType", MAX_SUBJECT)
        .or_else(|| one_of(event, "severity", &SEVERITIES))
        .or_else(|| one_of(event, "category", &CATEGORIES))
        .or_else(|| text(event, "subject", MAX_SUBJECT))
        .or_else(|| text(event, "body", MAX_BODY))
        .or_else(|| integer(event, "eventTimestamp", 0, i64::MAX))
        .or_else(|| integer(event, "priority", 1, 1000))
        .or_else(|| resource(&event["resource"]))
        .or_else(|| tags(&event["tags"], "tags"))
        .or_else(|| status(&event["tags"]["ans:status"]))
}

fn text(event: &Value, field: &str, longest: usize) -> Option<String> {
    match event[field].as_str() {
        Some(value) if value.trim().is_empty() => Some(format!("{field} must not be blank")),
        Some(value) if value.chars().count() > longest => Some(format!("{field} is longer than {longest} characters")),
        Some(_) => None,
        None if event[field].is_null() => Some(format!("{field} is required")),
        None => Some(format!("{field} must be a string")),
    }
}

fn one_of(event: &Value, field: &str, allowed: &[&str]) -> Option<String> {
    match event[field].as_str() {
        Some(value) if allowed.contains(&value) => None,
        _ => Some(format!("{field} must be one of {}", allowed.join(", "))),
    }
}

fn integer(event: &Value, field: &str, least: i64, most: i64) -> Option<String> {
    let value = &event[field];
    let fine = value.is_null() || value.as_i64().is_some_and(|n| (least..=most).contains(&n));
    (!fine).then(|| format!("{field} must be an integer from {least} to {most}"))
}

fn resource(resource: &Value) -> Option<String> {
    if !resource.is_object() {
        return Some("resource is required".to_owned());
    }
    text(resource, "resourceName", MAX_SUBJECT)
        .or_else(|| text(resource, "resourceType", MAX_SUBJECT))
        .or_else(|| tags(&resource["tags"], "resource.tags"))
}

fn tags(tags: &Value, path: &str) -> Option<String> {
    match tags {
        Value::Null => None,
        Value::Object(tags) if tags.values().all(Value::is_string) => None,
        _ => Some(format!("{path} must map strings to strings")),
    }
}

fn status(status: &Value) -> Option<String> {
    match status.as_str() {
        Some(value) if !STATUSES.contains(&value) => Some(format!("ans:status must be one of {}", STATUSES.join(", "))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(change: impl FnOnce(&mut Value), expect: Option<&str>) {
        let mut event = json!({
            "eventType": "InterfaceDeliveryFailed", "eventTimestamp": 1_767_225_600, "severity": "ERROR",
            "category": "ALERT", "subject": "delivery failed", "body": "fourth attempt failed",
            "resource": { "resourceName": "X-A-B-Y-V1", "resourceType": "integration-interface" },
            "tags": { "ans:status": "CREATE_OR_UPDATE", "ans:sourceEventId": "X-A-B-Y-V1/1" },
        });
        change(&mut event);
        let seen = mistake(&event);
        match expect {
            None => assert_eq!(seen, None, "{event}"),
            Some(part) => assert!(seen.as_ref().is_some_and(|s| s.contains(part)), "{event}: {seen:?}"),
        }
    }

    #[test]
    fn events_are_checked_as_the_producer_api_does() {
        check(|_| {}, None);
        check(|e| e["eventTimestamp"] = Value::Null, None);
        check(|e| e["priority"] = json!(1000), None);
        for field in ["eventType", "subject", "body", "resource"] {
            check(|e| e[field] = Value::Null, Some(field));
        }
        check(|e| e["severity"] = json!("CRITICAL"), Some("severity"));
        check(|e| e["category"] = json!("alert"), Some("category"));
        check(|e| e["eventTimestamp"] = json!("2026-01-01T00:00:00Z"), Some("eventTimestamp"));
        check(|e| e["eventTimestamp"] = json!(-1), Some("eventTimestamp"));
        check(|e| e["priority"] = json!(0), Some("priority"));
        check(|e| e["tags"]["attempts"] = json!(4), Some("tags"));
        check(|e| e["resource"]["tags"] = json!([]), Some("resource.tags"));
        check(|e| e["resource"]["resourceType"] = json!(""), Some("resourceType"));
        check(|e| e["tags"]["ans:status"] = json!("OPEN"), Some("ans:status"));
        check(|e| e["body"] = json!("x".repeat(4001)), Some("4000"));
        check(|e| *e = json!([]), Some("object"));
    }
}
