//! In: a SOAP 1.1 request body. Out: the function module and its parameters as a tree; replies and faults as XML.
//! Never knows: what a function module does.

use quick_xml::events::Event;
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use crate::common::text::escape_xml;
use crate::common::web::Answer;

const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const FUNCTIONS: &str = "urn:sap-com:document:sap:rfc:functions";
const MAX_DEPTH: usize = 32;

/// An element: parameters, structures and table lines alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Node {
    namespace: Option<String>,
    pub(super) name: String,
    pub(super) text: String,
    pub(super) children: Vec<Node>,
}

impl Node {
    /// The unqualified child of this name: ABAP ignores parameters that carry a namespace.
    pub(super) fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.namespace.is_none() && child.name == name)
    }

    /// The text of an unqualified child, trailing blanks trimmed as ABAP does, cut to `width` characters.
    pub(super) fn field(&self, name: &str, width: usize) -> String {
        let text = self.child(name).map(|child| child.text.trim_end()).unwrap_or_default();
        text.chars().take(width).collect()
    }
}

/// The request is no call of a function module; the text goes into the fault.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct NotACall(String);

/// Reads the function module's element out of a SOAP envelope. Matches by namespace, never by prefix.
pub(super) fn read(body: &[u8]) -> Result<Node, NotACall> {
    let text = std::str::from_utf8(body).map_err(|_| wrong("XML is not UTF-8"))?;
    let root = tree(text)?;
    if root.name != "Envelope" || root.namespace.as_deref() != Some(ENVELOPE) {
        return Err(wrong("root element is not a SOAP 1.1 Envelope"));
    }
    let in_envelope = |node: &&Node| node.name == "Body" && node.namespace.as_deref() == Some(ENVELOPE);
    let body = root.children.iter().find(in_envelope).ok_or_else(|| wrong("no Body in the Envelope"))?;
    let call = body.children.first().ok_or_else(|| wrong("the Body is empty"))?;
    if call.namespace.as_deref() != Some(FUNCTIONS) {
        return Err(wrong("the function module's element is not in urn:sap-com:document:sap:rfc:functions"));
    }
    // `_-` stands for `/` in names of registered namespaces.
    Ok(Node { name: call.name.replace("_-", "/"), ..call.clone() })
}

fn wrong(text: &str) -> NotACall {
    NotACall(text.to_owned())
}

fn tree(text: &str) -> Result<Node, NotACall> {
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Node> = Vec::new();
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(|error| NotACall(error.to_string()))?;
        match event {
            Event::Start(start) => {
                if open.len() >= MAX_DEPTH {
                    return Err(wrong("XML is nested too deeply"));
                }
                let namespace = match namespace {
                    ResolveResult::Bound(found) => Some(as_text(found.as_ref())),
                    ResolveResult::Unbound => None,
                    ResolveResult::Unknown(_) => return Err(wrong("undeclared namespace prefix")),
                };
                open.push(Node { namespace, name: as_text(start.local_name().as_ref()), ..Node::default() });
            }
            Event::End(_) => {
                let Some(done) = open.pop() else { return Err(wrong("XML ends twice")) };
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => return Ok(done),
                }
            }
            Event::Text(piece) => push(&mut open, &piece.xml10_content()),
            Event::CData(piece) => push(&mut open, &piece.xml10_content()),
            Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref().map_err(|error| NotACall(error.to_string()))? {
                    Some(c) => c.to_string(),
                    None => predefined(&reference).ok_or_else(|| wrong("undeclared entity"))?.to_owned(),
                };
                push(&mut open, &resolved);
            }
            Event::DocType(_) => return Err(wrong("a DTD is not allowed")),
            Event::Eof => return Err(wrong("XML ends too early")),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

fn push(open: &mut [Node], text: &str) {
    if let Some(node) = open.last_mut() {
        node.text.push_str(text);
    }
}

fn predefined(name: &str) -> Option<&'static str> {
    Some(match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => return None,
    })
}

fn as_text(name: impl AsRef<str>) -> String {
    name.as_ref().to_owned()
}

