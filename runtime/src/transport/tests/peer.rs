//! A partner that plays a script: one reply for each request, in order, the last one for ever.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// What the peer does with a request.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Status, header lines, body.
    Reply(u16, String, String),
    /// Reads the request and hangs up.
    HangUp,
    /// Announces more body than it sends, and hangs up.
    CutOff(u16, String),
    /// Says nothing for a long time.
    Silence,
}

impl Act {
    pub(super) fn json(status: u16, body: &str) -> Self {
        Self::Reply(status, "content-type: application/json\r\n".to_owned(), body.to_owned())
    }

    pub(super) fn xml(status: u16, body: &str) -> Self {
        Self::Reply(status, "content-type: text/xml\r\n".to_owned(), body.to_owned())
    }

    pub(super) fn with(self, header: &str) -> Self {
        match self {
            Self::Reply(status, headers, body) => Self::Reply(status, format!("{headers}{header}\r\n"), body),
            other => other,
        }
    }
}

/// A request as it came: first line, headers in small letters, body.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) line: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

pub(super) struct Peer {
    pub(super) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    tls: bool,
}

impl Peer {
    pub(super) async fn start(script: Vec<Act>) -> Self {
        Self::listen(script, None).await
    }

    pub(super) async fn start_tls(script: Vec<Act>, tls: TlsAcceptor) -> Self {
        Self::listen(script, Some(tls)).await
    }

    async fn listen(script: Vec<Act>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = Self { address: listener.local_addr().unwrap(), seen: Arc::default(), tls: tls.is_some() };
        let seen = Arc::clone(&peer.seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, script, tls) = (Arc::clone(&seen), script.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &seen, &script).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &seen, &script).await;
                            }
                        }
                    }
                });
            }
        });
        peer
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}://localhost:{}{path}", if self.tls { "https" } else { "http" }, self.address.port())
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, all: &Mutex<Vec<Seen>>, script: &[Act]) {
    let Some(seen) = read(&mut stream).await else { return };
    let act = {
        let mut all = all.lock().unwrap();
        all.push(seen);
        script[(all.len() - 1).min(script.len() - 1)].clone()
    };
    let text = match act {
        Act::Reply(status, headers, body) => {
            format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
        }
        Act::HangUp => return,
        Act::CutOff(status, body) => format!("HTTP/1.1 {status} X\r\ncontent-length: 9999\r\n\r\n{body}"),
        Act::Silence => return tokio::time::sleep(Duration::from_secs(60)).await,
    };
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head = loop {
        let byte = stream.read_u8().await.ok()?;
        bytes.push(byte);
        if bytes.ends_with(b"\r\n\r\n") {
            break String::from_utf8_lossy(&bytes).into_owned();
        }
    };
    let mut lines = head.lines();
    let line = lines.next()?.to_owned();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Seen { line, headers, body: String::from_utf8_lossy(&body).into_owned() })
}
