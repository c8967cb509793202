//! The service that is measured: generated handlers on the runtime.
//!
//! In: how many interfaces. Out: a service as a generated `main` would start it. Never knows: that it is measured.

use std::{process::ExitCode, sync::Arc};

use runtime::{Admitted, Endpoint, Handler, InboundAuth, Input, Interface, Method, Run, Running, Trigger, Violations};

use crate::generated::{sales_shop_erp_order_v1, sales_shop_erp_ordered_v1, sales_shop_erp_quote_v1};

/// Where the interfaces listen.
pub(crate) const ORDERS: &str = "/orders";
pub(crate) const IN_ORDER: &str = "/orders-of-customers";
pub(crate) const NOW: &str = "/orders-now";

/// Runs it until it is told to stop.
pub(crate) fn run(interfaces: usize, words: Vec<String>) -> ExitCode {
    let mut handlers: Vec<Arc<dyn Handler>> = vec![
        Arc::new(sales_shop_erp_order_v1::Flow),
        Arc::new(sales_shop_erp_ordered_v1::Flow),
        Arc::new(sales_shop_erp_quote_v1::Flow),
    ];
    let more = (handlers.len()..interfaces).map(|number| Arc::new(Another::new(number)) as Arc<dyn Handler>);
    handlers.extend(more);
    runtime::service::run("000000000000", handlers, words)
}

/// The same flow under another name and path.
struct Another {
    interface: &'static Interface,
}

impl Another {
    fn new(number: usize) -> Self {
        let like = &sales_shop_erp_order_v1::INTERFACE;
        let endpoint = Endpoint {
            method: Method::Post,
            // A descriptor lives as long as the process, as a generated constant does.
            path: Box::leak(format!("/orders-{number:04}/{{id}}").into_boxed_str()),
            auth: InboundAuth::None,
            max_body_bytes: 1_000_000,
            max_per_minute: None,
            has_body: true,
        };
        let interface = Interface {
            smart_id: Box::leak(format!("SALES-SHOP-ERP-ORDER{number:04}-V1").into_boxed_str()),
            trigger: Trigger::Http(endpoint),
            ..like.clone()
        };
        Self { interface: Box::leak(Box::new(interface)) }
    }
}

impl Handler for Another {
    fn interface(&self) -> &'static Interface {
        self.interface
    }

    fn admit(&self, input: &Input) -> Result<Admitted, Violations> {
        sales_shop_erp_order_v1::Flow.admit(input)
    }

    fn run<'a>(&'a self, input: &'a Input, run: &'a Run) -> Running<'a> {
        sales_shop_erp_order_v1::Flow.run(input, run)
    }
}
