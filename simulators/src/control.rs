//! In: HTTP calls of a test or a person. Out: faults set, state and journal read, for any partner.
//! Never knows: a partner's kind.
//!
//! `GET /__sim` lists the partners. `POST /__sim/<partner>/reset`; `GET|POST|DELETE /__sim/<partner>/faults` (POST takes
//! one fault or a list); `GET /__sim/<partner>/state`; `GET /__sim/<partner>/journal`. `POST /__sim/reset` resets all.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::StartError;
use crate::common::clock::SimClock;
use crate::common::core::{Core, Door, Partner};
use crate::common::faults::Fault;
use crate::common::listener::listen;
use crate::common::web::{Answer, Request, Site, serve};

/// The control listener.
#[derive(Debug)]
pub(crate) struct Control {
    desk: Arc<Desk>,
    address: std::net::SocketAddr,
}

struct Desk {
    core: Arc<Core>,
    partners: Vec<Arc<dyn Partner>>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.partners.iter().map(|partner| partner.name())).finish()
    }
}

impl Control {
    pub(crate) async fn start(partners: Vec<Arc<dyn Partner>>) -> Result<Self, StartError> {
        let core = Arc::new(Core::new("control", SimClock::system(), 0));
        let desk = Arc::new(Desk { core: core.clone(), partners });
        let site = desk.clone();
        let address = listen(&core, move |stream| serve(site.clone(), stream)).await?;
        Ok(Control { desk, address })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn partners(&self) -> &[Arc<dyn Partner>] {
        &self.desk.partners
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.desk.core.set_door(Door::Gone);
    }
}

impl Site for Desk {
    fn core(&self) -> &Core {
        &self.core
    }

    fn identify(&self, _: &Request) -> (String, Option<String>) {
        ("control".to_owned(), None)
    }

    async fn answer(&self, request: &Request) -> Answer {
        // A long demo must not collect the control plane's own calls.
        self.core.journal.clear();
        let segments = request.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (request.method.as_str(), path.as_slice()) {
            ("GET", ["__sim"]) => Answer::json(200, &self.partners.iter().map(|partner| partner.name()).collect()),
            ("POST", ["__sim", "reset"]) => {
                self.partners.iter().for_each(|partner| partner.reset());
                Answer::empty(204)
            }
            (method, ["__sim", name, what]) => match self.partners.iter().find(|partner| partner.name() == *name) {
                Some(partner) => one(&**partner, method, what, request),
                None => Answer::json(404, &json!({ "message": format!("no partner {name}") })),
            },
            _ => Answer::json(404, &json!({ "message": "see /__sim" })),
        }
    }
}

fn one(partner: &dyn Partner, method: &str, what: &str, request: &Request) -> Answer {
    match (method, what) {
        ("POST", "reset") => {
            partner.reset();
            Answer::empty(204)
        }
        ("GET", "faults") => json_of(&partner.pending_faults()),
        ("DELETE", "faults") => {
            partner.clear_faults();
            Answer::empty(204)
        }
        ("POST", "faults") => match read_faults(&request.body) {
            Ok(faults) => {
                partner.faults(faults);
                Answer::empty(204)
            }
            Err(error) => Answer::json(400, &json!({ "message": error.to_string() })),
        },
        ("GET", "state") => Answer::json(200, &partner.state()),
        ("GET", "journal") => json_of(&partner.journal()),
        ("GET" | "POST" | "DELETE" | "PUT" | "PATCH", "reset" | "faults" | "state" | "journal") => Answer::empty(405),
        _ => Answer::json(404, &json!({ "message": "reset, faults, state or journal" })),
    }
}

fn json_of(value: &impl serde::Serialize) -> Answer {
    Answer::json(200, &serde_json::to_value(value).unwrap_or(Value::Null))
}

fn read_faults(body: &[u8]) -> Result<Vec<Fault>, serde_json::Error> {
    let value: Value = serde_json::from_slice(body)?;
    if value.is_array() { serde_json::from_value(value) } else { Ok(vec![serde_json::from_value(value)?]) }
}
