//! Partners: what they answer, and addresses made of what messages say.
//!
//! In: any bytes. Out: nothing. Never knows: sockets.

use super::Target;
use crate::{
    descriptor::{Class, Format, Matches, Method, Operation, OutboundAuth, OutcomeRule, Protocol, Repeat, System},
    transport,
};
use jiff::Timestamp;

pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "partner-reply",
        run: |bytes| {
            // A status, a line a header, an empty line, a body.
            let head = bytes.windows(2).position(|window| window == b"\n\n").unwrap_or(bytes.len());
            let (head, body) = (&bytes[..head], bytes.get(head + 2..).unwrap_or_default());
            for operation in [&CREATE, &READ_XML, &POST_ODATA, &CALL_RFC] {
                transport::fuzz::reply(operation, &String::from_utf8_lossy(head), body);
            }
        },
        examples: &[
            "200\ncontent-type: application/json\nretry-after: 120\n\n{\"d\":{\"results\":[{\"id\":\"1\"}],\"__count\":\"1\"}}",
            "503\nretry-after: Wed, 21 Oct 2026 07:28:00 GMT\n\nbusy",
            "403\nx-csrf-token: Required\nset-cookie: a=b; Path=/; HttpOnly\n\n",
            "200\nx-csrf-token: dG9rZW4=\nset-cookie: sap-usercontext=sap-client=100; path=/\nset-cookie: c=d\n\n",
            "400\ncontent-type: application/problem+json\n\n{\"error\":{\"code\":\"E/001\",\"message\":{\"value\":\"no\"}},\"fault\":{\"detail\":{\"errorcode\":\"x\"}}}",
            "200\ncontent-type: text/xml\n\n<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><n:BAPI_X.Response xmlns:n=\"urn:sap-com:document:sap:rfc:functions\"><RETURN><item><TYPE>E</TYPE><CODE>ME006</CODE><MESSAGE>locked</MESSAGE></item></RETURN></n:BAPI_X.Response></s:Body></s:Envelope>",
            "200\ncontent-type: application/json\n\n{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"scope\":\"a b\"}",
            "401\n\n{\"error\":\"invalid_client\",\"error_description\":\"no\"}",
        ],
    },
    Target {
        name: "retry-after",
        run: |bytes| {
            transport::retry_after_ms(&String::from_utf8_lossy(bytes), Timestamp::UNIX_EPOCH);
        },
        examples: &["120", "Wed, 21 Oct 2026 07:28:00 GMT", "18446744073709551615", " 7 "],
    },
    Target {
        name: "address",
        run: |bytes| transport::fuzz::address(&String::from_utf8_lossy(bytes)),
        examples: &["4711", "O'Brien/../7?x=1#f", "a b\u{e9}%2e", "..", "STOCK_2026-02-28.csv"],
    },
];

const fn operation(name: &'static str, protocol: Protocol, format: Format) -> Operation {
    Operation {
        system: &TARGET,
        name,
        protocol,
        format,
        query: &[],
        repeat: Repeat::Repeats,
        outcomes: &[
            OutcomeRule { matches: Matches::ErrorCode("E/001"), class: Class::Duplicate, reason: "known" },
            OutcomeRule {
                matches: Matches::Bapi { id: "ME", number: "006" },
                class: Class::Retryable,
                reason: "locked",
            },
        ],
        paging: None,
        timeout_ms: 1_000,
        sensitive: &["/email"],
    }
}

static TARGET: System = System {
    name: "ERP",
    auth: OutboundAuth::None,
    cloud_connector: false,
    max_concurrency: None,
    max_per_second: None,
    max_per_day: None,
};

const ORDERS: Protocol = Protocol::Rest { method: Method::Post, path: "/orders" };

pub(super) static CREATE: Operation = operation("create", ORDERS, Format::Json);
pub(super) static READ_XML: Operation =
    operation("read", Protocol::Rest { method: Method::Get, path: "/orders" }, Format::Xml);
static POST_ODATA: Operation =
    operation("post", Protocol::OData { method: Method::Post, service: "/sap/A_SRV", path: "/A" }, Format::Json);
static CALL_RFC: Operation = operation("call", Protocol::Rfc { function: "BAPI_X" }, Format::Xml);
