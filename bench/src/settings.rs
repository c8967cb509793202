//! How long and how often to measure.
//!
//! In: flags. Out: [`Settings`]. Never knows: what is measured.

use std::time::Duration;

use clap::Args;

/// Flags of every measurement.
#[derive(Debug, Clone, Args)]
pub(crate) struct Settings {
    /// Seconds of each measured run.
    #[arg(long, default_value_t = 30)]
    pub(crate) seconds: u64,
    /// Seconds of load before each measured run.
    #[arg(long, default_value_t = 10)]
    pub(crate) warmup: u64,
    /// Runs of each side, in turn; the median counts.
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
    /// Connections of the load.
    #[arg(long, default_value_t = 64)]
    pub(crate) connections: usize,
    /// Messages a second, where a measurement has a rate.
    #[arg(long, default_value_t = 6_000)]
    pub(crate) rate: u32,
    /// Kills of W2k.
    #[arg(long, default_value_t = 20)]
    pub(crate) kills: u32,
    /// Finished messages in the store before `million` measures.
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) stored: u64,
    /// What the service logs, as in `RUST_LOG`.
    #[arg(long, default_value = "info")]
    pub(crate) log: String,
    /// Figures as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

impl Settings {
    pub(crate) const fn window(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    pub(crate) const fn warm(&self) -> Duration {
        Duration::from_secs(self.warmup)
    }
}
