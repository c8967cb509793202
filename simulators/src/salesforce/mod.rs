//! In: calls to Salesforce's REST API. Out: accounts and orders, errors as a JSON list, usage on every response.
//! Never knows: SAP ERP.
//!
//! Tokens come with `instance_url` and without `expires_in`: only a 401 tells that a session is over. Assumption: the
//! custom fields `ERP_Customer_Id__c`, `Email__c`, `ERP_Order_Number__c` and `Payment_*__c`.

mod records;

use std::sync::{Arc, Mutex, OnceLock};

use serde_json::{Value, json};

use crate::StartError;
use crate::common::clock::SimClock;
use crate::common::core::{Core, Partner};
use crate::common::listener::listen;
use crate::common::random::lock;
use crate::common::text::find;
use crate::common::web::{Answer, Request, Site, serve};
use crate::environment::CLIENT_ID;
use crate::oauth::{self, Credentials};
use records::Records;

const DAY_MS: i64 = 86_400_000;

/// What can be different between one organisation and another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Life of a session in seconds; nobody tells the client.
    pub session_lifetime_s: u64,
    /// API calls a day.
    pub daily_requests: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { session_lifetime_s: 7200, daily_requests: 1_000_000 }
    }
}

/// Salesforce.
#[derive(Debug)]
pub struct Salesforce {
    core: Arc<Core>,
    seed: u64,
    url: OnceLock<String>,
    settings: Mutex<Settings>,
    records: Mutex<Records>,
    /// Day and calls on it.
    used: Mutex<(i64, usize)>,
}

impl Salesforce {
    /// The shared parts, for the partner as a caller.
    pub(crate) fn shared_core(&self) -> &Arc<Core> {
        &self.core
    }

    pub(crate) async fn start(clock: SimClock, seed: u64) -> Result<Arc<Self>, StartError> {
        let core = Arc::new(Core::new("salesforce", clock, seed));
        let salesforce = Arc::new(Salesforce {
            core: core.clone(),
            seed,
            url: OnceLock::new(),
            settings: Mutex::default(),
            records: Mutex::new(Records::fixtures()),
            used: Mutex::default(),
        });
        let site = salesforce.clone();
        let address = listen(&core, move |stream| serve(site.clone(), stream)).await?;
        let _ = salesforce.url.set(format!("http://{address}"));
        Ok(salesforce)
    }

