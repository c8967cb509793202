//! In: calls to Kinaxis Maestro's data API. Out: worksheets, page by page.
//! Never knows: what becomes of the rows.
//!
//! `POST {base}/oauth2/token` (credentials by HTTP Basic only), `POST {base}/integration/V1/data/workbook`,
//! `GET {base}/integration/V1/data/worksheet`. Assumptions: the life of a query handle; dates in ISO form, which in a
//! real system depend on the user's profile; the webhook's envelope (see [`crate::callers::MaestroCaller`]).

mod workbooks;

use std::sync::{Arc, Mutex, OnceLock};

use serde_json::{Value, json};

use crate::StartError;
use crate::common::clock::SimClock;
use crate::common::core::{Core, Partner};
use crate::common::listener::listen;
use crate::common::random::lock;
use crate::common::web::{Answer, Request, Site, serve};
use crate::environment::CLIENT_ID;
use crate::oauth::{self, Credentials};
use workbooks::Workbooks;

const COMPANY: &str = "EXAMPLE";
const TOKEN_LIFETIME_S: u64 = 3600;

/// Kinaxis Maestro's data API.
#[derive(Debug)]
pub struct Maestro {
    core: Arc<Core>,
    seed: u64,
    url: OnceLock<String>,
    workbooks: Mutex<Workbooks>,
    closed: Mutex<bool>,
}

impl Maestro {
    /// The shared parts, for the partner as a caller.
    pub(crate) fn shared_core(&self) -> &Arc<Core> {
        &self.core
    }

    pub(crate) async fn start(clock: SimClock, seed: u64) -> Result<Arc<Self>, StartError> {
        let core = Arc::new(Core::new("maestro", clock, seed));
        let maestro = Arc::new(Maestro {
            core: core.clone(),
            seed,
            url: OnceLock::new(),
            workbooks: Mutex::new(Workbooks::fixtures()),
            closed: Mutex::new(false),
        });
        let site = maestro.clone();
        let address = listen(&core, move |stream| serve(site.clone(), stream)).await?;
        let _ = maestro.url.set(format!("http://{address}/{COMPANY}"));
        Ok(maestro)
    }

    /// Base URL, company id included.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.url.get().cloned().unwrap_or_default()
    }

    /// Where tokens are asked for.
    #[must_use]
    pub fn token_url(&self) -> String {
        format!("{}/oauth2/token", self.base_url())
    }

    /// The secret of client `tieline`.
    #[must_use]
    pub fn client_secret(&self) -> String {
        oauth::secret(self.seed, "maestro", CLIENT_ID)
    }

    /// Adds or replaces a worksheet of the sample workbook; rows as [`crate::samples::planned_orders`] makes them.
    pub fn put_worksheet(&self, worksheet: &str, rows: Vec<Vec<String>>) {
        lock(&self.workbooks).worksheets.insert(worksheet.to_owned(), rows);
    }

    /// Before the next page after a first one is read, this many rows appear at the top: pages no longer fit together.
    pub fn grow_while_paging(&self, rows: usize) {
        lock(&self.workbooks).growth = rows;
    }

    /// Closes every open query: their handles are stale.
    pub fn expire_queries(&self) {
        lock(&self.workbooks).expire_handles();
    }

    /// The nightly data update: every call is answered 503 until called with `false`.
    pub fn update_window(&self, closed: bool) {
        *lock(&self.closed) = closed;
    }

    fn token(&self, request: &Request) -> Answer {
        let secret = self.client_secret();
        let check = |id: &str, given: &str| id == CLIENT_ID && given == secret;
        match oauth::authenticate(request, Credentials::Basic, check) {
            Ok(_) => oauth::granted(&oauth::opaque(&self.core, TOKEN_LIFETIME_S), TOKEN_LIFETIME_S),
            Err(answer) => *answer,
        }
    }

    fn data(&self, request: &Request, what: &str) -> Answer {
        if !oauth::has_token(&self.core, request) {
            return failed(401, "invalid credentials");
        }
        let now = self.core.clock.now_ms();
        let json = request.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        match (request.method.as_str(), what) {
            ("POST", "workbook") if !json => failed(415, "send application/json"),
            ("POST", "workbook") => lock(&self.workbooks).open(&request.body, now),
            ("GET", "worksheet") => lock(&self.workbooks).page(&request.query(), now),
            (_, "workbook" | "worksheet") => failed(405, "method not allowed"),
            _ => failed(404, "no such endpoint"),
        }
    }
}

/// An answer in the shape of the data API.
fn failed(status: u16, error: &str) -> Answer {
    Answer::json(status, &json!({ "Success": false, "Errors": [error] }))
}

impl Partner for Maestro {
    fn core(&self) -> &Core {
        &self.core
    }

    fn state(&self) -> Value {
        let workbooks = lock(&self.workbooks);
        let sizes: Vec<Value> =
            workbooks.worksheets.iter().map(|(name, rows)| json!({ "worksheet": name, "rows": rows.len() })).collect();
        json!({ "worksheets": sizes, "updateWindow": *lock(&self.closed) })
    }

    fn reset_state(&self) {
        *lock(&self.workbooks) = Workbooks::fixtures();
        *lock(&self.closed) = false;
    }
}

impl Site for Maestro {
    fn core(&self) -> &Core {
        &self.core
    }

    fn identify(&self, request: &Request) -> (String, Option<String>) {
        let query = || crate::common::text::find(&request.query(), "worksheetName").map(str::to_owned);
        let body = || serde_json::from_slice::<Value>(&request.body).ok();
        let first = || Some(body()?["WorkbookParameters"]["WorksheetNames"][0].as_str()?.to_owned());
        match request.uri.path().rsplit('/').next() {
            Some("token") => ("token".to_owned(), oauth::client_id(request)),
            Some("workbook") => ("query-workbook".to_owned(), first()),
            Some("worksheet") => ("read-worksheet".to_owned(), query()),
            _ => ("other".to_owned(), None),
        }
    }

    async fn answer(&self, request: &Request) -> Answer {
        let segments = request.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (request.method.as_str(), path.as_slice()) {
            _ if *lock(&self.closed) => failed(503, "RapidResponse is not available"),
            ("POST", [COMPANY, "oauth2", "token"]) => self.token(request),
            (_, [COMPANY, "integration", "V1", "data", what]) => self.data(request, what),
            _ => failed(404, "no such endpoint"),
        }
    }

    fn fault(&self, status: u16) -> Answer {
        failed(status, "the fault plan asked for this answer")
    }
}
