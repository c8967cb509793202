//! The runtime's transports against the simulators: each protocol once, and SFTP in all its ways to fail.
//!
//! In: operations as generated code declares them. Out: classes of outcomes, and what the partners really got.
//! Never knows: documents, flows, journals.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::{collections::BTreeMap, sync::Arc};

use runtime::{
    Class, Format, Matches, Method, Operation, OutboundAuth, OutcomeRule, Paging, Protocol, Repeat, Request, System,
    clock::{Clock, ScaledClock},
    environment::{Placement, SecretString, TokenAuth},
    format::json,
    transport::{Call, NetTransport, Outcome, Transport as _},
};
use simulators::{Effect, Fault, Landscape, Options, Partner as _};

const KEY: &str = "0198f5a0-delivery";

const fn system(name: &'static str, auth: OutboundAuth) -> System {
    System { name, auth, cloud_connector: false, max_concurrency: None, max_per_second: None, max_per_day: None }
}

const fn operation(system: &'static System, protocol: Protocol, format: Format) -> Operation {
    Operation {
        system,
        name: "operation",
        protocol,
        format,
        query: &[],
        repeat: Repeat::Harmless,
        outcomes: &[],
        paging: None,
        timeout_ms: 10_000,
        sensitive: &[],
    }
}

static PF2: System = system("PF2", OutboundAuth::SshPassword);
static PUT_ORDERS: Operation = operation(
    &PF2,
    Protocol::SftpPut { directory: "/in/planned-orders" },
    Format::Csv { separator: ';', columns: &["MATERIAL", "QUANTITY"] },
);
static SRM7: System = system("SAP SRM7", OutboundAuth::ClientCertificate);
static CREATE_CONFIRMATION: Operation = operation(&SRM7, Protocol::Rfc { function: "Z_SRM_CONF_CREATE" }, Format::Xml);
static FIND_CONFIRMATION: Operation = operation(&SRM7, Protocol::Rfc { function: "Z_SRM_CONF_FIND" }, Format::Xml);
static VMS: System = system("11VMS", OutboundAuth::OAuth2 { scopes: &[], audience: Some("external-client-api-v2") });
static GET_REPORT: Operation =
    operation(&VMS, Protocol::Rest { method: Method::Get, path: "/v2/activity-reports/{id}" }, Format::Json);
static ERP: System = system("SAP ERP", OutboundAuth::OAuth2 { scopes: &[], audience: None });
const SERVICE: &str = "/sap/opu/odata/sap/ZSD_SALES_ORDER_SRV";
static CREATE_ORDER: Operation = Operation {
    outcomes: &[OutcomeRule { matches: Matches::Status(409), class: Class::Duplicate, reason: "known" }],
    ..operation(&ERP, Protocol::OData { method: Method::Post, service: SERVICE, path: "/SalesOrders" }, Format::Json)
};
static SF: System = system("Salesforce", OutboundAuth::OAuth2 { scopes: &[], audience: None });
static READ_ACCOUNT: Operation = operation(
    &SF,
    Protocol::Rest { method: Method::Get, path: "/services/data/v60.0/sobjects/Account/{id}" },
    Format::Json,
);
static MAESTRO: System = system("Kinaxis Maestro", OutboundAuth::OAuth2 { scopes: &[], audience: None });
static QUERY: Operation =
    operation(&MAESTRO, Protocol::Rest { method: Method::Post, path: "/integration/V1/data/workbook" }, Format::Json);
static WORKSHEET: Operation = Operation {
    query: &["queryId", "workbookName", "Scope", "worksheetName", "startRow", "pageSize", "totalRowCount"],
    paging: Some(Paging { offset: "startRow", limit: "pageSize", size: 5, rows: "Rows", total: "totalRowCount" }),
    ..operation(&MAESTRO, Protocol::Rest { method: Method::Get, path: "/integration/V1/data/worksheet" }, Format::Json)
};

/// A landscape, and a transport that is placed in it.
struct Stage {
    landscape: Landscape,
    transport: NetTransport,
}

impl Stage {
    async fn start() -> Self {
        let landscape = Landscape::start(Options::default()).await.unwrap();
        let transport = transport(&landscape, |_| ());
        Self { landscape, transport }
    }

    async fn call(&self, operation: &'static Operation, request: Request) -> Outcome {
        call(&self.transport, operation, request).await
    }

    async fn upload(&self, name: &str) -> String {
        told(&self.call(&PUT_ORDERS, file(name)).await)
    }
}

async fn call(transport: &NetTransport, operation: &'static Operation, request: Request) -> Outcome {
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    transport.exchange(Call { operation, request: &request, overrides: &[], key: KEY, traceparent }).await
}

