//! The keys of an environment.
//!
//! In: nothing. Out: [`ENVIRONMENT`] and the tables below it. Never knows: how the runtime reads them.

use super::{Kind, Table, may, must};

/// Keys whose value must be a reference to a secret.
pub(crate) const SECRETS: &[&str] = &[
    "client_secret",
    "proxy_client_secret",
    "password",
    "client_key",
    "private_key",
    "client_certificate",
    "ca",
    "routing_key",
    "postgres",
    "webhook",
];

/// The whole file.
pub(crate) const ENVIRONMENT: Table = Table {
    what: "an environment",
    keys: &[
        may("listen", Kind::Record(&LISTEN), "Addresses that the service listens on.", "{ http = \"127.0.0.1:8080\" }"),
        may("store", Kind::Record(&STORE), "Where messages are kept.", "{ sqlite = \"data/tieline.db\" }"),
        may(
            "identity",
            Kind::Record(&IDENTITY),
            "Who issues the tokens of callers.",
            "{ issuer = \"https://idp.example.org\" }",
        ),
        may("systems", Kind::Named(&PLACE), "Where each system is.", "{ PF2 = { host = \"pf2.example.org:22\" } }"),
        may("alerts", Kind::Named(&CHANNEL), "Where each alert channel is.", "{ Email = { kind = \"smtp\" } }"),
        may(
            "site",
            Kind::Record(&SITE),
            "Where the website is published.",
            "{ url = \"https://tieline.example.org\" }",
        ),
        may(
            "telemetry",
            Kind::Record(&TELEMETRY),
            "Where spans and log records go: a collector that speaks OTLP over HTTP.",
            "{ endpoint = \"https://otlp.example.org\" }",
        ),
    ],
};

/// `listen`.
pub(crate) const LISTEN: Table = Table {
    what: "the listeners",
    keys: &[
        may("http", Kind::Text, "Address for triggers; port 0 takes any free one.", "127.0.0.1:8080"),
        may("admin", Kind::Text, "Address for operators; keep it on loopback.", "127.0.0.1:8081"),
    ],
};

/// `store`.
pub(crate) const STORE: Table = Table {
    what: "the store",
    keys: &[
        may("sqlite", Kind::Text, "File of the embedded store.", "data/tieline.db"),
        may("postgres", Kind::Text, "Reference to the URL of a PostgreSQL database, instead.", "env:DATABASE_URL"),
        may("ca", Kind::Text, "Reference to the certificates that we trust for it, PEM.", "file:/run/secrets/ca.pem"),
        may(
            "lease_seconds",
            Kind::Integer,
            "How long a service holds its share of a database without renewing it, from 3 to 300; 15 if absent.",
            "15",
        ),
        may("max_bytes", Kind::Integer, "Largest store; at nine tenths nothing more is accepted.", "2000000000"),
        may("keep_days", Kind::Integer, "Days that a message is kept after its end; 30 if absent.", "30"),
        may("keep_dead_days", Kind::Integer, "Days that a dead letter is kept; 90 if absent.", "90"),
        may(
            "encryption",
            Kind::Record(&ENCRYPTION),
            "Keys of encryption at rest; without them content is kept as it is.",
            "{ keys = { k1 = \"file:/run/secrets/tieline-k1\" } }",
        ),
    ],
};

/// `store.encryption`.
pub(crate) const ENCRYPTION: Table = Table {
    what: "encryption at rest",
    keys: &[
        must(
            "keys",
            Kind::Names,
            "Key-encryption keys by name, each a reference to 32 bytes as base64 or hexadecimal text.",
            "{ k1 = \"file:/run/secrets/tieline-k1\" }",
        ),
        may("current", Kind::Text, "The key that wraps from now on; needed if there are several.", "k1"),
    ],
};

/// `identity`.
pub(crate) const IDENTITY: Table = Table {
    what: "the identity settings",
    keys: &[
        may("issuer", Kind::Text, "Issuer that tokens must name.", "https://idp.example.org"),
        may("audience", Kind::Text, "Audience that tokens must name.", "tieline"),
        may("jwks_url", Kind::Text, "Where the issuer's keys are.", "https://idp.example.org/token_keys"),
        may(
            "basic_users",
            Kind::Names,
            "Users of basic authentication, each with a reference to its password.",
            "{ erp = \"env:ERP_PASSWORD\" }",
        ),
        may(
            "webhook_origins",
            Kind::Texts,
            "Origins that may register our addresses as webhooks (CloudEvents handshake).",
            "[\"eventmesh.example.org\"]",
        ),
    ],
};

