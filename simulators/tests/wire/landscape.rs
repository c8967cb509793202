//! The landscape as a whole: its environment file, its secrets, its end.

use simulators::{Landscape, Options, SimClock};

use crate::support::landscape;

#[tokio::test]
async fn the_environment_names_every_system_and_every_secret_it_needs() {
    let l = landscape().await;
    let dir = tempfile::tempdir().unwrap();
    let text = l.environment_toml(dir.path(), "127.0.0.1:0").unwrap();
    let file: toml::Table = text.parse().unwrap();
    assert_eq!(file["listen"]["http"].as_str(), Some("127.0.0.1:0"));
    assert_eq!(file["identity"]["audience"].as_str(), Some("tieline"));
    let systems: Vec<&String> = file["systems"].as_table().unwrap().keys().collect();
    for name in ["11VMS", "Kinaxis Maestro", "Salesforce", "SAP ERP", "SAP SRM7", "PF2", "WP2"] {
        assert!(systems.contains(&&name.to_owned()), "{name}");
    }
    assert_eq!(file["alerts"]["SAP Alert Notification"]["kind"].as_str(), Some("sap-alert-notification"));
    for (name, kind) in
        [("Email", "smtp"), ("PagerDuty", "pagerduty"), ("Slack", "slack"), ("Microsoft Teams", "teams")]
    {
        assert_eq!(file["alerts"][name]["kind"].as_str(), Some(kind));
    }
    let secrets = l.secrets();
    for reference in
        text.lines().filter_map(|line| line.split_once("\"env:")).map(|(_, rest)| rest.trim_end_matches('"'))
    {
        // A webhook's address is its secret.
        let is_secret = |value: &str| value.len() == 32 || value.starts_with("http://127.0.0.1:");
        assert!(secrets.iter().any(|(name, value)| name == reference && is_secret(value)), "{reference}");
    }
    for (_, value) in &secrets {
        assert!(!text.contains(value.as_str()), "no secret stands in the file");
    }
    for reference in
        text.lines().filter_map(|line| line.split_once("\"file:")).map(|(_, rest)| rest.trim_end_matches('"'))
    {
        // All are PEM but the key of the store, which is 32 bytes in some writing.
        let there = std::fs::read_to_string(reference).unwrap();
        assert!(
            there.contains("-----BEGIN ") || (reference.ends_with("store.key") && !there.is_empty()),
            "{reference}"
        );
    }
}

#[tokio::test]
async fn the_same_seed_decides_secrets_and_host_keys() {
    let start = async |seed| Landscape::start(Options { clock: SimClock::system(), seed }).await.unwrap();
    let (a, b, c) = (start(1).await, start(1).await, start(2).await);
    // Without the ports, which the system gives: a webhook's address ends with what the seed decides.
    let secrets = |l: &Landscape| -> Vec<String> {
        l.secrets().into_iter().map(|(name, value)| format!("{name}={}", &value[value.len() - 32..])).collect()
    };
    assert_eq!((secrets(&a), a.pf2.fingerprint()), (secrets(&b), b.pf2.fingerprint()));
    assert!(secrets(&a).iter().zip(secrets(&c)).all(|(one, other)| *one != other));
    assert_ne!(a.pf2.fingerprint(), c.pf2.fingerprint());
}

#[tokio::test]
async fn stop_closes_every_port() {
    let l = landscape().await;
    let authority = |url: String| url.split('/').nth(2).unwrap().to_owned();
    let mut addresses = vec![l.pf2.address(), l.wp2.address(), l.smtp.address(), authority(l.srm.internal_url())];
    addresses.extend([l.idp.issuer(), l.vms.base_url(), l.erp.base_url(), l.ans.base_url()].map(authority));
    addresses
        .extend([l.scc.proxy_url(), l.scc.token_url(), l.maestro.base_url(), l.salesforce.base_url()].map(authority));
    for address in &addresses {
        assert!(tokio::net::TcpStream::connect(address).await.is_ok(), "{address}");
    }
    l.stop().await;
    for address in &addresses {
        assert!(tokio::net::TcpStream::connect(address).await.is_err(), "{address}");
    }
}
