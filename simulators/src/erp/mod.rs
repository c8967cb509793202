//! In: OData V2 calls. Out: sales orders, under SAP Gateway's rules for tokens and errors.
//! Never knows: Salesforce.
//!
//! `/sap/opu/odata/sap/ZSD_SALES_ORDER_SRV`: CSRF fetch with cookies, `POST /SalesOrders`, `PUT|PATCH|GET
//! /SalesOrders('<number>')`. Tokens come from the identity provider, audience `sap-erp`. Assumptions: the service's
//! name and fields; the caller chooses order numbers; numbers and dates travel as JSON numbers and ISO dates.

mod orders;
mod sessions;

use std::sync::{Arc, Mutex, OnceLock};

use serde_json::{Value, json};

use crate::StartError;
use crate::common::clock::SimClock;
use crate::common::core::{Core, Partner};
use crate::common::listener::listen;
use crate::common::random::lock;
use crate::common::text::escape_xml;
use crate::common::web::{Answer, Request, Site, serve};
use crate::idp::{Client, Idp};
use orders::{EXISTS, Orders, Refusal, UNKNOWN};
use sessions::Sessions;

/// Path of the service.
pub const SERVICE: &str = "/sap/opu/odata/sap/ZSD_SALES_ORDER_SRV";

/// What can be different between one SAP ERP and another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Status of an order number that exists already. Assumption: 409; many services answer 400 and leave the verdict
    /// to the error code (`SD_ORDER/005`).
    pub duplicate_status: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { duplicate_status: 409 }
    }
}

/// SAP ERP's OData service.
#[derive(Debug)]
pub struct Erp {
    core: Arc<Core>,
    idp: Arc<Idp>,
    url: OnceLock<String>,
    settings: Mutex<Settings>,
    sessions: Sessions,
    orders: Mutex<Orders>,
}

impl Erp {
    /// The shared parts, for the partner as a caller.
    pub(crate) fn shared_core(&self) -> &Arc<Core> {
        &self.core
    }

    pub(crate) async fn start(clock: SimClock, seed: u64, idp: &Arc<Idp>) -> Result<Arc<Self>, StartError> {
        let core = Arc::new(Core::new("erp", clock, seed));
        let erp = Arc::new(Erp {
            core: core.clone(),
            idp: idp.clone(),
            url: OnceLock::new(),
            settings: Mutex::default(),
            sessions: Sessions::default(),
            orders: Mutex::default(),
        });
        let site = erp.clone();
        let address = listen(&core, move |stream| serve(site.clone(), stream)).await?;
        let _ = erp.url.set(format!("http://{address}"));
        Ok(erp)
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.url.get().cloned().unwrap_or_default()
    }

