//! Processes of a measurement, and what they use.
//!
//! In: arguments. Out: a running process with its address, figures from `/proc`. Never knows: what is measured. A process ends
//! with whoever holds it.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

pub(crate) type Failed = Box<dyn std::error::Error>;

/// Clock ticks a second in `/proc/<pid>/stat`: 100 on every Linux that Rust runs on.
const TICKS: f64 = 100.0;

/// A process of this program.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Where a service tells about itself.
    pub(crate) admin: Option<SocketAddr>,
    /// From its start to its first line.
    pub(crate) ready: Duration,
}

/// What a process has used so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) cpu_s: f64,
    pub(crate) rss_mib: f64,
    pub(crate) peak_rss_mib: f64,
    pub(crate) written_mib: f64,
}

impl Process {
    /// Starts this program with these words, and waits until it says where it listens.
    pub(crate) fn start(words: &[String], log: &str) -> Result<Self, Failed> {
        let started = Instant::now();
        let mut child = Command::new(std::env::current_exe()?)
            .args(words)
            .env("RUST_LOG", log)
            .stdout(Stdio::piped())
            // Lines are written, as in production; nobody reads them.
            .stderr(if log == "error" { Stdio::inherit() } else { Stdio::null() })
            .spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let ready = started.elapsed();
        let said: serde_json::Value = serde_json::from_str(&line).map_err(|_| format!("{words:?} did not start"))?;
        let address = |key: &str| said[key].as_str().and_then(|address| address.parse().ok());
        let listens = address("http").ok_or("it does not say where it listens")?;
        Ok(Self { child, address: listens, admin: address("admin"), ready })
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) -> Result<(), Failed> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    pub(crate) fn usage(&self) -> Usage {
        let read =
            |file: &str| std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap_or_default();
        let (stat, status, io) = (read("stat"), read("status"), read("io"));
        // The name of the program may hold blanks; it ends at the last bracket.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
        let number = |text: &str, key: &str| {
            let line = text.lines().find(|line| line.starts_with(key));
            line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok()).unwrap_or_default()
        };
        Usage {
            cpu_s: (ticks(11) + ticks(12)) / TICKS,
            rss_mib: number(&status, "VmRSS:") / 1024.0,
            peak_rss_mib: number(&status, "VmHWM:") / 1024.0,
            written_mib: number(&io, "write_bytes:") / 1_048_576.0,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended already is what is wanted.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
