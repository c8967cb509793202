//! In: calls to 11VMS through its API proxy. Out: reports, receptions and purchase orders, within 11VMS's limits.
//! Never knows: who calls, or what SAP SRM7 makes of a report.
//!
//! Known facts: OAuth2 client credentials with `audience=external-client-api-v2`, one call at a time, ten a second,
//! 50,000 a day. Assumption: paths and field names, which follow the vendor's vocabulary; its collection is not public.

mod limits;
mod store;

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use serde_json::{Value, json};

use crate::common::clock::SimClock;
use crate::common::core::{Core, Partner};
use crate::common::listener::listen;
use crate::common::random::lock;
use crate::common::text::find;
use crate::common::web::{Answer, Request, Site, serve};
use crate::oauth::{self, Credentials};
use crate::{StartError, environment::CLIENT_ID};
use limits::Limits;
pub use store::Reception;
use store::Store;

/// The audience that token requests must name.
pub const AUDIENCE: &str = "external-client-api-v2";

/// What can be different between one 11VMS and another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Life of a token in seconds; a day, as the vendor says.
    pub token_lifetime_s: u64,
    /// Calls in flight at the same time, per client address; one.
    pub concurrency: usize,
    /// Calls a second; ten.
    pub per_second: usize,
    /// Calls a day; 50,000.
    pub per_day: usize,
    /// Status of the API proxy's limit faults: 500 is the policy's own default, many sites map it to 429.
    pub limit_status: u16,
    /// Virtual milliseconds that a call takes; without it calls would hardly ever overlap.
    pub latency_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            token_lifetime_s: 86_400,
            concurrency: 1,
            per_second: 10,
            per_day: 50_000,
            limit_status: 500,
            latency_ms: 20,
        }
    }
}

/// 11VMS behind its API proxy.
#[derive(Debug)]
pub struct Vms {
    core: Arc<Core>,
    seed: u64,
    url: OnceLock<String>,
    settings: Mutex<Settings>,
    limits: Limits,
    store: Mutex<Store>,
}

impl Vms {
    /// The shared parts, for the partner as a caller.
    pub(crate) fn shared_core(&self) -> &Arc<Core> {
        &self.core
    }

    pub(crate) async fn start(clock: SimClock, seed: u64) -> Result<Arc<Self>, StartError> {
        let core = Arc::new(Core::new("vms", clock, seed));
        let vms = Arc::new(Vms {
            core: core.clone(),
            seed,
            url: OnceLock::new(),
            settings: Mutex::default(),
            limits: Limits::default(),
            store: Mutex::new(Store::fixtures()),
        });
        let site = vms.clone();
        let address = listen(&core, move |stream| serve(site.clone(), stream)).await?;
        let _ = vms.url.set(format!("http://{address}"));
        Ok(vms)
    }

