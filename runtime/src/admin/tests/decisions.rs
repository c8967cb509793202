//! Decisions over the socket: what is answered, what becomes of the message, what stands on record.

use serde_json::json;

use super::*;

#[tokio::test]
async fn a_dead_message_is_retried_replayed_and_resolved() {
    let world = World::start().await;
    let id = world.dead().await;
    let path = |verb: &str| format!("/messages/{id}/{verb}");
    assert_eq!(world.post(&path("retry"), json!({})).await.1["detail"], "say why: `why` stands in the audit log");
    let (status, told) = world.post(&path("retry"), json!({ "why": "the target is back" })).await;
    assert_eq!((status, &told["state"]), (200, &"READY".into()), "{told}");
    // Refused again by the target; then replayed, and the replay dies too.
    let story = loop {
        let story = world.as_admin(&format!("/messages/{id}")).await;
        if story["state"] == "DEAD" {
            break story;
        }
    };
    assert_eq!(story["attempts"].as_array().unwrap().len(), 2);
    let (status, told) = world.post(&path("replay"), json!({ "why": "corrected there" })).await;
    assert_eq!((status, &told["replay_of"]), (202, &id.as_str().into()), "{told}");
    let replay = told["id"].as_str().unwrap();
    let (status, told) = world.post(&path("resolve"), json!({ "why": "ordered by phone" })).await;
    assert_eq!((status, &told["state"]), (200, &"RESOLVED".into()), "{told}");
    let (status, told) = world.post(&path("skip"), json!({ "why": "w" })).await;
    assert_eq!(status, 409, "{told}");
    let story = world.json(&format!("/messages/{id}")).await;
    assert_eq!(story["replays"][0]["id"], replay);
    let decisions: Vec<_> =
        story["decisions"].as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap()).collect();
    assert_eq!(decisions, ["skip", "resolve", "replay", "retry"]);
    assert_eq!(story["decisions"][3]["why"], "the target is back");
    assert_eq!(world.as_admin(&format!("/messages/{replay}")).await["replay"]["why"], "corrected there");
    assert_eq!(world.post("/messages/nobody/retry", json!({ "why": "w" })).await.0, 404);
    assert!(world.audited().await[0].starts_with("retry nobody refused: there is no message"));
}

#[tokio::test]
async fn content_is_edited_by_admins_and_shown_before_it_is_sent() {
    let world = World::start().await;
    let id = world.dead().await;
    let path = format!("/messages/{id}/replay");
    let body = json!({ "email": "y@example.org", "id": 2 });
    let (status, told) = world.post(&path, json!({ "dry_run": true, "body": body })).await;
    assert_eq!((status, &told["end"]), (200, &"goes on after `create` as its target answers".into()), "{told}");
    let diff = told["calls"][0]["diff"].as_str().unwrap();
    assert!(diff.contains("-  \"id\": 1\n+  \"id\": 2") && !told.to_string().contains("example.org"), "{told}");
    assert_eq!(world.audited().await, [""; 0], "nothing happened");
    let (status, told) = world.post(&path, json!({ "why": "a typo", "body": body })).await;
    assert_eq!(status, 202, "{told}");
    let new = told["id"].as_str().unwrap();
    assert_eq!(world.as_admin(&format!("/messages/{new}/body")).await, body);
    assert_eq!(world.audited().await[0], format!("read body {new} done"));
    assert!(world.audited().await[1].contains("edited"), "{:?}", world.audited().await);
    let (status, told) = world.post(&path, json!({ "why": "w", "bdy": 1 })).await;
    assert_eq!(status, 400, "what is not understood is not passed over: {told}");
}

