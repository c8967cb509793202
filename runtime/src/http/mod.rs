//! The public listener: where messages come in.
//!
//! In: connections. Out: [`Arrival`](crate::door::Arrival)s through the [`Door`], problems (RFC 9457) for everything
//! that is refused. Never knows: stores, flows, partners.
//!
//! `accept` takes connections, `routes` lays out axum's router, which finds the interface, `intake` reads and refuses or
//! hands in, `auth` (with `jwt`, `jwks` and `signature`) says who is calling, `problem` is the only place that writes
//! refusals.

mod accept;
mod auth;
mod intake;
mod jwks;
mod jwt;
mod key;
mod limit;
mod problem;
mod routes;
mod signature;
mod trace;

use std::sync::Arc;

use axum::Router;

pub use accept::{Limits, serve};
pub(crate) use accept::{PeerCertificate, serve_router};
pub(crate) use auth::{Tokens, scheme};
pub use routes::Clash;

use crate::{clock::Clock, descriptor::Trigger, door::Door, environment::Identity, random::Random};
use auth::Authenticator;
pub(crate) use limit::RateLimit;
pub(crate) use problem::Problem;

/// What listeners tell whoever counts: once for each refusal.
pub trait Observer: Send + Sync + 'static {
    /// A request was refused. `interface` is its Smart ID, where one was found.
    fn refused(&self, interface: Option<&'static str>, status: u16);
}

/// Everything a public listener needs.
pub struct Front {
    door: Arc<dyn Door>,
    router: Router<Arc<Self>>,
    /// By handler index.
    limits: Vec<Option<RateLimit>>,
    auth: Authenticator,
    clock: Arc<dyn Clock>,
    random: Arc<Random>,
    observer: Arc<dyn Observer>,
    webhook_origins: Vec<String>,
}

impl Front {
    /// Lays out the endpoints of all handlers behind the door.
    ///
    /// # Errors
    /// Interfaces that want the same method and path, or a path that nobody can reach.
    pub fn new(
        door: Arc<dyn Door>,
        identity: &Identity,
        clock: Arc<dyn Clock>,
        random: Arc<Random>,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, Vec<Clash>> {
        let router = routes::lay_out(door.handlers())?;
        let limits = door
            .handlers()
            .iter()
            .map(|handler| match &handler.interface().trigger {
                Trigger::Http(endpoint) | Trigger::Request { endpoint, .. } => {
                    endpoint.max_per_minute.map(RateLimit::per_minute)
                }
                Trigger::Schedule { .. } => None,
            })
            .collect();
        let auth = Authenticator::new(identity, Arc::clone(&clock));
        let webhook_origins = identity.webhook_origins.clone();
        Ok(Self { door, router, limits, auth, clock, random, observer, webhook_origins })
    }
}

impl std::fmt::Debug for Front {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Front").field("handlers", &self.limits.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests;

/// What fuzz targets reach of this module.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz {
    use super::{Arc, Front, Random, jwks, jwt, trace};

    pub(crate) use super::accept::converse;

    pub(crate) fn token(text: &str) {
        jwt::parse(text).ok();
    }

    pub(crate) fn key_set(bytes: &[u8]) {
        jwks::read_set(bytes);
    }

    pub(crate) fn trace(text: &str) {
        let kept = trace::traceparent(Some(text), &Random::seeded(1));
        assert_eq!(kept.len(), 55, "a valid header goes on: {kept}");
    }

    /// What the public listener answers to the bytes of one connection.
    pub(crate) async fn intake(front: &Arc<Front>, bytes: &[u8]) -> Vec<u8> {
        converse(front.router.clone().with_state(Arc::clone(front)), bytes).await
    }
}
