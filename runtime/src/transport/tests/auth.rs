//! Proofs of identity: one token for many, renewed in time, renewed once when it is refused.

use futures_util::future::join_all;

use super::*;
use crate::environment::{SecretString, TokenAuth};
use peer::Act;

const OAUTH: OutboundAuth = OutboundAuth::OAuth2 { scopes: &["a", "b"], audience: Some("external-client-api-v2") };

fn secret(text: &str) -> Option<SecretString> {
    Some(text.to_owned().into())
}

fn placed(api: &Peer, tokens: &Peer, token_auth: TokenAuth) -> Net {
    Net::new(Placement {
        base_url: Some(api.url("")),
        token_url: Some(tokens.url("/token")),
        client_id: Some("tie line".to_owned()),
        client_secret: secret("s&cret"),
        token_auth,
        ..Placement::default()
    })
}

fn token(value: &str, life: &str) -> Act {
    Act::json(200, &format!(r#"{{"access_token":"{value}","token_type":"bearer"{life}}}"#))
}

fn read() -> Operation {
    operation(system(OAUTH), rest(Method::Get, "/x"))
}

#[tokio::test]
async fn fifty_callers_ask_for_one_token() {
    let (api, tokens) =
        (Peer::start(vec![Act::json(200, "")]).await, Peer::start(vec![token("t1", r#","expires_in":3600"#)]).await);
    let net = placed(&api, &tokens, TokenAuth::Basic);
    let operation: &'static Operation = Box::leak(Box::new(read()));
    let request = Request::new();
    let call = Call { operation, request: &request, overrides: &[], key: KEY, traceparent: TRACE };
    let outcomes = join_all((0..50).map(|_| net.transport.exchange(call))).await;
    assert!(outcomes.iter().all(|outcome| outcome.class == Class::Delivered));
    assert_eq!((tokens.seen().len(), api.seen().len()), (1, 50));
    let asked = &tokens.seen()[0];
    assert_eq!(asked.body, "grant_type=client_credentials&scope=a%20b&audience=external-client-api-v2");
    assert_eq!(asked.header("content-type"), "application/x-www-form-urlencoded");
    // tie%20line:s%26cret (RFC 6749 2.3.1)
    assert_eq!(asked.header("authorization"), "Basic dGllJTIwbGluZTpzJTI2Y3JldA==");
    assert!(api.seen().iter().all(|seen| seen.header("authorization") == "Bearer t1"));
}

#[tokio::test]
async fn the_form_may_carry_the_client() {
    let (api, tokens) = (Peer::start(vec![Act::json(200, "")]).await, Peer::start(vec![token("t1", "")]).await);
    placed(&api, &tokens, TokenAuth::Body).call(read(), Request::new()).await;
    let body = tokens.seen()[0].body.clone();
    assert!(body.ends_with("&client_id=tie%20line&client_secret=s%26cret"), "{body}");
    assert_eq!(tokens.seen()[0].header("authorization"), "");
}

#[tokio::test]
async fn tokens_are_renewed_a_minute_early() {
    let api = Peer::start(vec![Act::json(200, "")]).await;
    for (life, good_for_ms) in [(r#","expires_in":3600"#, 3_540_000), (r#","expires_in":"100""#, 50_000), ("", 240_000)]
    {
        let tokens = Peer::start(vec![token("t1", life)]).await;
        let net = placed(&api, &tokens, TokenAuth::Basic);
        net.call(read(), Request::new()).await;
        net.clock.0.fetch_add(good_for_ms - 1, Ordering::SeqCst);
        net.call(read(), Request::new()).await;
        assert_eq!(tokens.seen().len(), 1, "{life}");
        net.clock.0.fetch_add(1, Ordering::SeqCst);
        net.call(read(), Request::new()).await;
        assert_eq!(tokens.seen().len(), 2, "{life}");
    }
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let script = vec![token("t1", ""), token("t2", "")];
    let (api, tokens) =
        (Peer::start(vec![Act::json(401, ""), Act::json(200, "")]).await, Peer::start(script.clone()).await);
    let outcome = placed(&api, &tokens, TokenAuth::Basic).call(read(), Request::new()).await;
    assert_eq!(told(&outcome), "Delivered: 200 OK");
    let shown: Vec<_> = api.seen().iter().map(|seen| seen.header("authorization").to_owned()).collect();
    assert_eq!(shown, ["Bearer t1", "Bearer t2"]);

    let (api, tokens) = (Peer::start(vec![Act::json(401, "")]).await, Peer::start(script).await);
    let outcome = placed(&api, &tokens, TokenAuth::Basic).call(read(), Request::new()).await;
    assert_eq!(told(&outcome), "Target: 401 Unauthorized");
    assert_eq!((api.seen().len(), tokens.seen().len()), (2, 2));
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let check = async |act: Act, expect: &str| {
        let (api, tokens) = (Peer::start(vec![Act::json(200, "")]).await, Peer::start(vec![act]).await);
        let net = placed(&api, &tokens, TokenAuth::Basic);
        let outcome =
            net.call(operation(system(OAUTH), rest(Method::Post, "/x")), Request::new().body(tree("{}"))).await;
        assert_eq!(told(&outcome), expect);
        assert!(api.seen().is_empty());
        outcome
    };
    check(Act::json(401, r#"{"error":"invalid_client"}"#), "Target: token endpoint: 401 (invalid_client)").await;
    check(Act::json(400, r#"{"error":"invalid_scope"}"#), "Target: token endpoint: 400 (invalid_scope)").await;
    check(Act::json(200, "{}"), "Target: token endpoint: the reply holds no access_token").await;
    let outcome = check(Act::json(503, "").with("retry-after: 9"), "Retryable: token endpoint: 503").await;
    assert_eq!(outcome.retry_after_ms, Some(9000));
    let outcome = check(Act::HangUp, "Retryable: token endpoint: connection lost before the reply: error sending request: client error (SendRequest): connection closed before message completed").await;
    assert_eq!(outcome.status, None);
}

#[tokio::test]
async fn who_waits_for_a_token_in_vain_shares_the_answer() {
    let (api, tokens) = (Peer::start(vec![Act::json(200, "")]).await, Peer::start(vec![Act::json(503, "")]).await);
    let net = placed(&api, &tokens, TokenAuth::Basic);
    let operation: &'static Operation = Box::leak(Box::new(read()));
    let request = Request::new();
    let call = Call { operation, request: &request, overrides: &[], key: KEY, traceparent: TRACE };
    let outcomes = join_all((0..20).map(|_| net.transport.exchange(call))).await;
    assert!(outcomes.iter().all(|outcome| outcome.class == Class::Retryable));
    assert_eq!(tokens.seen().len(), 1);
}

#[tokio::test]
async fn basic_credentials_go_along() {
    let api = Peer::start(vec![Act::json(200, "")]).await;
    let placement = Placement {
        base_url: Some(api.url("")),
        user: Some("user".to_owned()),
        password: secret("pässword"),
        ..Placement::default()
    };
    let operation = operation(system(OutboundAuth::Basic), rest(Method::Get, "/x"));
    Net::new(placement).call(operation, Request::new()).await;
    assert_eq!(api.seen()[0].header("authorization"), "Basic dXNlcjpww6Rzc3dvcmQ=");
}
