//! The keys of an interface's front matter, flow steps excepted.
//!
//! In: nothing. Out: [`INTERFACE`] and the tables below it. Never knows: how they are read.

use super::{Kind, Table, may, must, system};

/// Life cycle words.
pub(crate) const STATUS: &[&str] = &["draft", "active", "deprecated", "retired"];
/// Integration styles.
pub(crate) const STYLE: &[&str] =
    &["application", "event-driven", "api-managed", "file-transfer", "data-replication", "b2b"];
const GROWTH: &[&str] = &["fixed", "exponential"];

/// The whole front matter.
pub(crate) const INTERFACE: Table = Table {
    what: "the front matter of an interface",
    keys: &[
        must(
            "smart_id",
            Kind::Text,
            "Identity of the interface: `<Domain>-<Source>-<Target>-<Object>-V<n>`, source and target by the codes of their systems.",
            "PROC-11VMS-SRM7-ACTIVITY-REPORT-V1",
        ),
        may(
            "legacy_ids",
            Kind::Texts,
            "Former tracking codes, so that people who know only those find the page.",
            "[ISINT01]",
        )
        .prose(),
        must(
            "title",
            Kind::Text,
            "One line for lists and page heads: what becomes what.",
            "Activity report to goods receipt",
        )
        .prose(),
        must("status", Kind::Word(STATUS), "Where the interface stands in its life.", "active"),
        must("domain", Kind::Text, "Business domain that the data belongs to.", "Procurement Data"),
        may(
            "objects",
            Kind::Texts,
            "Business objects that the interface carries, in the words of the business; without them, the Smart ID names one.",
            "[Activity report, Goods receipt]",
        )
        .prose(),
        may("process", Kind::Text, "The higher-level process that the interface is a step of.", "PRC-S4-SF-O2C-V1")
            .prose(),
        must("style", Kind::Word(STYLE), "Integration style, in the words of the field.", "event-driven"),
        may("volume", Kind::Record(&VOLUME), "How many messages to expect.", "{ per_day: 1000 }").prose(),
        may(
            "frequency",
            Kind::Text,
            "How often data flows, in words, where the trigger alone does not say it.",
            "three batches a day",
        )
        .prose(),
        must("source", Kind::Text, "The system that the data comes from, by name or alias.", "11VMS"),
        must("target", Kind::Text, "The system that the data goes to, by name or alias.", "SAP SRM7"),
        must(
            "owners",
            Kind::Record(&OWNERS),
            "Teams that answer for the interface.",
            "{ business: Procurement Team, technical: Integration Team }",
        )
        .prose(),
        may(
            "sla",
            Kind::Record(&SLA),
            "The service level that was agreed.",
            "{ latency_p95: 2s, availability: 99.9% }",
        ),
        may(
            "retention",
            Kind::Record(&RETENTION),
            "How long messages are kept after their end; what is absent, the environment says.",
            "{ bodies: 30 days, records: 400 days, dead_letters: 180 days }",
        ),
        must(
            "trigger",
            Kind::Record(&TRIGGER),
            "What starts the interface.",
            "{ http: POST /11vms/activity-reports, message: ActivityReportValidated }",
        ),
        must(
            "flow",
            Kind::Steps,
            "What the interface does, step by step.",
            "[{ send: SAP SRM7.create-confirmation, with: receipt }]",
        ),
        must(
            "errors",
            Kind::Record(&ERRORS),
            "What happens when a delivery fails.",
            "{ retry: 3x every 30s, dead_letter: enabled, alert: [SAP Alert Notification] }",
        ),
        may(
            "artefacts",
            Kind::Records(&ARTEFACT),
            "Technical objects outside the document that take part.",
            "[{ kind: API proxy, name: 11VMSProxy_V2 }]",
        )
        .prose(),
        may(
            "components",
            Kind::Records(&COMPONENT),
            "Security of every hop between source and target.",
            "[{ name: SAP SRM7, authentication: Client certificate, transport: TLS 1.2 }]",
        )
        .prose(),
        may("monitoring", Kind::Record(&MONITORING), "How the interface is watched.", "{ tools: [Grafana] }").prose(),
        may(
            "related",
            Kind::Records(&RELATED),
            "Interfaces that belong together.",
            "[{ smart_id: PROC-SRM7-11VMS-PURCHASE-ORDER-V1, relation: before }]",
        )
        .prose(),
        must(
            "history",
            Kind::Records(&CHANGE),
            "What changed in this document, and when.",
            "[{ date: 2025-12-28, version: 1, change: Created }]",
        )
        .prose(),
    ],
};

