//! 11VMS on the wire: tokens, limits, the reception's state machine, duplicates, faults, going down and coming back.

use crate::support::{client, landscape, send, token};
use serde_json::{Value, json};
use simulators::{Effect, Fault, Landscape, Partner, samples};

async fn vms_token(l: &Landscape) -> String {
    token(&l.vms.token_url(), &l.vms.client_secret(), &[("audience", "external-client-api-v2")]).await
}

fn order(external_id: &str) -> Value {
    json!({
        "externalId": external_id, "title": "Services", "startDate": "2026-03-02", "endDate": "2026-05-29",
        "currency": "EUR", "totalAmount": 1240.0, "requester": "U0042", "supplierId": "100234",
        "lines": [{ "externalItem": "1", "description": "Architect", "workUnit": "day", "workUnitNumber": 2, "unitPrice": "620.00" }],
    })
}

#[tokio::test]
async fn a_token_needs_the_audience() {
    let l = landscape().await;
    let secret = l.vms.client_secret();
    for (audience, secret, status) in [
        (Some("external-client-api-v2"), secret.as_str(), 200),
        (Some("other"), secret.as_str(), 403),
        (None, secret.as_str(), 403),
        (Some("external-client-api-v2"), "wrong", 401),
    ] {
        let mut form = vec![("grant_type", "client_credentials"), ("client_id", "tieline"), ("client_secret", secret)];
        form.extend(audience.map(|a| ("audience", a)));
        assert_eq!(send(client().post(l.vms.token_url()).form(&form)).await.0, status, "{audience:?}");
    }
}

#[tokio::test]
async fn reports_receptions_and_orders_behave() {
    let l = landscape().await;
    l.vms.configure(|s| s.per_second = 1000);
    let token = vms_token(&l).await;
    let base = l.vms.base_url();
    let check = async |method: &str, path: &str, body: Option<Value>, status: u16, part: &str| {
        let mut request = client().request(method.parse().unwrap(), format!("{base}{path}")).bearer_auth(&token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let (seen, body) = send(request).await;
        assert_eq!(seen, status, "{method} {path}: {body}");
        assert!(body.to_string().contains(part), "{method} {path}: {body}");
    };
    check("GET", "/v2/activity-reports/AR-1001", None, 200, "21.5").await;
    check("GET", "/v2/activity-reports/AR-9", None, 404, "NOT_FOUND").await;
    let validated = json!({ "status": "validated", "message": "done" });
    check("PUT", "/v2/service-receptions/AR-9", Some(validated.clone()), 404, "NOT_FOUND").await;
    check("PUT", "/v2/service-receptions/AR-1002", Some(json!({ "status": "maybe" })), 422, "INVALID_STATUS").await;
    check("PUT", "/v2/service-receptions/AR-1002", Some(validated.clone()), 200, "validated").await;
    check("PUT", "/v2/service-receptions/AR-1002", Some(validated), 409, "ALREADY_FINAL").await;
    check("POST", "/v2/purchase-orders", Some(order("SC-1")), 201, "PO-1001").await;
    check("POST", "/v2/purchase-orders", Some(order("SC-1")), 409, "DUPLICATE_EXTERNAL_ID").await;
    check("POST", "/v2/purchase-orders", Some(json!({ "externalId": "SC-2" })), 422, "lines must hold").await;
    let mut backwards = order("SC-3");
    backwards["endDate"] = json!("2026-01-01");
    check("POST", "/v2/purchase-orders", Some(backwards), 422, "before startDate").await;
    check("GET", "/v2/purchase-orders?externalId=SC-1", None, 200, "PO-1001").await;
    check("DELETE", "/v2/purchase-orders", None, 405, "").await;
    assert_eq!(l.vms.reception("AR-1002").unwrap().message.as_deref(), Some("done"));
    assert_eq!(l.vms.purchase_orders_of("SC-1").len(), 1);
    assert_eq!(l.vms.calls("create-purchase-order")[0].key.as_deref(), Some("SC-1"));
    l.vms.reset();
    assert!(l.vms.purchase_orders().is_empty());
    assert_eq!(l.vms.reception("AR-1002").unwrap().status, "pending");
}

#[tokio::test]
async fn no_token_no_report() {
    let l = landscape().await;
    let url = format!("{}/v2/activity-reports/AR-1001", l.vms.base_url());
    assert_eq!(send(client().get(&url)).await.0, 401);
    assert_eq!(send(client().get(&url).bearer_auth("made-up")).await.0, 401);
    let token = vms_token(&l).await;
    assert_eq!(send(client().get(&url).bearer_auth(&token)).await.0, 200);
    l.vms.faults(vec![Fault::on("get-activity-report", 1, Effect::ExpireToken)]);
    assert_eq!(send(client().get(&url).bearer_auth(&token)).await.0, 401, "this token is gone for good");
    assert_eq!(send(client().get(&url).bearer_auth(&token)).await.0, 401);
    let fresh = vms_token(&l).await;
    assert_eq!(send(client().get(&url).bearer_auth(&fresh)).await.0, 200);
}

#[tokio::test]
async fn two_calls_at_once_are_one_too_many() {
    let l = landscape().await;
    let token = vms_token(&l).await;
    l.vms.faults(vec![Fault::on("get-activity-report", 1, Effect::Delay(60_000))]);
    let url = format!("{}/v2/activity-reports/AR-1001", l.vms.base_url());
    let slow = tokio::spawn(send(client().get(&url).bearer_auth(&token)));
    while l.vms.calls("get-activity-report").is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    assert_eq!(send(client().get(&url).bearer_auth(&token)).await.0, 429);
    assert_eq!(slow.await.unwrap().0, 200);
    assert_eq!(send(client().get(&url).bearer_auth(&token)).await.0, 200, "alone again");
}

#[tokio::test]
async fn the_proxy_arrests_spikes() {
    // A slow clock, so that eleven calls fit into one virtual second on any machine.
    let clock = simulators::SimClock::scaled_from_now(0.1);
    let l = Landscape::start(simulators::Options { clock, seed: 7 }).await.unwrap();
    l.vms.configure(|s| s.latency_ms = 0);
    let token = vms_token(&l).await;
    let url = format!("{}/v2/activity-reports/AR-1001", l.vms.base_url());
    for _ in 0..10 {
        assert_eq!(send(client().get(&url).bearer_auth(&token)).await.0, 200);
    }
    let (status, body) = send(client().get(&url).bearer_auth(&token)).await;
    assert_eq!(status, 500);
    assert_eq!(body["fault"]["detail"]["errorcode"], "policies.ratelimit.SpikeArrestViolation");
}

#[tokio::test]
async fn faults_look_like_faults() {
    let l = landscape().await;
    l.vms.configure(|s| s.per_second = 1000);
    let token = vms_token(&l).await;
    let post = |id: &str| {
        client().post(format!("{}/v2/purchase-orders", l.vms.base_url())).bearer_auth(&token).json(&order(id))
    };
    l.vms.faults(vec![
        Fault::on("create-purchase-order", 1, Effect::Status { code: 503, body: None, retry_after: Some(7) }),
        Fault::on("create-purchase-order", 1, Effect::DropBefore),
        Fault::on("create-purchase-order", 1, Effect::DropAfter),
    ]);
    let refused = post("SC-1").send().await.unwrap();
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (503, "7"));
    assert!(post("SC-1").send().await.is_err(), "dropped before");
    assert!(l.vms.purchase_orders().is_empty());
    assert!(post("SC-1").send().await.is_err(), "dropped after");
    assert_eq!(l.vms.purchase_orders().len(), 1, "the work was done, the reply was lost");
    assert_eq!(post("SC-1").send().await.unwrap().status().as_u16(), 409);
    let seen: Vec<_> = l.vms.calls("create-purchase-order").into_iter().map(|e| (e.status, e.effect)).collect();
    let effect = |name: &str| Some(name.to_owned());
    assert_eq!(
        seen,
        [(Some(503), effect("status")), (None, effect("drop_before")), (None, effect("drop_after")), (Some(409), None)]
    );
}

