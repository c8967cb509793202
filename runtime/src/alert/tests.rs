//! Channels against scripted servers.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
    routing::post,
};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};

use super::*;
use crate::{
    clock::ScaledClock,
    environment::SmtpTls,
    journal::{Incident, PostState},
    lifecycle::Reason,
};

fn post_of(firing: bool) -> Post {
    let incident = Incident {
        dedup_key: "PROC-A-SRM7-ORDER-V1/SAP SRM7/EXHAUSTED".to_owned(),
        interface: "PROC-A-SRM7-ORDER-V1".to_owned(),
        target: "SAP SRM7".to_owned(),
        reason: Reason::Exhausted.into(),
        firing,
        acknowledged: None,
        count: 3,
        first_ms: 1_767_225_600_000,
        last_ms: 1_767_225_690_500,
        updates: 0,
        told: 1,
        channels: vec!["SAP Alert Notification".to_owned()],
        message_id: "0199".to_owned(),
        detail: "status 503".to_owned(),
    };
    Post {
        id: "p1".to_owned(),
        channel: "SAP Alert Notification".to_owned(),
        incident,
        state: PostState::Pending,
        tries: 0,
        due_ms: 0,
        created_ms: 0,
        error: String::new(),
    }
}

/// A service instance: what it answers next, and what it got.
#[derive(Default)]
struct Instance {
    answers: Mutex<Vec<(u16, &'static str)>>,
    tokens: Mutex<u32>,
    events: Mutex<Vec<serde_json::Value>>,
}

async fn instance() -> (Arc<Instance>, SocketAddr) {
    async fn token(State(instance): State<Arc<Instance>>, headers: HeaderMap, form: String) -> impl IntoResponse {
        assert_eq!(headers["authorization"], "Basic dGllbGluZTpzZWNyZXQ=");
        assert_eq!(form, "grant_type=client_credentials");
        *instance.tokens.lock().unwrap() += 1;
        r#"{"access_token":"t1","token_type":"bearer","expires_in":3600}"#
    }
    async fn events(State(instance): State<Arc<Instance>>, headers: HeaderMap, body: String) -> impl IntoResponse {
        assert_eq!(
            (&headers["authorization"], &headers["content-type"]),
            (&"Bearer t1".parse().unwrap(), &"application/json".parse().unwrap())
        );
        instance.events.lock().unwrap().push(serde_json::from_str(&body).unwrap());
        let (status, retry_after) = instance.answers.lock().unwrap().pop().unwrap_or((202, "0"));
        (StatusCode::from_u16(status).unwrap(), [("retry-after", retry_after), ("x-vcap-request-id", "v1")], "{}")
    }
    let instance = Arc::new(Instance::default());
    let router = Router::new()
        .route("/oauth/token", post(token))
        .route("/cf/producer/v1/resource-events", post(events))
        .with_state(Arc::clone(&instance));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (instance, address)
}

fn producer(address: SocketAddr) -> SapAlertNotification {
    let clock: Arc<dyn Clock> = Arc::new(ScaledClock::SYSTEM);
    let login = ("tieline".to_owned(), "secret".to_owned().into());
    SapAlertNotification::new(
        format!("http://{address}/"),
        format!("http://{address}"),
        login,
        Links::default(),
        &clock,
    )
    .unwrap()
}

#[tokio::test]
async fn sap_alert_notification_gets_events_as_its_contract_says() {
    let (instance, address) = instance().await;
    let producer = producer(address);
    producer.tell(&post_of(true)).await.unwrap();
    producer.tell(&post_of(false)).await.unwrap();
    let events = instance.events.lock().unwrap().clone();
    let [open, close] = &events[..] else { panic!("{events:?}") };
    assert_eq!(open["eventTimestamp"], 1_767_225_690, "whole seconds");
    assert_eq!((&open["severity"], &open["category"]), (&"ERROR".into(), &"ALERT".into()));
    assert_eq!(open["resource"]["resourceType"], "integration-interface");
    assert_eq!(open["tags"]["ans:status"], "CREATE_OR_UPDATE");
    assert_eq!(close["tags"]["ans:status"], "CLOSE");
    assert_eq!(open["tags"]["ans:sourceEventId"], close["tags"]["ans:sourceEventId"]);
    assert!(open["tags"].as_object().unwrap().values().all(serde_json::Value::is_string), "tags are strings");
    assert!(open["body"].as_str().unwrap().contains("Messages: 3"));
    assert_eq!(*instance.tokens.lock().unwrap(), 1, "one token for both");
}

#[tokio::test]
async fn what_sap_alert_notification_answers_decides_whether_it_is_tried_again() {
    let (instance, address) = instance().await;
    let sap = producer(address);
    let told = async |answers: &[(u16, &'static str)]| {
        *instance.answers.lock().unwrap() = answers.to_vec();
        sap.tell(&post_of(true)).await.map_err(|error| (error.permanent, error.retry_after_ms))
    };
    assert_eq!(told(&[(429, "7")]).await, Err((false, Some(7_000))));
    assert_eq!(told(&[(503, "x")]).await, Err((false, None)));
    assert_eq!(told(&[(400, "x")]).await, Err((true, None)));
    assert_eq!(told(&[(401, "x"), (401, "x")]).await, Err((false, None)), "credentials can be put right");
    assert_eq!(told(&[(401, "x")]).await, Ok(()), "one 401 costs a new token");
    assert_eq!(*instance.tokens.lock().unwrap(), 3);
    let nobody = SocketAddr::from(([127, 0, 0, 1], 9));
    assert!(!producer(nobody).tell(&post_of(true)).await.unwrap_err().permanent);
}

/// A mail server that gives this reply to `DATA`'s end, and remembers the mail.
async fn relay(reply: &'static str) -> (SocketAddr, tokio::task::JoinHandle<String>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let (mut mail, mut in_data) = (String::new(), false);
        write.write_all(b"220 relay\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            let answer = match (in_data, line.as_str()) {
                (true, ".") => {
                    in_data = false;
                    reply
                }
                (true, _) => {
                    mail.push_str(&line);
                    mail.push('\n');
                    continue;
                }
                (false, "DATA") => {
                    in_data = true;
                    "354 go on"
                }
                (false, "QUIT") => "221 bye",
                (false, _) => "250 ok",
            };
            write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
            if !in_data && (answer == reply || answer == "221 bye") {
                break;
            }
        }
        mail
    });
    (address, task)
}