/// `systems.<name>`.
pub(crate) const PLACE: Table = Table {
    what: "the place of a system",
    keys: &[
        may("base_url", Kind::Text, "Where its HTTP operations are.", "https://vms.example.org"),
        may("token_url", Kind::Text, "Where to get tokens.", "https://vms.example.org/oauth/token"),
        may(
            "token_auth",
            Kind::Word(&["basic", "body"]),
            "How client id and secret travel to the token endpoint.",
            "basic",
        ),
        may("client_id", Kind::Text, "Client id for tokens.", "tieline"),
        may("client_secret", Kind::Text, "Reference to the client secret.", "env:VMS_CLIENT_SECRET"),
        may("user", Kind::Text, "User name.", "tieline"),
        may("password", Kind::Text, "Reference to the password.", "env:PF2_PASSWORD"),
        may("private_key", Kind::Text, "Reference to the SSH key.", "file:/run/secrets/pf2_key"),
        may("host", Kind::Text, "Host and port of an SFTP server.", "pf2.example.org:22"),
        may("host_key", Kind::Text, "Fingerprint of its host key.", "SHA256:…"),
        may("proxy_url", Kind::Text, "HTTP proxy of Cloud Connector.", "https://connectivity.example.org:20003"),
        may("proxy_token_url", Kind::Text, "Where to get tokens for the proxy.", "https://idp.example.org/oauth/token"),
        may("proxy_client_id", Kind::Text, "Client id for the proxy.", "connectivity"),
        may(
            "proxy_client_secret",
            Kind::Text,
            "Reference to the client secret for the proxy.",
            "env:CONNECTIVITY_SECRET",
        ),
        may(
            "client_certificate",
            Kind::Text,
            "Reference to the certificate that we show, PEM.",
            "file:/run/secrets/client.pem",
        ),
        may("client_key", Kind::Text, "Reference to its key.", "file:/run/secrets/client.key"),
        may("ca", Kind::Text, "Reference to the certificates that we trust, PEM.", "file:/run/secrets/ca.pem"),
        may(
            "secret_expires",
            Kind::Text,
            "Day on which the secret for this system expires; an alert is raised 14 days before.",
            "2027-01-31",
        ),
    ],
};

/// `site`.
pub(crate) const SITE: Table = Table {
    what: "the website",
    keys: &[may("url", Kind::Text, "Its address: alerts lead to its pages.", "https://tieline.example.org")],
};

/// `telemetry`.
pub(crate) const TELEMETRY: Table = Table {
    what: "the telemetry settings",
    keys: &[
        may(
            "endpoint",
            Kind::Text,
            "Base address of the collector; `/v1/traces` and `/v1/logs` are below it.",
            "https://otlp.example.org",
        ),
        may("traces_url", Kind::Text, "Whole address for spans, where it is another.", "https://otlp.example.org/t"),
        may(
            "logs_url",
            Kind::Text,
            "Whole address for log records, where it is another.",
            "https://otlp.example.org/l",
        ),
        may(
            "headers",
            Kind::Names,
            "Headers of every request, each with a reference to its value.",
            "{ api-key = \"env:OTLP_KEY\" }",
        ),
        may(
            "token_url",
            Kind::Text,
            "Where to get tokens, if the collector asks for them.",
            "https://idp.example.org/oauth/token",
        ),
        may("client_id", Kind::Text, "Client id for tokens.", "tieline"),
        may("client_secret", Kind::Text, "Reference to the client secret.", "env:OTLP_CLIENT_SECRET"),
        may("ca", Kind::Text, "Reference to the certificates that we trust, PEM.", "file:/run/secrets/ca.pem"),
        may(
            "sample_percent",
            Kind::Integer,
            "Of traces that begin here so many in a hundred are recorded; callers decide about theirs.",
            "10",
        ),
        may(
            "service_name",
            Kind::Text,
            "Name of this service (`service.name`) in everything exported; `tieline` if absent.",
            "orders",
        ),
        may(
            "instance",
            Kind::Text,
            "Name of this instance (`service.instance.id`); the machine's name if absent.",
            "node-a",
        ),
        may("stage", Kind::Text, "Stage of the installation (`deployment.environment.name`).", "production"),
        may("attributes", Kind::Texts, "More attributes of the resource.", "[\"team=integration\"]"),
    ],
};

/// `alerts.<name>`.
pub(crate) const CHANNEL: Table = Table {
    what: "an alert channel",
    keys: &[
        must(
            "kind",
            Kind::Word(&["sap-alert-notification", "smtp", "pagerduty", "slack", "teams"]),
            "How the channel is spoken to.",
            "smtp",
        ),
        may("url", Kind::Text, "Where SAP Alert Notification or PagerDuty is.", "https://ans.example.org"),
        may("token_url", Kind::Text, "Where to get tokens.", "https://idp.example.org/oauth/token"),
        may("client_id", Kind::Text, "Client id for tokens.", "alerts"),
        may("client_secret", Kind::Text, "Reference to the client secret.", "env:ALERTS_SECRET"),
        may("host", Kind::Text, "Host and port of the mail server.", "mail.example.org:587"),
        may("from", Kind::Text, "Sender's address.", "tieline@example.org"),
        may("to", Kind::Texts, "Addresses that are told.", "[\"integration-support@example.org\"]"),
        may("tls", Kind::Word(&["none", "starttls", "tls"]), "Transport security towards the mail server.", "starttls"),
        may("user", Kind::Text, "User name.", "tieline"),
        may("password", Kind::Text, "Reference to the password.", "env:SMTP_PASSWORD"),
        may("routing_key", Kind::Text, "Reference to PagerDuty's integration key.", "env:PAGERDUTY_ROUTING_KEY"),
        may(
            "webhook",
            Kind::Text,
            "Reference to the address of a Slack or Teams webhook: whoever knows it can write there.",
            "env:SLACK_WEBHOOK",
        ),
    ],
};
