//! Erasure over the socket: what goes, what stays, what is refused, what stands on record.

use serde_json::json;

use super::*;

fn said(what: &Value, more: &Value) -> Value {
    let mut said = json!({ "why": "request 88", "confirm": true });
    said.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
    said.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    said
}

#[tokio::test]
async fn a_message_is_erased_with_what_repeats_it() {
    let world = World::start().await;
    let id = world.dead().await;
    let replayed = world.post(&format!("/messages/{id}/replay"), json!({ "why": "again" })).await.1;
    let replay = replayed["id"].as_str().unwrap();
    while world.json(&format!("/messages/{replay}")).await["state"] != "DEAD" {
        tokio::task::yield_now().await;
    }
    let path = format!("/messages/{id}/erase");
    let (status, told) = world.post(&path, json!({ "why": "w" })).await;
    assert_eq!(status, 400, "{told}");
    assert!(told["detail"].as_str().unwrap().contains("\"confirm\": true"), "{told}");
    let (status, told) = world.post(&path, said(&json!({}), &json!({}))).await;
    assert!(status == 409 && told["detail"].as_str().unwrap().contains("waits for a decision"), "{told}");
    let (status, told) = world.post(&path, json!({ "dry_run": true, "discard": true })).await;
    assert_eq!((status, &told["count"]), (200, &2.into()), "{told}");
    assert_eq!(world.json(&format!("/messages/{id}")).await["erased_by"], Value::Null, "nothing happened");

    let (status, told) = world.post(&path, said(&json!({ "discard": true }), &json!({}))).await;
    assert_eq!((status, &told["erased"]), (200, &json!([replay, id])), "{told}");
    for id in [&id, replay] {
        let story = world.json(&format!("/messages/{id}")).await;
        assert_eq!((&story["state"], &story["erased_by"]), (&"DISCARDED".into(), &"local".into()), "{story}");
        assert!(story["detail"].as_str().unwrap().starts_with("erased on "), "{story}");
        assert_eq!(story["decisions"][0]["action"], "erase");
        assert_eq!(world.get(&format!("/messages/{id}/body")).await.0, 401);
        for verb in ["retry", "replay"] {
            let (status, told) = world.post(&format!("/messages/{id}/{verb}"), json!({ "why": "w" })).await;
            assert!(status == 409 && told["detail"].as_str().unwrap().contains("was erased on"), "{verb}: {told}");
        }
    }
    assert_eq!(world.json("/dead-letters").await["dead_letters"], json!([]), "none waits for anybody");
    assert_eq!(world.json("/interfaces").await["interfaces"][0]["dead_letters"], 0);
    let (status, told) = world.post(&path, said(&json!({}), &json!({}))).await;
    assert_eq!((status, &told["erased"]), (200, &json!([])), "once is enough: {told}");
}

#[tokio::test]
async fn a_filter_is_counted_then_erased_and_its_day_shredded() {
    let world = World::start().await;
    for _ in 0..3 {
        world.dead().await;
    }
    assert_eq!(world.post("/bulk/erase", said(&json!({}), &json!({}))).await.0, 400, "not simply everything");
    let filter = json!({ "filter": { "interface": "SALES-A-ERP-ORDER-V1", "limit": 2 }, "discard": true });
    let (status, told) = world.post("/bulk/erase", said(&filter, &json!({ "dry_run": true }))).await;
    assert_eq!((status, &told["count"]), (200, &2.into()), "{told}");
    let (status, told) = world.post("/bulk/erase", said(&filter, &json!({ "discard": false }))).await;
    assert_eq!((status, &told["count"], told["declined"].as_array().unwrap().len()), (200, &0.into(), 2), "{told}");
    let (_, told) = world.post("/bulk/erase", said(&filter, &json!({}))).await;
    assert_eq!(told["count"], 2, "{told}");
    let rest = json!({ "filter": { "interface": "SALES-A-ERP-ORDER-V1", "after": told["next"] }, "discard": true });
    assert_eq!(world.post("/bulk/erase", said(&rest, &json!({}))).await.1["count"], 1);

    let path = "/interfaces/SALES-A-ERP-ORDER-V1/shred";
    let (status, told) = world.post(path, said(&json!({ "day": "2999-01-01" }), &json!({}))).await;
    assert!(status == 409 && told["detail"].as_str().unwrap().contains("not over"), "{told}");
    assert_eq!(world.post(path, said(&json!({ "day": "yesterday" }), &json!({}))).await.0, 400);
    let (status, told) = world.post(path, said(&json!({ "day": "2000-01-01" }), &json!({}))).await;
    assert_eq!((status, &told["keys"]), (200, &0.into()), "{told}");
    let audited = world.audited().await;
    assert!(audited[0].starts_with("shred interface:SALES-A-ERP-ORDER-V1 done"), "{audited:?}");
    assert_eq!(audited.iter().filter(|row| row.starts_with("erase ") && row.ends_with(" done")).count(), 3);
    assert_eq!(audited.iter().filter(|row| row.contains("refused")).count(), 3, "refusals are on record: {audited:?}");
}
