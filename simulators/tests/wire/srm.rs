//! SAP SRM7 behind Cloud Connector: every way the proxy refuses, and every way a call can end in SAP.

use crate::support::{client, landscape, send, token};
use simulators::{Effect, Fault, Landscape, Partner};

struct Line {
    http: reqwest::Client,
    token: String,
    url: String,
}

/// A client as the service builds it: TLS to the proxy with the client certificate, plain HTTP to the virtual host.
async fn line(l: &Landscape) -> Line {
    let dir = tempfile::tempdir().unwrap();
    l.environment_toml(dir.path(), "127.0.0.1:0").unwrap();
    let read = |name: &str| std::fs::read(dir.path().join(name)).unwrap();
    let pem = [read("client.pem"), read("client.key")].concat();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([reqwest::Certificate::from_pem(&read("ca.pem")).unwrap()])
        .identity(reqwest::Identity::from_pem(&pem).unwrap())
        .proxy(reqwest::Proxy::all(l.scc.proxy_url()).unwrap())
        .build()
        .unwrap();
    let token = token(&l.scc.token_url(), &l.scc.client_secret(), &[]).await;
    Line { http, token, url: format!("{}/sap/bc/soap/rfc?sap-client=100", l.scc.virtual_url()) }
}

impl Line {
    fn post(&self, body: String) -> reqwest::RequestBuilder {
        self.http
            .post(&self.url)
            .header("proxy-authorization", format!("Bearer {}", self.token))
            .header("content-type", "text/xml; charset=utf-8")
            .body(body)
    }

    async fn create(&self, reference: &str, order: &str, quantity: &str) -> (u16, String) {
        let (status, body) = send(self.post(create(reference, order, quantity))).await;
        (status, body.as_str().unwrap().to_owned())
    }

    async fn find(&self, reference: &str) -> String {
        let body =
            format!("<u:Z_SRM_CONF_FIND{NS}><IV_REF_DOC_NO>{reference}</IV_REF_DOC_NO><RETURN/></u:Z_SRM_CONF_FIND>");
        let (status, body) = send(self.post(envelope(&body))).await;
        assert_eq!(status, 200);
        body.as_str().unwrap().to_owned()
    }
}

const NS: &str = " xmlns:u=\"urn:sap-com:document:sap:rfc:functions\"";

fn envelope(body: &str) -> String {
    format!("<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>{body}</e:Body></e:Envelope>")
}

fn create(reference: &str, order: &str, quantity: &str) -> String {
    envelope(&format!(
        "<u:Z_SRM_CONF_CREATE{NS}><HEADER><REF_DOC_NO>{reference}</REF_DOC_NO><DESCRIPTION>January</DESCRIPTION>\
         <POSTING_DATE>2026-02-02</POSTING_DATE></HEADER><ITEM><PO_NUMBER>{order}</PO_NUMBER>\
         <PO_ITEM>0000000010</PO_ITEM><QUANTITY>{quantity}</QUANTITY><UNIT>DAY</UNIT><PRICE>620.00</PRICE>\
         <CURRENCY>EUR</CURRENCY></ITEM><RETURN/></u:Z_SRM_CONF_CREATE>"
    ))
}

const ORDER: &str = "4500001234";

#[tokio::test]
async fn a_confirmation_is_posted_and_found() {
    let l = landscape().await;
    let line = line(&l).await;
    assert!(line.find("AR-1001").await.contains("<EV_CONFIRMATION></EV_CONFIRMATION>"));
    let (status, body) = line.create("AR-1001", ORDER, "21.500").await;
    assert_eq!(status, 200);
    assert!(body.contains("Z_SRM_CONF_CREATE.Response") && body.contains("<EV_CONFIRMATION>5000000001<"), "{body}");
    assert!(body.contains("<TYPE>S</TYPE>"));
    assert!(line.find("AR-1001").await.contains("<EV_CONFIRMATION>5000000001<"));
    let posted = &l.srm.confirmations_of("AR-1001")[0];
    assert_eq!((posted.quantity.as_str(), posted.po_item.as_str()), ("21.500", "0000000010"));
    assert_eq!(l.srm.calls("create-confirmation")[0].key.as_deref(), Some("AR-1001"));
    line.create("AR-1001", ORDER, "21.500").await;
    assert_eq!(l.srm.confirmations_of("AR-1001").len(), 2, "nothing in SAP SRM7 stops a second confirmation");
}

