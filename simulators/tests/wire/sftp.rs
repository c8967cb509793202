//! The SFTP servers, through a real client: pinned keys, atomic uploads, and every way a delivery can break.

use std::sync::Arc;

use russh::client;
use russh::keys::{HashAlg, PublicKeyOrCertificate};
use russh_sftp::client::SftpSession;
use russh_sftp::client::error::Error;
use russh_sftp::protocol::{OpenFlags, StatusCode};
use simulators::sftp::SftpServer;
use simulators::{Effect, Fault, Partner};
use tokio::io::AsyncWriteExt;

use crate::support::landscape;

struct Pin(String);

impl client::Handler for Pin {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = key else { return Ok(false) };
        Ok(key.fingerprint(HashAlg::Sha256).to_string() == self.0)
    }
}

async fn connect(server: &SftpServer, password: &str, pin: &str) -> Result<(client::Handle<Pin>, SftpSession), String> {
    let pin = Pin(pin.to_owned());
    let mut session =
        client::connect(Arc::default(), server.address(), pin).await.map_err(|error| format!("connect: {error}"))?;
    let accepted = session.authenticate_password(server.user(), password).await.map_err(|e| format!("auth: {e}"))?;
    if !accepted.success() {
        return Err("refused".to_owned());
    }
    let channel = session.channel_open_session().await.map_err(|e| e.to_string())?;
    channel.request_subsystem(true, "sftp").await.map_err(|e| e.to_string())?;
    let sftp = SftpSession::new(channel.into_stream()).await.map_err(|e| e.to_string())?;
    sftp.set_timeout(5);
    Ok((session, sftp))
}

async fn login(server: &SftpServer) -> (client::Handle<Pin>, SftpSession) {
    connect(server, &server.password(), &server.fingerprint()).await.unwrap()
}

async fn upload(sftp: &SftpSession, path: &str, content: &[u8]) -> Result<(), Error> {
    let flags = OpenFlags::CREATE | OpenFlags::TRUNCATE | OpenFlags::WRITE;
    let mut file = sftp.open_with_flags(path, flags).await?;
    let io = |error: std::io::Error| Error::IO(error.to_string());
    file.write_all(content).await.map_err(io)?;
    file.flush().await.map_err(io)?;
    file.sync_all().await?;
    file.close().await.map_err(io)
}

fn code(result: Result<(), Error>) -> Option<StatusCode> {
    match result {
        Err(Error::Status(status)) => Some(status.status_code),
        _ => None,
    }
}

const TEMP: &str = "/in/planned-orders/a.csv.1.tmp";
const FINAL: &str = "/in/planned-orders/a.csv";

#[tokio::test]
async fn an_atomic_upload_arrives_whole_and_never_half() {
    let l = landscape().await;
    let (_session, sftp) = login(&l.pf2).await;
    let content: Vec<u8> = (0..1_000_000_u32).map(|n| b"0123456789\n"[n as usize % 11]).collect();
    upload(&sftp, TEMP, &content).await.unwrap();
    sftp.rename(TEMP, FINAL).await.unwrap();
    assert_eq!(sftp.metadata(FINAL).await.unwrap().size, Some(1_000_000));
    assert_eq!(sftp.read(FINAL).await.unwrap(), content);
    let listed: Vec<String> = sftp.read_dir("/in/planned-orders").await.unwrap().map(|e| e.file_name()).collect();
    assert_eq!(listed, ["a.csv"]);
    assert_eq!(l.pf2.files()[0].content, content);
    assert!(l.pf2.partial_sightings().is_empty());
    assert!(l.wp2.files().is_empty());
    assert_eq!(l.pf2.calls("rename")[0].key.as_deref(), Some("a.csv"));
}

#[tokio::test]
async fn writing_in_place_is_noticed() {
    let l = landscape().await;
    let (_session, sftp) = login(&l.pf2).await;
    upload(&sftp, FINAL, b"MATERIAL\n").await.unwrap();
    assert_eq!(l.pf2.partial_sightings(), [FINAL]);
}

