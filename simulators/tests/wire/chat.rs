//! PagerDuty, Slack and Microsoft Teams: what they take, what they refuse and in which words.

use crate::support::{client, landscape};
use serde_json::{Value, json};
use simulators::{Landscape, Options, Partner, SimClock, pagerduty::Status};

async fn post(url: &str, body: &Value) -> (u16, String, Option<String>) {
    let reply = client().post(url).json(body).send().await.unwrap();
    let retry_after = reply.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    (reply.status().as_u16(), reply.text().await.unwrap(), retry_after)
}

fn event(key: &str, action: &str) -> Value {
    json!({
        "routing_key": "", "event_action": action, "dedup_key": key,
        "payload": { "summary": "delivery failed", "source": "SAP SRM7", "severity": "error" },
    })
}

#[tokio::test]
async fn pagerduty_checks_events_and_drops_what_fits_no_open_alert() {
    let l = landscape().await;
    let url = format!("{}/v2/enqueue", l.pagerduty.base_url());
    let send = async |change: &dyn Fn(&mut Value), action: &str| {
        let mut event = event("k", action);
        event["routing_key"] = l.pagerduty.routing_key().into();
        change(&mut event);
        post(&url, &event).await
    };
    let (status, text, _) = send(&|_| (), "trigger").await;
    assert_eq!((status, serde_json::from_str::<Value>(&text).unwrap()["dedup_key"].as_str()), (202, Some("k")));
    for (field, value) in [
        ("/routing_key", json!("short")),
        ("/routing_key", json!("x".repeat(32))),
        ("/event_action", json!("open")),
        ("/dedup_key", json!("k".repeat(256))),
        ("/payload/summary", json!("s".repeat(1025))),
        ("/payload/severity", json!("FATAL")),
        ("/payload/source", json!("")),
    ] {
        let (status, text, _) = send(&|event| *event.pointer_mut(field).unwrap() = value.clone(), "trigger").await;
        assert_eq!(status, 400, "{field} {value}");
        assert!(serde_json::from_str::<Value>(&text).unwrap()["errors"].is_array(), "{text}");
    }
    let other = |event: &mut Value| event["dedup_key"] = "nobody".into();
    assert_eq!(send(&other, "resolve").await.0, 202, "taken, and dropped");
    assert_eq!(l.pagerduty.alerts().len(), 1);
    send(&|_| (), "resolve").await;
    send(&|_| (), "trigger").await;
    let alerts: Vec<_> = l.pagerduty.alerts().iter().map(|alert| alert.status).collect();
    assert_eq!(alerts, [Status::Resolved, Status::Triggered], "a new one after the end of the first");
}

#[tokio::test]
async fn all_three_have_their_limits() {
    // On a clock that stands nearly still, so that a slow machine does not keep the limits by itself.
    let clock = SimClock::scaled_from_now(0.001);
    let l = Landscape::start(Options { clock, seed: 7 }).await.unwrap();
    let mut event = event("k", "trigger");
    event["routing_key"] = l.pagerduty.routing_key().into();
    let url = format!("{}/v2/enqueue", l.pagerduty.base_url());
    let slack = json!({ "text": "one" });
    let card = json!({ "type": "AdaptiveCard", "version": "1.4", "body": [{ "type": "TextBlock", "text": "x" }] });
    let teams = json!({ "type": "message", "attachments": [
        { "contentType": "application/vnd.microsoft.card.adaptive", "content": card }] });
    for (url, body, most) in [(&url, &event, 121), (&l.slack.webhook(), &slack, 60), (&l.teams.webhook(), &teams, 60)] {
        let mut refused = None;
        for _ in 0..most {
            let (status, _, retry_after) = post(url, body).await;
            if status == 429 {
                refused = retry_after;
                break;
            }
        }
        assert!(refused.is_some(), "{url}");
    }
}

#[tokio::test]
async fn slack_answers_in_its_own_words() {
    let l = landscape().await;
    let url = l.slack.webhook();
    let header = |text: String| {
        json!({ "text": "t", "blocks": [
        { "type": "header", "text": { "type": "plain_text", "text": text } }] })
    };
    assert_eq!(post(&url, &header("x".repeat(150))).await.1, "ok");
    assert_eq!(post(&url, &header("x".repeat(151))).await, (400, "invalid_blocks".to_owned(), None));
    assert_eq!(post(&url, &json!({ "text": "" })).await, (400, "no_text".to_owned(), None));
    assert_eq!(post(&format!("{url}x"), &json!({ "text": "t" })).await, (404, "no_service".to_owned(), None));
    assert_eq!(l.slack.messages().len(), 1);
}

#[tokio::test]
async fn teams_wants_its_signature_and_a_card() {
    let l = landscape().await;
    let url = l.teams.webhook();
    assert_eq!(post(&url, &json!({ "text": "t" })).await.0, 400);
    assert_eq!(post(url.split('?').next().unwrap(), &json!({})).await.0, 401);
    assert_eq!(post(&url, &json!({ "text": "t".repeat(30_000) })).await.0, 413);
    l.teams.reset();
    assert!(l.teams.journal().is_empty());
}
