//! Files by SFTP: never half a file, never a file twice, never to a stranger.
//!
//! In: a call with a file name and rows. Out: an outcome. Never knows: who reads the file.
//!
//! The file is written under a temporary name in its own directory and renamed when it is whole. A file of the same
//! name and content that is there already is this file, from a try whose reply was lost.

use std::{fmt, sync::Arc};

use russh::{
    client,
    keys::{HashAlg, PrivateKeyWithHashAlg, PublicKeyOrCertificate, decode_secret_key},
};
use russh_sftp::{
    client::{SftpSession, error::Error as SftpError},
    protocol::{OpenFlags, StatusCode},
};
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;

use super::{Call, Outcome, partner::Partner, rest::unsendable};
use crate::{
    clock::timeout,
    descriptor::{Class, Format},
    environment::Placement,
    format::{csv, json},
    value::Value,
};

/// The parameter that names the file.
const FILE_NAME: &str = "fileName";
/// Longest answer to one request, real seconds; the operation's own timeout is on the service's clock.
const REQUEST_TIMEOUT_S: u64 = 300;

/// Makes one upload.
pub(super) async fn exchange(partner: &Partner, call: Call<'_>, directory: &str) -> Result<Outcome, Outcome> {
    let name = call.request.get(FILE_NAME).ok_or_else(|| unsendable("the parameter fileName is missing"))?;
    if !is_safe(name) {
        return Err(unsendable(
            "the file name may hold only letters, digits, `.`, `_` and `-`, and start with a letter or digit",
        ));
    }
    let content = content(call)?;
    let upload = Upload { target: path(directory, name), temporary: temporary(directory, name, call.key), content };
    // Set once the rename is on its way: from then on a silence leaves the outcome open.
    let renaming = std::sync::atomic::AtomicBool::new(false);
    let work = async {
        let (session, sftp) = connect(&partner.placement).await?;
        let outcome = upload.run(&sftp, &renaming).await;
        let _ = sftp.close().await;
        let _ = session.disconnect(russh::Disconnect::ByApplication, "", "").await;
        outcome
    };
    match timeout(partner.clock(), call.operation.timeout_ms, work).await {
        Ok(result) => result,
        Err(_) => {
            let class = if renaming.into_inner() { Class::Unknown } else { Class::Retryable };
            Err(Outcome::without_reply(class, format!("not finished within {} ms", call.operation.timeout_ms)))
        }
    }
}

/// A name that stays in its directory on every system.
pub(super) fn is_safe(name: &str) -> bool {
    name.len() <= 200
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        && !name.contains("..")
}

fn path(directory: &str, name: &str) -> String {
    match directory {
        "" => name.to_owned(),
        directory => format!("{}/{name}", directory.trim_end_matches('/')),
    }
}

/// The same for every try of a delivery, so that a broken upload leaves one file at most.
fn temporary(directory: &str, name: &str, key: &str) -> String {
    let digest = Sha256::digest(key);
    let tail: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    path(directory, &format!(".{name}.{tail}.tmp"))
}

fn content(call: Call<'_>) -> Result<Vec<u8>, Outcome> {
    let payload = call.request.payload();
    match call.operation.format {
        Format::Csv { separator, columns } => {
            csv::write(payload, separator, columns).map_err(|error| unsendable(&error.to_string()))
        }
        Format::Json => Ok(json::write(payload).into_bytes()),
        Format::Xml => match payload {
            Value::Text(text) => Ok(text.clone().into_bytes()),
            _ => Err(unsendable("an XML file must be given as text")),
        },
    }
}

struct Upload {
    target: String,
    temporary: String,
    content: Vec<u8>,
}

impl Upload {
    async fn run(&self, sftp: &SftpSession, renaming: &std::sync::atomic::AtomicBool) -> Result<Outcome, Outcome> {
        if let Some(outcome) = self.found(sftp).await? {
            return Ok(outcome);
        }
        self.write(sftp).await.map_err(|error| failed(&error, "writing", Class::Retryable))?;
        renaming.store(true, std::sync::atomic::Ordering::Release);
        match sftp.rename(self.temporary.as_str(), self.target.as_str()).await {
            Ok(()) => self.confirm(sftp).await,
            Err(SftpError::Status(status)) => {
                let error = SftpError::Status(status);
                // Somebody may have put a file there since we looked.
                if let Some(outcome) = self.found(sftp).await? {
                    return Ok(outcome);
                }
                Err(failed(&error, "renaming", Class::Unknown))
            }
            Err(error) => Err(failed(&error, "renaming", Class::Unknown)),
        }
    }

    /// What a file of this name means that is there already.
    async fn found(&self, sftp: &SftpSession) -> Result<Option<Outcome>, Outcome> {
        let size = match sftp.metadata(self.target.as_str()).await {
            Ok(metadata) => metadata.size,
            Err(SftpError::Status(status)) if status.status_code == StatusCode::NoSuchFile => return Ok(None),
            Err(error) => return Err(failed(&error, "looking", Class::Retryable)),
        };
        let same = size == Some(self.content.len() as u64)
            && sftp.read(self.target.as_str()).await.map_err(|error| failed(&error, "comparing", Class::Retryable))?
                == self.content;
        if same {
            let _ = sftp.remove_file(self.temporary.as_str()).await;
            let reason = "the file is there already, with the same content";
            return Ok(Some(Outcome::without_reply(Class::Duplicate, reason)));
        }
        let reason = format!("another file is there already: {}", self.target);
        Err(Outcome::without_reply(Class::Permanent, reason))
    }