#[tokio::test]
async fn down_refuses_connections_and_up_takes_the_same_port() {
    let l = landscape().await;
    let token = vms_token(&l).await;
    let url = format!("{}/v2/activity-reports/AR-1001", l.vms.base_url());
    l.vms.down().await;
    assert!(client().get(&url).send().await.unwrap_err().is_connect());
    l.vms.up().await;
    assert_eq!(send(client().get(&url).bearer_auth(&token)).await.0, 200);
}

#[tokio::test]
async fn the_control_plane_does_over_http_what_rust_does() {
    let l = landscape().await;
    let control = l.control_url();
    let fault = json!({ "on": { "operation": "token" }, "times": 1, "effect": { "status": { "code": 502 } } });
    let url = |what: &str| format!("{control}/__sim/vms/{what}");
    assert_eq!(send(client().post(url("faults")).json(&fault)).await.0, 204);
    assert_eq!(send(client().get(url("faults"))).await.1, json!([fault]));
    assert_eq!(send(client().post(l.vms.token_url())).await.0, 502);
    let (_, journal) = send(client().get(url("journal"))).await;
    assert_eq!((&journal[0]["operation"], &journal[0]["status"]), (&json!("token"), &json!(502)));
    assert!(send(client().get(url("state"))).await.1["reports"].is_array());
    assert_eq!(send(client().post(url("faults")).body("{")).await.0, 400);
    assert_eq!(send(client().get(url("nonsense"))).await.0, 404);
    assert_eq!(send(client().get(format!("{control}/__sim/nobody/state"))).await.0, 404);
    assert_eq!(send(client().post(url("faults")).json(&json!([{ "effect": "down" }]))).await.0, 204);
    while client().post(l.vms.token_url()).send().await.is_ok() {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    assert_eq!(send(client().post(url("faults")).json(&json!({ "effect": "up" }))).await.0, 204);
    while client().post(l.vms.token_url()).send().await.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    assert_eq!(send(client().post(format!("{control}/__sim/reset"))).await.0, 204);
    assert!(l.vms.journal().is_empty());
    let (_, names) = send(client().get(format!("{control}/__sim"))).await;
    assert_eq!(names.as_array().unwrap().len(), 14);
}

#[tokio::test]
async fn the_same_seed_makes_the_same_secrets_and_samples() {
    let (a, b) = (landscape().await, landscape().await);
    assert_eq!(a.vms.client_secret(), b.vms.client_secret());
    assert_eq!(samples::shopping_cart("SC-1"), samples::shopping_cart("SC-1"));
}
