//! Environments place every system that is called and every channel that is told.
//!
//! In: all interfaces, systems and environments. Out: diagnostics. Never knows: addresses.

use crate::model::Interface;
use crate::open::{File, Project};
use crate::walk;
use std::collections::BTreeSet;

/// Checks environments.
pub(crate) fn check(project: &Project<'_>, files: &mut [File<'_>]) {
    let interfaces = || project.interfaces.iter().filter_map(|(_, lowered)| lowered.interface.as_ref());
    let systems: BTreeSet<&str> = interfaces().flat_map(called).collect();
    let channels: BTreeSet<&str> =
        interfaces().flat_map(|interface| &interface.errors.alerts).map(|alert| alert.channel.as_str()).collect();
    for (index, placed) in &project.environments {
        let environment = &placed.environment;
        if files[*index].findings.has_errors() {
            continue;
        }
        let missing = systems.iter().filter(|system| !environment.systems.iter().any(|known| known == *system));
        for system in missing {
            let message = format!("the environment does not say where {system} is, and interfaces call it");
            files[*index]
                .findings
                .add("W-ENVIRONMENT", placed.place, message)
                .help(format!("add a table `[systems.\"{system}\"]`"));
        }
        let demanding = interfaces().find(|interface| interface.errors.encryption.is_some());
        if let Some(interface) = demanding.filter(|_| !environment.encryption) {
            let smart_id = &interface.smart_id.text;
            let message = format!("{smart_id} demands encryption at rest, and the environment has no keys for it");
            files[*index]
                .findings
                .add("W-ENVIRONMENT", placed.place, message)
                .help("add a table `[store.encryption.keys]`, or the service does not start");
        }
        let missing = channels.iter().filter(|channel| !environment.alerts.iter().any(|known| known == *channel));
        for channel in missing {
            let message = format!("the environment does not say where the alert channel `{channel}` is");
            files[*index]
                .findings
                .add("W-ENVIRONMENT", placed.place, message)
                .help(format!("add a table `[alerts.\"{channel}\"]`"));
        }
    }
}

fn called(interface: &Interface) -> Vec<&str> {
    let mut systems = Vec::new();
    walk::steps(&interface.flow, &mut |step| {
        systems.extend(walk::operation(step).map(|operation| operation.system.as_str()));
    });
    systems
}
