//! What is left of bodies whose rows are gone.
//!
//! In: files that no committed row speaks of any more. Out: their removal, beside the writer, which must not wait for it.
//! Never knows: why they went.

use std::{
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
};

use super::spool::{Named, Spool};

/// A file to remove, and whether to write over it first.
type Order = (Named, bool);

/// Removes files on a thread of its own, which is there once there was something to remove.
pub(super) struct Leftovers {
    spool: Arc<Spool>,
    thread: Option<(mpsc::Sender<Vec<Order>>, JoinHandle<()>)>,
}

impl Leftovers {
    pub(super) const fn of(spool: Arc<Spool>) -> Self {
        Self { spool, thread: None }
    }

    /// Removes files soon.
    pub(super) fn remove(&mut self, files: Vec<Named>, overwrite: bool) {
        if files.is_empty() {
            return;
        }
        let order: Vec<Order> = files.into_iter().map(|file| (file, overwrite)).collect();
        if self.thread.is_none() {
            let (orders, received) = mpsc::channel();
            let spool = Arc::clone(&self.spool);
            let run = move || follow(&spool, &received);
            // Without a thread they are swept when the store is opened.
            self.thread = thread::Builder::new().name("leftovers".to_owned()).spawn(run).ok().map(|run| (orders, run));
        }
        if let Some((orders, _)) = &self.thread {
            orders.send(order).ok();
        }
    }
}

/// What cannot be removed is tried again with the next ones, and when the store is opened.
fn follow(spool: &Spool, received: &mpsc::Receiver<Vec<Order>>) {
    let mut left = Vec::new();
    while let Ok(order) = received.recv() {
        left.extend(order);
        left.retain(|(file, overwrite)| {
            let gone = spool.remove(&file.name, *overwrite);
            if gone {
                spool.count(file.bytes, false);
            }
            !gone
        });
    }
}

impl Drop for Leftovers {
    /// A store that is closed is tidy.
    fn drop(&mut self) {
        if let Some((orders, run)) = self.thread.take() {
            drop(orders);
            run.join().ok();
        }
    }
}
