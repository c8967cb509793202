//! In: a call of a function module. Out: its exporting parameters and RETURN messages, confirmations posted on the way.
//! Never knows: SOAP envelopes, HTTP, certificates.
//!
//! Assumption: `Z_SRM_CONF_CREATE` and `Z_SRM_CONF_FIND` stand for the customer's wrappers around `BBP_PD_CONF_*`;
//! creating posts and commits in one call, and nothing stops a caller from creating twice.

use std::collections::BTreeSet;

use serde::Serialize;

use super::soap::{self, Node};
use crate::common::faults::Effect;
use crate::common::web::Answer;
use crate::samples;

/// A confirmation (goods receipt) as SAP SRM7 posted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Confirmation {
    /// Its number.
    pub number: String,
    /// The sender's document number.
    pub ref_doc_no: String,
    /// Purchase order.
    pub po_number: String,
    /// Item of the purchase order.
    pub po_item: String,
    /// Quantity as sent.
    pub quantity: String,
    /// Unit as sent.
    pub unit: String,
    /// Price as sent.
    pub price: String,
    /// Currency as sent.
    pub currency: String,
    /// Posting date as sent.
    pub posting_date: String,
    /// Text.
    pub description: String,
}

/// A line of RETURN (BAPIRET2, the fields clients look at).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Message {
    kind: String,
    id: String,
    number: String,
    text: String,
}

impl Message {
    fn new(kind: &str, id: &str, number: &str, text: impl Into<String>) -> Self {
        Message { kind: kind.to_owned(), id: id.to_owned(), number: number.to_owned(), text: text.into() }
    }

    /// E, A and X mean that nothing was posted.
    fn refuses(&self) -> bool {
        ["E", "A", "X"].contains(&self.kind.as_str())
    }
}

/// What SAP SRM7 remembers.
#[derive(Debug)]
pub(super) struct Books {
    pub(super) confirmations: Vec<Confirmation>,
    pub(super) purchase_orders: BTreeSet<String>,
    pub(super) locked_once: Vec<String>,
    pub(super) warned: BTreeSet<String>,
    pub(super) max_quantity: f64,
    /// TABLES parameters come back only if the caller sent them, as the SOAP-RFC handler does.
    pub(super) tables_on_request: bool,
}

impl Books {
    /// Orders 4500001000 to 4500001299; quantities above 200 exceed the tolerance.
    pub(super) fn fixtures() -> Self {
        let mut purchase_orders: BTreeSet<String> = (0..300).map(|n| format!("45000{:05}", 1000 + n)).collect();
        purchase_orders.insert(samples::PO_NUMBER.to_owned());
        Books {
            confirmations: Vec::new(),
            purchase_orders,
            locked_once: Vec::new(),
            warned: BTreeSet::new(),
            max_quantity: 200.0,
            tables_on_request: true,
        }
    }

    /// Runs a function module.
    pub(super) fn call(&mut self, call: &Node, forced: Option<&Effect>) -> Answer {
        match call.name.as_str() {
            "Z_SRM_CONF_CREATE" => self.create(call, forced),
            "Z_SRM_CONF_FIND" => self.find(call, forced),
            "STFC_CONNECTION" => {
                let echo = call.field("REQUTEXT", 255);
                let text = soap::element("RESPTEXT", "SAP SRM7 simulator");
                soap::reply(&call.name, &format!("{}{text}", soap::element("ECHOTEXT", &echo)))
            }
            unknown => soap::fault("Server", &format!("Function module {unknown} not found"), ""),
        }
    }

    fn create(&mut self, call: &Node, forced: Option<&Effect>) -> Answer {
        let wanted = match Wanted::read(call) {
            Ok(wanted) => wanted,
            Err(text) => return soap::fault("Server", &text, ""),
        };
        let mut messages: Vec<Message> = forced.and_then(scripted).into_iter().collect();
        if !messages.iter().any(Message::refuses) {
            messages.extend(self.judge(&wanted));
        }
        let mut number = String::new();
        if !messages.iter().any(Message::refuses) {
            number = format!("{}", 5_000_000_001_u64 + self.confirmations.len() as u64);
            messages.push(Message::new("S", "BBP_PD", "001", format!("Confirmation {number} was posted")));
            self.confirmations.push(Confirmation { number: number.clone(), ..wanted.0 });
        }
        self.reply(call, &soap::element("EV_CONFIRMATION", &number), &messages)
    }

