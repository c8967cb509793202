//! A world for one engine: its clock, network, journal and alert channel, and interfaces to run.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

use crate::{
    alert::{Channel, Channels, Undelivered},
    clock::{Clock, TokioClock},
    descriptor::{
        Class, DeliveryOrder, Endpoint, Format, InboundAuth, Interface, KeySource, Method, Missed, OnDead, OnUnknown,
        Operation, OutboundAuth, Overlap, Protocol, Repeat, Retry, System, Trigger,
    },
    door::{Arrival, Door as _, Promise, Receipt, Refusal},
    engine::{Engine, Ports},
    flow::{Admitted, End, Handler, Input, Probe, Request, Run, Running, Stop},
    format::{json, mask},
    journal::{MemoryStore, Post, Store, Story},
    lifecycle::State,
    message::Violations,
    metrics::Metrics,
    random::Random,
    transport::{Call, Outcome, Transport},
    value::{Record, Value},
};

pub(super) static TARGET: System = System {
    name: "SRM7",
    auth: OutboundAuth::None,
    cloud_connector: false,
    max_concurrency: None,
    max_per_second: None,
    max_per_day: None,
};

pub(super) const fn operation(system: &'static System, name: &'static str, repeat: Repeat) -> Operation {
    Operation {
        system,
        name,
        protocol: Protocol::Rest { method: Method::Post, path: "/" },
        format: Format::Json,
        query: &[],
        repeat,
        outcomes: &[],
        paging: None,
        timeout_ms: 30_000,
        sensitive: &["/email"],
    }
}

/// A read.
pub(super) static FETCH: Operation = operation(&TARGET, "fetch", Repeat::Harmless);
/// Does the work again if repeated.
pub(super) static CREATE: Operation = operation(&TARGET, "create", Repeat::Repeats);
/// Finds the work of `CREATE`.
pub(super) static FIND: Operation = operation(&TARGET, "find", Repeat::Harmless);
/// An absolute write.
pub(super) static PUT: Operation = operation(&TARGET, "put", Repeat::Harmless);

const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    path: "/orders",
    auth: InboundAuth::None,
    max_body_bytes: 1_000,
    max_per_minute: None,
    has_body: true,
};

/// `3x every 30s, exponential backoff`, dead letters, one alert channel.
pub(super) const BASE: Interface = Interface {
    smart_id: "PROC-A-SRM7-ORDER-V1",
    title: "DeliveryOrder",
    document: "spec/interfaces/PROC-A-SRM7-ORDER-V1.md",
    digest: "0123456789ab",
    source: "A",
    target: "SRM7",
    trigger: Trigger::Http(ENDPOINT),
    retry: Retry {
        retries: 3,
        interval_ms: 30_000,
        factor: 2,
        cap_ms: 3_600_000,
        jitter_percent: 0,
        retry_after_cap_ms: 3_600_000,
        give_up_after_ms: None,
    },
    dead_letter: true,
    alerts: &["Email"],
    on_unknown: OnUnknown::Retry,
    order: DeliveryOrder::None,
    outcomes: &[],
    idempotency: KeySource::Message,
    idempotency_window_s: 604_800,
    encrypted: false,
    kept: crate::Kept::BY_ENVIRONMENT,
    sla_p95_ms: None,
    sensitive: &[],
    searchable: &[],
    operations: &[&FETCH, &CREATE, &FIND, &PUT],
    responses: &[],
};

pub(super) static PLAIN: Interface = BASE;
pub(super) static AGREED: Interface = Interface { sla_p95_ms: Some(2_000), ..BASE };
pub(super) static HOLDING: Interface = Interface { on_unknown: OnUnknown::Hold, ..BASE };
pub(super) static WITHOUT_DEAD_LETTERS: Interface = Interface { dead_letter: false, ..BASE };
pub(super) static ORDERED: Interface = Interface { order: DeliveryOrder::PerKey(OnDead::BlockKey), ..BASE };
pub(super) static DURABLE_REQUEST: Interface =
    Interface { trigger: Trigger::Request { endpoint: ENDPOINT, durable: true, timeout_ms: 5_000 }, ..BASE };
