//! The partner system: takes mapped orders, refuses all others, remembers everything.
//!
//! In: `POST /orders`. Out: `GET /seen` (sums), `GET /orders` (every order with its tries). Never knows: who sends.
//!
//! One thread: it must cost as little as it can of the machine it shares.

mod memory;

use std::{cell::RefCell, convert::Infallible, net::SocketAddr, process::ExitCode, rc::Rc};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::LocalSet};

pub(crate) use memory::{Order, Seen};

use crate::{orders, process::Failed};
use memory::Memory;

type Shared = Rc<RefCell<Memory>>;

/// Serves until it is killed.
pub(crate) fn run(listen: &SocketAddr, failing: bool) -> Result<ExitCode, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::bind(listen).await?;
        println!("{}", serde_json::json!({ "http": listener.local_addr()?.to_string() }));
        let memory = Shared::default();
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let memory = Rc::clone(&memory);
            let service = service_fn(move |request| answer(request, Rc::clone(&memory), failing));
            // A connection that breaks off is the sender's business.
            tokio::task::spawn_local(async move {
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    })
}

async fn answer(
    request: Request<Incoming>,
    memory: Shared,
    failing: bool,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path();
    if request.method() == Method::GET {
        let memory = memory.borrow();
        return Ok(match path {
            "/seen" => json(&memory.seen()),
            "/orders" => json(&memory.orders()),
            _ => status(StatusCode::NOT_FOUND),
        });
    }
    let key = request.headers().get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    let Ok(body) = request.into_body().collect().await else { return Ok(status(StatusCode::BAD_REQUEST)) };
    let body = body.to_bytes();
    Ok(match serde_json::from_slice::<orders::Seen<'_>>(&body) {
        Ok(order) if order.is_mapped() => {
            let (reply, document) = memory.borrow_mut().take(&order, key.as_deref(), failing);
            match reply {
                200 => json(&serde_json::json!({ "document": document })),
                429 => with(StatusCode::TOO_MANY_REQUESTS, "retry-after", "2"),
                other => status(StatusCode::from_u16(other).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)),
            }
        }
        _ => {
            memory.borrow_mut().refuse();
            status(StatusCode::UNPROCESSABLE_ENTITY)
        }
    })
}

fn json(value: &impl serde::Serialize) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(serde_json::to_vec(value).unwrap_or_default()));
    let kind = hyper::header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, kind);
    response
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(format!("{{\"error\":\"{status}\"}}")));
    *response.status_mut() = status;
    response
}

fn with(code: StatusCode, name: &'static str, value: &'static str) -> Response<Full<Bytes>> {
    let mut response = status(code);
    response.headers_mut().insert(name, hyper::header::HeaderValue::from_static(value));
    response
}