fn told(outcome: &Outcome) -> String {
    format!("{:?}: {}", outcome.class, outcome.reason)
}

fn file(name: &str) -> Request {
    let rows = r#"[{"MATERIAL":"0053H-8C3","QUANTITY":140.500},{"MATERIAL":"=1+1","QUANTITY":1}]"#;
    Request::new().parameter("fileName", name).body(json::read(rows.as_bytes()).unwrap())
}

const CONTENT: &str = "MATERIAL;QUANTITY\r\n0053H-8C3;140.500\r\n'=1+1;1\r\n";

fn transport(landscape: &Landscape, change: impl Fn(&mut Placement)) -> NetTransport {
    let oauth = |base_url: String, token_url: String, secret: String, token_auth: TokenAuth| Placement {
        base_url: Some(base_url),
        token_url: Some(token_url),
        client_id: Some("tieline".to_owned()),
        client_secret: Some(SecretString::from(secret)),
        token_auth,
        ..Placement::default()
    };
    let Landscape { vms, maestro, salesforce, erp, idp, pf2, .. } = landscape;
    let erp_secret = idp.secret(simulators::Client::Tieline);
    let mut placements = BTreeMap::from([
        ("11VMS".to_owned(), oauth(vms.base_url(), vms.token_url(), vms.client_secret(), TokenAuth::Body)),
        (
            "Kinaxis Maestro".to_owned(),
            oauth(maestro.base_url(), maestro.token_url(), maestro.client_secret(), TokenAuth::Basic),
        ),
        (
            "Salesforce".to_owned(),
            oauth(salesforce.base_url(), salesforce.token_url(), salesforce.client_secret(), TokenAuth::Body),
        ),
        ("SAP ERP".to_owned(), oauth(erp.base_url(), idp.token_url(), erp_secret, TokenAuth::Basic)),
        ("SAP SRM7".to_owned(), srm7(landscape)),
        (
            "PF2".to_owned(),
            Placement {
                host: Some(pf2.address()),
                user: Some(pf2.user().to_owned()),
                password: Some(SecretString::from(pf2.password())),
                host_key: Some(pf2.fingerprint()),
                ..Placement::default()
            },
        ),
    ]);
    placements.values_mut().for_each(change);
    let clock: Arc<dyn Clock> = Arc::new(ScaledClock::SYSTEM);
    NetTransport::new(placements, &clock).unwrap()
}

fn srm7(landscape: &Landscape) -> Placement {
    let dir = tempfile::tempdir().unwrap();
    landscape.environment_toml(dir.path(), "127.0.0.1:0").unwrap();
    let pem = |name: &str| Some(SecretString::from(std::fs::read_to_string(dir.path().join(name)).unwrap()));
    let scc = &landscape.scc;
    Placement {
        base_url: Some(scc.virtual_url()),
        proxy_url: Some(scc.proxy_url()),
        proxy_token_url: Some(scc.token_url()),
        proxy_client_id: Some("tieline".to_owned()),
        proxy_client_secret: Some(SecretString::from(scc.client_secret())),
        client_certificate: pem("client.pem"),
        client_key: pem("client.key"),
        ca: pem("ca.pem"),
        ..Placement::default()
    }
}

#[tokio::test]
async fn a_file_arrives_whole_and_once() {
    let stage = Stage::start().await;
    let pf2 = &stage.landscape.pf2;
    assert_eq!(
        stage.upload("PlannedOrders_PF.csv").await,
        "Delivered: 47 bytes in /in/planned-orders/PlannedOrders_PF.csv"
    );
    assert_eq!(pf2.text("/in/planned-orders/PlannedOrders_PF.csv").as_deref(), Some(CONTENT));
    assert_eq!(
        stage.upload("PlannedOrders_PF.csv").await,
        "Duplicate: the file is there already, with the same content"
    );
    pf2.put("/in/planned-orders/other.csv", b"something else");
    assert_eq!(
        stage.upload("other.csv").await,
        "Permanent: another file is there already: /in/planned-orders/other.csv"
    );
    let names: Vec<_> = pf2.files().into_iter().map(|file| file.path).collect();
    assert_eq!(
        names,
        ["/in/planned-orders/PlannedOrders_PF.csv", "/in/planned-orders/other.csv"],
        "nothing temporary stays"
    );
    assert!(pf2.partial_sightings().is_empty());
}

#[tokio::test]
async fn a_file_name_never_leaves_its_folder() {
    let stage = Stage::start().await;
    for name in ["../x.csv", "a/b.csv", "", ".hidden", "-x", "a..b", "a b", "ü.csv"] {
        let told = stage.upload(name).await;
        assert!(told.starts_with("Permanent: not sent: the file name may hold only"), "{name}: {told}");
    }
    assert!(stage.landscape.pf2.journal().is_empty());
}

