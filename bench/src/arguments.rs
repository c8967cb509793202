//! The arguments of the harness.
//!
//! In: words. Out: [`Arguments`]. Never knows: what they lead to.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand};

use crate::settings::Settings;

/// Measures whole services under load, each beside a bare one that does the least for the same work.
#[derive(Debug, Parser)]
#[command(name = "tieline-bench")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(flatten)]
    Measure(Measure),
    /// The service that is measured.
    #[command(hide = true)]
    Service {
        /// Interfaces to load.
        #[arg(long, default_value_t = 3)]
        interfaces: usize,
        /// What a service takes.
        #[arg(last = true)]
        words: Vec<String>,
    },
    /// The partner system.
    #[command(hide = true)]
    Target {
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// Fails by order number, as workload W3 wants it.
        #[arg(long)]
        failing: bool,
    },
    /// The least that accepts durably; with a target, the least that also delivers.
    #[command(hide = true)]
    Bare {
        #[arg(long)]
        store: PathBuf,
        #[arg(long)]
        target: Option<SocketAddr>,
    },
    /// The least that maps and passes on.
    #[command(hide = true)]
    Proxy {
        #[arg(long)]
        target: SocketAddr,
    },
}

/// A measurement.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Measure {
    /// Synchronous proxy with a mapping, beside a bare one.
    W1(Settings),
    /// Durable acceptance, delivery afterwards, beside a bare group-committing acceptor.
    W2(Settings),
    /// Accepted and delivered at a fixed rate: does the backlog grow?
    Sustained(Settings),
    /// A target that fails by order number: exact counts.
    W3(Settings),
    /// An outage of the target: acceptance goes on, then everything is delivered in order.
    W4(Settings),
    /// `kill -9` under load, again and again: nothing lost.
    W2k(Settings),
    /// Acceptance with many finished messages in the store, beside an empty one.
    Million(Settings),
    /// Start-up and memory at rest.
    Start(Settings),
    /// Everything.
    All(Settings),
}