/// `volume`.
pub(crate) const VOLUME: Table = Table {
    what: "the volume",
    keys: &[
        may("per_day", Kind::Integer, "Messages a day.", "1000"),
        may("per_minute", Kind::Integer, "Messages a minute at peak.", "10000"),
    ],
};

/// `owners`.
pub(crate) const OWNERS: Table = Table {
    what: "the owners",
    keys: &[
        may("business", Kind::Text, "Team that decides what the interface shall do.", "Procurement Team"),
        may("technical", Kind::Text, "Team that builds and runs it.", "Integration Team"),
        may("support", Kind::Text, "Whom to call at night.", "Integration Support"),
    ],
};

/// `sla`.
pub(crate) const SLA: Table = Table {
    what: "the service level",
    keys: &[
        may("latency_p95", Kind::Duration, "Time from accepting to the end that 95 of 100 messages keep.", "2s"),
        may("latency_avg", Kind::Duration, "Average time from accepting to the end.", "300ms"),
        may("availability", Kind::Percent, "Share of the time in which messages are accepted.", "99.9%"),
    ],
};

/// `retention`.
pub(crate) const RETENTION: Table = Table {
    what: "the retention",
    keys: &[
        may(
            "bodies",
            Kind::Duration,
            "Content of a message: body, parameters, replies, error texts. After that only its record is left. Dead letters keep theirs.",
            "30 days",
        ),
        may("records", Kind::Duration, "Everything about a message that ended, except as a dead letter.", "400 days"),
        may("dead_letters", Kind::Duration, "Everything about a dead letter, from when it was given up.", "180 days"),
    ],
};

/// `trigger`.
pub(crate) const TRIGGER: Table = Table {
    what: "the trigger",
    keys: &[
        may(
            "http",
            Kind::Text,
            "Asynchronous: the caller gets 202 as soon as the message is durable.",
            "POST /11vms/activity-reports",
        ),
        may(
            "request",
            Kind::Text,
            "Synchronous: the caller waits for the reply of the flow.",
            "GET /api/v1/customers/{id}",
        ),
        may(
            "schedule",
            Kind::Text,
            "A timetable, as a phrase or a cron expression of five fields.",
            "daily at 08:30 PM",
        ),
        may("zone", Kind::Text, "Time zone of the timetable, by its IANA name.", "Europe/Paris"),
        may(
            "missed",
            Kind::Text,
            "What becomes of starts whose time passed while the service was down: `once` makes up for the last one, `skip` for none, `all(max 10)` for the last ten; `once` if nothing is said.",
            "all(max 10)",
        ),
        may("catch_up", Kind::Duration, "How far back missed starts are looked for, 24h if nothing is said.", "24h"),
        may(
            "overlap",
            Kind::Word(&["skip", "queue_one", "allow"]),
            "What happens to a start while an earlier run is unfinished: it is recorded and skipped, it waits for its turn (one at most), or it runs beside it; `skip` if nothing is said.",
            "queue_one",
        ),
        may("message", Kind::Message, "The message in the body.", "ActivityReportValidated"),
        may("parameters", Kind::Names, "Parameters of path and query with their types.", "{ id: text(..18) }"),
        may(
            "auth",
            Kind::Shapes("`{ oauth2: { scopes: [..] } }`, `{ basic: {} }` or `none`"),
            "How callers prove who they are.",
            "{ oauth2: { scopes: [activity-report.write] } }",
        ),
        may(
            "idempotency",
            Kind::Shapes("an expression, or a mapping with `key`, `header` or `by`, and `window`"),
            "What makes two messages the same: the second is acknowledged and not processed again.",
            "event.eventId",
        ),
        may(
            "searchable",
            Kind::Names,
            "Values by which operators find a message, each under a name of its own; the store keeps hashes of them.",
            "{ order: event.order.number }",
        ),
        may("max_body", Kind::Bytes, "Longest body; longer ones are answered 413.", "10 MB"),
        may(
            "max_per_minute",
            Kind::Integer,
            "Most requests a minute over all callers; more are answered 429.",
            "10000",
        ),
        may(
            "durable",
            Kind::Bool,
            "Whether a synchronous request is kept before the flow runs; `false` for reads.",
            "false",
        ),
        may("timeout", Kind::Duration, "How long a synchronous caller waits for the reply.", "5s"),
    ],
};

