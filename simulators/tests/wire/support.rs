//! What the wire tests share: a landscape, a plain HTTP client, a way to say what is expected.

use std::sync::OnceLock;

use serde_json::Value;
use simulators::{Landscape, Options, SimClock};

/// A landscape whose clock runs 50 times as fast as the wall.
pub(crate) async fn landscape() -> Landscape {
    Landscape::start(Options { clock: SimClock::scaled_from_now(50.0), seed: 7 }).await.unwrap()
}

/// One client for all: making one reads every certificate authority of the machine. It keeps no connection.
pub(crate) fn client() -> reqwest::Client {
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    let make = || {
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap()
    };
    CLIENT.get_or_init(make).clone()
}

/// Status and body (JSON where it is JSON, else text as a JSON string).
pub(crate) async fn send(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    (status, body)
}

/// A token by client credentials in the form.
pub(crate) async fn token(url: &str, secret: &str, extra: &[(&str, &str)]) -> String {
    let mut form = vec![("grant_type", "client_credentials"), ("client_id", "tieline"), ("client_secret", secret)];
    form.extend_from_slice(extra);
    let (status, body) = send(client().post(url).form(&form)).await;
    assert_eq!(status, 200, "{body}");
    body["access_token"].as_str().unwrap().to_owned()
}