#[tokio::test]
async fn bulk_decisions_take_what_the_filter_finds_page_by_page() {
    let world = World::start().await;
    for _ in 0..3 {
        world.dead().await;
    }
    let count = |told: &Value, name: &str| told[name].as_array().unwrap().len();
    let (status, told) = world.post("/bulk/replay", json!({ "why": "w" })).await;
    assert_eq!(status, 400, "not simply everything: {told}");
    let (status, told) =
        world.post("/bulk/replay", json!({ "filter": { "reason": "PERMANENT" }, "dry_run": true })).await;
    assert_eq!((status, count(&told, "would")), (200, 3), "{told}");
    assert_eq!(told["would"][0]["calls"][0]["step"], "create");
    let (status, told) = world
        .post("/bulk/replay", json!({ "filter": { "reason": "PERMANENT", "limit": 2 }, "why": "all good now" }))
        .await;
    assert_eq!((status, count(&told, "done"), count(&told, "declined")), (200, 2, 0), "{told}");
    let filter = json!({ "reason": "PERMANENT", "limit": 9, "after": told["next"] });
    let batch = told["batch"].clone();
    let (_, rest) =
        world.post("/bulk/replay", json!({ "filter": filter, "why": "all good now", "batch": batch })).await;
    assert_eq!((count(&rest, "done"), &rest["next"], &rest["batch"]), (1, &Value::Null, &batch), "{rest}");
    let audited = world.audited().await;
    assert_eq!(audited.iter().filter(|row| row.contains(batch.as_str().unwrap())).count(), 3, "{audited:?}");
    let (status, told) =
        world.post("/bulk/discard", json!({ "filter": { "state": "DEAD" }, "why": "test data" })).await;
    assert_eq!((status, count(&told, "declined")), (200, 0), "{told}");
    assert!(count(&told, "done") >= 3, "{told}");
}

#[tokio::test]
async fn what_is_paused_is_seen_everywhere() {
    let world = World::start().await;
    let why = json!({ "why": "month end" });
    let (status, told) = world.post("/interfaces/SALES-A-ERP-ORDER-V1/pause", why.clone()).await;
    assert_eq!((status, &told["who"]), (200, &"local".into()), "{told}");
    assert_eq!(world.post("/systems/ERP/pause", why.clone()).await.0, 200);
    assert_eq!(world.post("/systems/SRM8/pause", why.clone()).await.0, 404);
    let id = accept(&world.engine).await;
    let row = world.json(&format!("/messages/{id}")).await;
    assert_eq!((&row["state"], &row["waits_for"]), (&"ACCEPTED".into(), &"PAUSED".into()));
    assert_eq!(world.json("/interfaces").await["interfaces"][0]["paused"]["why"], "month end");
    assert_eq!(world.json("/systems").await["systems"][0]["paused"]["why"], "month end");
    assert_eq!(world.json("/pauses").await["pauses"].as_array().unwrap().len(), 2);
    for path in ["/interfaces/SALES-A-ERP-ORDER-V1/resume", "/systems/ERP/resume"] {
        assert_eq!(world.post(path, why.clone()).await.0, 200);
        assert_eq!(world.post(path, why.clone()).await.0, 409, "it is not paused any more");
    }
    assert_eq!(world.json("/pauses").await["pauses"], json!([]));
}

#[tokio::test]
async fn an_incident_is_taken_on_once_somebody_says_why() {
    let world = World::start().await;
    world.dead().await;
    let key = world.json("/alerts").await["incidents"][0]["dedup_key"].clone();
    let path = format!("/alerts/{}/acknowledge", key.as_str().unwrap().replace('/', "%2F"));
    let (status, told) = world.post(&path, json!({ "why": "on it" })).await;
    assert_eq!(status, 200, "{told}");
    let incident = world.json("/alerts").await["incidents"][0].clone();
    assert_eq!((&incident["status"], &incident["acknowledged_by"]), (&"acknowledged".into(), &"local".into()));
    assert_eq!(world.audited().await, [format!("acknowledge {} done", key.as_str().unwrap())]);
    assert_eq!(world.post("/alerts/none/acknowledge", json!({ "why": "w" })).await.0, 404);
}