/// `trigger.auth` and a system's `auth`.
pub(crate) const AUTH: Table = Table {
    what: "the authentication",
    keys: &[
        may(
            "oauth2",
            Kind::Record(&OAUTH2),
            "OAuth 2.0: bearer tokens with scopes for callers, client credentials for our calls.",
            "{ scopes: [orders.write] }",
        ),
        may("basic", Kind::Record(&NOTHING), "User and password (RFC 7617).", "{}"),
        may("client_certificate", Kind::Record(&NOTHING), "TLS client certificate.", "{}"),
        may("ssh_password", Kind::Record(&NOTHING), "SFTP user and password; the host key is pinned.", "{}"),
        may("ssh_key", Kind::Record(&NOTHING), "SFTP user and key; the host key is pinned.", "{}"),
    ],
};

/// `auth.oauth2`.
pub(crate) const OAUTH2: Table = Table {
    what: "the OAuth 2.0 settings",
    keys: &[
        may("scopes", Kind::Texts, "Scopes that a token must hold, or that we ask for.", "[orders.write]"),
        may("audience", Kind::Text, "Audience that we ask for.", "external-client-api-v2"),
    ],
};

/// A mapping without keys.
pub(crate) const NOTHING: Table = Table { what: "this authentication", keys: &[] };

/// `trigger.idempotency` in its long form.
pub(crate) const IDEMPOTENCY: Table = Table {
    what: "the idempotency rule",
    keys: &[
        may("key", Kind::Expression, "Expression that is equal for repetitions of one message.", "event.eventId"),
        may(
            "header",
            Kind::Text,
            "Header of the request that is equal for repetitions of one message; a request without it is answered 400.",
            "Idempotency-Key",
        ),
        may(
            "by",
            Kind::Word(&["cloudevent", "webhook", "body"]),
            "A key that a standard defines: `id` and `source` of a CloudEvent, the header `webhook-id` of a standard webhook, or the SHA-256 of the body.",
            "cloudevent",
        ),
        may("window", Kind::Duration, "How long a key is remembered, 7d if nothing is said.", "7d"),
    ],
};

/// `errors`.
pub(crate) const ERRORS: Table = Table {
    what: "the error policy",
    keys: &[
        must(
            "retry",
            Kind::Shapes("a phrase, or `{ retries, interval, backoff, cap, jitter, give_up_after, retry_after_cap }`"),
            "When a failed delivery is tried again; the page prints the timetable.",
            "3x every 30s, exponential backoff",
        ),
        must(
            "dead_letter",
            Kind::Word(&["enabled", "not applicable"]),
            "Whether messages that cannot be delivered are kept for a decision.",
            "enabled",
        ),
        may(
            "alert",
            Kind::Texts,
            "Channels that are told; the environment says where they are.",
            "[SAP Alert Notification]",
        ),
        may(
            "on_unknown",
            Kind::Word(&["retry", "hold"]),
            "What to do when nobody knows whether the target did the work.",
            "hold",
        ),
        may(
            "order",
            Kind::Shapes("`strict`, or `{ per_key, on_dead }`"),
            "Whether messages are delivered in the order of acceptance: those of one key, or all (`strict`).",
            "{ per_key: event.order_number }",
        ),
        may(
            "outcomes",
            Kind::Records(&OUTCOME),
            "What replies mean for this interface: rules that come before those of the system's document.",
            "[{ status: 404, class: retryable, reason: the order arrives a little later }]",
        ),
        may("responses", Kind::Names, "What callers see, by HTTP status.", "{ 400: the payload does not fit }"),
        may("audit", Kind::Word(&["enabled"]), "Whether an audit log is asked for.", "enabled"),
        may(
            "encryption",
            Kind::Word(&["AES-256"]),
            "Encryption at rest: content is kept only encrypted, and an environment without keys does not serve it.",
            "AES-256",
        ),
    ],
};