#[tokio::test]
async fn business_failures_hide_in_a_200() {
    let l = landscape().await;
    let line = line(&l).await;
    let check = async |reference: &str, order: &str, quantity: &str, part: &str, posted: usize| {
        let (status, body) = line.create(reference, order, quantity).await;
        assert_eq!(status, 200, "{body}");
        assert!(body.contains(part), "{reference}: {body}");
        assert_eq!(l.srm.confirmations_of(reference).len(), posted, "{reference}");
    };
    check("A", "4599999999", "1", "<TYPE>E</TYPE><ID>06</ID><NUMBER>019</NUMBER>", 0).await;
    check("B", ORDER, "500", "<TYPE>E</TYPE><ID>BBP_PD</ID><NUMBER>428</NUMBER>", 0).await;
    l.srm.lock_once(ORDER);
    check("C", ORDER, "1", "<TYPE>E</TYPE><ID>ME</ID><NUMBER>006</NUMBER>", 0).await;
    check("C", ORDER, "1", "<TYPE>S</TYPE>", 1).await;
    l.srm.warn(ORDER);
    check("D", ORDER, "1", "<TYPE>W</TYPE>", 1).await;
    let bapi = |kind: &str| Effect::Bapi {
        kind: kind.into(),
        id: "M7".into(),
        number: "053".into(),
        message: "Posting period is closed".into(),
    };
    l.srm.faults(vec![Fault::on("create-confirmation", 1, bapi("E")), Fault::on("create-confirmation", 1, bapi("W"))]);
    check("E", ORDER, "1", "<TYPE>E</TYPE><ID>M7</ID><NUMBER>053</NUMBER>", 0).await;
    check("E", ORDER, "1", "<TYPE>W</TYPE><ID>M7</ID>", 1).await;
}

#[tokio::test]
async fn tables_come_back_only_when_they_were_sent() {
    let l = landscape().await;
    let line = line(&l).await;
    let without = create("A", "4599999999", "1").replace("<RETURN/>", "");
    let (_, body) = send(line.post(without.clone())).await;
    assert!(!body.as_str().unwrap().contains("<RETURN"), "the error is invisible: {body}");
    l.srm.tables_on_request(false);
    let (_, body) = send(line.post(without)).await;
    assert!(body.as_str().unwrap().contains("<TYPE>E</TYPE>"), "{body}");
}

#[tokio::test]
async fn what_sap_does_not_understand_is_a_fault() {
    let l = landscape().await;
    let line = line(&l).await;
    for (body, part) in [
        (envelope(&format!("<u:NO_SUCH_FM{NS}/>")), "Function module NO_SUCH_FM not found"),
        (envelope(&format!("<u:Z_SRM_CONF_CREATE{NS}/>")), "CALL_FUNCTION_PARM_MISSING"),
        (create("A", ORDER, "many"), "Conversion error in QUANTITY"),
        (create("A", ORDER, "1").replace("2026-02-02", "02.02.2026"), "Conversion error in POSTING_DATE"),
        ("no xml".to_owned(), "not understood"),
    ] {
        let (status, answer) = send(line.post(body)).await;
        let answer = answer.as_str().unwrap();
        assert_eq!(status, 500, "{answer}");
        assert!(answer.contains("Fault>") && answer.contains(part), "{answer}");
    }
    let echo = envelope(&format!("<u:STFC_CONNECTION{NS}><REQUTEXT>ping</REQUTEXT></u:STFC_CONNECTION>"));
    assert!(send(line.post(echo)).await.1.as_str().unwrap().contains("<ECHOTEXT>ping<"));
    let get = line.http.get(&line.url).header("proxy-authorization", format!("Bearer {}", line.token));
    assert_eq!(send(get).await.0, 405);
    assert!(l.srm.confirmations().is_empty());
}

