//! Every endpoint, every role: the table says who may, and the gate keeps to it.

use super::{super::endpoints, *};
use crate::{environment::Role, http::tests::issuer::Issuer};

/// Tokens of an issuer whose groups have roles.
fn with_tokens(issuer: &Issuer) -> Admin {
    let role = |group: &str, role| (group.to_owned(), role);
    Admin {
        issuer: Some("https://idp.example.org".to_owned()),
        audience: Some("tieline".to_owned()),
        jwks_url: Some(issuer.url()),
        roles_claim: Some("groups".to_owned()),
        roles: [role("eyes", Role::Viewer), role("hands", Role::Operator), role("keys", Role::Admin)].into(),
        ..Admin::default()
    }
}

/// A good token, valid now, with this groups claim.
fn token(issuer: &Issuer, groups: &str) -> String {
    issuer.token("EdDSA", "ed", &format!(r#"{{"exp":4102444800,"iat":1,"sub":"ana","groups":{groups}}}"#))
}

/// A path with something in place of its parameters, and a request that asks for nothing more than to be let in.
fn knock(world: &World, endpoint: &endpoints::Endpoint) -> reqwest::RequestBuilder {
    let path = endpoint.path.replace("{id}", "m-1").replace("{name}", "x").replace("{key}", "k");
    let request = world.request(endpoint.method.clone(), &path);
    if endpoint.method == Method::POST { request.json(&serde_json::json!({})) } else { request }
}

#[tokio::test]
async fn every_endpoint_lets_in_who_may_and_nobody_else() {
    let issuer = Issuer::start().await;
    let world = World::under(&with_tokens(&issuer), None).await;
    let somebody: [(&str, Option<String>, Option<Role>); 6] = [
        ("nobody", None, None),
        ("ana without groups", Some(token(&issuer, "null")), None),
        ("ana of another group", Some(token(&issuer, r#"["admin","root"]"#)), None),
        ("a viewer", Some(token(&issuer, r#""eyes other""#)), Some(Role::Viewer)),
        ("an operator", Some(token(&issuer, r#"["eyes","hands"]"#)), Some(Role::Operator)),
        ("an admin", Some(token(&issuer, r#"["keys"]"#)), Some(Role::Admin)),
    ];
    let mut refused_decisions = 0;
    for endpoint in endpoints::ALL {
        for (who, token, role) in &somebody {
            let request = knock(&world, endpoint);
            let (status, text) = said(match token {
                Some(token) => request.bearer_auth(token),
                None => request,
            })
            .await;
            let expect = match (endpoint.needs, role) {
                (None, _) => None,
                (Some(needs), Some(role)) if *role >= needs => None,
                _ => Some(if token.is_some() { 403 } else { 401 }),
            };
            match expect {
                Some(expect) => assert_eq!(status, expect, "{who} at {endpoint:?}: {text}"),
                None => assert!(![401, 403, 405, 415, 421].contains(&status), "{who} at {endpoint:?}: {status} {text}"),
            }
            refused_decisions += usize::from(expect.is_some() && endpoint.decides.is_some());
        }
    }
    let admin = token(&issuer, r#""keys""#);
    let rows = read(said(world.request(Method::GET, "/audit?limit=500").bearer_auth(&admin)).await);
    let refused = |row: &&Value| row["result"].as_str().unwrap().contains("this needs");
    let refused: Vec<_> = rows["audit"].as_array().unwrap().iter().filter(refused).collect();
    assert_eq!(refused.len(), refused_decisions, "every refused decision is on record");
    let row = refused.iter().find(|row| row["action"] == "discard" && row["role"] == "operator").unwrap();
    assert_eq!((&row["who"], &row["subject"]), (&"ana".into(), &"/bulk/discard".into()));
    assert_eq!(row["result"], "refused: ana is operator, and this needs admin");
    let verdict = read(said(world.request(Method::GET, "/audit/verify").bearer_auth(&admin)).await);
    assert_eq!(verdict["intact"], true, "{verdict}");
}

#[tokio::test]
async fn tokens_that_are_not_good_are_not_passed_over() {
    let issuer = Issuer::start().await;
    let world = World::under(&with_tokens(&issuer), Some(&TOKEN.to_owned().into())).await;
    let claims = |changes: &str| issuer.token("EdDSA", "ed", changes);
    for (token, why) in [
        (claims("{}"), "the token has expired"),
        (claims(r#"{"exp":4102444800,"aud":"other"}"#), "the token is for another audience"),
        (claims(r#"{"exp":4102444800,"iss":"https://evil.example.org"}"#), "the token comes from another issuer"),
        (issuer.token("HS256", "ed", r#"{"exp":4102444800}"#), "the token's signature algorithm is not accepted"),
        ("nonsense".to_owned(), "the token is not a signed JSON web token"),
    ] {
        for path in ["/messages", "/whoami"] {
            let (status, text) = said(world.request(Method::GET, path).bearer_auth(&token)).await;
            assert_eq!(status, 401, "{text}");
            assert!(text.contains(why), "{why}: {text}");
        }
    }
    let live = said(world.request(Method::GET, "/health/live").bearer_auth("nonsense")).await;
    assert_eq!(live.0, 200, "a probe is answered whatever it shows");
}

#[tokio::test]
async fn what_is_in_the_table_is_there_and_described() {
    let world = World::start().await;
    let described = world.json("/openapi.json").await;
    for endpoint in endpoints::ALL {
        let operation = &described["paths"][endpoint.path][endpoint.method.as_str().to_lowercase()];
        assert_eq!(operation["summary"], endpoint.summary, "{endpoint:?}");
        assert_eq!(operation["x-role"].as_str(), endpoint.needs.map(Role::as_str), "{endpoint:?}");
        let (_, text) = said(knock(&world, endpoint).bearer_auth(TOKEN)).await;
        assert!(!text.contains("there is nothing here"), "{endpoint:?} has no route: {text}");
    }
    assert_eq!(described["paths"].as_object().unwrap().len(), {
        let mut paths: Vec<_> = endpoints::ALL.iter().map(|endpoint| endpoint.path).collect();
        paths.dedup();
        paths.len()
    });
}