    /// The `instance_url`.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.url.get().cloned().unwrap_or_default()
    }

    /// Where tokens are asked for.
    #[must_use]
    pub fn token_url(&self) -> String {
        format!("{}/services/oauth2/token", self.base_url())
    }

    /// The secret of client `tieline`.
    #[must_use]
    pub fn client_secret(&self) -> String {
        oauth::secret(self.seed, "salesforce", CLIENT_ID)
    }

    /// Changes settings from now on, until a reset.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut lock(&self.settings));
    }

    /// Accounts, by id.
    #[must_use]
    pub fn accounts(&self) -> Vec<Value> {
        lock(&self.records).accounts.values().cloned().map(Value::Object).collect()
    }

    /// The account with this number of SAP ERP (`ERP_Customer_Id__c`).
    #[must_use]
    pub fn account_of(&self, customer_id: &str) -> Option<Value> {
        self.accounts().into_iter().find(|account| account["ERP_Customer_Id__c"] == customer_id)
    }

    /// Orders, by id.
    #[must_use]
    pub fn orders(&self) -> Vec<Value> {
        lock(&self.records).orders.values().cloned().map(Value::Object).collect()
    }

    /// The order with this number of SAP ERP (`ERP_Order_Number__c`).
    #[must_use]
    pub fn order_of(&self, number: &str) -> Option<Value> {
        self.orders().into_iter().find(|order| order["ERP_Order_Number__c"] == number)
    }

    /// Adds an account in place of any with the same id or the same number of SAP ERP; see [`crate::samples::account`].
    pub fn put_account(&self, account: Value) {
        lock(&self.records).put_account(account);
    }

    /// Adds an account although another one may carry the same number of SAP ERP: upserts then find several (300).
    pub fn put_twin_account(&self, account: Value) {
        lock(&self.records).put_twin(account);
    }

    /// Makes an order known, if it is not.
    pub fn put_order(&self, number: &str) {
        lock(&self.records).put_order(number);
    }

    /// The next change of the record with this external id meets a lock (`UNABLE_TO_LOCK_ROW`).
    pub fn lock_once(&self, external_id: &str) {
        lock(&self.records).locked_once.insert(external_id.to_owned());
    }

    fn token(&self, request: &Request) -> Answer {
        let secret = self.client_secret();
        let check = |id: &str, given: &str| id == CLIENT_ID && given == secret;
        match oauth::authenticate(request, Credentials::BasicOrForm, check) {
            Ok(_) => {
                let token = oauth::opaque(&self.core, lock(&self.settings).session_lifetime_s);
                let base = self.base_url();
                Answer::json(
                    200,
                    &json!({
                        "access_token": token, "instance_url": base, "token_type": "Bearer",
                        "id": format!("{base}/id/00D5g0000000001EAA/0055g0000000001AAA"),
                        "issued_at": self.core.clock.now_ms().to_string(), "signature": self.core.random.hex(44),
                    }),
                )
            }
            // Salesforce answers 400 where RFC 6749 allows 401.
            Err(answer) => Answer { status: 400, ..*answer },
        }
    }

    fn api(&self, request: &Request) -> Answer {
        let limit = lock(&self.settings).daily_requests;
        let used = self.count();
        let answer = if !oauth::has_token(&self.core, request) {
            errors(401, "INVALID_SESSION_ID", "Session expired or invalid", &[])
        } else if used > limit {
            errors(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", &[])
        } else {
            self.work(request)
        };
        answer.header("sforce-limit-info", format!("api-usage={}/{limit}", used.min(limit)))
    }

    /// Counts a call and returns how many there were today.
    fn count(&self) -> usize {
        let today = self.core.clock.now_ms().div_euclid(DAY_MS);
        let mut used = lock(&self.used);
        if used.0 != today {
            *used = (today, 0);
        }
        used.1 += 1;
        used.1
    }

    fn work(&self, request: &Request) -> Answer {
        let segments = request.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["services", "data", version, "sobjects", object @ ..] = path.as_slice() else {
            return errors(404, "NOT_FOUND", "The requested resource does not exist", &[]);
        };
        let json = request.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        if request.method == "PATCH" && !json {
            return errors(415, "UNSUPPORTED_MEDIA_TYPE", "send application/json", &[]);
        }
        let mut records = lock(&self.records);
        match (request.method.as_str(), object) {
            ("GET", ["Account", id]) => records.read_account(id, version, find(&request.query(), "fields")),
            ("PATCH", ["Account", "ERP_Customer_Id__c", id]) => records.upsert_account(id, &request.body),
            ("PATCH", ["Order", "ERP_Order_Number__c", id]) => records.upsert_order(id, &request.body),
            (_, ["Account" | "Order", ..]) => {
                errors(405, "METHOD_NOT_ALLOWED", "HTTP Method not allowed for this resource", &[])
            }
            _ => errors(404, "NOT_FOUND", "The requested resource does not exist", &[]),
        }
    }
}

/// An error as Salesforce writes it: a list of one.
fn errors(status: u16, code: &str, message: &str, fields: &[&str]) -> Answer {
    Answer::json(status, &json!([{ "message": message, "errorCode": code, "fields": fields }]))
}

impl Partner for Salesforce {
    fn core(&self) -> &Core {
        &self.core
    }

    fn state(&self) -> Value {
        json!({ "accounts": self.accounts(), "orders": self.orders(), "callsToday": lock(&self.used).1 })
    }

    fn reset_state(&self) {
        *lock(&self.settings) = Settings::default();
        *lock(&self.records) = Records::fixtures();
        *lock(&self.used) = (0, 0);
    }
}

impl Site for Salesforce {
    fn core(&self) -> &Core {
        &self.core
    }

    fn identify(&self, request: &Request) -> (String, Option<String>) {
        let segments = request.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let (operation, key) = match (request.method.as_str(), path.as_slice()) {
            (_, ["services", "oauth2", "token"]) => return ("token".to_owned(), oauth::client_id(request)),
            ("GET", [.., "sobjects", "Account", id]) => ("read-account", Some(*id)),
            ("PATCH", [.., "Account", _, id]) => ("upsert-account", Some(*id)),
            ("PATCH", [.., "Order", _, id]) => ("set-order-payment", Some(*id)),
            _ => ("other", None),
        };
        (operation.to_owned(), key.map(str::to_owned))
    }

    async fn answer(&self, request: &Request) -> Answer {
        match (request.method.as_str(), request.uri.path()) {
            ("POST", "/services/oauth2/token") => self.token(request),
            (_, "/services/oauth2/token") => Answer::empty(405),
            _ => self.api(request),
        }
    }

    fn fault(&self, status: u16) -> Answer {
        let code = match status {
            401 => "INVALID_SESSION_ID",
            403 => "REQUEST_LIMIT_EXCEEDED",
            404 => "NOT_FOUND",
            503 => "SERVER_UNAVAILABLE",
            500 => "UNKNOWN_EXCEPTION",
            _ => "SCRIPTED",
        };
        errors(status, code, "the fault plan asked for this answer", &[])
    }
}
