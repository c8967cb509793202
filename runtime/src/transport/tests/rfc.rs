//! SOAP-RFC, straight and through Cloud Connector's front.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{RootCertStore, ServerConfig, pki_types::PrivateKeyDer, server::WebPkiClientVerifier};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::descriptor::{Matches, Override};
use peer::Act;

const RFC: Protocol = Protocol::Rfc { function: "Z_SRM_CONF_CREATE" };

fn reply(parameters: &str) -> Act {
    Act::xml(
        200,
        &format!(
            "<soap-env:Envelope xmlns:soap-env=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap-env:Body>\
             <n0:Z_SRM_CONF_CREATE.Response xmlns:n0=\"urn:sap-com:document:sap:rfc:functions\">{parameters}\
             </n0:Z_SRM_CONF_CREATE.Response></soap-env:Body></soap-env:Envelope>"
        ),
    )
}

fn fault(inside: &str) -> Act {
    Act::xml(
        500,
        &format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><s:Fault>{inside}</s:Fault></s:Body></s:Envelope>"
        ),
    )
}

fn message(kind: &str, id: &str, number: &str, text: &str) -> String {
    format!("<TYPE>{kind}</TYPE><ID>{id}</ID><NUMBER>{number}</NUMBER><MESSAGE>{text}</MESSAGE>")
}

const RULES: &[OutcomeRule] = &[
    OutcomeRule {
        matches: Matches::Bapi { id: "ZC", number: "7" },
        class: Class::Duplicate,
        reason: "confirmed already",
    },
    OutcomeRule { matches: Matches::ErrorCode("EXISTS"), class: Class::Duplicate, reason: "there already" },
];

async fn check(act: Act, expect: &str) -> Outcome {
    let peer = Peer::start(vec![act]).await;
    let operation = Operation { outcomes: RULES, format: Format::Xml, ..operation(system(OutboundAuth::None), RFC) };
    let outcome = Net::to(&peer).call(operation, Request::new().body(tree(r#"{"IV":"1"}"#))).await;
    assert_eq!(told(&outcome), expect);
    outcome
}

#[tokio::test]
async fn an_error_inside_a_200_is_an_error() {
    let table = |messages: &[String]| {
        let items: String = messages.iter().map(|message| format!("<item>{message}</item>")).collect();
        reply(&format!("<EV_CONFIRMATION>5000</EV_CONFIRMATION><RETURN>{items}</RETURN>"))
    };
    let outcome = check(table(&[message("S", "Z", "1", "ok"), message("W", "Z", "2", "hm")]), "Delivered: done").await;
    let expect = r#"{"EV_CONFIRMATION":"5000","RETURN":[{"TYPE":"S","ID":"Z","NUMBER":"1","MESSAGE":"ok"},{"TYPE":"W","ID":"Z","NUMBER":"2","MESSAGE":"hm"}]}"#;
    assert_eq!(json::write(&outcome.reply), expect);
    check(reply("<RETURN/>"), "Delivered: done").await;
    check(reply(""), "Delivered: done").await;
    check(table(&[message("E", "06", "019", "PO unknown")]), "Permanent: RETURN E 06 019: PO unknown").await;
    check(table(&[message("A", "06", "019", "")]), "Permanent: RETURN A 06 019").await;
    let structure = format!("<RETURN>{}</RETURN>", message("E", "06", "019", "PO unknown"));
    check(reply(&structure), "Permanent: RETURN E 06 019: PO unknown").await;
    check(reply("<RETURN><TYPE>E</TYPE><CODE>06019</CODE></RETURN>"), "Permanent: RETURN E 06 019").await;
}

#[tokio::test]
async fn locks_pass_and_rules_come_first() {
    let two = |second: String| {
        reply(&format!("<RETURN><item>{}</item><item>{second}</item></RETURN>", message("E", "BAPI", "001", "no")))
    };
    let locked = message("E", "ME", "006", "PO 4500001234 is being processed by USER");
    check(two(locked), "Retryable: RETURN E ME 006: PO 4500001234 is being processed by USER").await;
    check(two(message("E", "ZC", "007", "x")), "Duplicate: confirmed already").await;
    check(two(message("S", "ZC", "007", "x")), "Permanent: RETURN E BAPI 001: no").await;
}

#[tokio::test]
async fn faults_have_classes() {
    let say = |code: &str, text: &str, detail: &str| {
        fault(&format!("<faultcode>s:{code}</faultcode><faultstring>{text}</faultstring><detail>{detail}</detail>"))
    };
    let exception = |name: &str| {
        format!(
            "<n:Z_SRM_CONF_CREATE.Exception xmlns:n=\"urn:sap-com:document:sap:rfc:functions\"><Name>{name}</Name></n:Z_SRM_CONF_CREATE.Exception>"
        )
    };
    check(say("Server", "RABAX", ""), "Retryable: SOAP fault Server: RABAX").await;
    check(say("Client", "bad", ""), "Permanent: SOAP fault Client: bad").await;
    check(say("Client", "X", &exception("NOT_FOUND")), "Permanent: ABAP exception NOT_FOUND").await;
    check(say("Client", "X", &exception("EXISTS")), "Duplicate: there already").await;
    let missing = "Authorization missing for service \"X\"";
    check(say("Server", missing, ""), &format!("Target: SOAP fault Server: {missing}")).await;
    check(Act::xml(401, "<html/>"), "Target: 401 Unauthorized").await;
    check(Act::xml(503, "<html>"), "Retryable: 503 Service Unavailable").await;
    check(Act::xml(405, ""), "Permanent: 405 Method Not Allowed").await;
    check(Act::xml(200, "<html/>"), "Unknown: the reply is unreadable: not a SOAP 1.1 envelope (line 1, column 1)")
        .await;
    check(Act::CutOff(200, "<s".to_owned()), "Unknown: the reply is unreadable: connection lost inside the reply")
        .await;
}

/// An authority, a server certificate for `localhost`, and a client's certificate with its key, all PEM but the server's.
fn front() -> (TlsAcceptor, String, String, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let issue = |name: &str| {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        (certificate, key)
    };
    let (server, server_key) = issue("localhost");
    let (client, client_key) = issue("tieline.example.org");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![server.der().clone()], PrivateKeyDer::try_from(server_key.serialize_der()).unwrap())
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), authority.pem(), client.pem(), client_key.serialize_pem())
}

