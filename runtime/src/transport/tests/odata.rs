//! OData: sessions for modifying calls, V2 shapes.

use super::*;
use crate::descriptor::Matches;
use peer::Act;

const fn odata(method: Method, path: &'static str) -> Protocol {
    Protocol::OData { method, service: "/sap/opu/odata/sap/ZSD_SRV", path }
}

fn session(token: &str) -> Act {
    Act::json(200, "{}")
        .with(&format!("x-csrf-token: {token}"))
        .with("set-cookie: SAP_SESSIONID_ERP_100=abc; path=/; HttpOnly")
        .with("set-cookie: sap-usercontext=sap-client=100")
}

fn required() -> Act {
    Act::json(403, "CSRF token validation failed").with("x-csrf-token: Required")
}

#[tokio::test]
async fn modifying_calls_carry_a_session() {
    let peer = Peer::start(vec![session("T1"), Act::json(201, r#"{"d":{"OrderId":"7"}}"#), Act::json(204, "")]).await;
    let net = Net::to(&peer);
    let create = || operation(system(OutboundAuth::None), odata(Method::Post, "/SalesOrders"));
    let outcome = net.call(create(), Request::new().body(tree("{}"))).await;
    assert_eq!(json::write(&outcome.reply), r#"{"OrderId":"7"}"#);
    let change = operation(system(OutboundAuth::None), odata(Method::Put, "/SalesOrders('{orderId}')"));
    let outcome = net.call(change, Request::new().parameter("orderId", "O'1").body(tree("{}"))).await;
    assert_eq!(told(&outcome), "Delivered: 204 No Content");
    let seen = peer.seen();
    assert_eq!(
        peer.lines(),
        [
            "GET /base/sap/opu/odata/sap/ZSD_SRV/ HTTP/1.1",
            "POST /base/sap/opu/odata/sap/ZSD_SRV/SalesOrders HTTP/1.1",
            "PUT /base/sap/opu/odata/sap/ZSD_SRV/SalesOrders('O%27%271') HTTP/1.1",
        ]
    );
    assert_eq!(seen[0].header("x-csrf-token"), "fetch");
    for modifying in &seen[1..] {
        assert_eq!(modifying.header("x-csrf-token"), "T1");
        assert_eq!(modifying.header("cookie"), "SAP_SESSIONID_ERP_100=abc; sap-usercontext=sap-client=100");
    }
}

#[tokio::test]
async fn a_session_that_is_over_is_fetched_again_once() {
    let create = || operation(system(OutboundAuth::None), odata(Method::Post, "/SalesOrders"));
    let body = || Request::new().body(tree("{}"));
    let peer = Peer::start(vec![session("T1"), required(), session("T2"), Act::json(201, "{}")]).await;
    assert_eq!(told(&Net::to(&peer).call(create(), body()).await), "Delivered: 201 Created");
    assert_eq!(peer.seen()[3].header("x-csrf-token"), "T2");

    let peer = Peer::start(vec![session("T1"), required(), session("T2"), required()]).await;
    assert_eq!(told(&Net::to(&peer).call(create(), body()).await), "Target: 403 Forbidden");
    assert_eq!(peer.seen().len(), 4);
}

#[tokio::test]
async fn without_a_session_nothing_is_modified() {
    let check = async |act: Act, expect: &str| {
        let peer = Peer::start(vec![act]).await;
        let create = operation(system(OutboundAuth::None), odata(Method::Post, "/SalesOrders"));
        assert_eq!(told(&Net::to(&peer).call(create, Request::new().body(tree("{}"))).await), expect);
        assert_eq!(peer.seen().len(), 1);
    };
    check(Act::json(503, ""), "Retryable: the service gave no CSRF token (503)").await;
    check(Act::json(404, ""), "Target: the service gave no CSRF token (404)").await;
    check(
        Act::HangUp,
        "Retryable: connection lost before the reply: error sending request: client error (SendRequest): connection closed before message completed",
    )
    .await;
}

#[tokio::test]
async fn reads_need_no_session_and_errors_have_codes() {
    let error = r#"{"error":{"code":"SY/530","message":{"lang":"en","value":"Order 7 is locked"}}}"#;
    let peer = Peer::start(vec![Act::json(400, error)]).await;
    const LOCKED: &[OutcomeRule] =
        &[OutcomeRule { matches: Matches::ErrorCode("SY/530"), class: Class::Retryable, reason: "order locked" }];
    let read =
        Operation { outcomes: LOCKED, ..operation(system(OutboundAuth::None), odata(Method::Get, "/SalesOrders")) };
    assert_eq!(told(&Net::to(&peer).call(read, Request::new()).await), "Retryable: order locked");
    assert_eq!(peer.lines(), ["GET /base/sap/opu/odata/sap/ZSD_SRV/SalesOrders HTTP/1.1"]);
}
