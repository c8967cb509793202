//! What the documents' side says an answer means is what the runtime does with it: every status, every lock message.
//!
//! In: the table of `catalog::outcomes`, and a partner on loopback that answers as told. Out: equal classes, or not.
//! Never knows: flows, journals.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeMap;

use catalog::{
    model::{Interface, OperationRef, OutcomeClass, Protocol as Called, Target},
    outcomes::{self, Meaning},
};
use runtime::{
    Class, Format, Method, Operation, OutboundAuth, Protocol, Repeat, Request, System,
    clock::ScaledClock,
    environment::Placement,
    transport::{Call, NetTransport, Transport as _},
};
use tieline_tests::project;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

static PARTNER: System = System {
    name: "Partner",
    auth: OutboundAuth::None,
    cloud_connector: false,
    max_concurrency: None,
    max_per_second: None,
    max_per_day: None,
};

const fn operation(protocol: Protocol, format: Format) -> Operation {
    Operation {
        system: &PARTNER,
        name: "operation",
        protocol,
        format,
        query: &[],
        repeat: Repeat::Repeats,
        outcomes: &[],
        paging: None,
        timeout_ms: 10_000,
        sensitive: &[],
    }
}

static REST: Operation = operation(Protocol::Rest { method: Method::Post, path: "/x" }, Format::Json);
static RFC: Operation = operation(Protocol::Rfc { function: "Z_F" }, Format::Xml);

/// A partner that answers as the beginning of the path says: `/404/…`, or `/ME-006/…` with that message in a RETURN.
async fn partner() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut seen = Vec::new();
                while !seen.windows(4).any(|four| four == b"\r\n\r\n") {
                    let mut part = [0; 4096];
                    match stream.read(&mut part).await {
                        Ok(count) if count > 0 => seen.extend_from_slice(&part[..count]),
                        _ => return,
                    }
                }
                let text = String::from_utf8_lossy(&seen).into_owned();
                let asked = text.split('/').nth(1).unwrap_or_default();
                stream.write_all(reply(asked).as_bytes()).await.ok();
                stream.shutdown().await.ok();
            });
        }
    });
    format!("http://{address}")
}

fn reply(asked: &str) -> String {
    let (status, body) = match asked.split_once('-') {
        None => (asked, String::new()),
        Some((id, number)) => {
            let message = format!("<TYPE>E</TYPE><ID>{id}</ID><NUMBER>{number}</NUMBER><MESSAGE>no</MESSAGE>");
            let body = format!(
                "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><n:Z_F.Response \
                 xmlns:n=\"urn:sap-com:document:sap:rfc:functions\"><RETURN>{message}</RETURN></n:Z_F.Response></s:Body></s:Envelope>"
            );
            ("200", body)
        }
    };
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Said\r\ncontent-type: text/xml\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

/// What the runtime makes of an answer.
async fn does(base_url: &str, operation: &'static Operation, asked: &str) -> Class {
    let placement = Placement { base_url: Some(format!("{base_url}/{asked}")), ..Placement::default() };
    let clock = std::sync::Arc::new(ScaledClock::SYSTEM) as _;
    let transport = NetTransport::new(BTreeMap::from([("Partner".to_owned(), placement)]), &clock).unwrap();
    let (request, traceparent) = (Request::new(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    transport.exchange(Call { operation, request: &request, overrides: &[], key: "k", traceparent }).await.class
}

/// What the documents' side says, without any rule.
fn says(interface: &Interface, operation: &catalog::model::Operation, answer: &Target) -> OutcomeClass {
    let plain = catalog::model::Operation { outcomes: Vec::new(), ..operation.clone() };
    let reference = OperationRef { system: "Partner".to_owned(), operation: plain.name.clone() };
    match outcomes::meaning(interface, &reference, &plain, answer) {
        Meaning::Protocol(row) => row.class,
        other => panic!("{answer:?}: {other:?}"),
    }
}

#[tokio::test]
async fn every_answer_means_what_the_page_says() {
    let (catalog, ..) = catalog::open(&project());
    let catalog = catalog.unwrap();
    let mut interface = catalog.interface("PROC-11VMS-SRM7-ACTIVITY-REPORT-V1").unwrap().clone();
    interface.errors.outcomes.clear();
    let called = outcomes::called(&catalog, &interface);
    let of = |wanted: fn(&Called) -> bool| called.iter().find(|(_, it)| wanted(&it.protocol)).unwrap().1;
    let rest = of(|protocol| matches!(protocol, Called::Rest { .. }));
    let rfc = of(|protocol| matches!(protocol, Called::Rfc { .. }));
    let base_url = partner().await;
    let mut differing = Vec::new();
    let mut compare = |answer: String, says: OutcomeClass, does: Class| {
        if format!("{says:?}") != format!("{does:?}") {
            differing.push(format!("{answer}: the page says {says:?}, the runtime does {does:?}"));
        }
    };
    for status in 200..600 {
        let answer = Target::Status(status);
        let does = does(&base_url, &REST, &status.to_string()).await;
        compare(format!("REST {status}"), says(&interface, rest, &answer), does);
        // A 2xx of SOAP needs an envelope: its messages are compared below.
        if status >= 300 {
            let does = self::does(&base_url, &RFC, &status.to_string()).await;
            compare(format!("RFC {status}"), says(&interface, rfc, &answer), does);
        }
    }
    for (id, number) in [("M3", "024"), ("ME", "006"), ("CO", "469"), ("MC", "601"), ("ME", "007"), ("ZZ", "001")] {
        let answer = Target::BapiMessage { id: id.to_owned(), number: number.to_owned() };
        let does = does(&base_url, &RFC, &format!("{id}-{number}")).await;
        compare(format!("RFC {id} {number}"), says(&interface, rfc, &answer), does);
    }
    assert_eq!(differing, [] as [String; 0]);
}