#[tokio::test]
async fn cloud_connector_sees_certificate_token_and_the_whole_address() {
    let (acceptor, ca, certificate, key) = front();
    let script = vec![Act::xml(407, ""), reply("<EV_CONFIRMATION>5000</EV_CONFIRMATION>")];
    let connector = Peer::start_tls(script, acceptor).await;
    let tokens =
        Peer::start(vec![Act::json(200, r#"{"access_token":"c1"}"#), Act::json(200, r#"{"access_token":"c2"}"#)]).await;
    let placement = || Placement {
        base_url: Some("http://srm7.virtual:44300".to_owned()),
        proxy_url: Some(connector.url("")),
        proxy_token_url: Some(tokens.url("/token")),
        proxy_client_id: Some("connectivity".to_owned()),
        proxy_client_secret: Some("s".to_owned().into()),
        client_certificate: Some(certificate.clone().into()),
        client_key: Some(key.clone().into()),
        ca: Some(ca.clone().into()),
        ..Placement::default()
    };
    let operation = || Operation { format: Format::Xml, ..operation(system(OutboundAuth::ClientCertificate), RFC) };
    let request = || Request::new().body(tree(r#"{"HEADER":{"REF_DOC_NO":"AR-1001"}}"#));
    let outcome = Net::new(placement()).call(operation(), request()).await;
    assert_eq!(told(&outcome), "Delivered: done");
    let seen = connector.seen();
    assert_eq!(connector.lines(), ["POST http://srm7.virtual:44300/sap/bc/soap/rfc HTTP/1.1"; 2]);
    assert_eq!([&seen[0], &seen[1]].map(|seen| seen.header("proxy-authorization")), ["Bearer c1", "Bearer c2"]);
    assert_eq!(seen[1].header("host"), "srm7.virtual:44300");
    assert_eq!(seen[1].header("content-type"), "text/xml; charset=utf-8");
    assert!(seen[1].body.contains("<HEADER><REF_DOC_NO>AR-1001</REF_DOC_NO></HEADER><RETURN/>"), "{}", seen[1].body);

    let stranger = Placement { client_certificate: None, client_key: None, ..placement() };
    let outcome = Net::new(stranger).call(operation(), request()).await;
    assert_eq!(outcome.class, Class::Target, "{}", outcome.reason);
    assert_eq!(connector.seen().len(), 2);
}

#[tokio::test]
async fn rules_of_the_interface_come_before_those_of_the_function() {
    static OWN: &[Override] = &[Override {
        operation: None,
        rule: OutcomeRule {
            matches: Matches::Bapi { id: "ZC", number: "007" },
            class: Class::Retryable,
            reason: "confirmed by somebody else",
        },
    }];
    let act = || reply(&format!("<RETURN>{}</RETURN>", message("E", "ZC", "007", "confirmed")));
    check(act(), "Duplicate: confirmed already").await;
    let peer = Peer::start(vec![act()]).await;
    let operation = Operation { outcomes: RULES, format: Format::Xml, ..operation(system(OutboundAuth::None), RFC) };
    let (operation, request) = (Box::leak(Box::new(operation)), Request::new().body(tree(r#"{"IV":"1"}"#)));
    let call = Call { operation, request: &request, overrides: OWN, key: KEY, traceparent: TRACE };
    let outcome = Net::to(&peer).transport.exchange(call).await;
    assert_eq!(told(&outcome), "Retryable: confirmed by somebody else");
}
