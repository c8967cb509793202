//! Connections: where to, how secured, and the settings under which promises hold.
//!
//! In: an URL and authorities from the environment. Out: connections, and what PostgreSQL's errors mean for the journal.
//! Never knows: tables.

use std::{error::Error as _, net::IpAddr, sync::Arc, time::Duration};

use deadpool_postgres::{ClientWrapper, Connect};
use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::{sync::Notify, task::JoinHandle};
use tokio_postgres::{
    Client, Config, Error, NoTls,
    config::{Host, SslMode},
    error::SqlState,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{journal::StoreError, tls};

/// The schema in which everything lies.
pub(super) const SCHEMA: &str = "tieline";

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(3);
/// A peer that does not acknowledge for so long is taken for gone.
const UNACKNOWLEDGED: Duration = Duration::from_secs(6);

/// Said once per connection. A commit is acknowledged after it is on the disk, whatever the server's default; stronger
/// settings stay. A transaction that waits for us this long is given up by the server, so that a process that was
/// stopped or cut off holds no lock for ever.
const SETTINGS: &str = "\
set search_path = tieline;
set idle_in_transaction_session_timeout = '5s';
set statement_timeout = '15s';
set lock_timeout = '8s';
set client_min_messages = 'warning';
select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') in ('off', 'local')";

/// Makes connections.
#[derive(Clone)]
pub(super) struct Connector {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The configuration holds a password.
        f.debug_struct("Connector").field("hosts", &self.config.get_hosts()).finish_non_exhaustive()
    }
}

impl Connector {
    /// Reads an URL (`postgres://user:password@host:port/database`) or `key=value` words. A server on another machine is
    /// spoken to over verified TLS unless the URL says `sslmode=disable`; one on this machine only if authorities are
    /// given or the URL says `sslmode=require`.
    pub(super) fn new(url: &str, authorities: Option<&str>) -> Result<Self, StoreError> {
        // What is wrong is said without repeating the text: it holds a password.
        let unusable =
            || StoreError::Refused("is no PostgreSQL URL: write postgres://user@host:5432/database".to_owned());
        let mut config: Config = url.parse().map_err(|_| unusable())?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(unusable());
        }
        let local = config.get_hostaddrs().iter().all(IpAddr::is_loopback) && config.get_hosts().iter().all(is_local);
        let encrypt = match config.get_ssl_mode() {
            SslMode::Disable => false,
            SslMode::Prefer => !local || authorities.is_some(),
            _ => true,
        };
        let tls = match encrypt {
            false => None,
            true => {
                let mut client =
                    tls::client(authorities, None).map_err(|error| StoreError::Refused(error.to_string()))?;
                client.alpn_protocols = vec![b"postgresql".to_vec()];
                Some(MakeRustlsConnect::new(client))
            }
        };
        config
            .ssl_mode(if encrypt { SslMode::Require } else { SslMode::Disable })
            .connect_timeout(CONNECT)
            .tcp_user_timeout(UNACKNOWLEDGED)
            .keepalives_idle(Duration::from_secs(5));
        if config.get_application_name().is_none() {
            config.application_name("tieline");
        }
        Ok(Self { config, tls })
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// A connection of one's own. What is notified on it is handed to `rung`.
    pub(super) async fn open(&self, rung: Option<Arc<Notify>>) -> Result<ClientWrapper, Error> {
        let (client, task) = self.start(rung).await?;
        Ok(ClientWrapper::new(client, task))
    }

    async fn start(&self, rung: Option<Arc<Notify>>) -> Result<(Client, JoinHandle<()>), Error> {
        let (client, task) = match &self.tls {
            Some(tls) => spawn(self.config.connect(tls.clone()).await?, rung),
            None => spawn(self.config.connect(NoTls).await?, rung),
        };
        client.batch_execute(SETTINGS).await?;
        Ok((client, task))
    }
}

impl Connect for Connector {
    fn connect(&self, _: &Config) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), Error>> {
        self.start(None).boxed()
    }
}

/// Works on a connection until it ends.
fn spawn<T>(
    (client, mut connection): (Client, tokio_postgres::Connection<tokio_postgres::Socket, T>),
    rung: Option<Arc<Notify>>,
) -> (Client, JoinHandle<()>)
where
    T: tokio_postgres::tls::TlsStream + Unpin + Send + 'static,
{
    let task = tokio::spawn(async move {
        loop {
            match std::future::poll_fn(|context| connection.poll_message(context)).await {
                Some(Ok(tokio_postgres::AsyncMessage::Notification(_))) => {
                    if let Some(rung) = &rung {
                        rung.notify_one();
                    }
                }
                Some(Ok(_)) => {}
                // Whoever waits for an answer on this connection is told.
                Some(Err(_)) | None => return,
            }
        }
    });
    (client, task)
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
    }
}

/// What an error means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The connection or the server is gone: connect again.
    Gone,
    /// Nothing was done because of others at work: do it again at once.
    Again,
    /// The server refused what was asked.
    Refused,
}

/// Sorts an error by SQLSTATE: classes 08, 25, 53, 57, 58 and XX are the connection's or the server's trouble.
pub(super) fn meaning(error: &Error) -> Meaning {
    let Some(code) = error.code() else { return local(error) };
    // In an aborted transaction an earlier statement said why; statements that are on their way together may report it
    // late. Done again, they are prepared and answer in their order.
    let again = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::IN_FAILED_SQL_TRANSACTION,
    ];
    if again.contains(code) {
        return Meaning::Again;
    }
    let gone = ["08", "25", "53", "57", "58", "XX"].iter().any(|class| code.code().starts_with(class));
    if gone { Meaning::Gone } else { Meaning::Refused }
}

/// An error that the server did not send: the connection's, or a value that cannot be written or read.
fn local(error: &Error) -> Meaning {
    let value = error.source().is_some_and(|source| source.downcast_ref::<std::io::Error>().is_none());
    if value { Meaning::Refused } else { Meaning::Gone }
}

/// The same for a reader.
pub(super) fn unread(error: &Error) -> StoreError {
    match meaning(error) {
        Meaning::Refused => StoreError::Refused(text(error)),
        Meaning::Gone | Meaning::Again => StoreError::Unavailable(text(error)),
    }
}

/// An error with what the server said about it; without values of rows.
pub(super) fn text(error: &Error) -> String {
    match error.as_db_error() {
        Some(said) => format!("{} ({})", said.message(), said.code().code()),
        None => error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}")),
    }
}
