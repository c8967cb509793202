//! Axum and a group-committing SQLite writer: the limit for W2.
//!
//! In: an order. Out: 202 after commit and sync; with a target, one delivery from memory and a note that it is done. Never
//! knows: recovery, retries, keys, states: it loses what a crash finds in memory.

use std::{
    net::SocketAddr,
    path::Path,
    process::ExitCode,
    sync::{Arc, mpsc},
};

use axum::{Router, extract::State, http::StatusCode, routing::post};
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc as channel, oneshot},
};

use super::{
    journal::{self, Job},
    proxy,
};
use crate::{
    orders::{Mapped, Order, map},
    process::Failed,
    service::ORDERS,
};

/// Deliveries at a time, as many as the service is allowed.
const SENDERS: usize = 64;

struct Acceptor {
    jobs: mpsc::Sender<Job>,
    accepted: Option<channel::UnboundedSender<(i64, Mapped)>>,
}

pub(crate) fn run(store: &Path, target: Option<SocketAddr>) -> Result<ExitCode, Failed> {
    let jobs = journal::start(store)?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let accepted = target.map(|target| deliver(target, jobs.clone())).transpose()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", serde_json::json!({ "http": listener.local_addr()?.to_string() }));
        let acceptor = Arc::new(Acceptor { jobs, accepted });
        axum::serve(listener, Router::new().route(ORDERS, post(accept)).with_state(acceptor)).await?;
        Ok(ExitCode::SUCCESS)
    })
}

async fn accept(State(acceptor): State<Arc<Acceptor>>, body: bytes::Bytes) -> Result<(StatusCode, String), StatusCode> {
    let order: Order = serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let (answer, committed) = oneshot::channel();
    let unavailable = |_| StatusCode::SERVICE_UNAVAILABLE;
    acceptor.jobs.send(Job::Accept(body.into(), answer)).map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let seq = committed.await.map_err(unavailable)?;
    if let Some(accepted) = &acceptor.accepted {
        let mapped = map(order).ok_or(StatusCode::BAD_REQUEST)?;
        accepted.send((seq, mapped)).map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    }
    Ok((StatusCode::ACCEPTED, format!("{{\"id\":{seq}}}")))
}

/// Takes what was accepted to the target.
fn deliver(target: SocketAddr, jobs: mpsc::Sender<Job>) -> Result<channel::UnboundedSender<(i64, Mapped)>, Failed> {
    let (client, url) = (proxy::client()?, format!("http://{target}/orders"));
    let (sender, accepted) = channel::unbounded_channel();
    let accepted = Arc::new(Mutex::new(accepted));
    for _ in 0..SENDERS {
        let (client, url, jobs, accepted) = (client.clone(), url.clone(), jobs.clone(), Arc::clone(&accepted));
        tokio::spawn(async move {
            loop {
                let next = accepted.lock().await.recv().await;
                let Some((seq, order)) = next else { return };
                let sent = client.post(&url).json(&order).send().await;
                if let Ok(reply) = sent
                    && reply.status().is_success()
                    && reply.bytes().await.is_ok()
                    && jobs.send(Job::Done(seq)).is_err()
                {
                    return;
                }
            }
        });
    }
    Ok(sender)
}
