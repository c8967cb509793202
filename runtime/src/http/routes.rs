//! The endpoints of all handlers, laid out on an axum router.
//!
//! In: handlers. Out: a [`Router`] that leads every request to `intake` with an [`Aim`], or every [`Clash`]. Never
//! knows: bodies, callers. Literal segments win over parameters.
//!
//! Axum's router panics on paths that it cannot hold. Documents decide what is laid out here, so each path is tried
//! first on `matchit`, the tree inside that router, which says no instead.

use std::{collections::BTreeMap, fmt::Write as _, future::Future, pin::Pin, sync::Arc};

use axum::{
    Router,
    extract::Request,
    handler::Handler as Answering,
    response::{IntoResponse as _, Response},
    routing::{MethodFilter, MethodRouter},
};
use percent_encoding::{CONTROLS, percent_decode_str, utf8_percent_encode};

use super::{Front, intake};
use crate::{
    descriptor::{Endpoint, Method, Trigger},
    flow::Handler,
};

/// Where senders ask for the state of a message.
const MESSAGES: &str = "/messages/{id}";

/// An endpoint that cannot be laid out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Clash {
    /// Two want the same method and path.
    #[error("{first} and {second} both want {endpoint}")]
    Taken {
        /// Smart ID of the first.
        first: &'static str,
        /// Smart ID of the second.
        second: &'static str,
        /// Method and path.
        endpoint: String,
    },
    /// No request could be led to a path like this.
    #[error("{interface} cannot listen on {path}: {problem}")]
    Path {
        /// Its Smart ID.
        interface: &'static str,
        /// Its path.
        path: &'static str,
        /// What is wrong.
        problem: String,
    },
}

/// What a request is led to.
#[derive(Debug, Clone)]
pub(super) enum Aim {
    /// An interface.
    Interface { handler: usize, endpoint: &'static Endpoint },
    /// The state of a message.
    Message,
    /// The path is known, with these methods.
    OtherMethods(Arc<[Method]>),
    /// Nothing is there.
    Nothing,
}

impl Answering<(), Arc<Front>> for Aim {
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, request: Request, front: Arc<Front>) -> Self::Future {
        Box::pin(async move { intake::handle(&front, &self, request).await.into_response() })
    }
}

/// All endpoints as a router.
///
/// # Errors
/// Everything that cannot be laid out.
pub(super) fn lay_out(handlers: &[Arc<dyn Handler>]) -> Result<Router<Arc<Front>>, Vec<Clash>> {
    let mut plan = Plan::default();
    let own = Leaf { method: Method::Get, path: MESSAGES, owner: "the state of messages", aim: Aim::Message };
    let mut clashes: Vec<_> = plan.add(own).err().into_iter().collect();
    for (index, handler) in handlers.iter().enumerate() {
        let interface = handler.interface();
        let (Trigger::Http(endpoint) | Trigger::Request { endpoint, .. }) = &interface.trigger else { continue };
        let aim = Aim::Interface { handler: index, endpoint };
        let leaf = Leaf { method: endpoint.method, path: endpoint.path, owner: interface.smart_id, aim };
        clashes.extend(plan.add(leaf).err());
    }
    if clashes.is_empty() { Ok(plan.router()) } else { Err(clashes) }
}

/// Endpoints by template, all of which the router will take.
#[derive(Default)]
struct Plan {
    tried: matchit::Router<()>,
    places: BTreeMap<String, Vec<Leaf>>,
}

struct Leaf {
    method: Method,
    path: &'static str,
    owner: &'static str,
    aim: Aim,
}

impl Plan {
    fn add(&mut self, leaf: Leaf) -> Result<(), Clash> {
        let template = template(leaf.path);
        if let Some(leaves) = self.places.get_mut(&template) {
            if let Some(other) = leaves.iter().find(|other| other.method == leaf.method) {
                let endpoint = format!("{:?} {}", leaf.method, leaf.path);
                return Err(Clash::Taken { first: other.owner, second: leaf.owner, endpoint });
            }
            leaves.push(leaf);
            return Ok(());
        }
        let refused = |problem| Clash::Path { interface: leaf.owner, path: leaf.path, problem };
        if !template.starts_with('/') {
            return Err(refused("it does not begin with `/`".to_owned()));
        }
        self.tried.insert(template.clone(), ()).map_err(|error| refused(error.to_string()))?;
        self.places.insert(template, vec![leaf]);
        Ok(())
    }

    fn router(self) -> Router<Arc<Front>> {
        let router = Router::new().without_v07_checks().fallback(Aim::Nothing);
        let places = self.places.into_iter();
        places.fold(router, |router, (template, leaves)| router.route(&template, by_method(leaves)))
    }
}

fn by_method(leaves: Vec<Leaf>) -> MethodRouter<Arc<Front>> {
    let others = Aim::OtherMethods(leaves.iter().map(|leaf| leaf.method).collect());
    let mut methods = MethodRouter::new().fallback(others.clone());
    if leaves.iter().any(|leaf| leaf.method == Method::Get) {
        // Axum would hand HEAD to GET, and a flow would run for an answer that nobody reads.
        methods = methods.on(MethodFilter::HEAD, others);
    }
    leaves.into_iter().fold(methods, |methods, leaf| methods.on(filter(leaf.method), leaf.aim))
}

const fn filter(method: Method) -> MethodFilter {
    match method {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Put => MethodFilter::PUT,
        Method::Patch => MethodFilter::PATCH,
        Method::Delete => MethodFilter::DELETE,
    }
}

/// A path as the router takes it. Parameters are named by their position, so that `/orders/{id}` of one interface and
/// `/orders/{number}` of another are one place; what is no ASCII stands as callers send it.
fn template(path: &str) -> String {
    let mut parts = path.split('{');
    let mut template = utf8_percent_encode(parts.next().unwrap_or_default(), CONTROLS).to_string();
    for (position, part) in parts.enumerate() {
        let _ = match part.split_once('}') {
            Some((_, rest)) => write!(template, "{{p{position}}}{}", utf8_percent_encode(rest, CONTROLS)),
            // Not closed: the tree will say so.
            None => write!(template, "{{{part}"),
        };
    }
    template
}

/// The names of a path's parameters, in order.
pub(super) fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name)
}

/// Query parameters, decoded, in order; `None` if they are no UTF-8.
pub(super) fn query(text: &str) -> Option<Vec<(String, String)>> {
    let decode = |text: &str| Some(percent_decode_str(&text.replace('+', " ")).decode_utf8().ok()?.into_owned());
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?, decode(value)?))
        })
        .collect()
}
