//! SOAP 1.1 envelopes as SAP's RFC handler speaks them.
//!
//! In: a function module and its parameters; replies. Out: envelopes; results and faults. Never knows: HTTP, which
//! outcome is a success. Elements are found by namespace, never by prefix: every release picks its own.

use super::{
    Malformed,
    xml::{self, Element},
};
use crate::value::Value;

/// SOAP 1.1.
pub const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// SAP's function modules.
pub const FUNCTIONS: &str = "urn:sap-com:document:sap:rfc:functions";

/// What came back in an envelope.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Exporting parameters and tables.
    Result(Value),
    /// A fault.
    Fault(Fault),
}

/// A SOAP fault.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fault {
    /// Local part of the fault code: `Client`, `Server`…
    pub code: String,
    /// For people; for an ABAP exception its name.
    pub text: String,
    /// The ABAP exception in the detail, if there is one.
    pub exception: Option<String>,
}

/// Builds the call of a function module. An empty `RETURN` goes along: tables come back only if they were sent.
#[must_use]
pub fn call(function: &str, parameters: &Value) -> String {
    let element = element_name(function);
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><e:Envelope xmlns:e=\"{ENVELOPE}\"><e:Body><u:{element} \
         xmlns:u=\"{FUNCTIONS}\">"
    );
    if let Value::Record(record) = parameters {
        for (name, value) in record.iter() {
            xml::write_element(&element_name(name), value, &mut out);
        }
        if record.get("RETURN").is_none() {
            out.push_str("<RETURN/>");
        }
    } else {
        out.push_str("<RETURN/>");
    }
    out.push_str("</u:");
    out.push_str(&element);
    out.push_str("></e:Body></e:Envelope>");
    out
}

/// Reads the reply of a function module, `FM.Response` or `FMResponse`.
///
/// # Errors
/// It is not XML, not an envelope, or answers something else.
pub fn read(function: &str, body: &[u8]) -> Result<Reply, Malformed> {
    let envelope = xml::read(body)?;
    let odd = |reason: &str| Malformed { line: 1, column: 1, reason: reason.to_owned() };
    if envelope.name != "Envelope" || *envelope.namespace != *ENVELOPE {
        return Err(odd("not a SOAP 1.1 envelope"));
    }
    let body = envelope.child_in(ENVELOPE, "Body").ok_or_else(|| odd("an envelope without body"))?;
    if let Some(fault) = body.child_in(ENVELOPE, "Fault") {
        return Ok(Reply::Fault(read_fault(fault)));
    }
    let element = element_name(function);
    let answers = |child: &&Element| {
        child.name.strip_prefix(&element).is_some_and(|rest| matches!(rest, ".Response" | "Response"))
            && *child.namespace == *FUNCTIONS
    };
    let response =
        body.children.iter().find(answers).ok_or_else(|| odd("an envelope that answers another function"))?;
    Ok(Reply::Result(match response.to_value() {
        // A reply without parameters is still a record; a single table called `item` is not one of ours.
        Value::Text(_) => Value::Record(crate::value::Record::new()),
        other => other,
    }))
}

fn read_fault(fault: &Element) -> Fault {
    let text = |name: &str| fault.child(name).map(|child| child.text.trim().to_owned()).unwrap_or_default();
    let code = text("faultcode");
    let exception = fault.child("detail").and_then(|detail| {
        let exception = detail.children.iter().find(|child| child.name.ends_with(".Exception"))?;
        exception.child("Name").map(|name| name.text.trim().to_owned())
    });
    Fault { code: code.rsplit(':').next().unwrap_or_default().to_owned(), text: text("faultstring"), exception }
}

/// ABAP's names in XML: `/` becomes `_-`.
fn element_name(name: &str) -> String {
    name.replace('/', "_-")
}
