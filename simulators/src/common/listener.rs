//! In: a partner's door. Out: a loopback port that listens while the door is open, one task per connection.
//! Never knows: what is spoken over the connections.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::core::{Core, Door};
use super::random::lock;

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// Listens on a free loopback port and runs `handle` for every connection while the door of `core` is open.
/// Shutting the door closes the port and drops every running `handle`; opening it binds the same port again.
pub(crate) async fn listen<F, Fut>(core: &Arc<Core>, handle: F) -> std::io::Result<SocketAddr>
where
    F: Fn(TcpStream) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let (open, seen) = watch::channel(true);
    lock(&core.listeners).push(seen);
    let door = core.door.subscribe();
    tokio::spawn(run(Some(listener), address, door, open, handle));
    Ok(address)
}

async fn run<F, Fut>(
    mut bound: Option<TcpListener>,
    address: SocketAddr,
    mut door: watch::Receiver<Door>,
    open: watch::Sender<bool>,
    handle: F,
) where
    F: Fn(TcpStream) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let mut reserved = None;
    loop {
        // Shut before it ever listened: whoever waits for that must be told too.
        if *door.borrow() == Door::Shut && bound.take().is_some() {
            reserved = reserve(address).ok();
            open.send_replace(false);
        }
        match door.wait_for(|state| *state != Door::Shut).await.as_deref() {
            Ok(Door::Open) => {}
            _ => return,
        }
        let listener = match bound.take() {
            Some(listener) => Ok(listener),
            None => reserved.take().map_or_else(|| reserve(address), Ok).and_then(|socket| socket.listen(BACKLOG)),
        };
        let listener = match listener {
            Ok(listener) => listener,
            Err(error) => {
                tracing::warn!(%address, %error, "cannot listen again yet");
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
        };
        open.send_replace(true);
        accept(&listener, &mut door, &handle).await;
        drop(listener);
        reserved = reserve(address).ok();
        open.send_replace(false);
    }
}

/// Holds the port without listening: connections are refused, and nobody else is given the port meanwhile.
fn reserve(address: SocketAddr) -> std::io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Accepts until the door is no longer open; connections end with it.
async fn accept<F, Fut>(listener: &TcpListener, door: &mut watch::Receiver<Door>, handle: &F)
where
    F: Fn(TcpStream) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            _ = door.wait_for(|state| *state != Door::Open) => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                let _ = stream.set_nodelay(true);
                connections.spawn(handle(stream));
            },
        }
    }
    connections.shutdown().await;
}
