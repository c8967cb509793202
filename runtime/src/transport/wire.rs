//! One HTTP exchange, and what is known when it fails.
//!
//! In: a request. Out: a [`Reply`], or a [`Failure`] that says whether the partner can have seen the request.
//! Never knows: protocols above HTTP, classes of statuses.

use std::{
    error::Error,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Method};
use hyper::body::{Body, Frame, SizeHint};
use reqwest::{Client, Proxy, redirect};
use rustls::ClientConfig;

use super::Outcome;
use crate::{
    clock::{Clock, timeout},
    descriptor::Class,
};

/// Largest reply that is read.
const MAX_REPLY: usize = 32 * 1024 * 1024;

/// An HTTP client that follows no redirect, obeys no proxy of the surroundings, and has no time limit of its own.
///
/// # Errors
/// The proxy's address is not a URL.
pub fn http_client(tls: ClientConfig, proxy: Option<&str>) -> Result<Client, String> {
    let builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .user_agent("tieline")
        .no_proxy();
    let builder = match proxy {
        Some(url) => builder.proxy(Proxy::all(url).map_err(describe)?),
        None => builder,
    };
    builder.build().map_err(describe)
}

/// A request, ready to go.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
}

/// A reply, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The connection broke before the end of the body.
    pub(crate) cut_off: bool,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// No reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// `Retryable`: the partner has not seen the request. `Unknown`: it may have. `Target`: it is not to be had.
    pub(crate) class: Class,
    pub(crate) reason: String,
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        Self::without_reply(failure.class, failure.reason)
    }
}

/// Sends and waits for the whole reply, at most `timeout_ms` of the clock.
pub(crate) async fn send(client: &Client, wire: Wire, timeout_ms: u64, clock: &dyn Clock) -> Result<Reply, Failure> {
    let handed_over = Arc::new(AtomicBool::new(false));
    // A read changes nothing, so nothing about it is unknown.
    let harmless = matches!(wire.method, Method::GET | Method::HEAD);
    let after = |sent: bool| if sent && !harmless { Class::Unknown } else { Class::Retryable };
    let sending = exchange(client, wire, &handed_over);
    match timeout(clock, timeout_ms, sending).await {
        Ok(Ok(reply)) => Ok(reply),
        Ok(Err(error)) => Err(failure(error, after)),
        Err(_) => Err(Failure {
            class: after(handed_over.load(Ordering::Acquire)),
            reason: format!("no reply within {timeout_ms} ms"),
        }),
    }
}

async fn exchange(client: &Client, wire: Wire, handed_over: &Arc<AtomicBool>) -> reqwest::Result<Reply> {
    let mut request = client.request(wire.method, wire.url).headers(wire.headers);
    match wire.body {
        Some(data) => {
            let watched = Watched { data: Some(data), handed_over: Arc::clone(handed_over) };
            request = request.body(reqwest::Body::wrap(watched));
        }
        None => handed_over.store(true, Ordering::Release),
    }
    let mut response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
    let (body, cut_off) = read_body(response).await;
    Ok(Reply { status, headers, body, cut_off })
}

async fn read_body(mut response: reqwest::Response) -> (Bytes, bool) {
    let mut whole = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if whole.len() + chunk.len() <= MAX_REPLY => whole.extend_from_slice(&chunk),
            Ok(None) => return (whole.into(), false),
            Ok(Some(_)) | Err(_) => return (whole.into(), true),
        }
    }
}

fn failure(error: reqwest::Error, after: impl Fn(bool) -> Class) -> Failure {
    let connecting = error.is_connect();
    let class = if refused_by_tls(&error) || (error.is_dns() && !is_temporary(&error)) {
        Class::Target
    } else {
        // What is not about connecting happened after the request was on its way.
        after(!connecting)
    };
    let during = if connecting { "no connection" } else { "connection lost before the reply" };
    Failure { class, reason: format!("{during}: {}", describe(error)) }
}

/// The certificate of either side was refused.
fn refused_by_tls(error: &(dyn Error + 'static)) -> bool {
    // What an I/O error wraps is not its source but hidden beside it.
    let hidden = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.is::<rustls::Error>()
        || hidden.is_some_and(|inner| refused_by_tls(inner))
        || error.source().is_some_and(refused_by_tls)
}

/// The resolver could not say; as opposed to: there is no such host.
fn is_temporary(error: &reqwest::Error) -> bool {
    chain(error).to_ascii_lowercase().contains("temporary failure")
}

/// The error with its causes, without the URL: it may hold secrets.
fn describe(error: reqwest::Error) -> String {
    chain(&error.without_url())
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let words = error.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        source = error.source();
    }
    text
}

/// A body that notes when it has been handed to the connection.
struct Watched {
    data: Option<Bytes>,
    handed_over: Arc<AtomicBool>,
}

impl Body for Watched {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::convert::Infallible>>> {
        self.handed_over.store(true, Ordering::Release);
        Poll::Ready(self.data.take().map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.data.as_ref().map_or(0, |data| data.len() as u64))
    }
}
