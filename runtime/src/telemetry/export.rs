//! The exporter: batches, tries again, gives up, says how much was lost.
//!
//! In: records from the queue. Out: OTLP requests. Never knows: who made the records.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use opentelemetry_proto::tonic::{
    collector::{logs::v1::ExportLogsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::{InstrumentationScope, KeyValue},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message as _;
use reqwest::Client;
use secrecy::ExposeSecret as _;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::{QUEUE, Queue, spans::text};
use crate::{
    clock::{Clock, ScaledClock},
    environment::{Telemetry, TokenAuth},
    metrics::{Metrics, Signal},
    tls,
    transport::{Credentials, TokenSource, Wire, http_client, retry_after_ms, send},
};

/// Lines with this target are about the export itself.
pub(super) const TARGET: &str = "tieline_runtime::telemetry";

/// Records that wait.
const QUEUED: usize = 4_096;
/// Records of one request, and the longest wait for more of them.
const BATCH: usize = 512;
const WAIT: Duration = Duration::from_secs(1);
/// Longest request, and pauses between tries; a collector's `Retry-After` wins up to the longest.
const TIMEOUT_MS: u64 = 10_000;
const PAUSES_MS: [u64; 3] = [500, 2_000, 5_000];
const LONGEST_PAUSE_MS: u64 = 30_000;

/// What is exported.
pub(super) enum Record {
    Span(Box<Span>),
    Log(Box<LogRecord>),
}

/// A running exporter.
#[derive(Debug)]
pub struct Exporter {
    flush: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Where and how.
struct Collector {
    client: Client,
    traces_url: Option<String>,
    logs_url: Option<String>,
    headers: HeaderMap,
    token: Option<TokenSource>,
    resource: Resource,
    metrics: Arc<Metrics>,
    clock: Arc<dyn Clock>,
}

impl Exporter {
    /// Starts exporting from this process; must be called inside a tokio runtime. A second start in the same process
    /// changes nothing and is `None`.
    ///
    /// # Errors
    /// Headers or certificates cannot be used.
    pub fn start(telemetry: Telemetry, digest: &str, metrics: Arc<Metrics>) -> Result<Option<Self>, String> {
        let sample_percent = telemetry.sample_percent;
        let collector = Collector::new(telemetry, digest, Arc::clone(&metrics))?;
        let (records, queued) = mpsc::channel(QUEUED);
        let (traces, logs) = (collector.traces_url.is_some(), collector.logs_url.is_some());
        if QUEUE.set(Queue { records, metrics, sample_percent, traces, logs }).is_err() {
            return Ok(None);
        }
        let (flush, flushed) = oneshot::channel();
        Ok(Some(Self { flush, task: tokio::spawn(work(collector, queued, flushed)) }))
    }

    /// Exports what waits, for at most so long.
    pub async fn shut_down(self, longest: Duration) {
        self.flush.send(()).ok();
        tokio::time::timeout(longest, self.task).await.ok();
    }
}

async fn work(collector: Collector, mut queued: mpsc::Receiver<Record>, mut flush: oneshot::Receiver<()>) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        let ending = tokio::select! {
            _ = &mut flush => true,
            count = queued.recv_many(&mut batch, BATCH) => count == 0,
        };
        if ending {
            queued.close();
            while queued.recv_many(&mut batch, BATCH).await > 0 {
                collector.export(std::mem::take(&mut batch)).await;
            }
            return collector.export(batch).await;
        }
        // A little patience makes one request of many records.
        let more = async { while batch.len() < BATCH && queued.recv_many(&mut batch, BATCH).await > 0 {} };
        tokio::time::timeout(WAIT, more).await.ok();
        collector.export(std::mem::take(&mut batch)).await;
    }
}

