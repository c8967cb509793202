//! Axum and reqwest with a serde mapping between them: the limit for W1.
//!
//! In: an order. Out: the target's reply. Never knows: validation beyond types, limits, figures, traces.

use std::{net::SocketAddr, process::ExitCode, sync::Arc};

use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::{
    orders::{Order, map},
    process::Failed,
    service::NOW,
};

struct Way {
    client: reqwest::Client,
    url: String,
}

#[derive(Serialize)]
struct Confirmed {
    order_number: String,
    document: u64,
}

#[derive(Deserialize)]
struct Created {
    document: u64,
}

pub(crate) fn run(target: &SocketAddr) -> Result<ExitCode, Failed> {
    let way = Arc::new(Way { client: client()?, url: format!("http://{target}/orders") });
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", serde_json::json!({ "http": listener.local_addr()?.to_string() }));
        axum::serve(listener, Router::new().route(NOW, post(pass)).with_state(way)).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// A client as bare as the service's is strict.
pub(super) fn client() -> Result<reqwest::Client, Failed> {
    // A second one in the same process changes nothing.
    rustls::crypto::ring::default_provider().install_default().ok();
    Ok(reqwest::Client::builder().no_proxy().build()?)
}

async fn pass(State(way): State<Arc<Way>>, Json(order): Json<Order>) -> Result<Json<Confirmed>, StatusCode> {
    let order_number = order.order_number.clone();
    let mapped = map(order).ok_or(StatusCode::BAD_REQUEST)?;
    let sent = way.client.post(&way.url).json(&mapped).send().await.and_then(reqwest::Response::error_for_status);
    let created: Created = sent.map_err(gateway)?.json().await.map_err(gateway)?;
    Ok(Json(Confirmed { order_number, document: created.document }))
}

fn gateway(_: reqwest::Error) -> StatusCode {
    StatusCode::BAD_GATEWAY
}
