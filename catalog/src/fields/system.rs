//! The keys of a system's front matter.
//!
//! In: nothing. Out: [`SYSTEM`] and the tables below it. Never knows: how they are read.

use super::{Kind, Table, may, must};

/// Classes of outcomes.
pub(crate) const CLASS: &[&str] = &["delivered", "duplicate", "retryable", "unknown", "target", "permanent"];

/// The whole front matter.
pub(crate) const SYSTEM: Table = Table {
    what: "the front matter of a system",
    keys: &[
        must("system", Kind::Text, "Name of the system on pages and in other documents.", "SAP SRM7"),
        must("code", Kind::Text, "Its token in Smart IDs.", "SRM7"),
        may("aliases", Kind::Texts, "Other spellings that documents use.", "[SAP SRM]"),
        must("title", Kind::Text, "What the system is, in one sentence.", "Supplier relationship management").prose(),
        may("vendor", Kind::Text, "Vendor or product line.", "SAP").prose(),
        may("part_of", Kind::Text, "The system that this one is an instance of.", "SAP ECC"),
        may("owner", Kind::Text, "Team that answers for the system.", "Procurement Team").prose(),
        may("proxy", Kind::Text, "API proxy in front of it.", "11VMSProxy_V2"),
        may("via", Kind::Word(&["Cloud Connector"]), "How it is reached, if not directly.", "Cloud Connector"),
        must(
            "auth",
            Kind::Shapes(
                "`{ oauth2: {..} }`, `{ basic: {} }`, `{ client_certificate: {} }`, `{ ssh_password: {} }`, `{ ssh_key: {} }` or `none`",
            ),
            "How we prove who we are to it.",
            "{ client_certificate: {} }",
        ),
        may(
            "limits",
            Kind::Record(&LIMITS),
            "What the system bears; the runtime keeps to it.",
            "{ concurrency: 1, per_second: 10 }",
        ),
        may(
            "assumptions",
            Kind::Texts,
            "What its contract leaves open and was assumed.",
            "[field names follow the vendor's vocabulary]",
        )
        .prose(),
        may(
            "operations",
            Kind::Named(&OPERATION),
            "What the system can be asked to do, by name.",
            "{ get-activity-report: { title: Read one report, rest: \"GET /reports/{id}\" } }",
        ),
    ],
};

/// `limits`.
pub(crate) const LIMITS: Table = Table {
    what: "the limits",
    keys: &[
        may("concurrency", Kind::Integer, "Calls at a time.", "1"),
        may("per_second", Kind::Integer, "Calls a second.", "10"),
        may("per_day", Kind::Integer, "Calls a day.", "50000"),
    ],
};

/// `operations.<name>`.
pub(crate) const OPERATION: Table = Table {
    what: "an operation",
    keys: &[
        must("title", Kind::Text, "What it does, in one sentence.", "Read one activity report").prose(),
        may("rest", Kind::Text, "HTTP method and path.", "GET /v2/activity-reports/{id}"),
        may(
            "odata",
            Kind::Record(&ODATA),
            "OData V2 call through SAP Gateway.",
            "{ service: /sap/opu/odata/sap/ZSD_SRV, call: POST /SalesOrders }",
        ),
        may("rfc", Kind::Text, "RFC-enabled function module, called through SOAP.", "Z_SRM_CONF_CREATE"),
        may(
            "sftp",
            Kind::Record(&SFTP),
            "Upload of a file: temporary name, then rename.",
            "{ put: /in/planned-orders }",
        ),
        may("parameters", Kind::Names, "Parameters of path and query with their types.", "{ id: text }"),
        may("request", Kind::Message, "Message of the request; for CSV the message of one row.", "PurchaseOrder"),
        may("response", Kind::Message, "Message of the response.", "PurchaseOrderCreated"),
        may(
            "format",
            Kind::Word(&["json", "xml", "csv"]),
            "Format of request and response, JSON if nothing is said; RFC is always XML.",
            "csv",
        ),
        may("separator", Kind::Text, "Separator of CSV columns, one character.", ";"),
        must(
            "idempotent",
            Kind::Shapes("`natural`, `no` or `{ key: Header-Name }`"),
            "What a repetition of the call does: nothing more, the work again, or nothing because of a key.",
            "natural",
        ),
        may(
            "outcomes",
            Kind::Records(&OUTCOME),
            "Rules that come before the protocol's own classification of replies.",
            "[{ status: 409, class: duplicate, reason: the order exists already }]",
        ),
        may(
            "on_unknown",
            Kind::Record(&PROBE),
            "How to find out whether a call with a lost reply did its work.",
            "{ probe: find-confirmation, found: response.EV_CONFIRMATION.isSet() }",
        ),
        may(
            "paging",
            Kind::Record(&PAGING),
            "How a long result comes in pages.",
            "{ offset: startRow, limit: pageSize, size: 5000, rows: Rows, total: totalRowCount }",
        ),
        may("timeout", Kind::Duration, "Longest wait for a reply, 30s if nothing is said.", "30s"),
    ],
};

/// `odata`.
pub(crate) const ODATA: Table = Table {
    what: "the OData call",
    keys: &[
        must("service", Kind::Text, "Path of the service.", "/sap/opu/odata/sap/ZSD_SRV"),
        must("call", Kind::Text, "HTTP method and path within the service.", "POST /SalesOrders"),
    ],
};

/// `sftp`.
pub(crate) const SFTP: Table = Table {
    what: "the file operation",
    keys: &[must(
        "put",
        Kind::Text,
        "Folder that the file is put into; the parameter `fileName` is implied.",
        "/in/planned-orders",
    )],
};

/// `outcomes[]`.
pub(crate) const OUTCOME: Table = Table {
    what: "an outcome rule",
    keys: &[
        may("status", Kind::Integer, "HTTP status that the rule is about.", "409"),
        may("error_code", Kind::Text, "Code inside an error body that the rule is about.", "UNABLE_TO_LOCK_ROW"),
        may("bapi", Kind::Text, "BAPIRET2 message class and number that the rule is about.", "ME 006"),
        must("class", Kind::Word(CLASS), "What such a reply means.", "retryable"),
        must("reason", Kind::Text, "Why, in words.", "the purchase order is locked by another user"),
    ],
};

/// `on_unknown`.
pub(crate) const PROBE: Table = Table {
    what: "the rule for unknown outcomes",
    keys: &[
        must("probe", Kind::Text, "Reading operation of the same system.", "find-confirmation"),
        may(
            "with",
            Kind::Shapes("a bound name, or a mapping of parameters and fields"),
            "Its arguments; they see `request` and `parameters` of the call.",
            "{ IV_REF_DOC_NO: \"${request.HEADER.REF_DOC_NO}\" }",
        ),
        must(
            "found",
            Kind::Expression,
            "Holds when the work was done; sees the reply as `response`.",
            "response.EV_CONFIRMATION.isSet()",
        ),
    ],
};

/// `paging`.
pub(crate) const PAGING: Table = Table {
    what: "the paging rule",
    keys: &[
        must("offset", Kind::Text, "Parameter with the first row.", "startRow"),
        must("limit", Kind::Text, "Parameter with the number of rows asked for.", "pageSize"),
        must("size", Kind::Integer, "Rows asked for per page.", "5000"),
        must("rows", Kind::Text, "Field of the response that holds the rows.", "Rows"),
        must("total", Kind::Text, "Parameter that says how many rows there are; it is not sent.", "totalRowCount"),
    ],
};
