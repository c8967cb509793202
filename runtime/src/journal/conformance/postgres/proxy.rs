//! A relay between a store and its server that cuts connections at the worst moment.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// Where a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// The server never hears the commit.
    BeforeCommit,
    /// The server makes the commit, and its reply is lost.
    AfterCommit,
}

pub(super) struct Proxy {
    pub(super) port: u16,
    armed: Arc<Mutex<Option<Cut>>>,
}

impl Proxy {
    pub(super) fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let armed = Arc::new(Mutex::new(None));
        let cut = Arc::clone(&armed);
        // Threads end with the test's process.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                let (answers, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let armed = Arc::clone(&cut);
                thread::spawn(move || copy(&answers, &to, &Mutex::new(None)));
                thread::spawn(move || copy(&client, &server, &armed));
            }
        });
        Self { port, armed }
    }

    pub(super) fn cut_at_next_commit(&self, cut: Cut) {
        *self.armed.lock().unwrap() = Some(cut);
    }

    pub(super) fn has_cut(&self) -> bool {
        self.armed.lock().unwrap().is_none()
    }
}

/// The text of a simple query.
const COMMIT: &[u8] = b"commit\0";

fn copy(mut from: &TcpStream, mut to: &TcpStream, armed: &Mutex<Option<Cut>>) {
    let mut buffer = [0; 16_384];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let part = &buffer[..read];
        let cut = part.ends_with(COMMIT).then(|| armed.lock().unwrap().take()).flatten();
        if cut == Some(Cut::AfterCommit) {
            // Nothing comes back any more, but the server hears it.
            from.shutdown(Shutdown::Both).ok();
        }
        if cut == Some(Cut::BeforeCommit) || to.write_all(part).is_err() || cut.is_some() {
            break;
        }
    }
    from.shutdown(Shutdown::Both).ok();
    to.shutdown(Shutdown::Both).ok();
}
