//! The generated service as a process of its own: compiled by cargo, started, watched, stopped, killed.
//!
//! In: a project, an environment file. Out: [`Service`] with its addresses. Never knows: what the service does.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde::Deserialize;

use crate::{failure::Failure, project::Project, terminal::Terminal};

/// Package and binary that `tieline build` generates.
const PACKAGE: &str = "generated-service";

/// How long a service may take to say that it is ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// Optimised or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Compiles fast.
    Dev,
    /// Runs fast.
    Release,
}

/// Compiles the generated service with cargo and says where the program is.
pub(crate) fn compile(project: &Project, profile: Profile, terminal: &Terminal) -> Result<PathBuf, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(&project.root)
        .args(["build", "--package", PACKAGE, "--message-format", "json-render-diagnostics", "--quiet"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    if profile == Profile::Release {
        command.arg("--release");
    }
    forget_outer_package(&mut command);
    let progress = terminal.progress("Compiling", "the service (a first time takes a few minutes)".to_owned());
    let mut child = command.spawn().map_err(Failure::NoCargo)?;
    let mut executable = None;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let Ok(message) = serde_json::from_str::<CargoMessage>(&line) else { continue };
            if let Some(target) = &message.target {
                progress.set_message(format!("compiling the service: {}", target.name));
            }
            executable = message.executable.or(executable);
        }
    }
    let status = child.wait().map_err(Failure::NoCargo)?;
    progress.finish_and_clear();
    match executable {
        Some(path) if status.success() => Ok(path),
        _ => Err(Failure::Compile),
    }
}

/// Takes away what `cargo run` told us about our own package. Build scripts that look at it would see another value than
/// in a plain `cargo build`, and a dozen dependencies would be compiled anew each time.
fn forget_outer_package(command: &mut Command) {
    let outer =
        ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_NAME", "CARGO_BIN_NAME", "CARGO_PRIMARY_PACKAGE", "OUT_DIR"];
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| outer.iter().any(|start| name.starts_with(start))) {
            command.env_remove(name);
        }
    }
}

/// What we read of cargo's JSON messages.
#[derive(Debug, Deserialize)]
struct CargoMessage {
    target: Option<CargoTarget>,
    executable: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct CargoTarget {
    name: String,
}

/// How to start a service.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    /// The program.
    pub(crate) executable: PathBuf,
    /// The environment file.
    pub(crate) environment: PathBuf,
    /// Secrets that the environment file refers to with `env:`.
    pub(crate) secrets: Vec<(String, String)>,
    /// `--clock`, if not the system's.
    pub(crate) clock: Option<String>,
    /// Where its log goes.
    pub(crate) log: PathBuf,
}

/// A running service.
#[derive(Debug)]
pub(crate) struct Service {
    child: Child,
    /// What it said when it was ready.
    pub(crate) ready: Ready,
}

/// The line a service prints when it is ready.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Ready {
    /// Listener of the triggers.
    pub(crate) http: SocketAddr,
    /// Listener of operators.
    pub(crate) admin: SocketAddr,
    /// Where it wrote the token that operators on this machine show, if it wrote one.
    #[serde(default)]
    pub(crate) token_file: Option<PathBuf>,
    /// Contract digest of the documents it was generated from.
    pub(crate) digest: String,
    /// From start to ready, in wall-clock milliseconds.
    pub(crate) startup_ms: u64,
}

impl Service {
    /// Starts the service and waits until it is ready.
    pub(crate) fn start(launch: &Launch) -> Result<Self, Failure> {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&launch.log)
            .map_err(Failure::file("opening", &launch.log))?;
        let mut command = Command::new(&launch.executable);
        command.arg("--environment").arg(&launch.environment).args(["--log", "json"]);
        if let Some(clock) = &launch.clock {
            command.arg("--clock").arg(clock);
        }
        let mut child = command
            .envs(launch.secrets.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(|error| Failure::Service(format!("starting {}: {error}", launch.executable.display())))?;
        match wait_until_ready(&mut child) {
            Some(ready) => Ok(Self { child, ready }),
            None => {
                let _gone = child.kill();
                let _reaped = child.wait();
                Err(Failure::Service(last_words(&launch.log)))
            }
        }
    }

    /// Ends the process at once, as a crash or a power failure would.
    pub(crate) fn kill(mut self) -> Result<(), Failure> {
        self.child.kill().and_then(|()| self.child.wait()).map_err(|error| Failure::Service(error.to_string()))?;
        Ok(())
    }

    /// Resident memory in KiB, where the system tells (Linux).
    pub(crate) fn memory_kib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Reads standard output until the ready line, and keeps draining it afterwards so that the service never blocks.
fn wait_until_ready(child: &mut Child) -> Option<Ready> {
    let output = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Ok(ready) = serde_json::from_str::<Ready>(&line) {
                let _nobody_waits = sender.send(ready);
            }
        }
    });
    receiver.recv_timeout(READY_WITHIN).ok()
}

/// The end of the log: why a service did not come up.
fn last_words(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(8).collect();
    let words: Vec<&str> = lines.into_iter().rev().collect();
    if words.is_empty() {
        "it said nothing".to_owned()
    } else {
        format!("its last words were\n  {}", words.join("\n  "))
    }
}
