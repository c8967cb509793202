//! Tokens as data: header and claims in, answer out.

use super::{NOON_MS, Stage, issuer::b64, problem};

/// Answers to tokens with these claims, all otherwise good.
async fn check(stage: &Stage, claims: &str, expect: &str) {
    let token = stage.issuer.token("EdDSA", "ed", claims);
    expect_answer(stage, &token, expect, claims).await;
}

async fn expect_answer(stage: &Stage, token: &str, expect: &str, what: &str) {
    let response = stage.order(token, "{}").await;
    let challenge = response.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
    if response.status() == 202 {
        assert_eq!("202", expect, "{what}");
        return;
    }
    let status = response.status().as_u16();
    assert_eq!(problem(response).await, expect, "{what}");
    let error = match status {
        401 => "error=\"invalid_token\"",
        403 => "error=\"insufficient_scope\", scope=\"orders.write\"",
        _ => return,
    };
    assert!(challenge.unwrap_or_default().contains(error), "{what}");
}

#[tokio::test]
async fn claims_are_checked_one_by_one() {
    let stage = Stage::start().await;
    let now_s = NOON_MS / 1000;
    check(&stage, "{}", "202").await;
    check(&stage, r#"{"aud":["other","tieline"]}"#, "202").await;
    check(&stage, r#"{"scope":["orders.write"]}"#, "202").await;
    check(&stage, &format!(r#"{{"exp":{}}}"#, now_s - 59), "202").await;
    check(&stage, &format!(r#"{{"exp":{}.5,"nbf":{}}}"#, now_s + 1, now_s + 59), "202").await;
    check(&stage, &format!(r#"{{"exp":{}}}"#, now_s - 60), "401 the token has expired").await;
    check(&stage, r#"{"exp":null}"#, "401 the token has no expiry").await;
    check(&stage, r#"{"exp":"soon"}"#, "401 a time of the token is not a number").await;
    check(&stage, r#"{"exp":1e300}"#, "401 a time of the token is not a number").await;
    check(&stage, &format!(r#"{{"nbf":{}}}"#, now_s + 61), "401 the token is not valid yet").await;
    check(&stage, &format!(r#"{{"iat":{}}}"#, now_s + 61), "401 the token is not valid yet").await;
    check(&stage, r#"{"iss":"https://idp.example.org/"}"#, "401 the token comes from another issuer").await;
    check(&stage, r#"{"aud":"tieline-test"}"#, "401 the token is for another audience").await;
    check(&stage, r#"{"iss":null}"#, "401 the token comes from another issuer").await;
    let issuers = r#"{"iss":["https://idp.example.org","https://evil.example.org"]}"#;
    check(&stage, issuers, "401 the token comes from another issuer").await;
    check(&stage, r#"{"aud":7}"#, "401 the token is for another audience").await;
    check(&stage, r#"{"aud":null}"#, "401 the token is for another audience").await;
    check(&stage, r#"{"sub":null}"#, "401 the token names no subject").await;
    check(&stage, r#"{"cnf":{"x5t#S256":"abc"}}"#, "401 the token is bound to a key that was not shown").await;
    check(&stage, r#"{"scope":"orders.read"}"#, "403 the token lacks the scope orders.write").await;
    check(&stage, r#"{"scope":"orders.writer"}"#, "403 the token lacks the scope orders.write").await;
    check(&stage, r#"{"scope":null}"#, "403 the token lacks the scope orders.write").await;
    let arrival = stage.script.arrivals.lock().unwrap()[0].clone();
    assert_eq!((arrival.principal.as_str(), arrival.handler), ("salesforce", 0));
}

#[tokio::test]
async fn only_signatures_of_published_keys_count() {
    let stage = Stage::start().await;
    let token = |algorithm: &str, kid: &str| stage.issuer.token(algorithm, kid, "{}");
    for (algorithm, kid) in [("EdDSA", "ed"), ("ES256", "ec"), ("RS256", "rsa"), ("PS256", "rsa"), ("PS256", "ps-only")]
    {
        expect_answer(&stage, &token(algorithm, kid), "202", algorithm).await;
    }
    let check = async |token: &str, expect: &str| expect_answer(&stage, token, expect, token).await;
    check(&token("none", "ed"), "401 the token's signature algorithm is not accepted").await;
    check(&token("HS256", "ed"), "401 the token's signature algorithm is not accepted").await;
    check(&token("RS512", "rsa"), "401 the token's signature algorithm is not accepted").await;
    check(&token("ES256", "ed"), "401 the token's signature is wrong").await;
    check(&token("PS256", "ec"), "401 the token's signature is wrong").await;
    check(&token("RS256", "ps-only"), "401 the token's signature is wrong").await;
    check(&token("RS256", "ed"), "401 the token's signature is wrong").await;
    check(&token("EdDSA", "rsa"), "401 the token's signature is wrong").await;
    check(&token("RS256", "enc"), "401 the token is signed with a key the issuer does not publish").await;
    let good = token("EdDSA", "ed");
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let other_claims = b64(super::issuer::merged(r#"{"sub":"root"}"#).as_bytes());
    check(&format!("{header}.{other_claims}.{signature}"), "401 the token's signature is wrong").await;
    check(&format!("{signed}."), "401 the token's signature is wrong").await;
    check(signed, "401 the token is not a signed JSON web token").await;
    check(&format!("{good}.x"), "401 the token is not a signed JSON web token").await;
    check(&"a".repeat(17_000), "401 the token is too long").await;
    let crafted = |header: &str| stage.issuer.signed(header, "EdDSA", &super::issuer::merged("{}"));
    check(&crafted(r#"{"alg":"EdDSA"}"#), "401 the token names no key").await;
    check(
        &crafted(r#"{"alg":"EdDSA","kid":"ed","crit":["x"]}"#),
        "401 the token has extensions that are not understood",
    )
    .await;
    check(&crafted(r#"{"alg":"EdDSA","kid":"ed","typ":"logout+jwt"}"#), "401 the token is not an access token").await;
}

#[tokio::test]
async fn the_key_set_is_read_once_and_again_only_when_it_must() {
    let stage = Stage::start().await;
    let good = stage.issuer.token("EdDSA", "ed", r#"{"exp":4000000000}"#);
    let unknown = stage.issuer.token("EdDSA", "new", r#"{"exp":4000000000}"#);
    let check = async |token: &str, expect: u16| assert_eq!(stage.order(token, "{}").await.status(), expect);
    let many = futures_util::future::join_all((0..20).map(|_| check(&good, 202)));
    many.await;
    assert_eq!(stage.issuer.reads(), 1, "twenty callers, one read");
    check(&unknown, 401).await;
    assert_eq!(stage.issuer.reads(), 1, "the set was read less than 30 s ago");
    stage.clock.forward(31_000);
    check(&unknown, 401).await;
    check(&unknown, 401).await;
    assert_eq!(stage.issuer.reads(), 2, "an unknown key is worth one read in 30 s");
    stage.clock.forward(9 * 60_000);
    check(&good, 202).await;
    assert_eq!(stage.issuer.reads(), 2);
    stage.clock.forward(2 * 60_000);
    check(&good, 202).await;
    assert_eq!(stage.issuer.reads(), 3, "after ten minutes the set is old");
    stage.issuer.publish(&["ec"]);
    stage.clock.forward(11 * 60_000);
    check(&good, 401).await;
    check(&stage.issuer.token("ES256", "ec", r#"{"exp":4000000000}"#), 202).await;
    assert_eq!(stage.issuer.reads(), 4, "a withdrawn key is gone with the next read");
}

#[tokio::test]
async fn without_keys_nobody_is_judged() {
    let stage = Stage::start().await;
    let good = stage.issuer.token("EdDSA", "ed", r#"{"exp":4000000000}"#);
    stage.issuer.break_down(true);
    let response = stage.order(&good, "{}").await;
    assert_eq!(response.headers()["retry-after"], "5");
    assert_eq!(problem(response).await, "503 the identity provider's keys cannot be read at present");
    assert_eq!(stage.order(&good, "{}").await.status(), 503);
    assert_eq!(stage.issuer.reads(), 1, "a failed read is not repeated for two seconds");
    stage.issuer.break_down(false);
    stage.clock.forward(2_000);
    assert_eq!(stage.order(&good, "{}").await.status(), 202);
    stage.issuer.break_down(true);
    stage.clock.forward(30 * 60_000);
    assert_eq!(
        stage.order(&good, "{}").await.status(),
        202,
        "old keys are good for an hour when there are no new ones"
    );
    stage.clock.forward(31 * 60_000);
    assert_eq!(stage.order(&good, "{}").await.status(), 503);
}
