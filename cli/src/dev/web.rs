//! The pages on a port, and the event that tells them to load anew.
//!
//! In: pages as they change. Out: an address. Never knows: documents.

use std::{convert::Infallible, net::SocketAddr, path::PathBuf, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{from_fn_with_state, map_response},
    response::{
        IntoResponse as _, Response, Sse,
        sse::{Event, KeepAlive},
    },
    routing::get,
};
use futures_util::{Stream, stream};
use reqwest::{StatusCode, header};
use tokio::{net::TcpListener, sync::watch};

use super::pages::Pages;
use crate::{
    failure::Failure,
    serve::{guard, known, strict},
};

type Published = watch::Receiver<Arc<Pages>>;

/// Serves in the background until the process ends.
pub(super) async fn serve(published: Published, listen: SocketAddr) -> Result<SocketAddr, Failure> {
    let at = || PathBuf::from(listen.to_string());
    let listener = TcpListener::bind(listen).await.map_err(Failure::file("listening at", at()))?;
    let address = listener.local_addr().map_err(Failure::file("listening at", at()))?;
    let router = Router::new()
        .route("/dev/events", get(events).route_layer(from_fn_with_state(Vec::new(), guard)))
        .fallback(page)
        .layer(from_fn_with_state(Vec::new(), known))
        .layer(map_response(strict))
        .with_state(published);
    tokio::spawn(async move {
        let _ended = axum::serve(listener, router).await;
    });
    Ok(address)
}

/// One event at once, and one for every build.
async fn events(State(published): State<Published>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let words = stream::unfold((published, true), |(mut published, first)| async move {
        if !first && published.changed().await.is_err() {
            return None;
        }
        let word = published.borrow_and_update().word();
        Some((Ok(Event::default().data(word)), (published, false)))
    });
    Sse::new(words).keep_alive(KeepAlive::default())
}

async fn page(State(published): State<Published>, request: Request) -> Response {
    let path = percent_encoding::percent_decode_str(request.uri().path()).decode_utf8_lossy().into_owned();
    let path = path.trim_start_matches('/');
    let path = if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
    let pages = Arc::clone(&published.borrow());
    let is_empty = pages.is_empty();
    let content = kind(&path);
    // A page takes milliseconds to make, an index of a large catalog longer: others are served meanwhile.
    let Ok(file) = tokio::task::spawn_blocking(move || pages.file(&path)).await else {
        return (StatusCode::INTERNAL_SERVER_ERROR, "this page could not be made\n").into_response();
    };
    match file {
        Some(bytes) => ([(header::CONTENT_TYPE, content)], bytes).into_response(),
        // The documents had errors from the start: a page that says which, and loads anew when they have none.
        None if is_empty => ([(header::CONTENT_TYPE, kind("index.html"))], site::WAITING).into_response(),
        None => (StatusCode::NOT_FOUND, "there is no such page\n").into_response(),
    }
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("atom" | "xml") => "application/xml",
        _ => "text/plain; charset=utf-8",
    }
}
