//! The mail server, line by line as a client sees it.

use crate::support::landscape;
use std::sync::Arc;

use base64::Engine;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use simulators::smtp::SmtpSink;
use simulators::{Effect, Fault, Partner};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Plays the lines; before each one the reply so far must start with the code. The last code may be 0: connection lost.
async fn play(sink: &SmtpSink, script: &[(u16, &str)]) {
    let mut stream = BufReader::new(TcpStream::connect(sink.address()).await.unwrap());
    for (code, line) in script {
        assert_eq!(reply(&mut stream).await, *code, "before {line:?}");
        if !line.is_empty() {
            stream.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
        }
    }
}

async fn reply<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> u16 {
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return 0;
        }
        if line.as_bytes()[3] == b' ' {
            return line[..3].parse().unwrap();
        }
    }
}

const MAIL: [(u16, &str); 5] = [
    (220, "EHLO tieline"),
    (250, "MAIL FROM:<tieline@example.org>"),
    (250, "RCPT TO:<support@example.org>"),
    (250, "DATA"),
    (354, "Subject: delivery\r\n failed\r\nX-A: b\r\n\r\n..two dots\r\nend\r\n."),
];

fn mail(last: u16) -> Vec<(u16, &'static str)> {
    MAIL.into_iter().chain([(last, "")]).collect()
}

#[tokio::test]
async fn a_mail_is_kept_as_sent() {
    let l = landscape().await;
    play(&l.smtp, &mail(250)).await;
    let kept = &l.smtp.mails()[0];
    assert_eq!(
        (kept.from.as_str(), kept.to.as_slice()),
        ("tieline@example.org", &["support@example.org".to_owned()][..])
    );
    assert_eq!(kept.header("subject"), "delivery failed");
    assert!(kept.data.ends_with("\r\n\r\n.two dots\r\nend\r\n"), "{:?}", kept.data);
}

#[tokio::test]
async fn order_of_commands_and_credentials_matter() {
    let l = landscape().await;
    play(&l.smtp, &[(220, "RCPT TO:<x@example.org>"), (503, "DATA"), (503, "VRFY x"), (502, "QUIT"), (221, "")]).await;
    l.smtp.configure(|s| s.require_auth = true);
    let plain = |user: &str, password: &str| {
        format!("AUTH PLAIN {}", base64::engine::general_purpose::STANDARD.encode(format!("\0{user}\0{password}")))
    };
    let (good, bad) = (plain(l.smtp.user(), &l.smtp.password()), plain(l.smtp.user(), "guess"));
    play(
        &l.smtp,
        &[
            (220, "EHLO x"),
            (250, "MAIL FROM:<a@example.org>"),
            (530, &bad),
            (535, &good),
            (235, "MAIL FROM:<a@example.org>"),
            (250, ""),
        ],
    )
    .await;
    l.smtp.reset();
    l.smtp.configure(|s| s.require_tls = true);
    play(&l.smtp, &[(220, "EHLO x"), (250, "MAIL FROM:<a@example.org>"), (530, "")]).await;
    l.smtp.reset();
    l.smtp.configure(|s| s.max_size = 10);
    play(&l.smtp, &[(220, "EHLO x"), (250, "MAIL FROM:<a@example.org> SIZE=11"), (552, "")]).await;
    play(&l.smtp, &mail(552)).await;
}

#[tokio::test]
async fn knobs_say_later_never_and_nothing() {
    let l = landscape().await;
    l.smtp.faults(vec![Fault::on("rcpt", 1, Effect::status(450))]);
    play(&l.smtp, &[(220, "EHLO x"), (250, "MAIL FROM:<a@example.org>"), (250, "RCPT TO:<b@example.org>"), (450, "")])
        .await;
    l.smtp.faults(vec![Fault::on("data", 1, Effect::status(550))]);
    play(&l.smtp, &mail(550)).await;
    assert!(l.smtp.mails().is_empty());
    l.smtp.faults(vec![Fault::on("data", 1, Effect::DropAfter)]);
    play(&l.smtp, &mail(0)).await;
    assert_eq!(l.smtp.mails().len(), 1, "kept, but the client cannot know");
    l.smtp.faults(vec![Fault::on("connect", 1, Effect::status(421))]);
    play(&l.smtp, &[(421, "")]).await;
    l.smtp.down().await;
    assert!(TcpStream::connect(l.smtp.address()).await.is_err());
    l.smtp.up().await;
    play(&l.smtp, &mail(250)).await;
}

#[tokio::test]
async fn starttls_leads_to_an_encrypted_session() {
    let l = landscape().await;
    l.smtp.configure(|s| s.require_tls = true);
    let dir = tempfile::tempdir().unwrap();
    l.environment_toml(dir.path(), "127.0.0.1:0").unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(dir.path().join("ca.pem")).unwrap()).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut plain = BufReader::new(TcpStream::connect(l.smtp.address()).await.unwrap());
    for (code, line) in [(220, "EHLO tieline\r\n"), (250, "STARTTLS\r\n"), (220, "")] {
        assert_eq!(reply(&mut plain).await, code, "before {line:?}");
        plain.write_all(line.as_bytes()).await.unwrap();
    }
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let mut secure = BufReader::new(connector.connect(name, plain.into_inner()).await.unwrap());
    secure.write_all(b"EHLO tieline\r\n").await.unwrap();
    assert_eq!(reply(&mut secure).await, 250);
    secure.write_all(b"MAIL FROM:<tieline@example.org>\r\n").await.unwrap();
    assert_eq!(reply(&mut secure).await, 250, "refused before STARTTLS, fine now");
}