pub(super) static HOURLY: Interface = Interface { trigger: hourly(Missed::Once, Overlap::Skip), ..BASE };

pub(super) const fn hourly(missed: Missed, overlap: Overlap) -> Trigger {
    Trigger::Schedule { cron: "0 * * * *", zone: "Europe/Paris", missed, catch_up_ms: 86_400_000, overlap }
}

pub(super) static DIRECT_REQUEST: Interface =
    Interface { trigger: Trigger::Request { endpoint: ENDPOINT, durable: false, timeout_ms: 5_000 }, ..BASE };

/// What a flow of a test does.
pub(super) type Steps = for<'a> fn(&'a Input, &'a Run) -> Running<'a>;

pub(super) struct TestHandler(pub(super) &'static Interface, pub(super) Steps);

impl Handler for TestHandler {
    fn interface(&self) -> &'static Interface {
        self.0
    }

    fn admit(&self, input: &Input) -> Result<Admitted, Violations> {
        if input.body == Value::Null {
            return Ok(Admitted::default());
        }
        match text(input, "id") {
            Some(id) => Ok(Admitted { idempotency_key: Some(id), order_key: text(input, "order") }),
            None => Err(Violations::one("/id", "is missing")),
        }
    }

    fn run<'a>(&'a self, input: &'a Input, run: &'a Run) -> Running<'a> {
        (self.1)(input, run)
    }
}

pub(super) fn text(input: &Input, field: &str) -> Option<String> {
    let Value::Record(record) = &input.body else { return None };
    match record.get(field) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// One absolute write.
pub(super) fn put<'a>(_: &'a Input, run: &'a Run) -> Running<'a> {
    Box::pin(async move {
        run.step("put").exchange(&PUT, Request::new()).await?;
        Ok(End::Delivered)
    })
}

/// Sends an order, asking first where an earlier send is in doubt.
pub(super) async fn create_with_probe(run: &Run, request: Request) -> Result<Value, Stop> {
    let probe = Probe { operation: &FIND, request: request.clone(), found: &|reply| Ok(*reply != Value::Null) };
    run.step("create").exchange_with_probe(&CREATE, request, &probe).await
}

/// What the network does with a call.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Give(Class),
    /// With `Retry-After` in milliseconds.
    Later(u64),
    /// Does the work, but the reply is lost.
    Lost,
    /// Does the work and never answers.
    Hang,
    /// Answers after this long.
    Slow(u64),
    /// Gives a reason and a JSON body of its own.
    Quote(Class, String, String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) at_s: i64,
    pub(super) operation: &'static str,
    pub(super) key: String,
}

pub(super) struct Network {
    clock: Arc<dyn Clock>,
    script: Mutex<HashMap<&'static str, VecDeque<Answer>>>,
    sent: Mutex<Vec<Sent>>,
    /// How often the work of `CREATE` was done, by key.
    effects: Mutex<HashMap<String, usize>>,
}

impl Network {
    /// The next calls of an operation are answered so; later ones succeed.
    pub(super) fn script(&self, operation: &'static Operation, answers: impl IntoIterator<Item = Answer>) {
        self.script.lock().unwrap().entry(operation.name).or_default().extend(answers);
    }

    pub(super) fn give(&self, operation: &'static Operation, classes: impl IntoIterator<Item = Class>) {
        self.script(operation, classes.into_iter().map(Answer::Give));
    }

    /// From now on everything succeeds.
    pub(super) fn heal(&self) {
        self.script.lock().unwrap().clear();
    }

    /// When an operation was called, in seconds since the start.
    pub(super) fn times(&self, operation: &'static Operation) -> Vec<i64> {
        let sent = self.sent.lock().unwrap();
        sent.iter().filter(|sent| sent.operation == operation.name).map(|sent| sent.at_s).collect()
    }

