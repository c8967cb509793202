//! From method and path to a handler.
//!
//! In: the endpoints of all handlers; requests. Out: a [`Match`] with decoded parameters, or why there is none.
//! Never knows: bodies, callers. Literal segments win over parameters.

use std::{collections::HashMap, fmt, sync::Arc};

use crate::{
    descriptor::{Endpoint, Method, Trigger},
    flow::Handler,
};

/// Two interfaces want the same method and path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// Smart ID of the first.
    pub first: &'static str,
    /// Smart ID of the second.
    pub second: &'static str,
    /// Method and path.
    pub endpoint: String,
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} and {} both want {}", self.first, self.second, self.endpoint)
    }
}

/// All endpoints.
#[derive(Debug, Default)]
pub(super) struct Routes {
    root: Node,
}

#[derive(Debug, Default)]
struct Node {
    literals: HashMap<&'static str, Node>,
    parameter: Option<Box<Node>>,
    handlers: Vec<Leaf>,
}

#[derive(Debug)]
struct Leaf {
    endpoint: &'static Endpoint,
    handler: usize,
}

/// What was found.
#[derive(Debug)]
pub(super) enum Match {
    /// The handler and the parameters of the path.
    Found { handler: usize, endpoint: &'static Endpoint, parameters: Vec<(String, String)> },
    /// The path is known, with these methods.
    OtherMethods(Vec<Method>),
    /// Nothing is there.
    Nothing,
}

impl Routes {
    pub(super) fn new(handlers: &[Arc<dyn Handler>]) -> Result<Self, Vec<Clash>> {
        let mut routes = Self::default();
        let mut clashes = Vec::new();
        for (index, handler) in handlers.iter().enumerate() {
            let interface = handler.interface();
            let (Trigger::Http(endpoint) | Trigger::Request { endpoint, .. }) = &interface.trigger else { continue };
            if let Some(first) = routes.insert(endpoint, index) {
                clashes.push(Clash {
                    first: handlers[first].interface().smart_id,
                    second: interface.smart_id,
                    endpoint: format!("{:?} {}", endpoint.method, endpoint.path),
                });
            }
        }
        if clashes.is_empty() { Ok(routes) } else { Err(clashes) }
    }

    /// Adds an endpoint; the handler that has it already, if there is one.
    fn insert(&mut self, endpoint: &'static Endpoint, handler: usize) -> Option<usize> {
        let mut node = &mut self.root;
        for segment in segments(endpoint.path) {
            node = match parameter_name(segment) {
                Some(_) => node.parameter.get_or_insert_default(),
                None => node.literals.entry(segment).or_default(),
            };
        }
        let taken = node.handlers.iter().find(|leaf| leaf.endpoint.method == endpoint.method);
        if let Some(leaf) = taken {
            return Some(leaf.handler);
        }
        node.handlers.push(Leaf { endpoint, handler });
        None
    }

    /// Finds the handler of a request; `method` is `None` for methods no endpoint can have.
    pub(super) fn find(&self, method: Option<Method>, path: &str) -> Match {
        let Some(decoded) = segments(path).map(decode).collect::<Option<Vec<_>>>() else { return Match::Nothing };
        let Some(node) = self.root.descend(&decoded) else { return Match::Nothing };
        match node.handlers.iter().find(|leaf| Some(leaf.endpoint.method) == method) {
            Some(leaf) => Match::Found {
                handler: leaf.handler,
                endpoint: leaf.endpoint,
                parameters: segments(leaf.endpoint.path)
                    .zip(decoded)
                    .filter_map(|(template, value)| Some((parameter_name(template)?.to_owned(), value)))
                    .collect(),
            },
            None => Match::OtherMethods(node.handlers.iter().map(|leaf| leaf.endpoint.method).collect()),
        }
    }
}

impl Node {
    fn descend(&self, path: &[String]) -> Option<&Self> {
        let Some((first, rest)) = path.split_first() else {
            return (!self.handlers.is_empty()).then_some(self);
        };
        let literal = self.literals.get(first.as_str()).and_then(|node| node.descend(rest));
        literal.or_else(|| {
            // An empty segment is not a value.
            let parameter = self.parameter.as_ref().filter(|_| !first.is_empty())?;
            parameter.descend(rest)
        })
    }
}

fn segments(path: &str) -> std::str::Split<'_, char> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

fn parameter_name(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// Query parameters, decoded, in order; `None` if they are no UTF-8.
pub(super) fn query(text: &str) -> Option<Vec<(String, String)>> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(&name.replace('+', " "))?, decode(&value.replace('+', " "))?))
        })
        .collect()
}

/// `%XX` decoded; `None` if the result is no UTF-8. A `%` without two digits stands for itself.
fn decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let byte = if bytes[at] == b'%' {
            let digits = bytes.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
            digits.filter(|digits| !digits.starts_with('+')).and_then(|digits| u8::from_str_radix(digits, 16).ok())
        } else {
            None
        };
        out.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).ok()
}