    /// Changes settings from now on, until a reset.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut lock(&self.settings));
    }

    /// Sales orders, by number.
    #[must_use]
    pub fn orders(&self) -> Vec<Value> {
        lock(&self.orders).0.values().cloned().map(Value::Object).collect()
    }

    /// One sales order.
    #[must_use]
    pub fn order(&self, number: u64) -> Option<Value> {
        lock(&self.orders).0.get(&number).cloned().map(Value::Object)
    }

    /// Adds or replaces a sales order, by its `order_id`.
    pub fn put_order(&self, order: Value) {
        lock(&self.orders).put(order);
    }

    /// Ends every CSRF session: the next modifying call is answered 403 `x-csrf-token: Required`.
    pub fn end_sessions(&self) {
        self.sessions.end();
    }

    fn service(&self, request: &Request, path: &str) -> Answer {
        if !request.bearer().is_some_and(|token| self.accepts(token)) {
            return page(401, "Logon failed").header("www-authenticate", "Bearer realm=\"SAP ERP\"");
        }
        let modifies = matches!(request.method.as_str(), "POST" | "PUT" | "PATCH" | "MERGE" | "DELETE");
        if modifies && !self.sessions.allows(&self.core, request) {
            return Answer::new(403, "text/plain", "CSRF token validation failed").header("x-csrf-token", "Required");
        }
        let answer = self.entity(request, path);
        let fetch = request.header("x-csrf-token").is_some_and(|value| value.eq_ignore_ascii_case("fetch"));
        if !fetch || modifies {
            return answer;
        }
        let (token, cookies) = self.sessions.open(&self.core);
        cookies
            .into_iter()
            .fold(answer.header("x-csrf-token", token), |answer, cookie| answer.header("set-cookie", cookie))
    }

    fn accepts(&self, token: &str) -> bool {
        self.idp.accepts(token, Client::Tieline.audience()) && !self.core.tokens.is_revoked(token)
    }

    fn entity(&self, request: &Request, path: &str) -> Answer {
        let mut orders = lock(&self.orders);
        let result = match (request.method.as_str(), path, key(path)) {
            ("GET" | "HEAD", "" | "/", _) => {
                return Answer::json(200, &json!({ "d": { "EntitySets": ["SalesOrders"] } }));
            }
            ("POST", "/SalesOrders", _) => orders.create(&request.body).map(|(number, entity)| {
                let location = format!("{}{SERVICE}/SalesOrders('{number}')", self.base_url());
                Answer::json(201, &json!({ "d": entity })).header("location", location)
            }),
            ("GET", _, Some(number)) => orders.read(number).map(|entity| Answer::json(200, &json!({ "d": entity }))),
            ("PUT", _, Some(number)) => orders.replace(number, &request.body).map(|()| Answer::empty(204)),
            ("PATCH" | "MERGE", _, Some(number)) => orders.merge(number, &request.body).map(|()| Answer::empty(204)),
            _ => return self.error(request, 404, "/IWFND/CM_BEC/026", "Resource not found for the segment"),
        };
        result.unwrap_or_else(|Refusal { code, text }| {
            let status = match code {
                UNKNOWN => 404,
                EXISTS => lock(&self.settings).duplicate_status,
                _ => 400,
            };
            self.error(request, status, code, &text)
        })
    }

    /// A V2 error: JSON for those who accept it, else XML.
    fn error(&self, request: &Request, status: u16, code: &str, text: &str) -> Answer {
        if request.header("accept").is_some_and(|accept| accept.contains("json")) {
            let transaction = self.core.random.hex(32).to_ascii_uppercase();
            return Answer::json(
                status,
                &json!({ "error": {
                    "code": code, "message": { "lang": "en", "value": text },
                    "innererror": {
                        "application": { "component_id": "SD-SLS", "service_id": "ZSD_SALES_ORDER_SRV" },
                        "transactionid": transaction,
                        "errordetails": [{ "code": code, "message": text, "severity": "error", "target": "" }],
                    },
                } }),
            );
        }
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
             <error xmlns=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\">\
             <code>{code}</code><message xml:lang=\"en\">{}</message></error>",
            escape_xml(text)
        );
        Answer::new(status, "application/xml", xml)
    }
}

fn page(status: u16, title: &str) -> Answer {
    Answer::new(status, "text/html; charset=utf-8", format!("<html><body><h1>{status} {title}</h1></body></html>"))
}

/// The number in `/SalesOrders('4711')` or `/SalesOrders(4711)`.
fn key(path: &str) -> Option<u64> {
    let inner = path.strip_prefix("/SalesOrders(")?.strip_suffix(')')?;
    inner.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap_or(inner).parse().ok()
}

/// The path below the service, percent-decoded.
fn below(request: &Request) -> Option<String> {
    let path = crate::common::text::percent_decode(request.uri.path());
    let rest = path.strip_prefix(SERVICE)?;
    (rest.is_empty() || rest.starts_with('/')).then(|| rest.to_owned())
}

impl Partner for Erp {
    fn core(&self) -> &Core {
        &self.core
    }

    fn state(&self) -> Value {
        json!({ "orders": self.orders() })
    }

    fn reset_state(&self) {
        *lock(&self.settings) = Settings::default();
        *lock(&self.orders) = Orders::default();
        self.sessions.end();
    }
}

impl Site for Erp {
    fn core(&self) -> &Core {
        &self.core
    }

    fn identify(&self, request: &Request) -> (String, Option<String>) {
        let path = below(request).unwrap_or_default();
        let body = || serde_json::from_slice::<Value>(&request.body).ok();
        let number = || Some(body()?["order_id"].as_u64()?.to_string());
        let in_path = || key(&path).map(|number| number.to_string());
        let (operation, key) = match request.method.as_str() {
            "POST" => ("create-order", number()),
            "PUT" => ("change-order", in_path()),
            "PATCH" | "MERGE" => ("set-payment-status", in_path()),
            _ if key(&path).is_some() => ("read-order", in_path()),
            _ => ("csrf-fetch", None),
        };
        (operation.to_owned(), key)
    }

    async fn answer(&self, request: &Request) -> Answer {
        match below(request) {
            Some(path) => self.service(request, &path),
            None => page(404, "Not found"),
        }
    }

    fn fault(&self, status: u16) -> Answer {
        if status == 503 {
            return page(503, "Service Unavailable");
        }
        let text = "The fault plan asked for this answer";
        let body = json!({ "error": { "code": "SY/530", "message": { "lang": "en", "value": text } } });
        Answer::json(status, &body)
    }
}
