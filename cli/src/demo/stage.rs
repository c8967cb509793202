//! The stage: partner systems and the generated service, wired to each other on one fast clock.
//!
//! In: a catalog, a compiled service. Out: [`Stage`], with which scenes call, disturb and look. Never knows: scenes.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use catalog::{Catalog, model::Interface};
use serde_json::Value;
use simulators::{Call, Callers, Landscape, Options, Reply, SimClock};

use super::timetable::{Seen, Try};
use crate::{
    failure::Failure,
    service::{Launch, Service},
};

/// How often waiting looks again, in wall-clock time.
const LOOK_AGAIN: Duration = Duration::from_millis(15);

/// How long a scene waits for something to happen, in virtual time: longer than any timetable.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

/// The same in wall-clock time: work does not become faster with the clock, and machines are busy. Both must be over.
const PATIENCE_WITH_WORK: Duration = Duration::from_secs(3 * 60);

/// Everything a scene can touch.
#[derive(Debug)]
pub(crate) struct Stage {
    /// What was promised.
    pub(crate) catalog: Catalog,
    /// The partner systems.
    pub(crate) landscape: Landscape,
    /// The partner systems as callers of the service.
    pub(crate) callers: Callers,
    service: Option<Service>,
    launch: Launch,
    http: reqwest::Client,
    speed: u32,
}

/// What a stage is built from.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The catalog that the service was generated from.
    pub(crate) catalog: Catalog,
    /// The compiled service.
    pub(crate) executable: PathBuf,
    /// An empty folder for store, certificates and log.
    pub(crate) folder: PathBuf,
    /// How many times faster than the wall clock waiting goes.
    pub(crate) speed: u32,
    /// Seed of the partner systems.
    pub(crate) seed: u64,
}

impl Stage {
    /// Starts the partner systems, then the service.
    pub(crate) async fn set(setting: Setting) -> Result<Self, Failure> {
        let Setting { catalog, executable, folder, speed, seed } = setting;
        let clock = SimClock::scaled_from_now(f64::from(speed));
        let landscape = Landscape::start(Options { clock, seed })
            .await
            .map_err(|error| Failure::Other(format!("starting the partner systems: {error}")))?;
        let environment = write_environment(&landscape, &folder)?;
        let launch = Launch {
            executable,
            environment,
            secrets: landscape.secrets(),
            clock: Some(clock.argument()),
            log: folder.join("service.log"),
        };
        let service = start(&launch).await?;
        let callers = landscape.callers(service.ready.http);
        let http = reqwest::Client::builder()
            .no_proxy()
            .build()
            .map_err(|error| Failure::Other(format!("making an HTTP client: {error}")))?;
        Ok(Self { catalog, landscape, callers, service: Some(service), launch, http, speed })
    }

    /// The running service.
    pub(crate) fn service(&self) -> Result<&Service, Failure> {
        self.service.as_ref().ok_or_else(|| Failure::Service("it was stopped".to_owned()))
    }

    /// Kills the service at once and starts it again over the same store.
    pub(crate) async fn crash_and_restart(&mut self) -> Result<(), Failure> {
        if let Some(service) = self.service.take() {
            service.kill()?;
        }
        let service = start(&self.launch).await?;
        self.callers = self.landscape.callers(service.ready.http);
        self.service = Some(service);
        Ok(())
    }

    /// What the document of an interface promises.
    pub(crate) fn interface(&self, smart_id: &str) -> Result<&Interface, Failure> {
        let missing = || Failure::Other(format!("the demo plays {smart_id}, and no document describes it"));
        self.catalog.interface(smart_id).ok_or_else(missing)
    }

    /// Plays a call of a partner.
    pub(crate) async fn play(&self, call: Call) -> Result<Reply, Failure> {
        call.send().await.map_err(|error| Failure::Other(error.to_string()))
    }

    /// Plays a call that is answered `202`, waits for the end of its message, and tells its story.
    pub(crate) async fn play_to_end(&self, call: Call) -> Result<Story, Failure> {
        let reply = self.play(call).await?;
        let id = message_id(&reply)?;
        self.end_of(&id).await
    }

    /// Waits until a message has ended, and tells its story.
    pub(crate) async fn end_of(&self, id: &str) -> Result<Story, Failure> {
        self.watch(id, Story::has_ended).await
    }