#[tokio::test]
async fn the_proxy_refuses_what_it_must() {
    let l = landscape().await;
    let line = line(&l).await;
    let bearer = format!("Bearer {}", line.token);
    let host = l.scc.virtual_url();
    let big = "x".repeat(8192);
    for (url, header, status) in [
        (line.url.clone(), ("x", "y"), 407),
        (line.url.clone(), ("proxy-authorization", "Bearer made-up"), 407),
        (format!("{host}/sap/opu/odata"), ("proxy-authorization", bearer.as_str()), 403),
        (format!("{host}/sap/bc/soap/rfcx"), ("proxy-authorization", bearer.as_str()), 403),
        ("http://other.virtual:44300/sap/bc/soap/rfc".to_owned(), ("proxy-authorization", bearer.as_str()), 403),
        ("http://srm7_virtual:44300/sap/bc/soap/rfc".to_owned(), ("proxy-authorization", bearer.as_str()), 400),
        (format!("{host}/sap/bc/soap/rfc?{big}"), ("proxy-authorization", bearer.as_str()), 431),
    ] {
        let request = line.http.post(&url).header(header.0, header.1).body(create("A", ORDER, "1"));
        assert_eq!(send(request).await.0, status, "{}", &url[..60.min(url.len())]);
    }
    let elsewhere = line.post(create("A", ORDER, "1")).header("SAP-Connectivity-SCC-Location_ID", "plant-2");
    assert_eq!(send(elsewhere).await.0, 503);
    // To an https virtual host a client opens a tunnel; the proxy refuses it.
    assert!(line.http.post(line.url.replace("http:", "https:")).send().await.is_err());
    assert_eq!(l.scc.journal().last().unwrap().status, Some(405));
    assert!(l.srm.journal().is_empty(), "nothing of this reached SAP SRM7");
}

#[tokio::test]
async fn without_the_certificate_there_is_no_connection_and_no_logon() {
    let l = landscape().await;
    let dir = tempfile::tempdir().unwrap();
    l.environment_toml(dir.path(), "127.0.0.1:0").unwrap();
    let ca = std::fs::read(dir.path().join("ca.pem")).unwrap();
    let line = line(&l).await;
    let bare = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([reqwest::Certificate::from_pem(&ca).unwrap()])
        .proxy(reqwest::Proxy::all(l.scc.proxy_url()).unwrap())
        .build()
        .unwrap();
    assert!(bare.post(&line.url).body(String::new()).send().await.is_err());
    let direct = client().post(format!("{}/sap/bc/soap/rfc", l.srm.internal_url())).body(create("A", ORDER, "1"));
    let (status, page) = send(direct).await;
    assert_eq!(status, 401);
    assert!(page.as_str().unwrap().contains("<html>"));
    l.srm.refuse_logon(true);
    assert_eq!(line.create("A", ORDER, "1").await.0, 401);
    l.srm.reset();
    assert_eq!(line.create("A", ORDER, "1").await.0, 200);
}

#[tokio::test]
async fn a_lost_reply_is_lost_through_the_proxy_too() {
    let l = landscape().await;
    let line = line(&l).await;
    l.srm.faults(vec![Fault::on("create-confirmation", 1, Effect::DropAfter)]);
    assert!(line.post(create("AR-1", ORDER, "1")).send().await.is_err());
    assert!(line.find("AR-1").await.contains("<EV_CONFIRMATION>5000000001<"), "the work was done");
    l.scc.configure(|s| s.lost_reply_status = Some(504));
    l.srm.faults(vec![Fault::on("create-confirmation", 1, Effect::DropBefore)]);
    assert_eq!(line.create("AR-2", ORDER, "1").await.0, 504);
    assert!(l.srm.confirmations_of("AR-2").is_empty());
    l.srm.down().await;
    assert_eq!(line.create("AR-3", ORDER, "1").await.0, 502);
    l.srm.up().await;
    l.srm.faults(vec![Fault::on("create-confirmation", 1, Effect::status(503))]);
    assert_eq!(line.create("AR-3", ORDER, "1").await.0, 503);
    assert_eq!(line.create("AR-3", ORDER, "1").await.0, 200);
}
