//! The public listener: where messages come in.
//!
//! In: connections. Out: [`Arrival`](crate::door::Arrival)s through the [`Door`], problems (RFC 9457) for everything
//! that is refused. Never knows: stores, flows, partners.
//!
//! `accept` takes connections, `routes` finds the interface, `intake` reads and refuses or hands in, `auth` (with
//! `jwt` and `jwks`) says who is calling, `problem` is the only place that writes refusals.

mod accept;
mod auth;
mod intake;
mod jwks;
mod jwt;
mod limit;
mod problem;
mod routes;
mod trace;

use std::sync::Arc;

pub use accept::{Limits, serve};
pub use routes::Clash;

use crate::{clock::Clock, descriptor::Trigger, door::Door, environment::Identity, random::Random};
use auth::Authenticator;
use limit::RateLimit;
use routes::Routes;

/// What listeners tell whoever counts: once for each refusal.
pub trait Observer: Send + Sync + 'static {
    /// A request was refused. `interface` is its Smart ID, where one was found.
    fn refused(&self, interface: Option<&'static str>, status: u16);
}

/// Everything a public listener needs.
pub struct Front {
    door: Arc<dyn Door>,
    routes: Routes,
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
    /// Interfaces that want the same method and path.
    pub fn new(
        door: Arc<dyn Door>,
        identity: &Identity,
        clock: Arc<dyn Clock>,
        random: Arc<Random>,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, Vec<Clash>> {
        let routes = Routes::new(door.handlers())?;
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
        Ok(Self { door, routes, limits, auth, clock, random, observer, webhook_origins: Vec::new() })
    }

    /// Origins that may register endpoints as webhooks (CloudEvents HTTP webhook handshake); none by default.
    #[must_use]
    pub fn with_webhook_origins(self, webhook_origins: Vec<String>) -> Self {
        Self { webhook_origins, ..self }
    }
}

impl std::fmt::Debug for Front {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Front").field("handlers", &self.limits.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
