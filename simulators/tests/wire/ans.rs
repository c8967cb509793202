//! SAP Alert Notification: who may produce, what is refused, what can be read back.

use crate::support::{client, landscape, send, token};
use serde_json::{Value, json};
use simulators::{Effect, Fault, Partner};

fn event(severity: &str, source: &str) -> Value {
    json!({
        "eventType": "InterfaceDeliveryFailed", "severity": severity, "category": "ALERT",
        "subject": "delivery failed", "body": "last attempt failed",
        "resource": { "resourceName": "PROC-11VMS-SRM7-ACTIVITY-REPORT-V1", "resourceType": "integration-interface" },
        "tags": { "ans:sourceEventId": source, "ans:status": "CREATE_OR_UPDATE" },
    })
}

#[tokio::test]
async fn events_are_accepted_checked_and_read_back() {
    let l = landscape().await;
    let one = format!("{}/cf/producer/v1/resource-events", l.ans.base_url());
    let batch = format!("{one}-batch");
    let read = format!("{}/cf/consumer/v1/matched-events", l.ans.base_url());
    assert_eq!(send(client().post(&one).json(&event("ERROR", "a"))).await.0, 401);
    let token = token(&l.ans.token_url(), &l.ans.client_secret(), &[]).await;
    let post = |url: &str, body: &Value| send(client().post(url).bearer_auth(&token).json(body));
    let (status, body) = post(&one, &event("ERROR", "a")).await;
    assert_eq!(status, 202);
    assert!(body["id"].is_string() && body["eventTimestamp"].is_i64(), "{body}");
    assert_eq!(post(&one, &event("LOUD", "a")).await.0, 400);
    let (status, body) = post(&batch, &json!([event("INFO", "b"), event("LOUD", "c"), event("INFO", "d")])).await;
    assert_eq!(status, 400);
    assert_eq!((body["accepted"].as_array().unwrap().len(), body["rejected"].as_array().unwrap().len()), (1, 2));
    assert_eq!(post(&batch, &json!([event("INFO", "e")])).await.0, 202);
    for (query, total) in
        [("", 3), ("?severity=ERROR", 1), ("?sourceEventId=e", 1), ("?resourceName=X", 0), ("?page=1&pageSize=2", 3)]
    {
        let (_, body) = send(client().get(format!("{read}{query}")).bearer_auth(&token)).await;
        assert_eq!(body["responseMetadata"]["totalResultsCount"], total, "{query}");
    }
    assert_eq!(l.ans.events_of("PROC-11VMS-SRM7-ACTIVITY-REPORT-V1").len(), 3);
    assert_eq!(l.ans.calls("resource-events")[1].key.as_deref(), Some("a"));
}

#[tokio::test]
async fn every_answer_can_be_traced() {
    let l = landscape().await;
    l.ans.faults(vec![Fault::on("resource-events", 1, Effect::Status { code: 429, body: None, retry_after: Some(5) })]);
    let url = format!("{}/cf/producer/v1/resource-events", l.ans.base_url());
    for status in [429, 401] {
        let response = client().post(&url).json(&event("INFO", "a")).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        assert!(response.headers().contains_key("x-vcap-request-id"));
    }
}