    /// How often the work of a `CREATE` was done.
    pub(super) fn effects(&self, key: &str) -> usize {
        self.effects.lock().unwrap().get(key).copied().unwrap_or(0)
    }

    /// Does the work if the answer says so.
    fn effect(&self, call: &Call<'_>, answer: Option<&Answer>) {
        let works = matches!(answer, None | Some(Answer::Lost | Answer::Hang | Answer::Slow(_)));
        if works && call.operation.name == CREATE.name {
            *self.effects.lock().unwrap().entry(call.key.to_owned()).or_default() += 1;
        }
    }

    /// `FIND` tells the truth.
    fn unscripted(&self, call: &Call<'_>) -> Value {
        let missing = call.operation.name == FIND.name && self.effects(call.key) == 0;
        if missing { Value::Null } else { Value::Text("done".to_owned()) }
    }

    pub(super) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }
}

impl Transport for Network {
    fn exchange<'a>(&'a self, call: Call<'a>) -> Promise<'a, Outcome> {
        let name = call.operation.name;
        let at_s = self.clock.now_ms() / 1_000;
        self.sent.lock().unwrap().push(Sent { at_s, operation: name, key: call.key.to_owned() });
        let answer = self.script.lock().unwrap().get_mut(name).and_then(VecDeque::pop_front);
        self.effect(&call, answer.as_ref());
        let reply = self.unscripted(&call);
        Box::pin(async move {
            let outcome = |class| Outcome::without_reply(class, "scripted");
            match answer {
                None => Outcome { reply, ..outcome(Class::Delivered) },
                Some(Answer::Give(class)) => outcome(class),
                Some(Answer::Later(ms)) => Outcome { retry_after_ms: Some(ms), ..outcome(Class::Retryable) },
                Some(Answer::Lost) => outcome(Class::Unknown),
                Some(Answer::Hang) => std::future::pending().await,
                Some(Answer::Quote(class, reason, body)) => {
                    let reply = json::read(body.as_bytes()).unwrap();
                    let excerpt = mask::excerpt(body.as_bytes(), &reply, call.operation.sensitive, 4_096);
                    Outcome { reply, excerpt, ..Outcome::without_reply(class, reason) }
                }
                Some(Answer::Slow(ms)) => {
                    self.clock.sleep(ms).await;
                    outcome(Class::Delivered)
                }
            }
        })
    }
}

/// An alert channel that remembers: when (seconds), for which reason, opening or closing.
#[derive(Default)]
pub(super) struct Mailbox {
    clock: Option<Arc<dyn Clock>>,
    refusals: Mutex<VecDeque<Undelivered>>,
    pub(super) posts: Mutex<Vec<(i64, String, bool)>>,
}

impl Mailbox {
    pub(super) fn refuse(&self, error: Undelivered) {
        self.refusals.lock().unwrap().push_back(error);
    }

    pub(super) fn posts(&self) -> Vec<(i64, String, bool)> {
        self.posts.lock().unwrap().clone()
    }
}

impl Channel for Mailbox {
    fn tell<'a>(&'a self, post: &'a Post) -> Promise<'a, Result<(), Undelivered>> {
        let refused = self.refusals.lock().unwrap().pop_front();
        if refused.is_none() {
            let at_s = self.clock.as_ref().map_or(0, |clock| clock.now_ms() / 1_000);
            let reason = post.incident.reason.as_str().to_owned();
            self.posts.lock().unwrap().push((at_s, reason, post.incident.firing));
        }
        Box::pin(std::future::ready(refused.map_or(Ok(()), Err)))
    }
}

pub(super) struct World {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) store: MemoryStore,
    pub(super) network: Arc<Network>,
    pub(super) mailbox: Arc<Mailbox>,
    /// A second channel, where a test asks for one.
    pub(super) pager: Arc<Mailbox>,
    pub(super) engine: Engine,
    interface: &'static Interface,
    steps: Steps,
    starts: u64,
}

impl World {
    pub(super) async fn new(interface: &'static Interface, steps: Steps) -> Self {
        Self::start(interface, steps, false).await
    }

