//! In: a running landscape. Out: the environment file, secrets and PEM files with which a service reaches it.
//! Never knows: how the service reads them.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::rand::SecureRandom as _;

use crate::idp::{AUDIENCE, Client};
use crate::landscape::Landscape;

/// Writes `client.pem`, `client.key`, `ca.pem` and the key of the store into `dir` and returns the text of the environment file.
pub(crate) fn write(landscape: &Landscape, dir: &Path, http: &str) -> io::Result<String> {
    std::fs::create_dir_all(dir)?;
    let identity = landscape.scc.client_identity();
    let files = [
        ("client.pem", identity.certificate.as_str()),
        ("client.key", identity.key.as_str()),
        ("ca.pem", landscape.authority.certificate.as_str()),
    ];
    for (name, text) in files {
        std::fs::write(dir.join(name), text)?;
    }
    store_key(&dir.join(STORE_KEY))?;
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = head(landscape, dir, http, &mut out)
        .and_then(|()| web_systems(landscape, &mut out))
        .and_then(|()| on_premise(landscape, dir, &mut out))
        .and_then(|()| alerts(landscape, &mut out));
    Ok(out)
}

fn head(landscape: &Landscape, dir: &Path, http: &str, out: &mut String) -> std::fmt::Result {
    let store = dir.join("tieline.db");
    writeln!(out, "[listen]\nhttp = {}\nadmin = \"127.0.0.1:0\"\n", quoted(http))?;
    writeln!(out, "[store]\nsqlite = {}\n", quoted(&store.to_string_lossy()))?;
    let key = format!("file:{}", dir.join(STORE_KEY).display());
    writeln!(out, "[store.encryption.keys]\ndemo = {}\n", quoted(&key))?;
    let (issuer, keys) = (quoted(&landscape.idp.issuer()), quoted(&landscape.idp.jwks_url()));
    writeln!(out, "[identity]\nissuer = {issuer}\naudience = \"{AUDIENCE}\"\njwks_url = {keys}\n")
}

/// Where the key is that the service's store is encrypted under.
const STORE_KEY: &str = "store.key";

