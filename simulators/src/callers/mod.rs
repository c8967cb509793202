//! In: the address of a running service. Out: the partner systems' own calls to it, one method a trigger.
//! Never knows: how the service works inside.
//!
//! Outgoing calls stand in the journal of the partner that makes them, under operations that start with `send-`; faults
//! on these operations disturb the sender: `Duplicate` sends twice, `DropBefore` sends nothing, `DropAfter` loses the reply.

mod call;

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

pub(crate) use call::ServiceDoor;
pub use call::{Call, CallError, Reply};

use crate::common::core::Core;
use crate::idp::Client;
use crate::landscape::Landscape;
use crate::salesforce::Salesforce;

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
    pub(crate) fn new(door: &Arc<ServiceDoor>, l: &Landscape) -> Self {
        let sender = |client: Client, core: &Arc<Core>| Sender { door: door.clone(), client, core: core.clone() };
        Callers {
            vms: VmsCaller(sender(Client::Vms, l.vms.shared_core())),
            srm: SrmCaller(sender(Client::Srm, l.srm.shared_core())),
            maestro: MaestroCaller(sender(Client::Maestro, l.maestro.shared_core())),
            salesforce: SalesforceCaller(sender(Client::Salesforce, l.salesforce.shared_core()), l.salesforce.clone()),
            erp: ErpCaller(sender(Client::Erp, l.erp.shared_core())),
        }
    }
}

/// What all callers have: the service's door, their client, their partner's journal and clock.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    pub(crate) door: Arc<ServiceDoor>,
    pub(crate) client: Client,
    pub(crate) core: Arc<Core>,
}

impl Sender {
    fn call(&self, operation: &'static str, method: Method, path: impl Into<String>) -> Call {
        Call::new(self, operation, method, path.into())
    }

    fn message(&self, id: &str) -> Call {
        self.call("send-state-request", Method::GET, format!("/messages/{id}"))
    }

    fn event_id(&self) -> String {
        self.core.random.uuid()
    }

    fn now(&self) -> String {
        self.core.clock.now_rfc3339()
    }
}

/// 11VMS as a sender of webhooks.
#[derive(Clone, Debug)]
pub struct VmsCaller(Sender);

impl VmsCaller {
    /// Notifies that a report was validated, under a new event id. The same call sent twice is a repeated notification.
    #[must_use]
    pub fn notify(&self, report_id: &str) -> Call {
        let call = self.0.call("send-notification", Method::POST, "/11vms/activity-reports").key(report_id);
        call.json(&json!({
            "eventId": self.0.event_id(),
            "eventType": "activityReport.validated",
            "occurredAt": self.0.now(),
            "resource": { "type": "activityReport", "id": report_id },
        }))
    }

    /// Asks for the state of a message this partner sent.
    #[must_use]
    pub fn message(&self, id: &str) -> Call {
        self.0.message(id)
    }
}

/// SAP SRM7's batch of approved carts.
#[derive(Clone, Debug)]
pub struct SrmCaller(Sender);

impl SrmCaller {
    /// Pushes an approved shopping cart; see [`crate::samples::shopping_cart`].
    #[must_use]
    pub fn approve_cart(&self, cart: &Value) -> Call {
        let call = self.0.call("send-cart", Method::POST, "/srm7/shopping-carts");
        call.key(cart["cartNumber"].as_str().unwrap_or_default()).json(cart)
    }

    /// Asks for the state of a message this partner sent.
    #[must_use]
    pub fn message(&self, id: &str) -> Call {
        self.0.message(id)
    }
}

/// Kinaxis Maestro's automation.
#[derive(Clone, Debug)]
pub struct MaestroCaller(Sender);

impl MaestroCaller {
    /// Announces that a worksheet can be read, under a new event id.
    #[must_use]
    pub fn export_ready(&self, file_name: &str, worksheet: &str) -> Call {
        self.0.call("send-export-ready", Method::POST, "/maestro/exports").key(file_name).json(&json!({
            "event": "workbook.export.ready",
            "eventId": self.0.event_id(),
            "timestamp": self.0.now(),
            "workbook": { "name": crate::samples::WORKBOOK, "scope": "Public" },
            "worksheet": worksheet,
            "scenario": { "name": crate::samples::SCENARIO, "scope": "Public" },
            "fileName": file_name,
        }))
    }

    /// Asks for the state of a message this partner sent.
    #[must_use]
    pub fn message(&self, id: &str) -> Call {
        self.0.message(id)
    }
}

/// Salesforce as a caller.
#[derive(Clone, Debug)]
pub struct SalesforceCaller(Sender, Arc<Salesforce>);

impl SalesforceCaller {
    /// Creates an order (see [`crate::samples::order`]); from now on Salesforce itself knows it too.
    #[must_use]
    pub fn create_order(&self, order: &Value) -> Call {
        let number = order["order_number"].as_str().unwrap_or_default();
        self.1.put_order(number.trim_start_matches('0'));
        self.0.call("send-order", Method::POST, "/api/v1/orders").key(number).json(order)
    }

    /// Changes an order.
    #[must_use]
    pub fn change_order(&self, id: &str, order: &Value) -> Call {
        self.0.call("send-order-change", Method::PUT, format!("/api/v1/orders/{id}")).key(id).json(order)
    }

    /// Reports a payment; see [`crate::samples::payment_received`].
    #[must_use]
    pub fn payment_status(&self, change: &Value) -> Call {
        let call = self.0.call("send-payment-status", Method::POST, "/salesforce/payment-status");
        call.key(change["order_number"].as_str().unwrap_or_default()).json(change)
    }

    /// Asks for the state of a message this partner sent.
    #[must_use]
    pub fn message(&self, id: &str) -> Call {
        self.0.message(id)
    }
}

/// SAP ERP as a caller.
#[derive(Clone, Debug)]
pub struct ErpCaller(Sender);

impl ErpCaller {
    /// Reads a customer by its Salesforce id.
    #[must_use]
    pub fn read_customer(&self, id: &str) -> Call {
        self.0.call("send-customer-request", Method::GET, format!("/api/v1/customers/{id}")).key(id)
    }

    /// Pushes a changed customer; see [`crate::samples::customer_change`].
    #[must_use]
    pub fn change_customer(&self, change: &Value) -> Call {
        let call = self.0.call("send-customer-change", Method::POST, "/erp/customer-changes");
        call.key(change["cust_id"].as_str().unwrap_or_default()).json(change)
    }

    /// Reports a payment; see [`crate::samples::payment_posted`].
    #[must_use]
    pub fn payment_status(&self, change: &Value) -> Call {
        let call = self.0.call("send-payment-status", Method::POST, "/erp/payment-status");
        call.key(change["order_id"].to_string()).json(change)
    }

    /// Asks for the state of a message this partner sent.
    #[must_use]
    pub fn message(&self, id: &str) -> Call {
        self.0.message(id)
    }
}

/// An HTTP client that speaks plain HTTP to loopback, keeps no proxy and follows no redirect.
pub(crate) fn plain_client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(crate::tls::no_trust())
        .no_proxy()
        .pool_max_idle_per_host(0)
        .redirect(reqwest::redirect::Policy::none())
        .build()
}