    /// Looks at a message until its story satisfies, or patience ends.
    pub(crate) async fn watch(&self, id: &str, satisfies: impl Fn(&Story) -> bool) -> Result<Story, Failure> {
        let (mut story, mut dues) = (Story::default(), Vec::new());
        let patience = self.patience();
        loop {
            story.now = self.admin(&format!("/messages/{id}")).await?;
            let due = story.now["due_ms"].as_i64().filter(|_| story.state() == "RETRYING");
            dues.extend(due.filter(|due| dues.last() != Some(due)));
            if satisfies(&story) || patience.is_over(self) {
                return Ok(Story { dues_ms: dues, ..story });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits until something holds, but not for ever.
    pub(crate) async fn until(&self, holds: impl Fn(&Landscape) -> bool) -> bool {
        let patience = self.patience();
        while !holds(&self.landscape) {
            if patience.is_over(self) {
                return false;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        true
    }

    /// Asks the operator's listener.
    pub(crate) async fn admin(&self, path: &str) -> Result<Value, Failure> {
        let url = format!("http://{}{path}", self.service()?.ready.admin);
        let failed = |error: reqwest::Error| Failure::Service(format!("asking {path}: {error}"));
        let reply = self.http.get(url).send().await.map_err(failed)?;
        reply.json().await.map_err(failed)
    }

    fn patience(&self) -> Patience {
        Patience {
            virtual_ms: self.landscape.clock().now_ms() + millis(PATIENCE),
            work: Instant::now() + PATIENCE_WITH_WORK,
        }
    }

    /// What the journal and the partner system saw of a step, handed to a judge.
    pub(crate) fn seen<T>(&self, story: &Story, arrivals_ms: &[i64], judge: impl FnOnce(&Seen<'_>) -> T) -> T {
        judge(&Seen { tries: &story.tries(), arrivals_ms, speed: self.speed })
    }
}

/// When waiting is given up: on both clocks.
#[derive(Debug, Clone, Copy)]
struct Patience {
    virtual_ms: i64,
    work: Instant,
}

impl Patience {
    fn is_over(self, stage: &Stage) -> bool {
        stage.landscape.clock().now_ms() > self.virtual_ms && Instant::now() > self.work
    }
}

/// The story of a message, as the operator's listener tells it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Story {
    now: Value,
    /// The times that its tries were due at, as far as it was looked at while it waited for them.
    dues_ms: Vec<i64>,
}

impl Story {
    /// State of the message.
    pub(crate) fn state(&self) -> &str {
        self.now["state"].as_str().unwrap_or("unknown")
    }

    /// State, with the reason code where there is one: `DEAD (PERMANENT)`.
    pub(crate) fn end(&self) -> String {
        match self.now["reason"].as_str() {
            Some(reason) if !reason.is_empty() && self.state() != "DISCARDED" => format!("{} ({reason})", self.state()),
            _ => self.state().to_owned(),
        }
    }

    /// The sentence that goes with the end.
    pub(crate) fn detail(&self) -> &str {
        self.now["detail"].as_str().unwrap_or_default()
    }

    /// Its tries, each with the last time that it was due at.
    fn tries(&self) -> Vec<Try> {
        let attempts = self.now["attempts"].as_array().map(Vec::as_slice).unwrap_or_default();
        let time = |attempt: &Value, name: &str| attempt[name].as_i64().unwrap_or_default();
        let mut before_ms = i64::MIN;
        let one = |attempt: &Value| {
            let (start_ms, end_ms) = (time(attempt, "start_ms"), time(attempt, "end_ms"));
            let due = |due: &&i64| (before_ms..=start_ms).contains(*due);
            let due_ms = self.dues_ms.iter().rfind(due).copied();
            before_ms = end_ms;
            Try { due_ms, start_ms, end_ms }
        };
        attempts.iter().map(one).collect()
    }

    /// Whether nothing more happens by itself. A held message with a time goes on at that time.
    fn has_ended(&self) -> bool {
        let waits_for_a_person = self.state() == "HELD" && self.now["due_ms"].is_null();
        waits_for_a_person || matches!(self.state(), "DELIVERED" | "DISCARDED" | "DEAD" | "FAILED" | "RESOLVED")
    }
}

/// The id in the `Location` of a `202`.
pub(crate) fn message_id(reply: &Reply) -> Result<String, Failure> {
    match reply.header("location").rsplit_once("/messages/") {
        Some((_, id)) if reply.status == 202 => Ok(id.to_owned()),
        _ => Err(Failure::Other(format!("the service answered {} instead of 202: {}", reply.status, reply.text()))),
    }
}

fn write_environment(landscape: &Landscape, folder: &Path) -> Result<PathBuf, Failure> {
    let text = landscape.environment_toml(folder, "127.0.0.1:0").map_err(Failure::file("writing into", folder))?;
    let path = folder.join("environment.toml");
    std::fs::write(&path, text).map_err(Failure::file("writing", &path))?;
    Ok(path)
}

/// Starting waits for the ready line, so it runs where waiting harms nobody.
async fn start(launch: &Launch) -> Result<Service, Failure> {
    let launch = launch.clone();
    let started = tokio::task::spawn_blocking(move || Service::start(&launch)).await;
    started.map_err(|error| Failure::Service(error.to_string()))?
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