impl Collector {
    fn new(telemetry: Telemetry, digest: &str, metrics: Arc<Metrics>) -> Result<Self, String> {
        let ca = telemetry.ca.as_ref().map(|ca| ca.expose_secret().to_owned());
        let client = http_client(tls::client(ca.as_deref(), None).map_err(|error| error.to_string())?, None)?;
        let mut headers = HeaderMap::new();
        for (name, value) in &telemetry.headers {
            let key = HeaderName::try_from(name.as_str()).map_err(|_| format!("`{name}` is no header name"))?;
            // The value is a secret: it is not repeated.
            let mut value = HeaderValue::try_from(value.expose_secret())
                .map_err(|_| format!("the value of header `{name}` cannot be sent"))?;
            value.set_sensitive(true);
            headers.insert(key, value);
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        let clock: Arc<dyn Clock> = Arc::new(ScaledClock::SYSTEM);
        let token = telemetry.login.as_ref().map(|(url, client_id, client_secret)| {
            let credentials = Credentials {
                url: url.clone(),
                client_id: client_id.clone(),
                client_secret: client_secret.clone(),
                auth: TokenAuth::Basic,
                scopes: Vec::new(),
                audience: None,
            };
            TokenSource::new(client.clone(), credentials, Arc::clone(&clock))
        });
        let below = |path: &str| telemetry.endpoint.as_ref().map(|url| format!("{}{path}", url.trim_end_matches('/')));
        Ok(Self {
            traces_url: telemetry.traces_url.clone().or_else(|| below("/v1/traces")),
            logs_url: telemetry.logs_url.clone().or_else(|| below("/v1/logs")),
            resource: Resource { attributes: resource(&telemetry, digest), ..Resource::default() },
            client,
            headers,
            token,
            metrics,
            clock,
        })
    }

    async fn export(&self, records: Vec<Record>) {
        let (mut spans, mut logs) = (Vec::new(), Vec::new());
        for record in records {
            match record {
                Record::Span(span) => spans.push(*span),
                Record::Log(log) => logs.push(*log),
            }
        }
        if let (Some(url), false) = (&self.traces_url, spans.is_empty()) {
            let count = spans.len();
            let scope_spans = vec![ScopeSpans { scope: Some(scope()), spans, ..ScopeSpans::default() }];
            let resource = Some(self.resource.clone());
            let resource_spans = vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }];
            let request = ExportTraceServiceRequest { resource_spans };
            self.post(url, request.encode_to_vec().into(), (Signal::Traces, count)).await;
        }
        if let (Some(url), false) = (&self.logs_url, logs.is_empty()) {
            let count = logs.len();
            let scope_logs = vec![ScopeLogs { scope: Some(scope()), log_records: logs, ..ScopeLogs::default() }];
            let resource = Some(self.resource.clone());
            let resource_logs = vec![ResourceLogs { resource, scope_logs, ..ResourceLogs::default() }];
            let request = ExportLogsServiceRequest { resource_logs };
            self.post(url, request.encode_to_vec().into(), (Signal::Logs, count)).await;
        }
    }

    async fn post(&self, url: &str, body: Bytes, (signal, count): (Signal, usize)) {
        let mut why = String::new();
        for pause_ms in PAUSES_MS.into_iter().map(Some).chain([None]) {
            match self.try_post(url, body.clone()).await {
                Ok(()) => return,
                Err(Refused { detail, again, wait_ms }) => {
                    why = detail;
                    let Some(pause_ms) = pause_ms.filter(|_| again) else { break };
                    let pause_ms = pause_ms.max(wait_ms.unwrap_or(0)).min(LONGEST_PAUSE_MS);
                    tokio::time::sleep(Duration::from_millis(pause_ms)).await;
                }
            }
        }
        self.metrics.telemetry_dropped(signal, u64::try_from(count).unwrap_or(u64::MAX));
        tracing::warn!(target: TARGET, records = count, why, "telemetry was not exported");
    }

    async fn try_post(&self, url: &str, body: Bytes) -> Result<(), Refused> {
        let mut headers = self.headers.clone();
        let mut shown = None;
        if let Some(source) = &self.token {
            let token = source.token().await.map_err(|error| Refused::later(error.reason))?;
            let value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()));
            let mut value = value.map_err(|_| Refused::later("the token is no header value".to_owned()))?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
            shown = Some((source, token));
        }
        let wire = Wire { method: Method::POST, url: url.to_owned(), headers, body: Some(body) };
        let reply = send(&self.client, wire, TIMEOUT_MS, &*self.clock).await;
        let reply = reply.map_err(|failure| Refused::later(failure.reason))?;
        match reply.status {
            200..=299 => Ok(()),
            status => {
                if let (401, Some((source, token))) = (status, shown) {
                    source.forget(&token).await;
                }
                // What OTLP calls retryable, and a token that may be renewed.
                let again = matches!(status, 401 | 429 | 502 | 503 | 504);
                let wait_ms = reply.header("retry-after").and_then(|text| retry_after_ms(text, self.clock.now()));
                Err(Refused { detail: format!("status {status}"), again, wait_ms })
            }
        }
    }
}

struct Refused {
    detail: String,
    again: bool,
    wait_ms: Option<u64>,
}

impl Refused {
    fn later(detail: String) -> Self {
        Self { detail, again: true, wait_ms: None }
    }
}

fn scope() -> InstrumentationScope {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    InstrumentationScope { name: "tieline".to_owned(), version, ..InstrumentationScope::default() }
}

fn resource(telemetry: &Telemetry, digest: &str) -> Vec<KeyValue> {
    let mut attributes = vec![
        text("service.name", &telemetry.service_name),
        text("service.version", env!("CARGO_PKG_VERSION")),
        text("service.instance.id", &telemetry.instance),
        text("tieline.digest", digest),
    ];
    if let Some(stage) = &telemetry.stage {
        attributes.push(text("deployment.environment.name", stage));
    }
    attributes.extend(telemetry.attributes.iter().map(|(key, value)| text(key, value)));
    attributes
}
