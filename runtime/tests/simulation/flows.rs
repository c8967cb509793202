//! The interfaces that are simulated: every kind of step, order, doubt and end.
//!
//! In: nothing. Out: handlers, and what the checker may expect of them. Never knows: disks, networks.

use std::sync::Arc;

use tieline_runtime::{
    Admitted, DeliveryOrder, End, Endpoint, Format, Handler, InboundAuth, Input, Interface, KeySource, Method, Missed,
    OnDead, OnUnknown, Operation, OutboundAuth, Overlap, Probe, Protocol, Repeat, Request, Retry, Run, Running, Stop,
    System, Trigger, Value, Violations, format::json, journal::NewMessage,
};

static ERP: System = system("ERP", Some(4));
static BANK: System = system("Bank", Some(2));

/// Most calls of a system at a time: the bound on duplicates of a crash.
pub(super) const MAX_IN_FLIGHT: u32 = 4 + 2;

const fn system(name: &'static str, max_concurrency: Option<u32>) -> System {
    System {
        name,
        auth: OutboundAuth::None,
        cloud_connector: false,
        max_concurrency,
        max_per_second: None,
        max_per_day: None,
    }
}

const fn operation(system: &'static System, name: &'static str, repeat: Repeat) -> Operation {
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
        sensitive: &[],
    }
}

const KEYED: Repeat = Repeat::Keyed { header: "Idempotency-Key" };

pub(super) static FETCH: Operation = operation(&ERP, "fetch", Repeat::Harmless);
pub(super) static CREATE: Operation = operation(&ERP, "create", Repeat::Repeats);
pub(super) static FIND: Operation = operation(&ERP, "find", Repeat::Harmless);
pub(super) static NOTIFY: Operation = operation(&ERP, "notify", KEYED);
pub(super) static PUT: Operation = operation(&ERP, "put", Repeat::Harmless);
pub(super) static PAY: Operation = operation(&BANK, "pay", Repeat::Repeats);

const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    path: "/",
    auth: InboundAuth::None,
    max_body_bytes: 1_000,
    max_per_minute: None,
    has_body: true,
};

const BASE: Interface = Interface {
    smart_id: "SIM-SHOP-ERP-ORDER-V1",
    title: "Order",
    document: "none",
    digest: "0123456789ab",
    source: "Shop",
    target: "ERP",
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
    order: DeliveryOrder::PerKey(OnDead::Continue),
    outcomes: &[],
    idempotency: KeySource::Message,
    idempotency_window_s: 604_800,
    encrypted: false,
    kept: tieline_runtime::Kept::BY_ENVIRONMENT,
    sla_p95_ms: None,
    sensitive: &[],
    searchable: &[],
    operations: &[&FETCH, &CREATE, &FIND, &NOTIFY, &PUT, &PAY],
    responses: &[],
};

/// In order of the customer: fetch, create with a probe, notify.
static ORDERS: Interface = BASE;
/// The same, but it has forgotten its order.
static UNORDERED: Interface = Interface { order: DeliveryOrder::None, ..BASE };
/// Nobody can ask the bank, and nobody may pay twice: a person decides.
static PAYMENTS: Interface = Interface {
    smart_id: "SIM-SHOP-BANK-PAYMENT-V1",
    on_unknown: OnUnknown::Hold,
    order: DeliveryOrder::None,
    target: "Bank",
    ..BASE
};
/// Without dead letters; some are discarded, some buried by the document, some panic.
static STATUS: Interface = Interface {
    smart_id: "SIM-SHOP-ERP-STATUS-V1",
    order: DeliveryOrder::None,
    dead_letter: false,
    retry: Retry { retries: 1, interval_ms: 5_000, factor: 1, jitter_percent: 10, ..BASE.retry },
    ..BASE
};
/// Like it, with dead letters.
const CONTRACTS: Interface = Interface {
    smart_id: "SIM-SHOP-ERP-CONTRACT-V1",
    order: DeliveryOrder::None,
    retry: Retry { retries: 1, interval_ms: 5_000, factor: 1, jitter_percent: 10, ..BASE.retry },
    ..BASE
};
static DEALS: Interface = CONTRACTS;
/// In order of the customer, and what is dead holds up what is behind it.
static LEDGER: Interface =
    Interface { smart_id: "SIM-SHOP-ERP-LEDGER-V1", order: DeliveryOrder::PerKey(OnDead::BlockKey), ..CONTRACTS };
/// The same, but it goes on.
static UNBLOCKED: Interface = Interface { smart_id: LEDGER.smart_id, order: BASE.order, ..CONTRACTS };
/// The caller waits for its reply.
static QUOTES: Interface = Interface {
    smart_id: "SIM-SHOP-ERP-QUOTE-V1",
    trigger: Trigger::Request { endpoint: ENDPOINT, durable: true, timeout_ms: REQUEST_MS },
    ..CONTRACTS
};
/// Every hour, several items.
static NIGHTLY: Interface = Interface {
    smart_id: "SIM-ERP-ERP-STOCK-V1",
    order: DeliveryOrder::None,
    trigger: Trigger::Schedule {
        cron: "0 * * * *",
        zone: "Europe/Paris",
        missed: Missed::Once,
        catch_up_ms: 86_400_000,
        overlap: Overlap::Allow,
    },
    ..BASE
};

/// Handlers that take messages, by index.
pub(super) const DOORS: usize = 6;

/// The one whose callers wait for a reply, and how long they do.
pub(super) const REQUESTS: usize = 5;
const REQUEST_MS: u64 = 5_000;

/// What a generated service has forgotten of its documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Forgotten {
    Nothing,
    /// Messages of a key have an order.
    Order,
    /// What is dead holds up its line.
    Blocking,
}

