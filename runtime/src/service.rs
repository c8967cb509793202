//! The service: arguments in, exit code out.
//!
//! In: the digest and handlers that generated code registers. Out: a running service. Never knows: documents.
//!
//! It opens the journal, recovers, opens the listeners, says so in one line on stdout, and works until it is told to
//! stop. It then refuses newcomers, lets what is under way end, commits, and leaves with 0.

mod arguments;
mod store;
mod tool;

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use crate::{
    admin::{self, Console},
    alert,
    clock::Clock,
    door::Door as _,
    engine::{Engine, Ports},
    environment::{Admin, Environment, Identity, Listen, Mistake, SecretString},
    flow::Handler,
    http::{self, Front, Limits, Observer},
    journal::{StoreError, retention},
    log,
    metrics::Metrics,
    random::Random,
    telemetry::Exporter,
    transport::NetTransport,
};
use arguments::{Arguments, Asked};

/// What happened, for whoever started the service.
mod code {
    /// Stopped as told.
    pub(super) const STOPPED: u8 = 0;
    /// The environment is wrong, or the service could not start on it.
    pub(super) const NOT_STARTED: u8 = 1;
    /// The store tool found something that is not as it should be.
    pub(super) const FOUND: u8 = 1;
    /// The arguments are wrong.
    pub(super) const USAGE: u8 = 2;
    /// The store tool could not do its work: nothing is said about the store.
    pub(super) const TOOL_FAILED: u8 = 2;
    /// The journal broke: what is on the disk is safe, start again.
    pub(super) const BROKEN: u8 = 70;
}

/// Longest wait for requests under way, and for messages under way, when told to stop.
const DRAIN: Duration = Duration::from_secs(10);
const DRAIN_MESSAGES_MS: u64 = 30_000;

/// Longest wait for spans and log records that are still to be exported.
const FLUSH: Duration = Duration::from_secs(5);

/// Runs a service until it is told to stop: what the generated `main` calls.
#[must_use]
pub fn main(digest: &'static str, handlers: Vec<Arc<dyn Handler>>) -> ExitCode {
    run(digest, handlers, std::env::args().skip(1))
}

/// Runs a service with these arguments until it is told to stop.
#[must_use]
pub fn run(digest: &'static str, handlers: Vec<Arc<dyn Handler>>, words: impl IntoIterator<Item = String>) -> ExitCode {
    let started = Instant::now();
    let arguments = match arguments::read(words) {
        Ok(Asked::Run(arguments)) => arguments,
        Ok(Asked::Store(asked)) => return at_rest(&asked, &handlers),
        Ok(Asked::StoreHelp) => return say(&mut io::stdout(), tool::HELP, code::STOPPED),
        Ok(Asked::Help) => return say(&mut io::stdout(), arguments::HELP, code::STOPPED),
        Err(problem) => return say(&mut io::stderr(), &format!("{problem}\n\n{}", arguments::HELP), code::USAGE),
    };
    log::start(arguments.log);
    log::silence_panics();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return say(&mut io::stderr(), &error.to_string(), code::NOT_STARTED),
    };
    let code = runtime.block_on(async {
        match Service::start(digest, handlers, &arguments).await {
            Ok(service) => service.run(started).await,
            Err(NotStarted(problems)) => {
                for problem in problems {
                    writeln!(io::stderr(), "{problem}").ok();
                }
                code::NOT_STARTED
            }
        }
    });
    // Tasks that did not end in time are not waited for.
    runtime.shutdown_background();
    ExitCode::from(code)
}

/// Works on the store of a service that does not run.
fn at_rest(asked: &tool::Asked, handlers: &[Arc<dyn Handler>]) -> ExitCode {
    let interfaces: Vec<_> = handlers.iter().map(|handler| handler.interface()).collect();
    log::start(log::Format::Text);
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => ExitCode::from(runtime.block_on(tool::run(asked, &interfaces))),
        Err(error) => say(&mut io::stderr(), &error.to_string(), code::NOT_STARTED),
    }
}

/// A stream that is closed on the other side is no reason to fail.
fn say(stream: &mut dyn io::Write, text: &str, code: u8) -> ExitCode {
    writeln!(stream, "{}", text.trim_end()).ok();
    ExitCode::from(code)
}

/// Why the service could not start, a line each.
struct NotStarted(Vec<String>);

impl From<Vec<Mistake>> for NotStarted {
    fn from(mistakes: Vec<Mistake>) -> Self {
        Self(mistakes.iter().map(ToString::to_string).collect())
    }
}

impl From<StoreError> for NotStarted {
    fn from(error: StoreError) -> Self {
        Self(vec![error.to_string()])
    }
}

struct Service {
    digest: &'static str,
    engine: Arc<Engine>,
    front: Arc<Front>,
    public: TcpListener,
    admin: TcpListener,
    console: Console,
    exporter: Option<Exporter>,
    token_file: Option<PathBuf>,
}

