//! A web server for the built site, on loopback.
//!
//! In: a folder. Out: an address. Never knows: what the pages say.

use std::{net::SocketAddr, path::Path};

use axum::Router;
use tokio::{net::TcpListener, task::JoinHandle};
use tower_http::services::ServeDir;

use crate::failure::Failure;

/// A site being served; ends when dropped.
#[derive(Debug)]
pub(crate) struct Web {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Web {
    /// Serves a folder on a free loopback port.
    pub(crate) async fn serve(folder: &Path) -> Result<Self, Failure> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(Failure::file("listening for", folder))?;
        let address = listener.local_addr().map_err(Failure::file("listening for", folder))?;
        let router = Router::new().fallback_service(ServeDir::new(folder));
        let task = tokio::spawn(async move {
            let _ended = axum::serve(listener, router).await;
        });
        Ok(Self { address, task })
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.task.abort();
    }
}