/// All handlers.
pub(super) fn handlers(forgotten: Forgotten) -> Vec<Arc<dyn Handler>> {
    let orders = if forgotten == Forgotten::Order { &UNORDERED } else { &ORDERS };
    let ledger = if forgotten == Forgotten::Blocking { &UNBLOCKED } else { &LEDGER };
    vec![
        Arc::new(Flow(orders, order)),
        Arc::new(Flow(&PAYMENTS, pay)),
        Arc::new(Flow(&STATUS, status)),
        Arc::new(Flow(&DEALS, status)),
        Arc::new(Flow(ledger, status)),
        Arc::new(Flow(&QUOTES, quote)),
        Arc::new(Flow(&NIGHTLY, nightly)),
    ]
}

/// The interface of a name, as its document has it.
pub(super) fn interface(smart_id: &str) -> Option<&'static Interface> {
    [&ORDERS, &PAYMENTS, &STATUS, &DEALS, &LEDGER, &QUOTES, &NIGHTLY]
        .into_iter()
        .find(|interface| interface.smart_id == smart_id)
}

/// Whether a call is the step itself, and not a question about it.
pub(super) fn is_step(name: &str, operation: &str) -> bool {
    !(name == "create" && operation == FIND.name)
}

/// Steps that every delivered message has done.
pub(super) fn required(interface: &Interface) -> &'static [&'static str] {
    match interface.smart_id {
        "SIM-SHOP-ERP-ORDER-V1" => &["fetch", "create", "notify"],
        "SIM-SHOP-BANK-PAYMENT-V1" => &["pay"],
        "SIM-ERP-ERP-STOCK-V1" => &["fetch", "item[0].notify", "item[1].notify", "item[2].notify"],
        _ => &["put"],
    }
}

fn body_says(message: &NewMessage, what: &str) -> bool {
    message.raw.windows(what.len()).any(|window| window == what.as_bytes())
}

/// The key whose order its document asks to keep.
pub(super) fn order_key(message: &NewMessage) -> Option<String> {
    let body =
        json::read(&message.raw).ok().filter(|_| [ORDERS.smart_id, LEDGER.smart_id].contains(&&*message.interface))?;
    text(&Input { body, parameters: Vec::new() }, "customer")
}

/// Whether the flow discards it.
pub(super) fn discards(message: &NewMessage) -> bool {
    body_says(message, "\"discard\"")
}

/// Whether the flow panics over it.
pub(super) fn panics(message: &NewMessage) -> bool {
    body_says(message, "\"panic\"")
}

/// Whether the document sends it to the dead-letter list.
pub(super) fn buries(message: &NewMessage) -> bool {
    body_says(message, "\"bury\"")
}

type Steps = for<'a> fn(&'a Input, &'a Run) -> Running<'a>;

struct Flow(&'static Interface, Steps);

impl Handler for Flow {
    fn interface(&self) -> &'static Interface {
        self.0
    }

    fn admit(&self, input: &Input) -> Result<Admitted, Violations> {
        let idempotency_key = text(input, "id");
        Ok(Admitted {
            idempotency_key,
            order_key: text(input, "customer").filter(|_| self.0.order != DeliveryOrder::None),
        })
    }

    fn run<'a>(&'a self, input: &'a Input, run: &'a Run) -> Running<'a> {
        (self.1)(input, run)
    }
}

fn text(input: &Input, field: &str) -> Option<String> {
    let Value::Record(record) = &input.body else { return None };
    match record.get(field) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

fn order<'a>(_: &'a Input, run: &'a Run) -> Running<'a> {
    Box::pin(async move {
        let fetched = run.step("fetch").exchange(&FETCH, Request::new()).await?;
        let request = Request::new().body(fetched);
        let probe = Probe { operation: &FIND, request: request.clone(), found: &|reply| Ok(*reply != Value::Null) };
        run.step("create").exchange_with_probe(&CREATE, request, &probe).await?;
        run.step("notify").exchange(&NOTIFY, Request::new()).await?;
        Ok(End::Delivered)
    })
}

fn pay<'a>(_: &'a Input, run: &'a Run) -> Running<'a> {
    Box::pin(async move {
        run.step("pay").exchange(&PAY, Request::new()).await?;
        Ok(End::Delivered)
    })
}

fn status<'a>(input: &'a Input, run: &'a Run) -> Running<'a> {
    Box::pin(async move {
        match text(input, "kind").as_deref() {
            Some("discard") => return Ok(End::Discarded { reason: "nothing to do".to_owned() }),
            Some("bury") => return Err(Stop::dead("a person must look at it")),
            Some("panic") => panic!("{}", POISON),
            _ => {}
        }
        run.step("put").exchange(&PUT, Request::new()).await?;
        Ok(End::Delivered)
    })
}

fn quote<'a>(input: &'a Input, run: &'a Run) -> Running<'a> {
    Box::pin(async move {
        match status(input, run).await? {
            End::Delivered => Ok(End::Replied { status: 201, body: Value::Text(reply_to(input)) }),
            other => Ok(other),
        }
    })
}

/// What the caller of a request is to hear, and nobody else.
fn reply_to(input: &Input) -> String {
    format!("for {}", text(input, "id").unwrap_or_default())
}

/// What a flow that panics says.
pub(super) const POISON: &str = "poison";

fn nightly<'a>(_: &'a Input, run: &'a Run) -> Running<'a> {
    Box::pin(async move {
        run.step("fetch").exchange(&FETCH, Request::new()).await?;
        for item in 0..3 {
            run.scoped("item", item).step("notify").exchange(&NOTIFY, Request::new()).await?;
        }
        Ok(End::Delivered)
    })
}
