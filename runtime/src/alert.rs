//! Alerts: one incident for everything that is wrong in the same way, told once, updated rarely, closed.
//!
//! In: causes, as they happen. Out: changes for the journal (in the transaction of the message's own state, so nothing
//! is given up silently), and posts to channels, retried on their own. Never knows: flows. An alert that cannot be
//! delivered never fails a message.
//!
//! `incidents` decides what is told and when, `outbox` gets it there and notices when a channel is lost, `words` says it,
//! `together` is for
//! several processes that share a store, and each channel has a module that knows its wire format.

mod ans;
mod hook;
mod incidents;
mod outbox;
mod pagerduty;
mod slack;
mod smtp;
mod teams;
mod together;
mod words;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

pub use ans::SapAlertNotification;
pub(crate) use incidents::{Alerts, Cause, Condition, Part, Watch};
pub use pagerduty::PagerDuty;
pub use slack::Slack;
pub use smtp::Smtp;
pub use teams::Teams;
pub use words::Links;

use crate::{
    clock::Clock,
    door::Promise,
    environment::{self, Mistake},
    journal::Post,
};

/// Stands for the Smart ID in incidents of the service itself.
pub const SERVICE: &str = "tieline";

/// Where alerts go.
pub trait Channel: Send + Sync + 'static {
    /// Tells about an incident; `firing` false closes it. Repeating a post must not make a second incident.
    fn tell<'a>(&'a self, post: &'a Post) -> Promise<'a, Result<(), Undelivered>>;
}

/// An alert did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Undelivered {
    /// Trying again would change nothing: the channel refuses this alert.
    pub permanent: bool,
    /// What the channel asked for.
    pub retry_after_ms: Option<u64>,
    /// Why, without secrets.
    pub detail: String,
}

/// Channels by name.
pub type Channels = BTreeMap<String, Arc<dyn Channel>>;

/// Prepares the channels of an environment. `links` lead from alerts to the website.
///
/// # Errors
/// Addresses that cannot be used, all at once.
pub fn channels(
    placed: BTreeMap<String, environment::Channel>,
    links: &Links,
    clock: &Arc<dyn Clock>,
) -> Result<Channels, Vec<Mistake>> {
    let (mut channels, mut mistakes) = (Channels::new(), Vec::new());
    for (name, placed) in placed {
        match channel(placed, links, clock) {
            Ok(channel) => drop(channels.insert(name, channel)),
            Err(problem) => mistakes.push(Mistake { path: format!("alerts.{name:?}"), problem }),
        }
    }
    if mistakes.is_empty() { Ok(channels) } else { Err(mistakes) }
}

fn channel(placed: environment::Channel, links: &Links, clock: &Arc<dyn Clock>) -> Result<Arc<dyn Channel>, String> {
    use environment::Channel as Placed;
    let links = links.clone();
    Ok(match placed {
        Placed::SapAlertNotification { url, token_url, client_id, client_secret } => {
            Arc::new(SapAlertNotification::new(url, token_url, (client_id, client_secret), links, clock)?)
        }
        Placed::Smtp { host, from, to, tls, user, password } => {
            Arc::new(Smtp::new(&host, &from, &to, (tls, user.zip(password)), links)?)
        }
        Placed::PagerDuty { url, routing_key } => Arc::new(PagerDuty::new(&url, routing_key, links, clock)?),
        Placed::Slack { webhook } => Arc::new(Slack::new(webhook, links, clock)?),
        Placed::Teams { webhook } => Arc::new(Teams::new(webhook, links, clock)?),
    })
}