/// `errors.retry` in its long form.
pub(crate) const RETRY: Table = Table {
    what: "the retry rule",
    keys: &[
        must("retries", Kind::Integer, "Repetitions after the first send.", "3"),
        must("interval", Kind::Duration, "Wait before the first repetition.", "30s"),
        may("backoff", Kind::Word(GROWTH), "Whether the wait stays or doubles.", "exponential"),
        may("cap", Kind::Duration, "Longest wait.", "1h"),
        may("jitter", Kind::Percent, "Largest share that is added at random.", "10%"),
        may(
            "give_up_after",
            Kind::Duration,
            "Time from accepting after which nothing is sent any more, however many repetitions are left.",
            "15min",
        ),
        may(
            "retry_after_cap",
            Kind::Duration,
            "Longest `Retry-After` of a partner that is honoured, 1h if nothing is said.",
            "1h",
        ),
    ],
};

/// `errors.outcomes[]`: a rule of an operation, made for one interface.
pub(crate) const OUTCOME: Table = Table {
    what: "an outcome rule",
    keys: &[
        may(
            "operation",
            Kind::Text,
            "Operation that the rule is about; every operation of the flow if nothing is said.",
            "SAP SRM7.create-confirmation",
        ),
        system::OUTCOME.keys[0],
        system::OUTCOME.keys[1],
        system::OUTCOME.keys[2],
        system::OUTCOME.keys[3],
        system::OUTCOME.keys[4],
    ],
};

/// `errors.order`.
pub(crate) const ORDER: Table = Table {
    what: "the order rule",
    keys: &[
        must(
            "per_key",
            Kind::Expression,
            "Messages of equal value are delivered one after the other.",
            "event.order_number",
        ),
        may(
            "on_dead",
            Kind::Word(&["block_key", "continue"]),
            "Whether those behind a dead letter wait for a decision about it, or go on with a gap before them.",
            "continue",
        ),
    ],
};

/// `artefacts[]`.
pub(crate) const ARTEFACT: Table = Table {
    what: "an artefact",
    keys: &[
        must("kind", Kind::Text, "What it is.", "API proxy"),
        must("name", Kind::Text, "Its name.", "11VMSProxy_V2"),
        may("url", Kind::Text, "Where to find it.", "https://example.org/proxies/11VMSProxy_V2"),
    ],
};

/// `components[]`.
pub(crate) const COMPONENT: Table = Table {
    what: "a component",
    keys: &[
        must("name", Kind::Text, "System or middleware.", "SAP SRM7"),
        may("authentication", Kind::Text, "How the hop authenticates, in words.", "Client certificate"),
        may("transport", Kind::Text, "Transport security.", "TLS 1.2"),
        may("authorization", Kind::Text, "What decides over access.", "SAP roles"),
        may("notes", Kind::Text, "Anything else.", "authenticated through Cloud Connector"),
    ],
};

/// `monitoring`.
pub(crate) const MONITORING: Table = Table {
    what: "the monitoring",
    keys: &[
        may("tools", Kind::Texts, "Tools that watch it.", "[Grafana]"),
        may("dashboard", Kind::Text, "Link to its dashboard.", "https://grafana.example.org/d/vms"),
        may("runbook", Kind::Text, "Link to a runbook outside the page.", "https://example.org/runbooks/vms"),
        may("logging", Kind::Texts, "Where errors are logged.", "[journal, structured log]"),
    ],
};

/// `related[]`.
pub(crate) const RELATED: Table = Table {
    what: "a related interface",
    keys: &[
        must("smart_id", Kind::Text, "Its Smart ID.", "PROC-SRM7-11VMS-PURCHASE-ORDER-V1"),
        must("relation", Kind::Text, "How it belongs to this one.", "before"),
    ],
};

/// `history[]`.
pub(crate) const CHANGE: Table = Table {
    what: "a history entry",
    keys: &[
        must("date", Kind::Date, "Day of the change.", "2025-12-28"),
        must("version", Kind::Integer, "Revision of the document, counted up.", "1"),
        must("change", Kind::Text, "What changed.", "Created"),
    ],
};