    /// What the application has to say about a confirmation before posting it.
    fn judge(&mut self, wanted: &Wanted) -> Vec<Message> {
        let order = &wanted.0.po_number;
        if !self.purchase_orders.contains(order) {
            return vec![Message::new("E", "06", "019", format!("Purchase order {order} does not exist"))];
        }
        if let Some(at) = self.locked_once.iter().position(|locked| locked == order) {
            self.locked_once.remove(at);
            return vec![Message::new(
                "E",
                "ME",
                "006",
                format!("Purchasing document {order} is locked by user BUYER1"),
            )];
        }
        if wanted.0.quantity.parse::<f64>().is_ok_and(|quantity| quantity > self.max_quantity) {
            return vec![Message::new("E", "BBP_PD", "428", "Quantity exceeds the tolerance of the order item")];
        }
        let warning = Message::new("W", "BBP_PD", "202", format!("Purchase order {order} is close to its limit"));
        self.warned.contains(order).then_some(warning).into_iter().collect()
    }

    fn find(&self, call: &Node, forced: Option<&Effect>) -> Answer {
        let reference = call.field("IV_REF_DOC_NO", 16);
        if reference.is_empty() {
            return soap::fault("Server", "Parameter IV_REF_DOC_NO is mandatory (CALL_FUNCTION_PARM_MISSING)", "");
        }
        let messages: Vec<Message> = forced.and_then(scripted).into_iter().collect();
        let found = self.confirmations.iter().find(|known| known.ref_doc_no == reference);
        let number = found.map(|known| known.number.as_str()).unwrap_or_default();
        self.reply(call, &soap::element("EV_CONFIRMATION", number), &messages)
    }

    fn reply(&self, call: &Node, exporting: &str, messages: &[Message]) -> Answer {
        let mut parameters = exporting.to_owned();
        if !self.tables_on_request || call.child("RETURN").is_some() {
            parameters.push_str(&table(messages));
        }
        soap::reply(&call.name, &parameters)
    }
}

/// The business key of a call, for the journal.
pub(super) fn key(call: &Node) -> Option<String> {
    let reference = match call.name.as_str() {
        "Z_SRM_CONF_CREATE" => call.child("HEADER")?.field("REF_DOC_NO", 16),
        "Z_SRM_CONF_FIND" => call.field("IV_REF_DOC_NO", 16),
        _ => return None,
    };
    Some(reference)
}

/// The importing parameters of `Z_SRM_CONF_CREATE`, with the DDIC's lengths.
struct Wanted(Confirmation);

impl Wanted {
    fn read(call: &Node) -> Result<Self, String> {
        let part = |name: &str| {
            call.child(name).ok_or_else(|| format!("Parameter {name} is mandatory (CALL_FUNCTION_PARM_MISSING)"))
        };
        let (header, item) = (part("HEADER")?, part("ITEM")?);
        let confirmation = Confirmation {
            number: String::new(),
            ref_doc_no: header.field("REF_DOC_NO", 16),
            description: header.field("DESCRIPTION", 40),
            posting_date: header.field("POSTING_DATE", 10),
            po_number: item.field("PO_NUMBER", 10),
            po_item: item.field("PO_ITEM", 10),
            quantity: item.field("QUANTITY", 20),
            unit: item.field("UNIT", 3),
            price: item.field("PRICE", 20),
            currency: item.field("CURRENCY", 5),
        };
        if confirmation.posting_date.parse::<jiff::civil::Date>().is_err() {
            return Err(format!("Conversion error in POSTING_DATE: {} is no date", confirmation.posting_date));
        }
        for (name, value) in [("QUANTITY", &confirmation.quantity), ("PRICE", &confirmation.price)] {
            if !value.is_empty() && value.parse::<f64>().is_err() {
                return Err(format!("Conversion error in {name}: {value} is no number"));
            }
        }
        Ok(Wanted(confirmation))
    }
}

fn scripted(effect: &Effect) -> Option<Message> {
    match effect {
        Effect::Bapi { kind, id, number, message } => Some(Message::new(kind, id, number, message.clone())),
        _ => None,
    }
}

fn table(messages: &[Message]) -> String {
    if messages.is_empty() {
        return "<RETURN/>".to_owned();
    }
    let items: String = messages
        .iter()
        .map(|m| {
            let (kind, id) = (soap::element("TYPE", &m.kind), soap::element("ID", &m.id));
            let (number, text) = (soap::element("NUMBER", &m.number), soap::element("MESSAGE", &m.text));
            format!(
                "<item>{kind}{id}{number}{text}<LOG_NO/><LOG_MSG_NO>000000</LOG_MSG_NO><MESSAGE_V1/><MESSAGE_V2/>\
                 <MESSAGE_V3/><MESSAGE_V4/><PARAMETER/><ROW>0</ROW><FIELD/><SYSTEM>SRMCLNT100</SYSTEM></item>"
            )
        })
        .collect();
    format!("<RETURN>{items}</RETURN>")
}