#[tokio::test]
async fn a_broken_upload_can_be_repeated() {
    let stage = Stage::start().await;
    let pf2 = &stage.landscape.pf2;
    let name = "/in/planned-orders/x.csv";
    for operation in ["open", "write", "close"] {
        pf2.faults(vec![Fault::on(operation, 1, Effect::DropBefore)]);
        let told = stage.upload("x.csv").await;
        assert!(told.starts_with("Retryable: SFTP, writing"), "{operation}: {told}");
        assert_eq!(pf2.text(name), None, "{operation}");
    }
    pf2.faults(vec![Fault::on("rename", 1, Effect::DropAfter)]);
    let told = stage.upload("x.csv").await;
    assert!(told.starts_with("Unknown: SFTP, renaming"), "{told}");
    assert_eq!(stage.upload("x.csv").await, "Duplicate: the file is there already, with the same content");
    pf2.faults(vec![Fault::on("rename", 1, Effect::DropBefore)]);
    let told = stage.upload("y.csv").await;
    assert!(told.starts_with("Unknown: SFTP, renaming"), "{told}");
    assert!(stage.upload("y.csv").await.starts_with("Delivered"));
    assert!(pf2.partial_sightings().is_empty());
    assert_eq!(pf2.files().len(), 2, "nothing temporary stays: {:?}", pf2.files());
}

#[tokio::test]
async fn failures_of_the_file_server_have_classes() {
    let stage = Stage::start().await;
    let pf2 = &stage.landscape.pf2;
    let check = async |fault: Fault, expect: &str| {
        pf2.faults(vec![fault]);
        let told = stage.upload("x.csv").await;
        assert!(told.starts_with(expect), "{told}");
    };
    check(Fault::on("open", 1, Effect::status(3)), "Permanent: SFTP, writing").await;
    check(Fault::on("open", 1, Effect::status(4)), "Retryable: SFTP, writing").await;
    check(Fault::on("rename", 1, Effect::status(4)), "Retryable: SFTP, renaming").await;
    check(Fault::on("connect", 1, Effect::DropBefore), "Retryable: no SFTP connection").await;
    pf2.disk_quota(Some(10));
    check(Fault::on("none", 1, Effect::DropBefore), "Retryable: SFTP, writing").await;
    pf2.disk_quota(None);
    pf2.deny("/in");
    check(Fault::on("none", 1, Effect::DropBefore), "Permanent: SFTP, writing").await;
}

#[tokio::test]
async fn a_stranger_gets_no_file_and_a_closed_door_is_retryable() {
    let stage = Stage::start().await;
    let pf2 = &stage.landscape.pf2;
    let wrong = |change: fn(&mut Placement)| transport(&stage.landscape, change);
    let other_password = wrong(|placement| placement.password = Some(SecretString::from("no".to_owned())));
    assert_eq!(
        told(&call(&other_password, &PUT_ORDERS, file("x.csv")).await),
        "Target: the SFTP server refuses our logon"
    );
    pf2.change_host_key();
    let told_of = stage.upload("x.csv").await;
    assert!(told_of.starts_with("Target: the server's host key is not the pinned one: it shows SHA256:"), "{told_of}");
    pf2.reset();
    pf2.down().await;
    let told_of = stage.upload("x.csv").await;
    assert!(told_of.starts_with("Retryable: no SFTP connection"), "{told_of}");
    pf2.up().await;
    assert!(stage.upload("x.csv").await.starts_with("Delivered"));
}

