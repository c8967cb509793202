//! Rules that need more than one place: identities, references between documents, endings of flows, environments.
//!
//! In: everything that was lowered. Out: diagnostics, and digests in their places. Never knows: syntax.

mod endings;
mod environment;
mod identity;
mod outcomes;
mod references;

use crate::digest;
use crate::open::{File, Project};
use crate::spread::spread;
use std::collections::HashMap;

/// Checks a project.
pub(crate) fn check(project: &mut Project<'_>, files: &mut [File<'_>]) {
    digests(project, files);
    identity::check(project, files);
    references::check(project, files);
    environment::check(project, files);
    // A probe that could not be read is no missing probe.
    let mut systems = project.systems();
    for (index, system) in &project.systems {
        if files[*index].findings.has_errors() {
            systems.remove(system.name.as_str());
        }
    }
    spread(project.each(files), |(interface, lowered, findings)| {
        if lowered.whole {
            endings::check(interface, findings);
        }
        outcomes::check(interface, &lowered.places, &systems, findings);
    });
}

fn digests(project: &mut Project<'_>, files: &[File<'_>]) {
    let mut of_systems = HashMap::new();
    for (index, system) in &mut project.systems {
        system.digest.clone_from(&files[*index].digest);
        of_systems.insert(system.name.as_str(), system.digest.as_str());
    }
    for (index, lowered) in &mut project.interfaces {
        let Some(interface) = &mut lowered.interface else { continue };
        let own = &files[*index].digest;
        let systems = interface.systems.iter().filter_map(|name| of_systems.get(name.as_str()).copied());
        interface.digest = digest::together(std::iter::once(own.as_str()).chain(systems));
    }
}
