//! The accept loop.
//!
//! In: a listening socket, maybe a TLS set-up. Out: requests to a router. Never knows: what they mean.
//!
//! Why not `axum::serve`: it sets no timer, so a client that never finishes its headers keeps its connection for ever.

use std::{sync::Arc, time::Duration};

use axum::{Extension, Router};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
    service::TowerToHyperService,
};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::Front;

/// First bytes of a connection that speaks HTTP/2 at once (RFC 9113 §3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Bounds of a listener, in real time: they protect the process, not a promise of a document.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at a time; more wait in the system's queue.
    pub connections: usize,
    /// Longest time for the headers of a request.
    pub headers: Duration,
    /// Longest wait for requests under way at shutdown.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 4096, headers: Duration::from_secs(10), drain: Duration::from_secs(30) }
    }
}

/// Serves until `shutdown`, then lets requests under way end.
pub async fn serve(listener: TcpListener, front: Arc<Front>, limits: Limits, shutdown: CancellationToken) {
    let router = front.router.clone().with_state(front);
    serve_router(listener, router, None, limits, shutdown).await;
}

/// The certificate that the client of a TLS connection proved to own, DER: an extension of each of its requests.
#[derive(Debug, Clone)]
pub(crate) struct PeerCertificate(pub(crate) Arc<[u8]>);

/// The same for any router, encrypted where there is a set-up for it.
pub(crate) async fn serve_router(
    listener: TcpListener,
    router: Router,
    tls: Option<Arc<ServerConfig>>,
    limits: Limits,
    shutdown: CancellationToken,
) {
    let tls = tls.map(TlsAcceptor::from);
    let places = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let server = speaker(limits);
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, place)) = accepted else { continue };
        let connection = Connection { stream, place, router: router.clone(), tls: tls.clone(), limits };
        tokio::spawn(connection.run(server.clone(), graceful.watcher()));
    }
    drop(listener);
    // Whoever is not done by then is cut off; the journal knows what was accepted.
    let _ = timeout(limits.drain, graceful.shutdown()).await;
}

/// HTTP/1.1 and HTTP/2 within bounds.
fn speaker(limits: Limits) -> auto::Builder<TokioExecutor> {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(limits.headers).max_buf_size(64 * 1024);
    server.http2().timer(TokioTimer::new()).max_concurrent_streams(256).max_header_list_size(64 * 1024);
    server
}

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            tracing::warn!(%error, "cannot accept a connection");
            // Out of file descriptors, usually: others must end first.
            sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

struct Connection {
    stream: TcpStream,
    place: OwnedSemaphorePermit,
    router: Router,
    tls: Option<TlsAcceptor>,
    limits: Limits,
}

impl Connection {
    async fn run(self, server: auto::Builder<TokioExecutor>, watcher: Watcher) {
        let _ = self.stream.set_nodelay(true);
        match &self.tls {
            Some(tls) => {
                // A client that does not finish its handshake is not waited for.
                let Ok(Ok(stream)) = timeout(self.limits.headers, tls.accept(self.stream)).await else { return };
                let proved = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
                let router = match proved {
                    Some(certificate) => self.router.layer(Extension(PeerCertificate(Arc::from(certificate.as_ref())))),
                    None => self.router,
                };
                // HTTP/1.1 only: its headers have a time limit from the first byte on.
                answer(stream, router, server.http1_only(), watcher).await;
            }
            None if first_bytes(&self.stream, self.limits.headers).await => {
                answer(self.stream, self.router, server, watcher).await;
            }
            None => {}
        }
        drop(self.place);
    }
}

async fn answer<S>(stream: S, router: Router, server: auto::Builder<TokioExecutor>, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = TowerToHyperService::new(router);
    let connection = server.serve_connection(TokioIo::new(stream), service).into_owned();
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "connection ended");
    }
}

/// Waits until the bytes that tell HTTP/1 from HTTP/2 are there: the server itself would wait for them without limit.
async fn first_bytes(stream: &TcpStream, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    let mut bytes = [0; PREFACE.len()];
    loop {
        match timeout_at(deadline, stream.peek(&mut bytes)).await {
            Ok(Ok(0)) | Ok(Err(_)) | Err(_) => return false,
            Ok(Ok(count)) if count == bytes.len() || bytes[..count] != PREFACE[..count] => return true,
            // A part of the preface: `peek` would return it again at once.
            Ok(Ok(_)) if Instant::now() < deadline => sleep(Duration::from_millis(5)).await,
            Ok(Ok(_)) => return false,
        }
    }
}

/// What a router answers to the bytes of one connection: for fuzz targets.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) async fn converse(router: Router, bytes: &[u8]) -> Vec<u8> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (mut client, stream) = tokio::io::duplex(64 * 1024);
    let graceful = GracefulShutdown::new();
    let mut server = speaker(Limits::default());
    // All is said at once here; who stops talking still listens.
    server.http1().half_close(true);
    let served = answer(stream, router, server, graceful.watcher());
    let (mut said, mut heard) = (Vec::new(), [0; 4096]);
    let client = async {
        // Whoever sends much must listen meanwhile.
        let (mut from, mut to) = tokio::io::split(&mut client);
        let sent = async {
            to.write_all(bytes).await.ok();
            to.shutdown().await.ok();
        };
        let received = async {
            while let Ok(count @ 1..) = from.read(&mut heard).await {
                said.extend_from_slice(&heard[..count]);
            }
        };
        tokio::join!(sent, received);
    };
    tokio::join!(served, client);
    said
}
