//! The identity provider as a client and as a verifier of tokens see it.

use std::time::Duration;

use crate::support::{client, landscape, send};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::{Value, json};
use simulators::{Client, Effect, Fault, Partner, Token};

fn part(token: &str, n: usize) -> Value {
    serde_json::from_slice(&B64.decode(token.split('.').nth(n).unwrap()).unwrap()).unwrap()
}

#[tokio::test]
async fn credentials_decide() {
    let l = landscape().await;
    let secret = l.idp.secret(Client::Vms);
    let cc = ("grant_type", "client_credentials");
    for (basic, form, status, error) in [
        (Some(("11vms", secret.as_str())), vec![cc], 200, None),
        (None, vec![cc, ("client_id", "11vms"), ("client_secret", secret.as_str())], 200, None),
        (Some(("11vms", "wrong")), vec![cc], 401, Some("invalid_client")),
        (Some(("nobody", secret.as_str())), vec![cc], 401, Some("invalid_client")),
        (None, vec![cc], 401, Some("invalid_client")),
        (Some(("11vms", secret.as_str())), vec![("grant_type", "password")], 400, Some("unsupported_grant_type")),
        (Some(("11vms", secret.as_str())), vec![], 400, Some("invalid_request")),
        (Some(("11vms", secret.as_str())), vec![cc, ("scope", "orders.write")], 400, Some("invalid_scope")),
    ] {
        let mut request = client().post(l.idp.token_url()).form(&form);
        if let Some((user, password)) = basic {
            request = request.basic_auth(user, Some(password));
        }
        let (seen, body) = send(request).await;
        assert_eq!((seen, body["error"].as_str()), (status, error), "{form:?}: {body}");
    }
    let journal = l.idp.calls("token");
    assert_eq!(journal.len(), 8);
    assert!(journal.iter().all(|entry| entry.body.is_empty()), "secrets stay out of the journal");
    assert_eq!(journal[0].key.as_deref(), Some("11vms"));
}

#[tokio::test]
async fn tokens_carry_what_rfc_9068_asks_for_and_verify_with_the_published_keys() {
    let l = landscape().await;
    l.idp.rotate_key().unwrap();
    let token = l.idp.token(Client::Erp, Token::Valid).unwrap();
    let (head, claims) = (part(&token, 0), part(&token, 1));
    assert_eq!((&head["alg"], &head["typ"], &head["kid"]), (&json!("ES256"), &json!("at+jwt"), &json!("key-2")));
    for claim in ["iss", "exp", "aud", "sub", "client_id", "iat", "jti", "scope"] {
        assert!(!claims[claim].is_null(), "{claim}");
    }
    let (_, keys) = send(client().get(l.idp.jwks_url())).await;
    let keys = keys["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2, "the old key stays published");
    let verify = |token: &str| {
        let kid = part(token, 0)["kid"].clone();
        let Some(jwk) = keys.iter().find(|key| key["kid"] == kid) else { return false };
        let mut point = vec![4];
        point.extend(B64.decode(jwk["x"].as_str().unwrap()).unwrap());
        point.extend(B64.decode(jwk["y"].as_str().unwrap()).unwrap());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        ring::signature::UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_FIXED, point)
            .verify(signed.as_bytes(), &B64.decode(signature).unwrap())
            .is_ok()
    };
    assert!(verify(&token));
    assert!(!verify(&l.idp.token(Client::Erp, Token::UnknownKey).unwrap()));
}

#[tokio::test]
async fn each_bad_token_is_bad_in_one_way() {
    let l = landscape().await;
    let good = part(&l.idp.token(Client::Vms, Token::Valid).unwrap(), 1);
    let now = l.clock().now_s();
    for (kind, claim, expect) in [
        (Token::WrongAudience, "aud", "another-application"),
        (Token::WrongScope, "scope", "unrelated.read"),
        (Token::WrongIssuer, "iss", "http://issuer.example.org"),
    ] {
        let bad = part(&l.idp.token(Client::Vms, kind).unwrap(), 1);
        assert_eq!(bad[claim], expect);
        assert_eq!(bad["sub"], good["sub"]);
        assert!(bad["exp"].as_i64().unwrap() > now);
    }
    assert!(part(&l.idp.token(Client::Vms, Token::Expired).unwrap(), 1)["exp"].as_i64().unwrap() < now - 3600);
    assert!(l.idp.token(Client::Vms, Token::None).is_none());
    assert_eq!(part(&l.idp.token(Client::Vms, Token::Unsigned).unwrap(), 0)["alg"], "none");
}

#[tokio::test]
async fn knobs_and_faults_change_what_the_token_endpoint_says() {
    let l = landscape().await;
    let ask = || {
        client()
            .post(l.idp.token_url())
            .basic_auth("srm7", Some(l.idp.secret(Client::Srm)))
            .form(&[("grant_type", "client_credentials")])
    };
    let claims = |body: &Value| part(body["access_token"].as_str().unwrap(), 1);
    l.idp.set_lifetime(Duration::from_secs(2));
    let (_, body) = send(ask()).await;
    assert_eq!(body["expires_in"], 2);
    assert_eq!(claims(&body)["exp"].as_i64().unwrap() - claims(&body)["iat"].as_i64().unwrap(), 2);
    l.idp.set_audience(Some("elsewhere"));
    assert_eq!(claims(&send(ask()).await.1)["aud"], "elsewhere");
    l.idp.set_expired(true);
    assert!(claims(&send(ask()).await.1)["exp"].as_i64().unwrap() < l.clock().now_s());
    l.reset();
    l.idp.faults(vec![Fault::on("token", 1, Effect::status(503))]);
    assert_eq!(send(ask()).await.0, 503);
    let (status, body) = send(ask()).await;
    assert_eq!((status, claims(&body)["aud"].as_str()), (200, Some("tieline")));
}