    async fn write(&self, sftp: &SftpSession) -> Result<(), SftpError> {
        let flags = OpenFlags::CREATE | OpenFlags::TRUNCATE | OpenFlags::WRITE;
        let mut file = sftp.open_with_flags(self.temporary.as_str(), flags).await?;
        file.write_all(&self.content).await.map_err(from_io)?;
        file.flush().await.map_err(from_io)?;
        // Only where the server offers it.
        let _ = file.sync_all().await;
        file.close().await.map_err(from_io)
    }

    /// After the rename: the size must be ours. A reader may have taken the file away already.
    async fn confirm(&self, sftp: &SftpSession) -> Result<Outcome, Outcome> {
        let expected = self.content.len() as u64;
        match sftp.metadata(self.target.as_str()).await.map(|metadata| metadata.size) {
            Ok(Some(size)) if size != expected => {
                let reason = format!("{} has {size} bytes instead of {expected}", self.target);
                Err(Outcome::without_reply(Class::Permanent, reason))
            }
            _ => Ok(Outcome::without_reply(Class::Delivered, format!("{expected} bytes in {}", self.target))),
        }
    }
}

async fn connect(placement: &Placement) -> Result<(client::Handle<Pin>, SftpSession), Outcome> {
    let missing = |key: &str| target(format!("the environment has no {key} for this system"));
    let host = placement.host.as_deref().ok_or_else(|| missing("host"))?;
    let user = placement.user.as_deref().ok_or_else(|| missing("user"))?;
    let pin = Pin { expected: placement.host_key.clone().ok_or_else(|| missing("host_key"))? };
    let address = if host.rsplit(':').next().is_some_and(|port| port.parse::<u16>().is_ok()) {
        host.to_owned()
    } else {
        format!("{host}:22")
    };
    let mut session =
        client::connect(Arc::new(client::Config::default()), address, pin).await.map_err(PinError::into_outcome)?;
    let accepted = authenticate(&mut session, user, placement).await?;
    if !accepted {
        return Err(target("the SFTP server refuses our logon".to_owned()));
    }
    let open = async {
        let channel = session.channel_open_session().await?;
        channel.request_subsystem(true, "sftp").await?;
        Ok::<_, russh::Error>(channel)
    };
    let channel = open.await.map_err(|error| lost(&error))?;
    let sftp = SftpSession::new(channel.into_stream())
        .await
        .map_err(|error| failed(&error, "opening the session", Class::Retryable))?;
    sftp.set_timeout(REQUEST_TIMEOUT_S);
    Ok((session, sftp))
}

/// True if the server lets us in.
async fn authenticate(session: &mut client::Handle<Pin>, user: &str, placement: &Placement) -> Result<bool, Outcome> {
    let result = if let Some(key) = &placement.private_key {
        let key = decode_secret_key(key.expose_secret(), None)
            .map_err(|_| target("the private key of the environment cannot be read".to_owned()))?;
        session.authenticate_publickey(user, PrivateKeyWithHashAlg::new(Arc::new(key), None)).await
    } else {
        let password = placement.password.as_ref().map_or("", |password| password.expose_secret());
        session.authenticate_password(user, password).await
    };
    result.map(|result| result.success()).map_err(|error| lost(&error))
}

/// Accepts exactly one host key.
struct Pin {
    expected: String,
}

impl client::Handler for Pin {
    type Error = PinError;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, PinError> {
        let fingerprint = match key {
            PublicKeyOrCertificate::PublicKey { key, .. } => key.fingerprint(HashAlg::Sha256).to_string(),
            PublicKeyOrCertificate::Certificate(_) => return Err(PinError::Mismatch("a certificate".to_owned())),
        };
        // Padding is not part of a fingerprint, but tools differ.
        if fingerprint.trim_end_matches('=') == self.expected.trim_end_matches('=') {
            Ok(true)
        } else {
            Err(PinError::Mismatch(fingerprint))
        }
    }
}

#[derive(Debug)]
enum PinError {
    Mismatch(String),
    Ssh(russh::Error),
}

impl From<russh::Error> for PinError {
    fn from(error: russh::Error) -> Self {
        Self::Ssh(error)
    }
}

impl PinError {
    fn into_outcome(self) -> Outcome {
        match self {
            Self::Mismatch(shown) => target(format!("the server's host key is not the pinned one: it shows {shown}")),
            Self::Ssh(error) => lost(&error),
        }
    }
}

fn target(reason: String) -> Outcome {
    Outcome::without_reply(Class::Target, reason)
}

/// No connection, or none any more: nothing has happened yet.
fn lost(error: &russh::Error) -> Outcome {
    let class = match error {
        russh::Error::UnknownKey | russh::Error::NoCommonAlgo { .. } | russh::Error::WrongServerSig => Class::Target,
        _ => Class::Retryable,
    };
    Outcome::without_reply(class, format!("no SFTP connection: {error}"))
}

/// A request failed: by its status where it has one, else `otherwise`, as the connection is gone.
fn failed(error: &SftpError, doing: &str, otherwise: Class) -> Outcome {
    let class = match error {
        SftpError::Status(status) => match status.status_code {
            StatusCode::NoSuchFile
            | StatusCode::PermissionDenied
            | StatusCode::OpUnsupported
            | StatusCode::BadMessage => Class::Permanent,
            // Failure is also what a full disk says.
            _ => Class::Retryable,
        },
        _ => otherwise,
    };
    Outcome::without_reply(class, format!("SFTP, {doing}: {}", OneLine(&error.to_string())))
}

fn from_io(error: std::io::Error) -> SftpError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<SftpError>()) {
        Some(inner) => inner.clone(),
        None => SftpError::IO(error.to_string()),
    }
}

/// A partner's words, kept to one line and 200 bytes.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.0.lines().next().unwrap_or_default();
        f.write_str(crate::format::mask::cut(line, 200))
    }
}
