//! What every workload needs: a folder, a target, a service, a bare peer.
//!
//! In: settings. Out: running processes. Never knows: what is measured.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::de::DeserializeOwned;

use crate::{
    load::{Answers, Load, Until, send},
    orders,
    process::{Failed, Process},
    settings::Settings,
    target::{Order, Seen},
};

/// Numbers that a phase may use up: each phase has its own, so that no order comes twice.
const PHASE: u64 = 6_400_000;

pub(super) struct Scene {
    folder: tempfile::TempDir,
    client: reqwest::Client,
    phase: u64,
    files: u32,
    pub(super) settings: Settings,
}

impl Scene {
    pub(super) fn new(settings: &Settings) -> Result<Self, Failed> {
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { folder: tempfile::tempdir()?, client, phase: 0, files: 0, settings: settings.clone() })
    }

    pub(super) fn target(&self, listen: &str, failing: bool) -> Result<Process, Failed> {
        let mut words = vec!["target".to_owned(), "--listen".to_owned(), listen.to_owned()];
        words.extend(failing.then(|| "--failing".to_owned()));
        Process::start(&words, "error")
    }

    /// A new place for a store.
    pub(super) fn store(&mut self) -> PathBuf {
        self.files += 1;
        self.folder.path().join(format!("{}.db", self.files))
    }

    pub(super) fn service(&self, store: &Path, target: SocketAddr, interfaces: usize) -> Result<Process, Failed> {
        let environment = self.folder.path().join("environment.toml");
        let text = format!(
            "[listen]\nhttp = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n[store]\nsqlite = {:?}\n[systems.ERP]\n\
             base_url = \"http://{target}\"\n",
            store.display().to_string(),
        );
        std::fs::write(&environment, text)?;
        let words = ["service", "--interfaces", &interfaces.to_string(), "--", "--environment"];
        let mut words: Vec<String> = words.map(str::to_owned).into();
        words.push(environment.display().to_string());
        Process::start(&words, &self.settings.log)
    }

    pub(super) fn bare(&self, store: &Path, target: Option<SocketAddr>) -> Result<Process, Failed> {
        let mut words = vec!["bare".to_owned(), "--store".to_owned(), store.display().to_string()];
        words.extend(target.into_iter().flat_map(|target| ["--target".to_owned(), target.to_string()]));
        Process::start(&words, "error")
    }

    pub(super) fn proxy(&self, target: SocketAddr) -> Result<Process, Failed> {
        Process::start(&["proxy".to_owned(), "--target".to_owned(), target.to_string()], "error")
    }

    /// A load with order numbers of its own.
    pub(super) fn load(&mut self, to: SocketAddr, path: &'static str, until: Until, rate: Option<u32>) -> Load {
        self.phase += 1;
        let first = orders::FIRST + self.phase * PHASE;
        Load { to, path, connections: self.settings.connections, first, until, rate }
    }

    /// Warms up, then measures.
    pub(super) async fn run(&mut self, to: SocketAddr, path: &'static str) -> Answers {
        let (warm, window) = (self.settings.warm(), self.settings.window());
        let warming = self.load(to, path, Until::After(warm), None);
        send(&warming).await;
        let load = self.load(to, path, Until::After(window), None);
        send(&load).await
    }

    pub(super) async fn seen(&self, target: &Process) -> Result<Seen, Failed> {
        self.get(target.address, "/seen").await
    }

    pub(super) async fn orders(&self, target: &Process) -> Result<Vec<Order>, Failed> {
        self.get(target.address, "/orders").await
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, from: SocketAddr, path: &str) -> Result<T, Failed> {
        Ok(self.client.get(format!("http://{from}{path}")).send().await?.json().await?)
    }

    /// The sum of a service's counters of this name whose labels hold these words.
    pub(super) async fn counter(&self, service: &Process, name: &str, label: &str) -> Result<f64, Failed> {
        let admin = service.admin.ok_or("the service has no admin listener")?;
        let text = self.client.get(format!("http://{admin}/metrics")).send().await?.text().await?;
        let lines = text.lines().filter(|line| line.starts_with(name) && line.contains(label));
        Ok(lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    /// Waits until the target has got so many more; how long that took.
    pub(super) async fn delivered(&self, target: &Process, wanted: u64, limit: Duration) -> Result<Seen, Failed> {
        let started = Instant::now();
        loop {
            let seen = self.seen(target).await?;
            if seen.delivered >= wanted {
                return Ok(seen);
            }
            if started.elapsed() > limit {
                return Err(format!("{} of {wanted} delivered after {limit:?}", seen.delivered).into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