/// A random key that only its owner may read. One that is there stays: a store may have been written under it.
fn store_key(path: &Path) -> io::Result<()> {
    let mut bytes = [0; 32];
    ring::rand::SystemRandom::new().fill(&mut bytes).map_err(|_| io::Error::other("no random bytes"))?;
    let created = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match created {
        Ok(mut file) => file.write_all(STANDARD.encode(bytes).as_bytes()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn web_systems(landscape: &Landscape, out: &mut String) -> std::fmt::Result {
    let (vms, maestro) = (&landscape.vms, &landscape.maestro);
    let (salesforce, erp, idp) = (&landscape.salesforce, &landscape.erp, &landscape.idp);
    let systems = [
        ("11VMS", vms.base_url(), vms.token_url(), "env:VMS_CLIENT_SECRET", "body"),
        ("Kinaxis Maestro", maestro.base_url(), maestro.token_url(), "env:MAESTRO_CLIENT_SECRET", "basic"),
        ("Salesforce", salesforce.base_url(), salesforce.token_url(), "env:SALESFORCE_CLIENT_SECRET", "body"),
        ("SAP ERP", erp.base_url(), idp.token_url(), "env:ERP_CLIENT_SECRET", "basic"),
    ];
    for (name, base, token, secret, auth) in systems {
        writeln!(out, "[systems.\"{name}\"]\nbase_url = {}\ntoken_url = {}", quoted(&base), quoted(&token))?;
        writeln!(out, "client_id = \"{CLIENT_ID}\"\nclient_secret = \"{secret}\"\ntoken_auth = \"{auth}\"\n")?;
    }
    Ok(())
}

fn on_premise(landscape: &Landscape, dir: &Path, out: &mut String) -> std::fmt::Result {
    let scc = &landscape.scc;
    let file = |name: &str| quoted(&format!("file:{}", dir.join(name).display()));
    writeln!(out, "[systems.\"SAP SRM7\"]\nbase_url = {}", quoted(&scc.virtual_url()))?;
    writeln!(out, "proxy_url = {}\nproxy_token_url = {}", quoted(&scc.proxy_url()), quoted(&scc.token_url()))?;
    writeln!(out, "proxy_client_id = \"{CLIENT_ID}\"\nproxy_client_secret = \"env:SCC_CLIENT_SECRET\"")?;
    let (pem, key, ca) = (file("client.pem"), file("client.key"), file("ca.pem"));
    writeln!(out, "client_certificate = {pem}\nclient_key = {key}\nca = {ca}\n")?;
    for (name, server) in [("PF2", &landscape.pf2), ("WP2", &landscape.wp2)] {
        let (host, user, host_key) = (server.address(), server.user(), server.fingerprint());
        writeln!(out, "[systems.{name}]\nhost = \"{host}\"\nuser = \"{user}\"")?;
        writeln!(out, "password = \"env:{name}_PASSWORD\"\nhost_key = \"{host_key}\"\n")?;
    }
    Ok(())
}

fn alerts(landscape: &Landscape, out: &mut String) -> std::fmt::Result {
    let (url, token) = (quoted(&landscape.ans.base_url()), quoted(&landscape.ans.token_url()));
    writeln!(out, "[alerts.\"SAP Alert Notification\"]\nkind = \"sap-alert-notification\"\nurl = {url}")?;
    writeln!(out, "token_url = {token}\nclient_id = \"{CLIENT_ID}\"\nclient_secret = \"env:ANS_CLIENT_SECRET\"\n")?;
    writeln!(out, "[alerts.Email]\nkind = \"smtp\"\nhost = \"{}\"", landscape.smtp.address())?;
    writeln!(out, "from = \"tieline@example.org\"\nto = [\"integration-support@example.org\"]\ntls = \"none\"\n")?;
    let pagerduty = quoted(&landscape.pagerduty.base_url());
    writeln!(out, "[alerts.PagerDuty]\nkind = \"pagerduty\"\nurl = {pagerduty}")?;
    writeln!(out, "routing_key = \"env:PAGERDUTY_ROUTING_KEY\"\n")?;
    writeln!(out, "[alerts.Slack]\nkind = \"slack\"\nwebhook = \"env:SLACK_WEBHOOK\"\n")?;
    writeln!(out, "[alerts.\"Microsoft Teams\"]\nkind = \"teams\"\nwebhook = \"env:TEAMS_WEBHOOK\"")
}

/// The client id that every partner knows for the service.
pub(crate) const CLIENT_ID: &str = "tieline";

/// Secrets as environment variables.
pub(crate) fn secrets(landscape: &Landscape) -> Vec<(String, String)> {
    [
        ("VMS_CLIENT_SECRET", landscape.vms.client_secret()),
        ("MAESTRO_CLIENT_SECRET", landscape.maestro.client_secret()),
        ("SALESFORCE_CLIENT_SECRET", landscape.salesforce.client_secret()),
        ("ERP_CLIENT_SECRET", landscape.idp.secret(Client::Tieline)),
        ("SCC_CLIENT_SECRET", landscape.scc.client_secret()),
        ("PF2_PASSWORD", landscape.pf2.password()),
        ("WP2_PASSWORD", landscape.wp2.password()),
        ("ANS_CLIENT_SECRET", landscape.ans.client_secret()),
        ("PAGERDUTY_ROUTING_KEY", landscape.pagerduty.routing_key()),
        ("SLACK_WEBHOOK", landscape.slack.webhook()),
        ("TEAMS_WEBHOOK", landscape.teams.webhook()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// A TOML basic string (TOML 1.0): quotes, backslashes and control characters escaped.
fn quoted(text: &str) -> String {
    toml_escape(text, String::from("\""))
}

fn toml_escape(text: &str, mut out: String) -> String {
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
