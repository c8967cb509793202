//! XML without its dangers: no document types, no entities of the sender's, bounded depth and size.
//!
//! In: bytes, trees. Out: [`Element`]s with resolved namespaces, trees, text. Never knows: SOAP, messages.
//!
//! Attributes are read past, comments and processing instructions too. Elements of the same name become a list; an
//! element whose children are all `<item>` is a list as well; everything else is a record, or text.

use std::sync::Arc;

use quick_xml::{
    NsReader,
    escape::resolve_predefined_entity,
    events::{BytesRef, Event},
    name::ResolveResult,
};

use super::{MAX_DEPTH, MAX_VALUES, Malformed};
use crate::value::{Record, Value};

/// An element with its namespace resolved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    /// Namespace URI; empty without one.
    pub namespace: Arc<str>,
    /// Local name.
    pub name: String,
    /// Character data outside of children, as written.
    pub text: String,
    /// Children in order.
    pub children: Vec<Element>,
}

impl Element {
    /// The first child of this name, whatever its namespace.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The first child of this name in this namespace.
    #[must_use]
    pub fn child_in(&self, namespace: &str, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name && *child.namespace == *namespace)
    }

    /// As a tree: what message readers take.
    #[must_use]
    pub fn to_value(&self) -> Value {
        if self.children.is_empty() {
            return Value::Text(self.text.clone());
        }
        if self.children.iter().all(|child| child.name == "item") {
            return Value::List(self.children.iter().map(Self::to_value).collect());
        }
        let mut names: Vec<(&str, Vec<Value>)> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for child in &self.children {
            let place = *places.entry(child.name.as_str()).or_insert_with(|| {
                names.push((&child.name, Vec::new()));
                names.len() - 1
            });
            names[place].1.push(child.to_value());
        }
        let mut record = Record::new();
        for (name, mut values) in names {
            let value = if values.len() == 1 { values.swap_remove(0) } else { Value::List(values) };
            record.push(name.to_owned(), value);
        }
        Value::Record(record)
    }
}

/// Reads a document. The encoding is UTF-8, or ISO 8859-1 where the declaration says so.
///
/// # Errors
/// It is not well-formed, has a document type or an entity of its own, or is too deep or too large.
pub fn read(bytes: &[u8]) -> Result<Element, Malformed> {
    let text = decode(bytes)?;
    Parser { reader: NsReader::from_str(&text), body: text.as_bytes(), open: Vec::new(), left: MAX_VALUES }.run()
}

/// Writes the fields of a record as elements without namespace, in order.
pub fn write_fields(record: &Record, out: &mut String) {
    for (name, value) in record.iter() {
        write_element(name, value, out);
    }
}

/// Writes one element; a list becomes `<item>` children.
pub fn write_element(name: &str, value: &Value, out: &mut String) {
    let content_starts = out.len() + name.len() + 2;
    out.push('<');
    out.push_str(name);
    out.push('>');
    match value {
        Value::Null => {}
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(text) => out.push_str(text),
        Value::Text(text) => escape(text, out),
        Value::List(items) => items.iter().for_each(|item| write_element("item", item, out)),
        Value::Record(record) => write_fields(record, out),
    }
    if out.len() == content_starts {
        out.insert(content_starts - 1, '/');
    } else {
        out.push_str("</");
        out.push_str(name);
        out.push('>');
    }
}

/// Text as character data. What XML 1.0 cannot hold at all (most control characters) is left out.
pub fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A bare CR would be read back as LF.
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' => out.push(c),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
}

struct Parser<'a> {
    reader: NsReader<&'a [u8]>,
    body: &'a [u8],
    open: Vec<Element>,
    left: usize,
}

impl Parser<'_> {
    fn run(mut self) -> Result<Element, Malformed> {
        let mut root = None;
        loop {
            let (namespace, event) = match self.reader.read_resolved_event() {
                Ok((ResolveResult::Bound(namespace), event)) => (Arc::from(namespace.into_inner()), event),
                Ok((ResolveResult::Unbound, event)) => (Arc::from(""), event),
                Ok((ResolveResult::Unknown(_), _)) => return Err(self.wrong("a prefix without namespace")),
                Err(error) => return Err(self.wrong(error.to_string())),
            };
            match event {
                Event::Start(start) => self.open(namespace, start.local_name().into_inner())?,
                Event::Empty(start) => {
                    self.open(namespace, start.local_name().into_inner())?;
                    self.close(&mut root)?;
                }
                Event::End(_) => self.close(&mut root)?,
                Event::Text(text) => self.text(&text.xml10_content())?,
                Event::CData(text) => self.text(&text.xml10_content())?,
                Event::GeneralRef(reference) => self.reference(&reference)?,
                Event::DocType(_) => return Err(self.wrong("a document type is not accepted")),
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
                Event::Eof if !self.open.is_empty() => return Err(self.wrong("an element is not closed")),
                Event::Eof => return root.ok_or_else(|| self.wrong("there is no element")),
            }
        }
    }

    fn open(&mut self, namespace: Arc<str>, name: &str) -> Result<(), Malformed> {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.wrong(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.left = self.left.checked_sub(1).ok_or_else(|| self.wrong(format!("more than {MAX_VALUES} elements")))?;
        self.open.push(Element { namespace, name: name.to_owned(), ..Element::default() });
        Ok(())
    }

    fn close(&mut self, root: &mut Option<Element>) -> Result<(), Malformed> {
        let Some(mut element) = self.open.pop() else { return Err(self.wrong("a closing tag without opening one")) };
        if !element.children.is_empty() {
            // Indentation between children.
            element.text = String::new();
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None if root.is_none() => *root = Some(element),
            None => return Err(self.wrong("a second root element")),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Malformed> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim_matches(['\u{feff}', ' ', '\t', '\r', '\n']).is_empty() => {}
            None => return Err(self.wrong("text outside of the root element")),
        }
        Ok(())
    }

    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), Malformed> {
        if reference.is_char_ref() {
            return match reference.resolve_char_ref() {
                Ok(Some(c)) => self.text(c.encode_utf8(&mut [0; 4])),
                _ => Err(self.wrong("a character reference that names no character")),
            };
        }
        match resolve_predefined_entity(&reference.xml10_content()) {
            Some(text) => self.text(text),
            None => Err(self.wrong("entities other than the five of XML are not accepted")),
        }
    }

    fn wrong(&self, reason: impl Into<String>) -> Malformed {
        let byte = usize::try_from(self.reader.error_position().max(self.reader.buffer_position())).unwrap_or(0);
        Malformed::at(self.body, byte, reason)
    }
}

fn decode(bytes: &[u8]) -> Result<String, Malformed> {
    let declaration = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).to_ascii_lowercase();
    let declared = declaration.strip_prefix("<?xml").and_then(|rest| {
        let value = rest.split_once("?>")?.0.split_once("encoding")?.1;
        value.trim_start_matches([' ', '=', '\'', '"']).split(['\'', '"']).next().map(str::to_owned)
    });
    match declared.as_deref() {
        Some("iso-8859-1" | "latin1" | "us-ascii") => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
        None | Some("utf-8" | "utf8") => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned()),
            Err(error) => Err(Malformed::at(bytes, error.valid_up_to(), "not UTF-8")),
        },
        Some(_) => Err(Malformed::at(bytes, 0, "an encoding other than UTF-8 and ISO 8859-1")),
    }
}
