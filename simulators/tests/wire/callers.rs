//! The partners as callers, against a door that writes down what it gets.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Value, json};
use simulators::{Call, CallError, Callers, Effect, Fault, Partner, Token, samples};

use crate::support::landscape;

type Seen = Arc<Mutex<Vec<(String, HeaderMap, Bytes)>>>;

/// A service that refuses with 503 as often as told, then accepts everything.
async fn service(refusals: usize) -> (std::net::SocketAddr, Seen) {
    let seen: Seen = Arc::default();
    let shared = seen.clone();
    let app = Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        let seen = shared.clone();
        async move {
            let mut seen = seen.lock().unwrap();
            seen.push((format!("{method} {uri}"), headers, body));
            if seen.len() <= refusals { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::ACCEPTED }
        }
    });
    let app = app.layer(axum::extract::DefaultBodyLimit::max(100_000_000));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, seen)
}

fn every(callers: &Callers) -> Vec<(Call, &'static str)> {
    vec![
        (callers.vms.notify("AR-1001"), "POST /11vms/activity-reports"),
        (callers.srm.approve_cart(&samples::shopping_cart("SC-1")), "POST /srm7/shopping-carts"),
        (callers.maestro.export_ready("PlannedOrders_PF", "PlannedOrders_PF"), "POST /maestro/exports"),
        (callers.salesforce.create_order(&samples::order("4711")), "POST /api/v1/orders"),
        (callers.salesforce.change_order("4711", &samples::order("4711")), "PUT /api/v1/orders/4711"),
        (
            callers.salesforce.payment_status(&samples::payment_received("e", "4711", "PAID")),
            "POST /salesforce/payment-status",
        ),
        (callers.erp.read_customer(samples::ACCOUNT_ID), "GET /api/v1/customers/0015g00000XyZabAAB"),
        (callers.erp.change_customer(&samples::customer_change("e", "C-1001")), "POST /erp/customer-changes"),
        (callers.erp.payment_status(&samples::payment_posted("e", 4711, "PAID")), "POST /erp/payment-status"),
        (callers.vms.message("m-1"), "GET /messages/m-1"),
    ]
}

#[tokio::test]
async fn every_trigger_goes_to_its_path_with_a_token() {
    let l = landscape().await;
    let (address, seen) = service(0).await;
    let callers = l.callers(address);
    let calls = every(&callers);
    let expect: Vec<&str> = calls.iter().map(|(_, line)| *line).collect();
    for (call, _) in calls.clone() {
        assert_eq!(call.send().await.unwrap().status, 202);
    }
    let seen = seen.lock().unwrap();
    assert_eq!(seen.iter().map(|(line, _, _)| line.as_str()).collect::<Vec<_>>(), expect);
    for (line, headers, body) in seen.iter() {
        assert!(headers["authorization"].to_str().unwrap().starts_with("Bearer ey"), "{line}");
        assert!(line.starts_with("GET") || serde_json::from_slice::<Value>(body).unwrap().is_object(), "{line}");
    }
    assert!(l.salesforce.order_of("4711").is_some(), "Salesforce knows the order it sent");
    let sent = l.vms.calls("send-notification");
    assert_eq!((sent[0].status, sent[0].key.as_deref()), (Some(202), Some("AR-1001")));
}

#[tokio::test]
async fn bad_calls_are_bad_as_asked() {
    let l = landscape().await;
    let (address, seen) = service(0).await;
    let callers = l.callers(address);
    let order = || callers.salesforce.create_order(&samples::order("4711"));
    order().token(Token::None).send().await.unwrap();
    order().token(Token::Garbage).send().await.unwrap();
    order().not_json().send().await.unwrap();
    order().without("currency").with("customer_email", "nowhere").header("x-probe", "1").send().await.unwrap();
    order().oversized(11).send().await.unwrap();
    order().raw_body("plain").content_type("text/plain").path("/elsewhere").send().await.unwrap();
    let seen = seen.lock().unwrap();
    assert!(!seen[0].1.contains_key("authorization"));
    assert_eq!(seen[1].1["authorization"], "Bearer not-a-token");
    assert!(serde_json::from_slice::<Value>(&seen[2].2).is_err());
    let edited: Value = serde_json::from_slice(&seen[3].2).unwrap();
    assert!(edited["currency"].is_null() && edited["customer_email"] == "nowhere");
    assert_eq!(seen[3].1["x-probe"], "1");
    assert!(seen[4].2.len() > 11_000_000 && serde_json::from_slice::<Value>(&seen[4].2).is_ok());
    assert_eq!((seen[5].0.as_str(), &seen[5].1["content-type"]), ("POST /elsewhere", &"text/plain".parse().unwrap()));
}

#[tokio::test]
async fn senders_repeat_when_told_and_when_refused() {
    let l = landscape().await;
    let (address, seen) = service(2).await;
    let callers = l.callers(address);
    let pause = std::time::Duration::from_secs(1);
    let reply = callers.vms.notify("AR-1001").send_until_accepted(5, pause).await.unwrap();
    assert_eq!((reply.status, seen.lock().unwrap().len()), (202, 3));
    l.vms.faults(vec![Fault::on("send-notification", 1, Effect::Duplicate)]);
    callers.vms.notify("AR-1002").send().await.unwrap();
    let bodies: Vec<Value> =
        seen.lock().unwrap().iter().map(|(_, _, body)| serde_json::from_slice(body).unwrap()).collect();
    assert_eq!(bodies.len(), 5);
    assert_eq!(bodies[0]["eventId"], bodies[2]["eventId"], "a repetition keeps its event id");
    assert_eq!(bodies[3], bodies[4]);
    assert_ne!(bodies[0]["eventId"], bodies[3]["eventId"]);
    l.vms.faults(vec![Fault::on("send-notification", 1, Effect::DropBefore)]);
    let lost = callers.vms.notify("AR-1001").send().await;
    assert!(matches!(lost, Err(CallError::NoReply(_))));
    assert_eq!(seen.lock().unwrap().len(), 5);
}

#[tokio::test]
async fn event_ids_never_repeat_across_resets() {
    let l = landscape().await;
    let callers = l.callers("127.0.0.1:9".parse().unwrap());
    let id = |call: Call| serde_json::from_slice::<Value>(call.body()).unwrap()["eventId"].clone();
    let first = id(callers.vms.notify("AR-1001"));
    l.reset();
    assert_ne!(first, id(callers.vms.notify("AR-1001")));
    assert!(callers.vms.notify("AR-1001").send().await.is_err(), "nobody listens there");
    assert_ne!(json!(null), first);
}