    /// With the channel `Pager` besides `Email`; no interface names it.
    pub(super) async fn with_pager(interface: &'static Interface, steps: Steps) -> Self {
        Self::start(interface, steps, true).await
    }

    async fn start(interface: &'static Interface, steps: Steps, paged: bool) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::starting_at(0));
        let network = Arc::new(Network {
            clock: Arc::clone(&clock),
            script: Mutex::default(),
            sent: Mutex::default(),
            effects: Mutex::default(),
        });
        let mailbox = Arc::new(Mailbox { clock: Some(Arc::clone(&clock)), ..Mailbox::default() });
        let pager = Arc::new(Mailbox { clock: Some(Arc::clone(&clock)), ..Mailbox::default() });
        let store = MemoryStore::new();
        let mut ports = ports(&clock, &store, &network, &mailbox);
        if paged {
            ports.channels.insert("Pager".to_owned(), Arc::clone(&pager) as _);
        }
        let engine = Engine::start(vec![Arc::new(TestHandler(interface, steps))], ports).await.unwrap();
        Self { clock, store, network, mailbox, pager, engine, interface, steps, starts: 1 }
    }

    /// The process dies and another starts at once on what it left.
    pub(super) async fn crash(&mut self) {
        self.crash_for_s(0).await;
    }

    /// The process dies; another starts on what it left, with another revision of the document.
    pub(super) async fn crash_into(&mut self, interface: &'static Interface) {
        self.interface = interface;
        self.crash().await;
    }

    /// The process dies; another starts this much later.
    pub(super) async fn crash_for_s(&mut self, seconds: u64) {
        let mut ports = ports(&self.clock, &self.store, &self.network, &self.mailbox);
        self.starts += 1;
        ports.random = Arc::new(Random::seeded(self.starts));
        let handler: Arc<dyn Handler> = Arc::new(TestHandler(self.interface, self.steps));
        self.engine.kill().await;
        self.wait_s(seconds).await;
        self.engine = Engine::start(vec![handler], ports).await.unwrap();
    }

    pub(super) async fn accept(&self, id: &str) -> Result<Receipt, Refusal> {
        self.engine.accept(order(&[("id", id)])).await
    }

    /// Lets time pass until the message has ended or is held without a due time.
    pub(super) async fn end(&self, receipt: &Receipt) -> Story {
        for _ in 0..100_000 {
            let story = self.story(receipt).await;
            if story.row.state.is_end() || (story.row.state == State::Held && story.row.due_ms.is_none()) {
                return story;
            }
            self.clock.sleep(250).await;
        }
        panic!("the message does not end: {:?}", self.story(receipt).await);
    }

    pub(super) async fn story(&self, receipt: &Receipt) -> Story {
        self.store.story(&receipt.message_id).await.unwrap().unwrap()
    }

    pub(super) async fn wait_s(&self, seconds: u64) {
        self.clock.sleep(seconds * 1_000).await;
    }
}

pub(super) fn ports(
    clock: &Arc<dyn Clock>,
    store: &MemoryStore,
    network: &Arc<Network>,
    mailbox: &Arc<Mailbox>,
) -> Ports {
    Ports {
        store: Arc::new(store.clone()),
        transport: Arc::clone(network) as _,
        clock: Arc::clone(clock),
        random: Arc::new(Random::seeded(1)),
        metrics: Arc::new(Metrics::new()),
        channels: Channels::from([("Email".to_owned(), Arc::clone(mailbox) as _)]),
    }
}

/// An arrival with these fields.
pub(super) fn order(fields: &[(&str, &str)]) -> Arrival {
    let mut record = Record::new();
    for (name, value) in fields {
        record.put(name, &(*value).to_owned());
    }
    let body = Value::Record(record);
    Arrival {
        handler: 0,
        raw: crate::format::json::write(&body).into_bytes(),
        body,
        key: None,
        parameters: Vec::new(),
        principal: "vms".to_owned(),
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
        request_id: "r-1".to_owned(),
    }
}