#[tokio::test]
async fn sap_srm7_is_reached_through_cloud_connector() {
    let stage = Stage::start().await;
    let receipt = r#"{"HEADER":{"REF_DOC_NO":"AR-1001","DESCRIPTION":"January","POSTING_DATE":"2026-02-02"},
        "ITEM":{"PO_NUMBER":"4500001234","PO_ITEM":"0000000010","QUANTITY":21.5,"UNIT":"DAY","PRICE":620.00,"CURRENCY":"EUR"}}"#;
    let create = || Request::new().body(json::read(receipt.as_bytes()).unwrap());
    let outcome = stage.call(&CREATE_CONFIRMATION, create()).await;
    assert_eq!(told(&outcome), "Delivered: done", "{}", outcome.excerpt);
    assert_eq!(stage.landscape.srm.confirmations_of("AR-1001").len(), 1);
    let find = Request::new().body(json::read(br#"{"IV_REF_DOC_NO":"AR-1001"}"#).unwrap());
    let outcome = stage.call(&FIND_CONFIRMATION, find).await;
    assert_eq!(outcome.class, Class::Delivered, "{}", outcome.reason);
    assert!(
        json::write(&outcome.reply).contains(&stage.landscape.srm.confirmations()[0].number),
        "{:?}",
        outcome.reply
    );
    stage.landscape.srm.faults(vec![Fault::on("create-confirmation", 1, Effect::DropAfter)]);
    let outcome = stage.call(&CREATE_CONFIRMATION, create()).await;
    assert_ne!(outcome.class, Class::Delivered, "{}", outcome.reason);
}

#[tokio::test]
async fn the_web_systems_answer() {
    let stage = Stage::start().await;
    let outcome = stage.call(&GET_REPORT, Request::new().parameter("id", "AR-1001")).await;
    assert_eq!(told(&outcome), "Delivered: 200 OK", "{}", outcome.excerpt);
    stage.landscape.vms.faults(vec![Fault::on("get-activity-report", 1, Effect::ExpireToken)]);
    let outcome = stage.call(&GET_REPORT, Request::new().parameter("id", "AR-1001")).await;
    assert_eq!(told(&outcome), "Delivered: 200 OK", "an expired token is renewed once: {}", outcome.excerpt);
    let outcome = stage.call(&GET_REPORT, Request::new().parameter("id", "AR-none")).await;
    assert_eq!((outcome.class, outcome.status), (Class::Permanent, Some(404)), "{}", outcome.reason);
    let account = stage.landscape.salesforce.accounts()[0]["Id"].as_str().unwrap().to_owned();
    let outcome = stage.call(&READ_ACCOUNT, Request::new().parameter("id", account)).await;
    assert_eq!(told(&outcome), "Delivered: 200 OK", "{}", outcome.excerpt);
    let order = r#"{"order_id":900001,"cust_id":"CUST-1","cust_email":"a@example.org","status":"OPEN","currency":"EUR",
        "items":[{"material":"M-1","quantity":2,"price":10.50}]}"#;
    let create = || Request::new().body(json::read(order.as_bytes()).unwrap());
    let outcome = stage.call(&CREATE_ORDER, create()).await;
    assert_eq!(outcome.class, Class::Delivered, "{} {}", outcome.reason, outcome.excerpt);
    stage.landscape.erp.end_sessions();
    assert_eq!(told(&stage.call(&CREATE_ORDER, create()).await), "Duplicate: known");
}

#[tokio::test]
async fn a_worksheet_is_read_page_by_page() {
    let stage = Stage::start().await;
    let rows = |count: usize| (0..count).map(|n| vec![format!("M-{n}"), "1".to_owned()]).collect::<Vec<_>>();
    stage.landscape.maestro.put_worksheet("PlannedOrders_PF", rows(12));
    let query = r#"{"Scenario":{"Name":"Enterprise Data","Scope":"Public"},"WorkbookParameters":{"Workbook":
        {"Name":"Planned Orders Export","Scope":"Public"},"SiteGroup":"All Sites","Filter":{"Name":"All Parts","Scope":"Public"},
        "VariableValues":{},"WorksheetNames":["PlannedOrders_PF"]}}"#;
    let read = async || {
        let opened = stage.call(&QUERY, Request::new().body(json::read(query.as_bytes()).unwrap())).await;
        assert_eq!(opened.class, Class::Delivered, "{} {}", opened.reason, opened.excerpt);
        let reply: serde_json::Value = serde_json::from_str(&json::write(&opened.reply)).unwrap();
        let handle = reply["Worksheets"][0]["QueryHandle"]["QueryID"].as_str().unwrap()[1..].to_owned();
        let request = Request::new()
            .parameter("queryId", handle)
            .parameter("workbookName", "Planned Orders Export")
            .parameter("Scope", "Public")
            .parameter("worksheetName", "PlannedOrders_PF")
            .parameter("totalRowCount", &reply["Worksheets"][0]["TotalRowCount"]);
        stage.call(&WORKSHEET, request).await
    };
    let outcome = read().await;
    assert_eq!(told(&outcome), "Delivered: 12 rows", "{}", outcome.excerpt);
    let reply: serde_json::Value = serde_json::from_str(&json::write(&outcome.reply)).unwrap();
    assert_eq!(reply["Rows"].as_array().unwrap().len(), 12);
    assert_eq!(reply["Rows"][11]["Values"][0], "M-11");
    stage.landscape.maestro.grow_while_paging(3);
    let outcome = read().await;
    assert!(told(&outcome).starts_with("Retryable: the result changed while it was read"), "{}", outcome.reason);
}
