//! In: one TCP connection. Out: an SSH session that ends in the `sftp` subsystem, and a way to cut it at any moment.
//! Never knows: files.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use russh::server::{Auth, ChannelOpenHandle, Config, Msg, Session};
use russh::{Channel, ChannelId, MethodKind, MethodSet};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::SftpServer;
use super::requests::Requests;
use crate::common::faults::{Call, Effect};
use crate::common::journal::Entry;

const BUFFER: usize = 256 * 1024;

/// A connection that can be cut from inside.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    cut: CancellationToken,
    closed: CancellationToken,
}

impl Line {
    /// Closes the TCP connection; returns once it is closed.
    pub(super) async fn cut(&self) {
        self.cut.cancel();
        self.closed.cancelled().await;
    }
}

/// Serves one connection. The SSH session runs in tasks of its own behind a pipe; when this future ends or is dropped,
/// the connection is gone and so are they.
pub(super) async fn run(server: Arc<SftpServer>, mut tcp: TcpStream) {
    let flight = server.core.enter();
    let limit = server.settings().max_connections;
    let effects = server.core.faults.take(Call { operation: "connect", path: "", key: None });
    let refused = limit.is_some_and(|limit| flight.others >= limit)
        || effects
            .iter()
            .any(|effect| matches!(effect, Effect::DropBefore | Effect::DropAfter | Effect::Status { .. }));
    if refused {
        return;
    }
    for effect in effects {
        if let Effect::Delay(span) | Effect::Slow(span) = effect {
            server.core.clock.sleep(Duration::from_millis(span)).await;
        }
    }
    let line = Line::default();
    // Dropping the guard, for whatever reason, tells a waiting request that the connection is gone.
    let closed = line.closed.clone().drop_guard();
    let (mut near, far) = tokio::io::duplex(BUFFER);
    let client = Client { server: server.clone(), line: line.clone(), channels: HashMap::new() };
    let session = russh::server::run_stream(config(&server), far, client);
    tokio::select! {
        () = line.cut.cancelled() => {}
        _ = tokio::io::copy_bidirectional(&mut tcp, &mut near) => {}
        () = async {
            if let Ok(session) = session.await {
                // An SSH error ends the session; the client has been told by SSH itself.
                let _ = session.await;
            }
            // Let what was written last reach the client.
            tokio::time::sleep(Duration::from_millis(20)).await;
        } => {}
    }
    drop(tcp);
    drop(closed);
}

fn config(server: &SftpServer) -> Arc<Config> {
    Arc::new(Config {
        methods: MethodSet::from(&[MethodKind::Password][..]),
        keys: vec![server.host_key()],
        auth_rejection_time: Duration::from_millis(10),
        auth_rejection_time_initial: Some(Duration::ZERO),
        nodelay: true,
        ..Config::default()
    })
}

struct Client {
    server: Arc<SftpServer>,
    line: Line,
    channels: HashMap<ChannelId, Channel<Msg>>,
}

impl russh::server::Handler for Client {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        let core = &self.server.core;
        let effects = core.faults.take(Call { operation: "auth", path: "", key: Some(user) });
        let scripted = effects.iter().any(|effect| matches!(effect, Effect::Status { .. }));
        if effects.iter().any(|effect| matches!(effect, Effect::DropBefore | Effect::DropAfter)) {
            self.line.cut().await;
        }
        let accepted = !scripted && user == self.server.user() && password == self.server.password();
        let entry = Entry {
            at: core.clock.now_ms(),
            until: Some(core.clock.now_ms()),
            operation: "auth".to_owned(),
            method: "PASSWORD".to_owned(),
            status: Some(u16::from(!accepted)),
            effect: effects.first().map(|effect| effect.name().to_owned()),
            key: Some(user.to_owned()),
            ..Entry::default()
        };
        core.journal.open(entry, b"");
        Ok(if accepted { Auth::Accept } else { Auth::reject() })
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        self.channels.insert(channel.id(), channel);
        reply.accept().await;
        Ok(())
    }

    async fn channel_eof(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), Self::Error> {
        session.close(channel)
    }

    async fn subsystem_request(&mut self, id: ChannelId, name: &str, session: &mut Session) -> Result<(), Self::Error> {
        match self.channels.remove(&id).filter(|_| name == "sftp") {
            Some(channel) => {
                session.channel_success(id)?;
                let requests = Requests::new(self.server.clone(), self.line.clone());
                russh_sftp::server::run(channel.into_stream(), requests).await;
                Ok(())
            }
            None => session.channel_failure(id),
        }
    }
}
