//! In: SOAP-RFC calls that Cloud Connector hands on. Out: confirmations, and the verdict in RETURN.
//! Never knows: proxies and connectivity tokens; only the certificate that Cloud Connector passes on.
//!
//! `POST /sap/bc/soap/rfc?sap-client=100` with `SSL_CLIENT_CERT`. A business failure hides in a 200; a fault is a 500;
//! a refused logon is a 401 with HTML. Assumption: the user mapping knows the certificates of this landscape only.

mod functions;
mod soap;

use std::sync::{Arc, Mutex, OnceLock};

use serde_json::{Value, json};

use crate::StartError;
use crate::common::clock::SimClock;
use crate::common::core::{Core, Partner};
use crate::common::listener::listen;
use crate::common::random::lock;
use crate::common::text::find;
use crate::common::web::{Answer, Request, Site, serve};
use functions::Books;
pub use functions::Confirmation;

/// The client (Mandant) that holds the books.
const SAP_CLIENT: &str = "100";

/// SAP SRM7.
#[derive(Debug)]
pub struct Srm {
    core: Arc<Core>,
    url: OnceLock<String>,
    books: Mutex<Books>,
    users: Mutex<Users>,
}

#[derive(Debug, Default)]
struct Users {
    /// Certificates (base64 of their DER) mapped to a user.
    certificates: Vec<String>,
    refused: bool,
}

impl Srm {
    /// The shared parts, for the partner as a caller.
    pub(crate) fn shared_core(&self) -> &Arc<Core> {
        &self.core
    }

    pub(crate) async fn start(clock: SimClock, seed: u64) -> Result<Arc<Self>, StartError> {
        let core = Arc::new(Core::new("srm", clock, seed));
        let srm = Arc::new(Srm {
            core: core.clone(),
            url: OnceLock::new(),
            books: Mutex::new(Books::fixtures()),
            users: Mutex::default(),
        });
        let site = srm.clone();
        let address = listen(&core, move |stream| serve(site.clone(), stream)).await?;
        let _ = srm.url.set(format!("http://{address}"));
        Ok(srm)
    }

    /// Its address in the company's own network; the service never gets to know it.
    #[must_use]
    pub fn internal_url(&self) -> String {
        self.url.get().cloned().unwrap_or_default()
    }

    /// Confirmations posted, oldest first.
    #[must_use]
    pub fn confirmations(&self) -> Vec<Confirmation> {
        lock(&self.books).confirmations.clone()
    }

    /// The confirmations with this reference: more than one means that somebody is paid twice.
    #[must_use]
    pub fn confirmations_of(&self, ref_doc_no: &str) -> Vec<Confirmation> {
        self.confirmations().into_iter().filter(|known| known.ref_doc_no == ref_doc_no).collect()
    }

    /// Makes a purchase order known; 4500001000 to 4500001299 are known from the start.
    pub fn add_purchase_order(&self, number: &str) {
        lock(&self.books).purchase_orders.insert(number.to_owned());
    }

    /// The next confirmation against this purchase order meets a lock (`E ME 006`), the one after does not.
    pub fn lock_once(&self, po_number: &str) {
        lock(&self.books).locked_once.push(po_number.to_owned());
    }

    /// Confirmations against this purchase order are posted with a warning.
    pub fn warn(&self, po_number: &str) {
        lock(&self.books).warned.insert(po_number.to_owned());
    }

    /// Refuses every logon (401) until called with `false`, as after an expired certificate.
    pub fn refuse_logon(&self, refused: bool) {
        lock(&self.users).refused = refused;
    }

    /// Whether TABLES parameters come back only if the caller sent them (true: as the SOAP-RFC handler does).
    pub fn tables_on_request(&self, on_request: bool) {
        lock(&self.books).tables_on_request = on_request;
    }

    /// Maps a certificate (base64 of its DER) to the user that may post.
    pub(crate) fn map_certificate(&self, certificate: String) {
        lock(&self.users).certificates.push(certificate);
    }

    fn logged_on(&self, request: &Request) -> bool {
        let users = lock(&self.users);
        let certificate = request.header("ssl_client_cert").unwrap_or_default();
        let client = request.query();
        let client = find(&client, "sap-client").unwrap_or(SAP_CLIENT);
        !users.refused && client == SAP_CLIENT && users.certificates.iter().any(|known| known == certificate)
    }

    fn rfc(&self, request: &Request) -> Answer {
        if request.method != "POST" {
            return page(405, "Method Not Allowed").header("allow", "POST");
        }
        if !self.logged_on(request) {
            return logon_failed();
        }
        match soap::read(&request.body) {
            Ok(call) => lock(&self.books).call(&call, request.forced.as_ref()),
            Err(error) => soap::fault("Client", &format!("SOAP request is not understood: {error}"), ""),
        }
    }
}

/// An HTML page as the ICM writes it.
fn page(status: u16, title: &str) -> Answer {
    let html = format!(
        "<html><head><title>{title}</title></head><body><h1>{status} {title}</h1>\
         <p>Server: SAP NetWeaver Application Server</p></body></html>"
    );
    Answer::new(status, "text/html; charset=utf-8", html)
}

fn logon_failed() -> Answer {
    page(401, "Logon failed").header("www-authenticate", "Basic realm=\"SAP NetWeaver Application Server [SRM/100]\"")
}

impl Partner for Srm {
    fn core(&self) -> &Core {
        &self.core
    }

    fn state(&self) -> Value {
        let books = lock(&self.books);
        json!({ "confirmations": books.confirmations, "lockedOnce": books.locked_once, "warned": books.warned })
    }

    fn reset_state(&self) {
        *lock(&self.books) = Books::fixtures();
        lock(&self.users).refused = false;
    }
}

impl Site for Srm {
    fn core(&self) -> &Core {
        &self.core
    }

    fn identify(&self, request: &Request) -> (String, Option<String>) {
        let Ok(call) = soap::read(&request.body) else { return ("other".to_owned(), None) };
        let operation = match call.name.as_str() {
            "Z_SRM_CONF_CREATE" => "create-confirmation",
            "Z_SRM_CONF_FIND" => "find-confirmation",
            other => other,
        };
        (operation.to_owned(), functions::key(&call))
    }

    async fn answer(&self, request: &Request) -> Answer {
        match request.uri.path() {
            "/sap/bc/soap/rfc" => self.rfc(request),
            "/sap/public/ping" => page(200, "Server reached"),
            _ => page(404, "Not found"),
        }
    }

    fn fault(&self, status: u16) -> Answer {
        match status {
            401 => logon_failed(),
            500 => soap::fault(
                "Server",
                "Runtime error RAISE_EXCEPTION (RABAX)",
                &soap::exception("Z_SRM_CONF_CREATE", "SYSTEM_FAILURE"),
            ),
            503 => page(503, "Service Unavailable"),
            other => page(other, "Application Server Error"),
        }
    }
}
