//! In: the address of a running service. Out: the partner systems' own calls to it, one method a trigger.
//! Never knows: how the service works inside.

mod call;

use std::net::SocketAddr;
use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

pub(crate) use call::ServiceDoor;
pub use call::{Call, CallError, Reply};

use crate::SimClock;
use crate::common::random::Random;
use crate::idp::{Client, Idp};

/// The partners as callers. Every method builds a [`Call`]; `send` plays it.
#[derive(Clone, Debug)]
pub struct Callers {
    /// 11VMS notifies.
    pub vms: VmsCaller,
    /// SAP SRM7 pushes approved carts.
    pub srm: SrmCaller,
    /// Kinaxis Maestro announces exports.
    pub maestro: MaestroCaller,
    /// Salesforce orders, reads customers, reports payments.
    pub salesforce: SalesforceCaller,
    /// SAP ERP reads and changes customers, reports payments.
    pub erp: ErpCaller,
}

impl Callers {
    pub(crate) fn new(door: &Arc<ServiceDoor>, clock: SimClock, seed: u64) -> Self {
        Callers {
            vms: VmsCaller { door: door.clone(), clock, random: Arc::new(Random::new(seed, "vms-caller")) },
            srm: SrmCaller { door: door.clone() },
            maestro: MaestroCaller { door: door.clone(), clock, random: Arc::new(Random::new(seed, "maestro-caller")) },
            salesforce: SalesforceCaller { door: door.clone() },
            erp: ErpCaller { door: door.clone() },
        }
    }
}

/// 11VMS as a sender of webhooks.
#[derive(Clone, Debug)]
pub struct VmsCaller {
    door: Arc<ServiceDoor>,
    clock: SimClock,
    random: Arc<Random>,
}

impl VmsCaller {
    /// Notifies that a report was validated, under a new event id.
    #[must_use]
    pub fn notify(&self, report_id: &str) -> Call {
        self.notify_again(&self.random.uuid(), report_id)
    }

    /// Notifies under a given event id: the same one twice is a repeated notification.
    #[must_use]
    pub fn notify_again(&self, event_id: &str, report_id: &str) -> Call {
        Call::new(&self.door, Client::Vms, Method::POST, "/11vms/activity-reports").json(&json!({
            "eventId": event_id,
            "eventType": "activityReport.validated",
            "occurredAt": self.clock.now_rfc3339(),
            "resource": { "type": "activityReport", "id": report_id },
        }))
    }

    /// Asks for the state of a message this partner sent.
    #[must_use]
    pub fn message(&self, id: &str) -> Call {
        Call::new(&self.door, Client::Vms, Method::GET, format!("/messages/{id}"))
    }
}

/// SAP SRM7's batch of approved carts.
#[derive(Clone, Debug)]
pub struct SrmCaller {
    door: Arc<ServiceDoor>,
}

impl SrmCaller {
    /// Pushes an approved shopping cart; see [`crate::samples::shopping_cart`].
    #[must_use]
    pub fn approve_cart(&self, cart: &Value) -> Call {
        Call::new(&self.door, Client::Srm, Method::POST, "/srm7/shopping-carts").json(cart)
    }
}

/// Kinaxis Maestro's automation.
#[derive(Clone, Debug)]
pub struct MaestroCaller {
    door: Arc<ServiceDoor>,
    clock: SimClock,
    random: Arc<Random>,
}

impl MaestroCaller {
    /// Announces that a worksheet can be read, under a new event id.
    #[must_use]
    pub fn export_ready(&self, file_name: &str, worksheet: &str) -> Call {
        self.export_ready_again(&self.random.uuid(), file_name, worksheet)
    }

    /// Announces under a given event id.
    #[must_use]
    pub fn export_ready_again(&self, event_id: &str, file_name: &str, worksheet: &str) -> Call {
        Call::new(&self.door, Client::Maestro, Method::POST, "/maestro/exports").json(&json!({
            "event": "workbook.export.ready",
            "eventId": event_id,
            "timestamp": self.clock.now_rfc3339(),
            "workbook": { "name": crate::samples::WORKBOOK, "scope": "Public" },
            "worksheet": worksheet,
            "scenario": { "name": crate::samples::SCENARIO, "scope": "Public" },
            "fileName": file_name,
        }))
    }
}

/// Salesforce as a caller.
#[derive(Clone, Debug)]
pub struct SalesforceCaller {
    door: Arc<ServiceDoor>,
}

impl SalesforceCaller {
    /// Creates an order; see [`crate::samples::order`].
    #[must_use]
    pub fn create_order(&self, order: &Value) -> Call {
        Call::new(&self.door, Client::Salesforce, Method::POST, "/api/v1/orders").json(order)
    }

    /// Changes an order.
    #[must_use]
    pub fn change_order(&self, id: &str, order: &Value) -> Call {
        Call::new(&self.door, Client::Salesforce, Method::PUT, format!("/api/v1/orders/{id}")).json(order)
    }

    /// Reports a payment status; see [`crate::samples::payment_received`].
    #[must_use]
    pub fn payment_status(&self, change: &Value) -> Call {
        Call::new(&self.door, Client::Salesforce, Method::POST, "/salesforce/payment-status").json(change)
    }
}

/// SAP ERP as a caller.
#[derive(Clone, Debug)]
pub struct ErpCaller {
    door: Arc<ServiceDoor>,
}

impl ErpCaller {
    /// Reads a customer by its Salesforce id.
    #[must_use]
    pub fn read_customer(&self, id: &str) -> Call {
        Call::new(&self.door, Client::Erp, Method::GET, format!("/api/v1/customers/{id}"))
    }

    /// Pushes a changed customer; see [`crate::samples::customer_change`].
    #[must_use]
    pub fn change_customer(&self, change: &Value) -> Call {
        Call::new(&self.door, Client::Erp, Method::POST, "/erp/customer-changes").json(change)
    }

    /// Reports a payment status; see [`crate::samples::payment_received`].
    #[must_use]
    pub fn payment_status(&self, change: &Value) -> Call {
        Call::new(&self.door, Client::Erp, Method::POST, "/erp/payment-status").json(change)
    }
}

/// An HTTP client that speaks plain HTTP to loopback, keeps no proxy and follows no redirect.
pub(crate) fn plain_client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(crate::tls::no_trust())
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
}

/// A door for callers.
pub(crate) fn door(service: SocketAddr, idp: &Arc<Idp>, http: &reqwest::Client) -> Arc<ServiceDoor> {
    Arc::new(ServiceDoor { service, idp: idp.clone(), http: http.clone() })
}