#[tokio::test]
async fn mails_arrive_or_are_tried_again_as_the_relay_says() {
    for (reply, expect) in [("250 queued", Ok(())), ("451 later", Err(false)), ("554 never", Err(true))] {
        let (address, relay) = relay(reply).await;
        let to = ["support@example.org".to_owned()];
        let smtp = Smtp::new(&address.to_string(), "tieline@example.org", &to, (SmtpTls::None, None), Links::default())
            .unwrap();
        let told = smtp.tell(&post_of(true)).await.map_err(|error| error.permanent);
        assert_eq!(told, expect, "{reply}");
        let mail = relay.await.unwrap();
        assert!(mail.contains("Subject: PROC-A-SRM7-ORDER-V1 delivery failed (EXHAUSTED at SAP SRM7)"), "{mail}");
    }
}

#[tokio::test]
async fn a_relay_without_encryption_is_refused_unless_the_environment_allows_it() {
    let (address, _relay) = relay("250 queued").await;
    let to = ["support@example.org".to_owned()];
    let smtp = Smtp::new(&address.to_string(), "tieline@example.org", &to, (SmtpTls::StartTls, None), Links::default())
        .unwrap();
    assert!(smtp.tell(&post_of(true)).await.is_err());
}

#[tokio::test]
async fn encryption_from_the_first_byte_begins_with_a_handshake() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let first = tokio::spawn(async move { listener.accept().await.unwrap().0.read_u8().await.unwrap() });
    let to = ["support@example.org".to_owned()];
    let smtp = Smtp::new(&address, "tieline@example.org", &to, (SmtpTls::Tls, None), Links::default()).unwrap();
    assert!(smtp.tell(&post_of(true)).await.is_err());
    assert_eq!(first.await.unwrap(), 22, "a TLS handshake record (RFC 8446 §5.1)");
}
