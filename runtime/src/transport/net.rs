//! The network as it is.
//!
//! In: an environment, a clock. Out: [`NetTransport`]. Never knows: what a class leads to.

use std::{collections::BTreeMap, future::Future, pin::Pin, sync::Arc};

use super::{Call, Outcome, Transport, odata, paging, partner::Partner, rest, rfc, sftp};
use crate::{
    clock::Clock,
    descriptor::{Class, Protocol},
    environment::{Mistake, Placement},
    metrics::SystemFigures,
};

/// Calls real systems.
#[derive(Debug)]
pub struct NetTransport {
    partners: BTreeMap<String, Partner>,
}

impl NetTransport {
    /// Prepares a client for every system of the environment.
    ///
    /// # Errors
    /// Certificates, keys or addresses that cannot be used, all at once.
    pub fn new(systems: BTreeMap<String, Placement>, clock: &Arc<dyn Clock>) -> Result<Self, Vec<Mistake>> {
        let mut partners = BTreeMap::new();
        let mut mistakes = Vec::new();
        for (name, placement) in systems {
            match Partner::new(placement, Arc::clone(clock)) {
                Ok(partner) => {
                    partners.insert(name, partner);
                }
                Err((key, problem)) => mistakes.push(Mistake { path: format!("systems.{name:?}.{key}"), problem }),
            }
        }
        if mistakes.is_empty() { Ok(Self { partners }) } else { Err(mistakes) }
    }
}

impl Transport for NetTransport {
    fn figures(&self) -> Vec<(String, SystemFigures)> {
        self.partners.iter().map(|(name, partner)| (name.clone(), partner.figures())).collect()
    }

    fn exchange<'a>(&'a self, call: Call<'a>) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        Box::pin(async move {
            let system = call.operation.system.name;
            let Some(partner) = self.partners.get(system) else {
                return Outcome::without_reply(Class::Target, format!("the environment does not place {system}"));
            };
            let Some(pages) = &call.operation.paging else { return once(partner, call).await };
            paging::read_all(pages, call.request, async |request| {
                once(partner, Call { request: &request, ..call }).await
            })
            .await
        })
    }
}

async fn once(partner: &Partner, call: Call<'_>) -> Outcome {
    let result = match call.operation.protocol {
        Protocol::Rest { method, path } => rest::exchange(partner, call, method, path).await,
        Protocol::OData { method, service, path } => {
            odata::exchange(partner, call, odata::Target { method, service, path }).await
        }
        Protocol::Rfc { function } => rfc::exchange(partner, call, function).await,
        Protocol::SftpPut { directory } => sftp::exchange(partner, call, directory).await,
    };
    result.unwrap_or_else(|outcome| outcome)
}
