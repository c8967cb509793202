//! Requests as data: what is refused, with what words, and what comes through the door.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{Limits, Stage, problem};
use crate::format::json;

const BASIC: &str = "Basic c2FsZXNmb3JjZTpwOnc="; // salesforce:p:w

#[tokio::test]
async fn a_message_is_accepted_with_its_location() {
    let stage = Stage::start().await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let token = stage.issuer.token("EdDSA", "ed", "{}");
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("traceparent", trace)];
    let response = stage.post("/orders?source=a%20b&source=2", &headers, r#"{"n": 1.50}"#).await;
    assert_eq!(response.status(), 202);
    assert_eq!(response.headers()["location"], "/messages/m-1");
    assert!(response.headers().get("idempotent-replayed").is_none());
    assert_eq!(response.text().await.unwrap(), r#"{"id":"m-1","state":"ACCEPTED"}"#);
    let arrival = stage.script.arrivals.lock().unwrap()[0].clone();
    assert_eq!(arrival.raw, br#"{"n": 1.50}"#);
    assert_eq!(json::write(&arrival.body), r#"{"n":1.50}"#);
    assert_eq!(arrival.parameters, [("source".into(), "a b".into()), ("source".into(), "2".into())]);
    assert!(arrival.traceparent.starts_with("00-0af7651916cd43dd8448eb211c80319c-") && arrival.traceparent != trace);
    let replayed = stage.order(&token, r#"{"do":"replay"}"#).await;
    assert_eq!(
        (replayed.status().as_u16(), replayed.headers()["idempotent-replayed"].to_str().unwrap()),
        (202, "true")
    );
}

#[tokio::test]
async fn refusals_of_the_door_become_problems() {
    let stage = Stage::start().await;
    let token = stage.issuer.token("EdDSA", "ed", "{}");
    let response = stage.order(&token, r#"{"do":"invalid"}"#).await;
    let text = response.text().await.unwrap();
    for part in [
        r#""type":"urn:tieline:ORDERS:400""#,
        r#""title":"The order is not well formed""#,
        r#""retryable":false"#,
        r#""errors":[{"pointer":"/order_number","detail":"is missing"}]"#,
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let response = stage.order(&token, r#"{"do":"full"}"#).await;
    assert_eq!(response.headers()["retry-after"], "7");
    assert_eq!(problem(response).await, "503 the store is nearly full");
    let check = async |body: &str, expect: &str| assert_eq!(problem(stage.order(&token, body).await).await, expect);
    check(r#"{"do":"reuse"}"#, "422 the idempotency key was used before with another body").await;
    check(r#"{"do":"fail"}"#, "502 EXHAUSTED: SAP ERP does not answer").await;
    check(r#"{"do":"panic"}"#, "500 something broke; nothing is known to be stored").await;
    assert_eq!(stage.refused.0.lock().unwrap().as_slice(), [400, 503, 422, 502, 500].map(|s| (Some("ORDERS"), s)));
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_before_the_door() {
    let stage = Stage::start().await;
    let token = stage.issuer.token("EdDSA", "ed", "{}");
    let bearer = format!("Bearer {token}");
    let send = async |content_type: &str, encoding: Option<&str>, body: String| {
        let request = stage.client.post(stage.url("/orders")).header("authorization", &bearer);
        let request = request.header("content-type", content_type).body(body);
        let request = match encoding {
            Some(encoding) => request.header("content-encoding", encoding),
            None => request,
        };
        problem(request.send().await.unwrap()).await
    };
    let json = "application/json";
    let media = "415 the body must be application/json in UTF-8";
    assert_eq!(send("text/plain", None, "{}".into()).await, media);
    assert_eq!(send("application/json; charset=iso-8859-1", None, "{}".into()).await, media);
    assert_eq!(send(json, Some("gzip"), "{}".into()).await, "415 compressed bodies are not accepted");
    assert_eq!(send(json, None, String::new()).await, "400 the body is empty");
    assert_eq!(
        send(json, None, "{\"a\":\"secret\",}".into()).await,
        "400 the body is not acceptable JSON: trailing comma (line 1, column 15)"
    );
    assert_eq!(send(json, None, " ".repeat(1001)).await, "413 the body is larger than 1000 bytes");
    assert_eq!(send(json, None, " ".repeat(11_000_000)).await, "413 the body is larger than 1000 bytes");
    assert!(stage.script.arrivals.lock().unwrap().is_empty());
    let ok = stage.post("/orders", &[("authorization", &bearer)], "{}").await;
    assert_eq!(ok.status(), 202);
    let cloud_event = stage.client.post(stage.url("/orders")).header("authorization", &bearer);
    let cloud_event = cloud_event.header("content-type", "application/cloudevents+json; charset=UTF-8").body("{}");
    assert_eq!(cloud_event.send().await.unwrap().status(), 202);
}

#[tokio::test]
async fn a_body_without_announced_length_is_cut_at_the_limit_too() {
    let stage = Stage::start().await;
    let mut stream = TcpStream::connect(stage.address).await.unwrap();
    let head =
        "PUT /orders/1 HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = format!("{:x}\r\n{}\r\n", 2000, " ".repeat(2000));
    stream.write_all(format!("{head}{chunk}0\r\n\r\n").as_bytes()).await.unwrap();
    let mut text = vec![0; 12];
    stream.read_exact(&mut text).await.unwrap();
    assert_eq!(text, b"HTTP/1.1 413");
}

#[tokio::test]
async fn paths_methods_and_parameters() {
    let stage = Stage::start().await;
    let answer = async |method: &str, path: &str| {
        let request = stage.client.request(method.parse().unwrap(), stage.url(path));
        let response = request.header("content-type", "application/json").body("{}").send().await.unwrap();
        let allow = response.headers().get("allow").map(|value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), allow)
    };
    assert_eq!(answer("PUT", "/orders/A%2F1").await, (204, None));
    let parameters = stage.script.arrivals.lock().unwrap()[0].parameters.clone();
    assert_eq!(parameters, [("id".to_owned(), "A/1".to_owned())]);
    assert_eq!(answer("GET", "/orders").await, (405, Some("POST".to_owned())));
    assert_eq!(answer("HEAD", "/customers/1").await, (405, Some("GET".to_owned())));
    assert_eq!(answer("HEAD", "/messages/m-1").await, (405, Some("GET".to_owned())));
    assert_eq!(answer("PROPFIND", "/orders").await, (405, Some("POST".to_owned())));
    assert_eq!(answer("OPTIONS", "/orders").await, (405, Some("POST".to_owned())));
    for path in ["/", "/nothing", "/orders/", "/orders/1/2", "/orders/%ff", "/messages", "/messages/", "/messages/a/b"]
    {
        assert_eq!(answer("PUT", path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn requests_are_answered_by_the_flow_or_later() {
    let stage = Stage::start().await;
    let get = async |authorization: &str| {
        let request = stage.client.get(stage.url("/customers/7"));
        request.header("authorization", authorization).send().await.unwrap()
    };
    let response = get(BASIC).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.text().await.unwrap(), r#"{"name":"Example"}"#);
    let put = stage.client.put(stage.url("/orders/7")).header("content-type", "application/json");
    let response = put.body(r#"{"do":"later"}"#).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["location"].to_str().unwrap()), (202, "/messages/m-1"));
    // salesforce:wrong, nobody:p:w, not base64, no colon, another scheme
    for wrong in ["Basic c2FsZXNmb3JjZTp3cm9uZw==", "Basic bm9ib2R5OnA6dw==", "Basic *", "Basic YQ==", "Bearer x"] {
        let response = get(wrong).await;
        let challenge = response.headers()["www-authenticate"].to_str().unwrap().to_owned();
        assert_eq!(
            (response.status().as_u16(), challenge.as_str()),
            (401, "Basic realm=\"tieline\", charset=\"UTF-8\"")
        );
    }
}

#[tokio::test]
async fn a_sender_reads_the_state_of_its_own_messages_only() {
    let stage = Stage::start().await;
    let get = async |path: &str, authorization: Option<&str>| {
        let mut request = stage.client.get(stage.url(path));
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let bearer = |claims: &str| format!("Bearer {}", stage.issuer.token("EdDSA", "ed", claims));
    let state = (200, r#"{"id":"m-1","state":"DELIVERED"}"#.to_owned());
    assert_eq!(get("/messages/m-1", Some(BASIC)).await, state);
    assert_eq!(get("/messages/m-1", Some(&bearer("{}"))).await, state);
    assert_eq!(get("/messages/m-2", Some(BASIC)).await.0, 404);
    assert_eq!(get("/messages/m-1", Some(&bearer(r#"{"sub":"other"}"#))).await.0, 404);
    assert_eq!(get("/messages/m-1", Some(&bearer(r#"{"exp":1}"#))).await.0, 401);
    assert_eq!(get("/messages/m-1", None).await.0, 404);
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let stage = Stage::start().await;
    let post = async || stage.post("/open", &[], "{}").await;
    assert_eq!((post().await.status().as_u16(), post().await.status().as_u16()), (202, 202));
    let response = post().await;
    assert_eq!(response.headers()["retry-after"], "30");
    assert_eq!(problem(response).await, "429 too many requests for this interface");
    stage.clock.forward(30_000);
    assert_eq!((post().await.status().as_u16(), post().await.status().as_u16()), (202, 429));
    stage.clock.forward(3_600_000);
    assert_eq!([post().await, post().await, post().await].map(|r| r.status().as_u16()), [202, 202, 429]);
}

#[tokio::test]
async fn webhooks_are_registered_by_known_origins_only() {
    let stage = Stage::start().await;
    let ask = async |origin: &str| {
        let request = stage.client.request(http::Method::OPTIONS, stage.url("/orders"));
        request.header("webhook-request-origin", origin).header("webhook-request-rate", "100").send().await.unwrap()
    };
    let response = ask("eventmesh.example.org").await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["webhook-allowed-origin"], "eventmesh.example.org");
    assert_eq!(response.headers()["webhook-allowed-rate"], "*");
    assert_eq!(response.headers()["allow"], "POST");
    let response = ask("evil.example.org").await;
    assert_eq!(response.status(), 405);
    assert!(response.headers().get("webhook-allowed-origin").is_none());
}

#[tokio::test]
async fn while_not_ready_everybody_is_sent_away() {
    let stage = Stage::start().await;
    stage.script.ready.store(false, std::sync::atomic::Ordering::SeqCst);
    let response = stage.post("/open", &[], "{}").await;
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(problem(response).await, "503 the service is starting or stopping");
}

#[tokio::test]
async fn a_client_that_never_finishes_is_cut_off() {
    let stage = Stage::start_with(Limits { headers: Duration::from_millis(200), ..Limits::default() }).await;
    for start in ["", "P", "PRI * HT", "POST /open HTTP/1.1\r\nhost: x\r\n"] {
        let mut stream = TcpStream::connect(stage.address).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "{start:?} kept its connection");
    }
    assert_eq!(stage.post("/open", &[], "{}").await.status(), 202);
}

#[tokio::test]
async fn shutdown_ends_when_the_last_answer_is_out() {
    let stage = Stage::start().await;
    assert_eq!(stage.post("/open", &[], "{}").await.status(), 202);
    stage.shutdown.cancel();
    tokio::time::timeout(Duration::from_secs(5), stage.server).await.unwrap().unwrap();
    assert!(TcpStream::connect(stage.address).await.is_err());
}

#[tokio::test]
async fn http_2_is_spoken_at_once_where_the_caller_does() {
    let stage = Stage::start().await;
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(crate::tls::client(None, None).unwrap())
        .http2_prior_knowledge()
        .no_proxy()
        .build()
        .unwrap();
    let request = client.post(stage.url("/open")).header("content-type", "application/json").body("{}");
    let response = request.send().await.unwrap();
    assert_eq!((response.version(), response.status().as_u16()), (http::Version::HTTP_2, 202));
}