    /// Base URL of the API.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.url.get().cloned().unwrap_or_default()
    }

    /// Where tokens are asked for.
    #[must_use]
    pub fn token_url(&self) -> String {
        format!("{}/oauth/token", self.base_url())
    }

    /// The secret of client `tieline`.
    #[must_use]
    pub fn client_secret(&self) -> String {
        oauth::secret(self.seed, "vms", CLIENT_ID)
    }

    /// Changes settings from now on, until a reset.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut lock(&self.settings));
    }

    /// Adds or replaces an activity report and reopens its reception; see [`crate::samples::activity_report`].
    pub fn put_report(&self, report: Value) {
        lock(&self.store).put_report(report);
    }

    /// Service receptions, by report id.
    #[must_use]
    pub fn receptions(&self) -> Vec<Reception> {
        lock(&self.store).receptions.values().cloned().collect()
    }

    /// The reception of one report.
    #[must_use]
    pub fn reception(&self, report_id: &str) -> Option<Reception> {
        lock(&self.store).receptions.get(report_id).cloned()
    }

    /// Purchase orders created, oldest first, each with its `id`.
    #[must_use]
    pub fn purchase_orders(&self) -> Vec<Value> {
        lock(&self.store).purchase_orders.clone()
    }

    /// The purchase orders with this external id: never more than one.
    #[must_use]
    pub fn purchase_orders_of(&self, external_id: &str) -> Vec<Value> {
        self.purchase_orders().into_iter().filter(|order| order["externalId"] == external_id).collect()
    }

    fn token(&self, request: &Request) -> Answer {
        let secret = self.client_secret();
        let check = |id: &str, given: &str| id == CLIENT_ID && given == secret;
        let grant = match oauth::authenticate(request, Credentials::BasicOrForm, check) {
            Ok(grant) => grant,
            Err(answer) => return *answer,
        };
        if find(&grant.form, "audience") != Some(AUDIENCE) {
            return oauth::error(403, "access_denied", "audience external-client-api-v2 is required");
        }
        let lifetime = lock(&self.settings).token_lifetime_s;
        oauth::granted(&oauth::opaque(&self.core, lifetime), lifetime)
    }

    fn api(&self, request: &Request) -> Answer {
        let settings = lock(&self.settings).clone();
        if let Some(answer) = self.limits.check(&settings, self.core.clock.now_ms(), request.others) {
            return answer;
        }
        if !oauth::has_token(&self.core, request) {
            return problem(401, "UNAUTHORIZED", "the token is missing, unknown or expired")
                .header("www-authenticate", "Bearer error=\"invalid_token\"");
        }
        let segments = request.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let mut store = lock(&self.store);
        match (request.method.as_str(), path.as_slice()) {
            ("GET", ["v2", "activity-reports", id]) => store.read_report(id),
            ("GET", ["v2", "service-receptions", id]) => store.read_reception(id),
            ("PUT", ["v2", "service-receptions", id]) => store.update_reception(id, &request.body),
            ("POST", ["v2", "purchase-orders"]) => store.create_order(&request.body),
            ("GET", ["v2", "purchase-orders"]) => store.find_orders(find(&request.query(), "externalId")),
            (_, ["v2", "activity-reports" | "service-receptions", _] | ["v2", "purchase-orders"]) => {
                problem(405, "METHOD_NOT_ALLOWED", "this method is not allowed here")
            }
            _ => problem(404, "NOT_FOUND", "no such resource"),
        }
    }
}

/// Assumption: the shape of 11VMS's own errors.
fn problem(status: u16, code: &str, message: &str) -> Answer {
    Answer::json(status, &json!({ "code": code, "message": message }))
}

impl Partner for Vms {
    fn core(&self) -> &Core {
        &self.core
    }

    fn state(&self) -> Value {
        let store = lock(&self.store);
        json!({
            "reports": store.reports.values().collect::<Vec<_>>(),
            "receptions": store.receptions.values().collect::<Vec<_>>(),
            "purchaseOrders": store.purchase_orders,
            "callsToday": self.limits.today(),
        })
    }

    fn reset_state(&self) {
        *lock(&self.settings) = Settings::default();
        *lock(&self.store) = Store::fixtures();
        self.limits.reset();
    }
}

impl Site for Vms {
    fn core(&self) -> &Core {
        &self.core
    }

    fn identify(&self, request: &Request) -> (String, Option<String>) {
        let segments = request.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (request.method.as_str(), path.as_slice()) {
            (_, ["oauth", "token"]) => ("token".to_owned(), oauth::client_id(request)),
            ("GET", ["v2", "activity-reports", id]) => ("get-activity-report".to_owned(), Some((*id).to_owned())),
            ("PUT", ["v2", "service-receptions", id]) => {
                ("update-service-reception".to_owned(), Some((*id).to_owned()))
            }
            ("POST", ["v2", "purchase-orders"]) => {
                ("create-purchase-order".to_owned(), store::external_id(&request.body))
            }
            _ => ("other".to_owned(), None),
        }
    }

    async fn answer(&self, request: &Request) -> Answer {
        match (request.method.as_str(), request.uri.path()) {
            ("POST", "/oauth/token") => self.token(request),
            (_, "/oauth/token") => Answer::empty(405),
            _ => self.api(request),
        }
    }

    fn fault(&self, status: u16) -> Answer {
        problem(status, "SCRIPTED", "the fault plan asked for this answer")
    }

    fn latency(&self) -> Duration {
        Duration::from_millis(lock(&self.settings).latency_ms)
    }
}
