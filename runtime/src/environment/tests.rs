//! Environments as data: TOML in, mistakes out.

use super::*;

fn check(text: &str, expect: &[&str]) {
    let mistakes = match Environment::parse(text) {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(mistakes, expect, "{text}");
}

#[test]
fn a_whole_environment_reads() {
    check(
        r#"
        [listen]
        http = "127.0.0.1:0"
        [store]
        sqlite = "data/tieline.db"
        [identity]
        issuer = "http://127.0.0.1:9000"
        audience = "tieline"
        jwks_url = "http://127.0.0.1:9000/token_keys"
        webhook_origins = ["eventmesh.example.org"]
        [systems."11VMS"]
        base_url = "http://127.0.0.1:9010"
        token_auth = "body"
        client_secret = "env:PATH"
        [alerts.Email]
        kind = "smtp"
        host = "127.0.0.1:9050"
        from = "tieline@example.org"
        to = ["integration-support@example.org"]
        tls = "tls"
        "#,
        &[],
    );
}

#[test]
fn all_mistakes_come_at_once_with_their_paths_and_without_values() {
    check(
        r#"
        surprise = 1
        [listen]
        http = 8080
        [systems."11VMS"]
        client_secret = "hunter2"
        password = "env:TIELINE_SURELY_NOT_SET"
        token_auth = "digest"
        base_uri = "x"
        [identity]
        webhook_origins = "eventmesh.example.org"
        [alerts.Email]
        kind = "smtp"
        host = "127.0.0.1"
        from = "tieline@example.org"
        to = []
        tls = "ssl"
        [alerts.Pager]
        kind = "pager"
        [alerts."SAP Alert Notification"]
        kind = "sap-alert-notification"
        url = "u"
        "#,
        &[
            "listen.http: must be text",
            "store.sqlite: must be given, or `postgres`",
            "identity.webhook_origins: must be a list of texts",
            "systems.11VMS.client_secret: is not a reference to a secret: write \"env:NAME\" or \"file:/path\"",
            "systems.11VMS.token_auth: must be \"basic\" or \"body\"",
            "systems.11VMS.password: environment variable `TIELINE_SURELY_NOT_SET` is not set",
            "systems.11VMS.base_uri: is not known here; known: base_url, ca, client_certificate, client_id, client_key, \
             client_secret, host, host_key, password, private_key, proxy_client_id, proxy_client_secret, \
             proxy_token_url, proxy_url, secret_expires, token_auth, token_url, user",
            "alerts.Email.to: must name at least one",
            "alerts.Email.tls: must be \"none\" or \"starttls\" or \"tls\"",
            "alerts.Pager.kind: must be \"sap-alert-notification\" or \"smtp\" or \"pagerduty\" or \"slack\" or \"teams\"",
            "alerts.\"SAP Alert Notification\".token_url: must be given",
            "alerts.\"SAP Alert Notification\".client_id: must be given",
            "alerts.\"SAP Alert Notification\".client_secret: must be given, as \"env:NAME\" or \"file:/path\"",
            "surprise: is not known here; known: admin, alerts, identity, listen, site, store, systems, telemetry",
        ],
    );
}

#[test]
fn a_store_is_in_a_file_or_on_a_server() {
    let store = |keys: &str| format!("[store]\n{keys}\n");
    check(&store("postgres = \"env:PATH\"\nca = \"env:PATH\"\nmax_bytes = 9"), &[]);
    check(
        &store("sqlite = \"a.db\"\npostgres = \"env:PATH\""),
        &["store.postgres: stands beside `sqlite`: give one of them"],
    );
    check(&store("sqlite = \"a.db\"\nca = \"env:PATH\""), &["store.ca: is for `postgres`"]);
    check(
        &store("postgres = \"postgres://tieline:hunter2@db/tieline\""),
        &["store.postgres: is not a reference to a secret: write \"env:NAME\" or \"file:/path\""],
    );
}
