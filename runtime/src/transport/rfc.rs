//! Function modules by SOAP, as SAP's RFC handler takes them.
//!
//! In: a call. Out: an outcome in which an error inside a 200 is an error. Never knows: how the proxy is reached.

use bytes::Bytes;
use http::{HeaderValue, Method, header};

use super::{
    Call, Outcome, classify,
    classify::{by_rules, outcome, rules},
    partner::{self, Partner},
    rest::unsendable,
    url::{self, Quoting},
    wire::{Reply, Wire},
};
use crate::{
    descriptor::{Class, Matches},
    flow::Request,
    format::soap::{self, Fault},
    value::{Record, Value},
};

const PATH: &str = "/sap/bc/soap/rfc";

/// Messages that say "somebody else holds it at this moment": worth another try.
const LOCKS: [(&str, &str); 4] = [("M3", "024"), ("ME", "006"), ("CO", "469"), ("MC", "601")];

/// Makes one call.
pub(super) async fn exchange(partner: &Partner, call: Call<'_>, function: &str) -> Result<Outcome, Outcome> {
    let operation = call.operation;
    let base = partner.base_url(operation.system)?;
    let url = url::build(base, PATH, &[], &Request::new(), Quoting::Plain).map_err(|reason| unsendable(&reason))?;
    let mut headers = partner::headers(&call);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml; charset=utf-8"));
    headers.insert("soapaction", HeaderValue::from_static("urn:sap-com:document:sap:rfc:functions"));
    let body = Bytes::from(soap::call(function, call.request.payload()));
    let wire = Wire { method: Method::POST, url, headers, body: Some(body) };
    let reply = partner.send(operation.system, wire, operation.timeout_ms).await?;
    Ok(judge(partner, &call, function, &reply))
}

pub(super) fn judge(partner: &Partner, call: &Call<'_>, function: &str, reply: &Reply) -> Outcome {
    let operation = call.operation;
    let now = partner.clock().now();
    match soap::read(function, &reply.body) {
        Ok(soap::Reply::Fault(fault)) => {
            let codes: Vec<&str> = fault.exception.iter().map(String::as_str).chain([fault.text.as_str()]).collect();
            let verdict = by_rules(call, reply.status, &codes).unwrap_or_else(|| by_fault(&fault));
            outcome(operation, reply, Value::Null, verdict, now)
        }
        Ok(soap::Reply::Result(tree)) if (200..300).contains(&reply.status) => {
            let verdict = by_return(call, &tree);
            outcome(operation, reply, tree, verdict, now)
        }
        Err(malformed) if (200..300).contains(&reply.status) => {
            // The function has answered, and nobody can say what.
            let why = if reply.cut_off { "connection lost inside the reply".to_owned() } else { malformed.to_string() };
            outcome(operation, reply, Value::Null, (Class::Unknown, format!("the reply is unreadable: {why}")), now)
        }
        _ => classify::http(call, reply, Value::Null, now),
    }
}

fn by_fault(fault: &Fault) -> (Class, String) {
    if let Some(exception) = &fault.exception {
        return (Class::Permanent, format!("ABAP exception {exception}"));
    }
    let class = match fault.code.as_str() {
        "Client" => Class::Permanent,
        _ if fault.text.starts_with("Authorization missing") => Class::Target,
        _ => Class::Retryable,
    };
    (class, format!("SOAP fault {}: {}", fault.code, crate::format::mask::cut(&fault.text, 200)))
}

/// `RETURN`, a structure or a table of BAPIRET2: `E`, `A` and `X` are failures.
fn by_return(call: &Call<'_>, tree: &Value) -> (Class, String) {
    let failures: Vec<Message<'_>> = messages(tree).into_iter().filter(Message::is_failure).collect();
    let Some(first) = failures.first() else { return (Class::Delivered, "done".to_owned()) };
    let ruled = rules(call).find_map(|rule| match rule.matches {
        Matches::Bapi { id, number } => {
            failures.iter().any(|message| message.is(id, number)).then(|| (rule.class, rule.reason.to_owned()))
        }
        _ => None,
    });
    ruled.unwrap_or_else(|| {
        let locked = failures.iter().find(|message| LOCKS.iter().any(|(id, number)| message.is(id, number)));
        match locked {
            Some(message) => (Class::Retryable, message.describe()),
            None => (Class::Permanent, first.describe()),
        }
    })
}

/// A BAPIRET2 (or BAPIRETURN, which joins id and number in `CODE`).
struct Message<'a> {
    kind: &'a str,
    id: &'a str,
    number: &'a str,
    text: &'a str,
}

impl<'a> Message<'a> {
    fn read(record: &'a Record) -> Self {
        let field = |name: &str| match record.get(name) {
            Some(Value::Text(text) | Value::Number(text)) => text.trim(),
            _ => "",
        };
        let (id, number) = match field("CODE") {
            "" => (field("ID"), field("NUMBER")),
            code => code.split_at(code.floor_char_boundary(2)),
        };
        Self { kind: field("TYPE"), id, number, text: field("MESSAGE") }
    }

    fn is_failure(&self) -> bool {
        matches!(self.kind, "E" | "A" | "X")
    }

    fn is(&self, id: &str, number: &str) -> bool {
        self.id == id && self.number.trim_start_matches('0') == number.trim_start_matches('0')
    }

    fn describe(&self) -> String {
        format!("RETURN {} {} {}: {}", self.kind, self.id, self.number, self.text)
            .trim_end_matches([':', ' '])
            .to_owned()
    }
}

fn messages(tree: &Value) -> Vec<Message<'_>> {
    let Value::Record(record) = tree else { return Vec::new() };
    match record.get("RETURN") {
        Some(Value::Record(message)) => vec![Message::read(message)],
        Some(Value::List(items)) => items
            .iter()
            .filter_map(|item| match item {
                Value::Record(message) => Some(Message::read(message)),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}