#[tokio::test]
async fn a_rename_does_not_overwrite() {
    let l = landscape().await;
    l.pf2.put(FINAL, b"old");
    let (_session, sftp) = login(&l.pf2).await;
    upload(&sftp, TEMP, b"new").await.unwrap();
    assert_eq!(code(sftp.rename(TEMP, FINAL).await), Some(StatusCode::Failure));
    assert_eq!(l.pf2.text(FINAL).as_deref(), Some("old"));
}

#[tokio::test]
async fn who_may_connect() {
    let l = landscape().await;
    let (password, pin) = (l.pf2.password(), l.pf2.fingerprint());
    assert_ne!(pin, l.wp2.fingerprint());
    assert_eq!(connect(&l.pf2, "guess", &pin).await.err().as_deref(), Some("refused"));
    l.pf2.change_host_key();
    let changed = connect(&l.pf2, &password, &pin).await.err().unwrap();
    assert!(changed.starts_with("connect: "), "{changed}");
    assert_ne!(l.pf2.fingerprint(), pin);
    l.pf2.reset();
    assert_eq!(l.pf2.fingerprint(), pin, "the key follows from the seed");
    assert!(connect(&l.pf2, &password, &pin).await.is_ok());
    l.pf2.configure(|s| s.max_connections = Some(1));
    // The connections made above take a moment to end on the server's side.
    let first = loop {
        if let Ok(first) = connect(&l.pf2, &password, &pin).await {
            break first;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    assert!(connect(&l.pf2, &password, &pin).await.is_err());
    drop(first);
}

#[tokio::test]
async fn a_full_disk_and_a_missing_permission() {
    let l = landscape().await;
    let (_session, sftp) = login(&l.pf2).await;
    l.pf2.disk_quota(Some(10));
    assert!(upload(&sftp, TEMP, b"more than ten bytes").await.is_err());
    l.pf2.disk_quota(None);
    l.pf2.deny("/in/planned-orders");
    assert_eq!(code(upload(&sftp, TEMP, b"x").await), Some(StatusCode::PermissionDenied));
    l.pf2.reset();
    l.pf2.faults(vec![Fault::on("open", 1, Effect::status(4))]);
    assert_eq!(code(upload(&sftp, TEMP, b"x").await), Some(StatusCode::Failure));
    assert_eq!(code(upload(&sftp, "/nowhere/a.tmp", b"x").await), Some(StatusCode::NoSuchFile));
    upload(&sftp, TEMP, b"x").await.unwrap();
}

#[tokio::test]
async fn a_connection_cut_after_the_rename_leaves_the_file_there() {
    let l = landscape().await;
    let (_session, sftp) = login(&l.pf2).await;
    upload(&sftp, TEMP, b"content").await.unwrap();
    l.pf2.faults(vec![Fault::on("rename", 1, Effect::DropAfter)]);
    let lost = sftp.rename(TEMP, FINAL).await.unwrap_err();
    assert!(!matches!(lost, Error::Status(_)), "no reply, so no status: {lost:?}");
    assert_eq!(l.pf2.text(FINAL).as_deref(), Some("content"));
    let (_session, sftp) = login(&l.pf2).await;
    assert_eq!(sftp.read(FINAL).await.unwrap(), b"content");
}

#[tokio::test]
async fn down_cuts_sessions_and_up_brings_the_files_back() {
    let l = landscape().await;
    let (_session, sftp) = login(&l.pf2).await;
    upload(&sftp, TEMP, b"content").await.unwrap();
    l.pf2.down().await;
    assert!(sftp.rename(TEMP, FINAL).await.is_err());
    assert!(connect(&l.pf2, &l.pf2.password(), &l.pf2.fingerprint()).await.is_err());
    l.pf2.up().await;
    let (_session, sftp) = login(&l.pf2).await;
    sftp.rename(TEMP, FINAL).await.unwrap();
    assert_eq!(l.pf2.text(FINAL).as_deref(), Some("content"));
}