/// Wraps the parameters of a reply.
pub(super) fn reply(function: &str, parameters: &str) -> Answer {
    let name = function.replace('/', "_-");
    envelope(200, &format!("<rfc:{name}.Response xmlns:rfc=\"{FUNCTIONS}\">{parameters}</rfc:{name}.Response>"))
}

/// A fault of the SOAP-RFC handler: HTTP 500, `faultcode` in the envelope's namespace.
pub(super) fn fault(code: &str, text: &str, detail: &str) -> Answer {
    let text = escape_xml(text);
    envelope(
        500,
        &format!(
            "<soap-env:Fault><faultcode>soap-env:{code}</faultcode><faultstring xml:lang=\"en\">{text}</faultstring>\
             <detail>{detail}</detail></soap-env:Fault>"
        ),
    )
}

/// The `detail` of an ABAP exception that a function module raised.
pub(super) fn exception(function: &str, name: &str) -> String {
    format!(
        "<rfc:{function}.Exception xmlns:rfc=\"{FUNCTIONS}\"><Name>{name}</Name></rfc:{function}.Exception>",
        name = escape_xml(name)
    )
}

fn envelope(status: u16, body: &str) -> Answer {
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap-env:Envelope xmlns:soap-env=\"{ENVELOPE}\">\
         <soap-env:Body>{body}</soap-env:Body></soap-env:Envelope>"
    );
    Answer::new(status, "text/xml; charset=utf-8", xml)
}

/// `<NAME>value</NAME>`.
pub(super) fn element(name: &str, value: &str) -> String {
    format!("<{name}>{}</{name}>", escape_xml(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expect: Result<(&str, &str), &str>) {
        let xml = format!("<?xml version=\"1.0\"?>{body}");
        let seen = read(xml.as_bytes()).map(|call| (call.name.clone(), call.field("A", 5))).map_err(|e| e.to_string());
        match expect {
            Ok((name, a)) => assert_eq!(seen, Ok((name.to_owned(), a.to_owned())), "{body}"),
            Err(part) => assert!(seen.as_ref().is_err_and(|e| e.contains(part)), "{body}: {seen:?}"),
        }
    }

    fn envelope_of(inner: &str) -> String {
        format!("<x:Envelope xmlns:x='{ENVELOPE}'><x:Header/><x:Body>{inner}</x:Body></x:Envelope>")
    }

    #[test]
    fn calls_are_read_by_namespace() {
        let call = |inner: &str| envelope_of(&format!("<u:F xmlns:u='{FUNCTIONS}'>{inner}</u:F>"));
        check(&call("<A>a &amp; b&#x21;  </A>"), Ok(("F", "a & b")));
        check(&call("<A>ab  </A>"), Ok(("F", "ab")));
        check(&call("<A><![CDATA[<]]></A>"), Ok(("F", "<")));
        check(&call("<u:A>qualified</u:A>"), Ok(("F", "")));
        check(&envelope_of(&format!("<F xmlns='{FUNCTIONS}'><A>inherits</A></F>")), Ok(("F", "")));
        check(&envelope_of(&format!("<_-BIC_-F xmlns='{FUNCTIONS}'/>")), Ok(("/BIC/F", "")));
        check(&call("<A>&bomb;</A>"), Err("undeclared entity"));
        check(&envelope_of("<F/>"), Err("not in urn:sap-com"));
        check(&envelope_of(""), Err("empty"));
        check("<Envelope/>", Err("SOAP 1.1"));
        check("<!DOCTYPE x><Envelope/>", Err("DTD"));
        check("<a", Err(""));
        check(&"<a>".repeat(40), Err("deep"));
    }

    proptest::proptest! {
        #[test]
        fn nothing_makes_the_reader_panic(bytes: Vec<u8>, text in "[<>/&;#xEnvelopeBody:='\" !\\[CDATA]{0,80}") {
            let _ = read(&bytes);
            let _ = read(text.as_bytes());
            let _ = read(envelope_of(&text).as_bytes());
        }

        #[test]
        fn what_we_escape_is_read_back(value in "[ -~€é]{1,15}[!-~]") {
            let xml = envelope_of(&format!("<u:F xmlns:u='{FUNCTIONS}'>{}</u:F>", element("A", &value)));
            proptest::prop_assert_eq!(read(xml.as_bytes()).unwrap().field("A", 99), value);
        }
    }
}