impl Service {
    async fn start(
        digest: &'static str,
        handlers: Vec<Arc<dyn Handler>>,
        arguments: &Arguments,
    ) -> Result<Self, NotStarted> {
        let environment = Environment::load(&arguments.environment)?;
        let mistakes = environment.check(&handlers);
        if !mistakes.is_empty() {
            return Err(mistakes.into());
        }
        let Environment { listen, store, identity, admin: operators, systems, alerts, site, telemetry } = environment;
        let (public, admin) = (bind(&listen, &listen.http).await?, bind(&listen, &listen.admin).await?);
        let clock: Arc<dyn Clock> = Arc::new(arguments.clock);
        let (random, metrics) = (Arc::new(Random::from_system()), Arc::new(Metrics::new()));
        let exporter = match telemetry.map(|telemetry| Exporter::start(telemetry, digest, Arc::clone(&metrics))) {
            Some(started) => started.map_err(|problem| NotStarted(vec![format!("telemetry: {problem}")]))?,
            None => None,
        };
        let ports = Ports {
            store: store::open(&store, &random, &clock).await?,
            transport: Arc::new(NetTransport::new(systems, &clock)?),
            channels: alert::channels(alerts, &alert::Links::new(site.as_deref()), &clock)?,
            clock: Arc::clone(&clock),
            random: Arc::clone(&random),
            metrics: Arc::clone(&metrics),
        };
        let kept = Arc::clone(&ports.store);
        let own = handlers.iter().map(|handler| (handler.interface().smart_id, handler.interface().kept)).collect();
        let engine = Arc::new(Engine::start(handlers, ports).await?);
        let rules = retention::Rules { all: store.retention, own };
        tokio::spawn(retention::keep(kept, rules, (Arc::clone(&clock), Arc::clone(&metrics))));
        let front = front(&engine, &identity, (Arc::clone(&clock), random, metrics))?;
        let token_file = token_file(&operators, store.file());
        let token = token_file.as_deref().map(new_token).transpose()?;
        let console = Console::new(Arc::clone(&engine), digest, &operators, token.as_ref(), clock)
            .map_err(|unusable| NotStarted(vec![format!("admin.certificate: {unusable}")]))?;
        Ok(Self { digest, engine, front, public, admin, console, exporter, token_file })
    }

    async fn run(self, started: Instant) -> u8 {
        let (stop, stop_admin) = (CancellationToken::new(), CancellationToken::new());
        self.announce(started);
        let limits = Limits { drain: DRAIN, ..Limits::default() };
        let public = tokio::spawn(http::serve(self.public, self.front, limits, stop.clone()));
        let admin = tokio::spawn(admin::serve(self.admin, self.console, stop_admin.clone()));
        tokio::select! {
            error = self.engine.broken() => {
                tracing::error!(%error, "stopping: what was acknowledged is on the disk");
                return code::BROKEN;
            }
            () = told_to_stop() => {}
        }
        tracing::info!("stopping: newcomers are refused, what is under way ends");
        self.engine.refuse();
        stop.cancel();
        public.await.ok();
        self.engine.shut_down(DRAIN_MESSAGES_MS).await;
        if let Some(exporter) = self.exporter {
            exporter.shut_down(FLUSH).await;
        }
        stop_admin.cancel();
        tokio::time::timeout(Duration::from_secs(1), admin).await.ok();
        code::STOPPED
    }

    /// The line that whoever started the service waits for.
    fn announce(&self, started: Instant) {
        let address = |listener: &TcpListener| listener.local_addr().map(|address| address.to_string()).ok();
        let line = serde_json::json!({
            "ready": true,
            "http": address(&self.public),
            "admin": address(&self.admin),
            "token_file": self.token_file.as_deref().map(|path| path.display().to_string()),
            "digest": self.digest,
            "interfaces": self.engine.handlers().len(),
            "startup_ms": u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
        writeln!(io::stdout(), "{line}").ok();
        io::stdout().flush().ok();
    }
}

async fn bind(listen: &Listen, address: &str) -> Result<TcpListener, NotStarted> {
    let key = if address == listen.http { "listen.http" } else { "listen.admin" };
    TcpListener::bind(address).await.map_err(|error| NotStarted(vec![format!("{key}: {address}: {error}")]))
}

/// Where the token for this machine goes: beside the store, where nothing else says who somebody is. A store that keeps
/// nothing has no place beside it.
fn token_file(operators: &Admin, store: Option<&str>) -> Option<PathBuf> {
    let beside = || store.map(|file| PathBuf::from(format!("{file}.token")));
    let path = if operators.has_identity() { None } else { operators.token_file.clone().or_else(beside) };
    path.map(|path| std::path::absolute(&path).unwrap_or(path))
}

fn new_token(path: &Path) -> Result<SecretString, NotStarted> {
    admin::write_token(path)
        .map_err(|error| NotStarted(vec![format!("admin.token_file: writing {}: {error}", path.display())]))
}

fn front(
    engine: &Arc<Engine>,
    identity: &Identity,
    (clock, random, metrics): (Arc<dyn Clock>, Arc<Random>, Arc<Metrics>),
) -> Result<Arc<Front>, NotStarted> {
    let observer = Arc::new(Refusals(metrics));
    Front::new(Arc::clone(engine) as _, identity, clock, random, observer)
        .map(Arc::new)
        .map_err(|clashes| NotStarted(clashes.iter().map(ToString::to_string).collect()))
}

/// Counts what the public listener refuses.
struct Refusals(Arc<Metrics>);

impl Observer for Refusals {
    fn refused(&self, interface: Option<&'static str>, status: u16) {
        self.0.refused(interface.unwrap_or("none"), status);
    }
}

async fn told_to_stop() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        // Without signals only the end of the process stops the service; the journal is made for that.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
